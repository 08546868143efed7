"""What every request passes first: host, origin, correlation id, security headers, errors.

A page of another site can make a browser on this machine call a loopback address. The Host
header is therefore checked against the names that this server has (which a rebound DNS name is
not), and a request that changes something, or opens a WebSocket, must come from a page of this
server or of an origin on the list.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hodei.api.http.operations import SAFE_METHODS
from hodei.api.http.problems import from_framework, problem_response
from hodei.domain.errors import Forbidden, InvalidRequest, shorten
from hodei.engine.correlation import serve_under

logger = logging.getLogger(__name__)

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""For answers that do not say otherwise; the web UI's own do."""


STRICT = "max-age=31536000"


class WrongPlace(Forbidden):
    """The request comes by another name, or from a page of another place."""


Told = Callable[[HTTPConnection, WrongPlace], Awaitable[None]]
"""Hears of what was refused here, before anybody asked who calls."""


class Guard:
    """Outermost ASGI application; nothing that is raised inside gets past it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str] = (),
        origins: Collection[str] = (),
        told: Told,
    ) -> None:
        self._app = app
        self._told = told
        self._hosts = LOOPBACK_NAMES | {host.lower() for host in hosts}
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers.get("x-correlation-id")
        correlation_id = serve_under(given)
        answer = _Answer(send, correlation_id, strict=_strict(scope, headers))
        error: Exception | None = None
        try:
            if given is not None and given != correlation_id:
                raise InvalidRequest.of(
                    "X-Correlation-Id", "must be 1 to 64 letters, digits, '.', '_' or '-'", given
                )
            self._check_host(headers, scope)
            if scope["method"] not in SAFE_METHODS:
                self._check_origin(headers)
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            return
        except HTTPException as refused:
            error = from_framework(refused, scope["method"])
        except Exception as failure:
            error = failure
        if error is None:
            return
        if isinstance(error, WrongPlace):
            await self._told(HTTPConnection(scope), error)
        if answer.started:
            # The status is out already: all that is left is to cut the body short.
            logger.error("answer broken off", exc_info=error, extra={"path": scope["path"]})
            return
        response = problem_response(
            error, correlation_id=correlation_id, instance=shorten(scope["path"], 500)
        )
        await response(scope, receive, answer)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        serve_under(headers.get("x-correlation-id"))
        try:
            self._check_host(headers, scope)
            self._check_origin(headers)
        except WrongPlace as error:
            await self._told(HTTPConnection(scope), error)
            # Before it is open, closing a WebSocket is answered with 403 and no body.
            logger.warning("websocket refused", extra={"reason": str(error)})
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _check_host(self, headers: Headers, scope: Scope) -> None:
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        # The address that was called is no name that somebody else could have made up.
        if host_name(host) not in (*self._hosts, (scope.get("server") or ("",))[0]):
            known = ", ".join(sorted(self._hosts))
            raise WrongPlace(f"this server is not called {shorten(host)!r}; its names are {known}")

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is None or origin.lower().rstrip("/") in self._origins:
            return
        scheme, _, place = origin.lower().partition("://")
        if scheme in ("http", "https") and place == headers["host"].lower():
            return
        raise WrongPlace(f"pages of {shorten(origin)!r} may not do this")


def _strict(scope: Scope, headers: Headers) -> bool:
    """Whether browsers are to come by TLS only from now on. A name of loopback belongs to all
    servers of a machine, and the others may be plain."""
    name = host_name(headers.get("host", ""))
    return scope["scheme"] == "https" and name not in LOOPBACK_NAMES


class _Answer:
    """Adds headers to the answer and remembers whether it has begun."""

    def __init__(self, send: Send, correlation_id: str, *, strict: bool) -> None:
        self._send = send
        self._strict = strict
        self._correlation_id = correlation_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["X-Correlation-Id"] = self._correlation_id
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._strict:
                headers["Strict-Transport-Security"] = STRICT
        await self._send(message)


def host_name(host: str) -> str:
    """The name in a Host header, without its port and brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
