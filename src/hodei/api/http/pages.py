"""The web UI: its files, and its first page for every path that the UI routes by itself."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import hodei
from hodei.api.http.assets import INDEX, Asset, Assets
from hodei.api.http.encodings import best
from hodei.api.http.problems import MethodNotAllowed, NoSuchRoute

BUILT = Path(hodei.__path__[0]) / "ui"
"""Where the build of `web/` puts its result, and where the wheel carries it."""
API = "api"
SECURITY = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'{sockets}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
FOREVER = "public, max-age=31536000, immutable"
CHECKED = "no-cache"
"""Kept, and asked about each time: the answer is mostly 304."""
NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Hodei: the web UI is not built</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}
code{font-size:.9em}</style>
<h1>The web UI is not built</h1>
<p>This server was started from a checkout whose web pages have not been built yet. Build them
with <code>scripts/web build</code> in the checkout and reload this page; the server need not be
started again. <code>make run</code> does it by itself.</p>
<p>Everything else is here: <a href="/api/v1/openapi.json">REST</a>, WebSocket, gRPC and the
command line <code>hodei</code>.</p>
</html>
"""


def built() -> bool:
    """Whether there is a web UI to serve."""
    return (BUILT / INDEX).is_file()


class Pages:
    """Everything outside the API, as an ASGI application."""

    def __init__(self, root: Path) -> None:
        self._assets = Assets(root)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = str(request.path_params["path"])
        if path == API or path.startswith(f"{API}/"):
            raise NoSuchRoute("nothing is at this path; /api/v1/openapi.json lists what there is")
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(request.method, "GET, HEAD")
        response = await asyncio.to_thread(self._answer, path, request)
        await response(scope, receive, send)

    def _answer(self, path: str, request: Request) -> Response:
        asset = self._assets.find(path or INDEX)
        if asset is None and "." not in path.rpartition("/")[2]:
            asset = self._assets.find(INDEX)
            if asset is None:
                return _page(request, NOT_BUILT, 503, "text/html; charset=utf-8")
        if asset is None:
            return _page(
                request, "There is nothing at this address.\n", 404, "text/plain; charset=utf-8"
            )
        try:
            return _file(asset, request)
        except OSError:
            # A build has just removed it, and names its successor otherwise.
            return _page(
                request, "There is nothing at this address.\n", 404, "text/plain; charset=utf-8"
            )


def policy(host: str) -> str:
    """What a page from `host` may load: nothing of another place, and no script of its own text.

    Not every browser takes a WebSocket of the same place for `'self'`.
    """
    known = _HOST.fullmatch(host)
    return _POLICY.format(sockets=f" ws://{host} wss://{host}" if known else "")


def _guarded(request: Request) -> dict[str, str]:
    return {"Content-Security-Policy": policy(request.headers.get("host", "")), **SECURITY}


def _page(request: Request, text: str, status: int, media_type: str) -> Response:
    headers = {"Cache-Control": "no-store", **_guarded(request)}
    return Response(text, status, headers=headers, media_type=media_type)


def _file(asset: Asset, request: Request) -> Response:
    coding = best(request.headers.get("accept-encoding", ""), tuple(asset.packed))
    tag = f'"{asset.digest}{"-" if coding else ""}{coding}"'
    headers = {
        "Cache-Control": FOREVER if asset.immutable else CHECKED,
        "ETag": tag,
        **_guarded(request),
    }
    if asset.packed:
        headers["Vary"] = "Accept-Encoding"
    if _known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    content = asset.packed.get(coding, asset.file).read_bytes()
    return Response(content, headers=headers, media_type=asset.media_type)


def _known(given: str, tag: str) -> bool:
    """Whether If-None-Match names the tag; a proxy may have made it weak."""
    tags = [one.strip().removeprefix("W/") for one in given.split(",")]
    return tag in tags or given.strip() == "*"
