"""The locked packages of PyPI and npm, served to builds in an engine that has no network.

pip and npm of this machine fetch them, once per lock; here they are looked up by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

from tests.support.docker import ROOT, PrivateEngine
from tests.support.stack_images import KEPT, run

PORT = 8081
"""In the engine's own network, where nobody else listens; builds are cached by it."""
LOCKS = ("build", "runtime")
WEB = ROOT / "web"


def wheels() -> Path:
    """A folder with the wheels of both locks."""
    names = [f"requirements/{name}.txt" for name in LOCKS]
    kept = KEPT / f"wheels-{_key(*(ROOT / name for name in names))}"
    if not kept.is_dir():
        with _fresh(kept) as folder:
            pip = (sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:")
            for name in names:
                run(*pip, "--require-hashes", "--requirement", name, "--dest", str(folder))
    return kept


def npm_cache() -> Path:
    """npm's own cache, with the packages of the web UI's lock."""
    cache = Path(run("npm", "config", "get", "cache")) / "_cacache" / "content-v2"
    if any(
        not kept_at(cache, facts["integrity"]).is_file() for _, facts in _locked(optional=False)
    ):
        with tempfile.TemporaryDirectory() as place:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(WEB / name, place)
            quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
            run("npm", "ci", *quiet, "--prefix", place)
    return cache


def kept_at(cache: Path, integrity: str) -> Path:
    """Where npm keeps what has this hash."""
    kind, _, digest = integrity.partition("-")
    text = base64.b64decode(digest).hex()
    return cache / kind / text[:2] / text[2:4] / text[4:]


def _locked(*, optional: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Packages of the web UI's lock; those for other machines are optional."""
    packages = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    for place, facts in packages.items():
        name = place.rpartition("node_modules/")[2]
        if name and "integrity" in facts and (optional or not facts.get("optional")):
            yield name, facts


@contextmanager
def registry(engine: PrivateEngine) -> Iterator[dict[str, str]]:
    """Serves both to builds; what the Dockerfile is to be told."""
    gateway = engine.gateway()
    address = f"http://{gateway}:{PORT}"
    answers = _Answers(address)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = answers.find(unquote(self.path))
            self.send_response(404 if content is None else 200)
            kind = "text/html" if self.path.startswith("/simple/") else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((gateway, PORT), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = engine.listen(gateway, PORT)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield {
            "PIP_INDEX_URL": f"{address}/simple",
            "PIP_TRUSTED_HOST": gateway,
            "NPM_CONFIG_REGISTRY": f"{address}/npm/",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answers:
    """What is served, by path."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._wheels = wheels()
        self._npm = npm_cache()
        self._versions: dict[str, dict[str, str]] = {}
        for name, facts in _locked(optional=True):
            self._versions.setdefault(name, {})[facts["version"]] = facts["integrity"]

    def find(self, path: str) -> bytes | None:
        """The content, None when there is none."""
        if found := re.fullmatch(r"/simple/([a-z0-9-]+)/", path):
            return self._page(found.group(1))
        if found := re.fullmatch(r"/wheels/([\w.+-]+\.whl)", path):
            wheel = self._wheels / found.group(1)
            return wheel.read_bytes() if wheel.is_file() else None
        if found := re.fullmatch(r"/npm/-/(sha\d+-[\w+/=]+)", path):
            tarball = kept_at(self._npm, found.group(1))
            return tarball.read_bytes() if tarball.is_file() else None
        if found := re.fullmatch(r"/npm/((?:@[\w.-]+/)?[\w.-]+)", path):
            return self._package(found.group(1))
        return None

    def _page(self, name: str) -> bytes:
        lines = []
        for wheel in sorted(self._wheels.iterdir()):
            if re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower() == name:
                lines.append(f'<a href="/wheels/{wheel.name}">{wheel.name}</a><br>')
        return "\n".join(["<!doctype html>", *lines]).encode()

    def _package(self, name: str) -> bytes | None:
        if name not in self._versions:
            return None
        versions = {}
        for version, integrity in self._versions[name].items():
            tarball = f"{self._address}/npm/-/{quote(integrity, safe='')}"
            dist = {"integrity": integrity, "tarball": tarball}
            versions[version] = {"name": name, "version": version, "dist": dist}
        latest = {"latest": version}
        return json.dumps({"name": name, "versions": versions, "dist-tags": latest}).encode()


def _key(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _fresh(place: Path) -> Iterator[Path]:
    """A folder that is there as a whole or not at all."""
    place.parent.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        yield folder
        os.rename(folder, place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
