"""Tells how many requests there are, how long they take and how they end, and records spans of
them."""

from __future__ import annotations

from time import perf_counter

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hodei.api.http.operations import PREFIX, TEMPLATE
from hodei.api.traced import TRACEPARENT, Request, begin_request
from hodei.engine.traces import Tracer
from hodei.ports.meter import CallMeter

GONE = "disconnected"
"""Instead of a status: the caller went before there was one."""
PAGES = "pages"
UNKNOWN = "unknown"
PROBES = frozenset({f"{PREFIX}/health", f"{PREFIX}/ready"})
"""What is asked every few seconds, and by nobody who is in a trace."""


class Measured:
    """Outermost ASGI application, around the guard."""

    def __init__(self, app: ASGIApp, *, meter: CallMeter, tracer: Tracer | None) -> None:
        self._app = app
        self._meter = meter
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            self._meter.websocket(1)
            try:
                await self._app(scope, receive, send)
            finally:
                self._meter.websocket(-1)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        code, streamed = GONE, False
        request = begin_request(self._tracer, Headers(scope=scope).get(TRACEPARENT))

        async def noted(message: Message) -> None:
            nonlocal code, streamed
            if message["type"] == "http.response.start":
                code = str(message["status"])
                streamed = any(
                    name == b"content-type" and value.startswith(b"text/event-stream")
                    for name, value in message["headers"]
                )
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = perf_counter() - begun
            method, route = scope["method"], _route(scope)
            self._meter.http(method, route, code, seconds, streamed=streamed)
            if request is not None and (request.parent_id or route not in PROBES):
                _record(request, method, route, code)


def _route(scope: Scope) -> str:
    """The template of the path; what has none is a page, or nothing that there is."""
    template: str | None = scope.get(TEMPLATE)
    if template is not None:
        return template
    return UNKNOWN if scope["path"].startswith(PREFIX) else PAGES


def _record(request: Request, method: str, route: str, code: str) -> None:
    """Of the API only. A path may hold what is nobody else's business; its template does not."""
    if route in (PAGES, UNKNOWN):
        return
    known: dict[str, str | int] = {"http.request.method": method, "http.route": route}
    if code.isdigit():
        known["http.response.status_code"] = int(code)
    request.ended(f"{method} {route}", failed=code.startswith("5"), attributes=known)
