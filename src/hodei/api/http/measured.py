"""Tells how many requests there are, how long they take and how they end."""

from __future__ import annotations

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hodei.api.http.operations import PREFIX, TEMPLATE
from hodei.ports.meter import CallMeter

GONE = "disconnected"
"""Instead of a status: the caller went before there was one."""


class Measured:
    """Outermost ASGI application, around the guard."""

    def __init__(self, app: ASGIApp, *, meter: CallMeter) -> None:
        self._app = app
        self._meter = meter

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
            self._meter.http(scope["method"], _route(scope), code, seconds, streamed=streamed)


def _route(scope: Scope) -> str:
    """The template of the path; what has none is a page, or nothing that there is."""
    template: str | None = scope.get(TEMPLATE)
    if template is not None:
        return template
    return "unknown" if scope["path"].startswith(PREFIX) else "pages"
