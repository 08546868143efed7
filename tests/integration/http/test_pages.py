"""The web UI as the server hands it out: packed, kept, guarded, and never beyond its directory."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from hodei.api.http.app import create_app
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from tests.integration.http.jobs import problem_of
from tests.integration.http.running import Running

HOME = b"<!doctype html><title>Hodei</title>"
SCRIPT = b"console.log('hello');" * 40


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    """The directives of a page's policy."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


def build(root: Path, home: bytes = HOME) -> None:
    """What the build of the UI leaves."""
    (root / "assets").mkdir(parents=True, exist_ok=True)
    (root / ".vite").mkdir(exist_ok=True)
    (root / ".vite" / "manifest.json").write_text("{}")
    (root / "theme.js").write_bytes(b"1;")
    script = root / "assets" / "main-Ab12.js"
    script.write_bytes(SCRIPT)
    Path(f"{script}.gz").write_bytes(gzip.compress(SCRIPT))
    Path(f"{script}.br").write_bytes(b"packed with brotli")
    (root / "assets" / "geist-Cd34.woff2").write_bytes(b"font")
    new = root / "index.html.new"
    new.write_bytes(home)
    new.replace(root / "index.html")


@asynccontextmanager
async def serving(running: Running, root: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application with another directory of pages."""
    server = HttpServer(
        create_app(running.engine, Identity(running.engine.access, dev_mode=True), ui=root)
    )
    port = await server.start("127.0.0.1", 0)
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, headers={"Accept-Encoding": ""}) as http:
            yield http
    finally:
        await server.stop(0.1)


@pytest.fixture
async def web(server: Running, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose UI is built."""
    build(tmp_path / "ui")
    async with serving(server, tmp_path / "ui") as http:
        yield http


async def raw(http: httpx.AsyncClient, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """An answer with its body as it came over the line."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.stream("GET", path, headers=named) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs/0123abcd/logs", "/metrics", "/index.html"])
async def test_every_page_of_the_ui_is_its_first_page(web: httpx.AsyncClient, path: str) -> None:
    answer = await web.get(path)
    assert (answer.status_code, answer.content) == (200, HOME)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    host = answer.request.headers["host"]
    assert policy_of(answer) == {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "connect-src": ["'self'", f"ws://{host}", f"wss://{host}"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


async def test_hashed_files_are_kept_for_ever_and_others_are_asked_about(
    web: httpx.AsyncClient,
) -> None:
    script = await web.get("/assets/main-Ab12.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    font = await web.get("/assets/geist-Cd34.woff2")
    assert font.headers["content-type"] == "font/woff2"
    assert (await web.get("/theme.js")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", ""),
        ("gzip;q=0", ""),
        ("gzip;q=nonsense", ""),
    ],
)
async def test_what_the_build_packed_is_sent_packed(
    web: httpx.AsyncClient, accepted: str, coding: str
) -> None:
    answer, body = await raw(web, "/assets/main-Ab12.js", Accept_Encoding=accepted)
    assert answer.headers.get("content-encoding", "") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-length"] == str(len(body))
    wanted = {"br": b"packed with brotli", "gzip": gzip.compress(SCRIPT), "": SCRIPT}[coding]
    assert (gzip.decompress(body) if coding == "gzip" else body) == (
        SCRIPT if coding == "gzip" else wanted
    )


async def test_what_a_browser_has_is_not_sent_again(web: httpx.AsyncClient) -> None:
    plain, _ = await raw(web, "/assets/main-Ab12.js")
    packed, _ = await raw(web, "/assets/main-Ab12.js", Accept_Encoding="br")
    tag = plain.headers["etag"]
    assert tag != packed.headers["etag"], "another body has another tag"
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again, body = await raw(web, "/assets/main-Ab12.js", If_None_Match=given)
        assert (again.status_code, body, again.headers["etag"]) == (304, b"", tag)
    other, _ = await raw(web, "/assets/main-Ab12.js", If_None_Match='"other"')
    assert other.status_code == 200


async def test_head_says_what_get_would(web: httpx.AsyncClient) -> None:
    head, got = await web.head("/jobs"), await web.get("/jobs")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == got.headers[name]


async def test_a_host_cannot_write_into_the_policy(web: httpx.AsyncClient) -> None:
    plain = policy_of(await web.get("/"))
    forged = await web.get("/", headers={"Host": "localhost:1; script-src *"})
    assert policy_of(forged) == {**plain, "connect-src": ["'self'"]}


@pytest.mark.parametrize(
    "path",
    [
        "/assets/%252e%252e/%252e%252e/secret.txt",
        "/%2e%2e/%2e%2e/secret.txt",
        "/assets/%c0%ae%c0%ae/secret.txt",
        "/assets/..;/..;/secret.txt",
        "/assets/gone-Zz99.js",
        "/.vite/manifest.json",
        "/assets/link.js",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%5c..%5csecret.txt",
        "//etc/passwd.txt",
        "/assets/main-Ab12.js%00.html",
        "/assets/main-Ab12.js.br",
    ],
)
async def test_nothing_but_the_files_of_the_build(
    web: httpx.AsyncClient, tmp_path: Path, path: str
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    os.symlink(tmp_path / "secret.txt", tmp_path / "ui" / "assets" / "link.js")
    build(tmp_path / "ui")
    answer = await web.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"secret" not in answer.content


async def test_paths_of_the_api_stay_the_api(web: httpx.AsyncClient) -> None:
    for path in ("/api", "/api/", "/api/v1/nothing", "/api/v2/jobs", "/api/v1/assets/x.js"):
        problem = problem_of(await web.get(path))
        assert (problem["status"], problem["code"]) == (404, "not_found"), path
    assert (await web.get("/api/v1/health")).headers["cache-control"] == "no-store"
    refused = await web.post("/jobs", json={})
    assert problem_of(refused)["status"] == 405
    assert refused.headers["allow"] == "GET, HEAD"


async def test_another_build_takes_the_place_of_the_one_before(
    web: httpx.AsyncClient, tmp_path: Path
) -> None:
    before = (await web.get("/")).headers["etag"]
    build(tmp_path / "ui", home=b"<!doctype html><title>new</title>")
    (tmp_path / "ui" / "assets" / "main-Ef56.js").write_bytes(b"2;")
    os.utime(tmp_path / "ui" / "index.html", ns=(1, 1))
    after = await web.get("/")
    assert after.content == b"<!doctype html><title>new</title>"
    assert after.headers["etag"] != before
    assert (await web.get("/assets/main-Ef56.js")).status_code == 200


async def test_without_a_build_the_page_says_how_to_make_one(
    server: Running, tmp_path: Path
) -> None:
    async with serving(server, tmp_path / "nothing") as http:
        for path in ("/", "/jobs/new"):
            answer = await http.get(path)
            assert answer.status_code == 503
            assert "scripts/web build" in answer.text
            assert policy_of(answer)["script-src"] == ["'self'"]
        assert (await http.get("/assets/x.js")).status_code == 404
        assert (await http.get("/api/v1/health")).status_code == 200
