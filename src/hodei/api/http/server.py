"""Runs the application with uvicorn inside the event loop that is there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from fastapi import FastAPI

from hodei.api.http.connection import BoundedProtocol
from hodei.api.http.operations import Api
from hodei.domain.errors import Unavailable

BACKLOG = 1024
KEEP_ALIVE_S = 75
PING_S = 15.0
MAX_FRAME = 1 << 20
"""Bytes of one WebSocket message from a client."""
HANDSHAKE_S = 10.0
"""A TLS handshake that takes longer is cut off; so is a goodbye that is not answered."""


class _Quiet(uvicorn.Server):
    """Signals and the process belong to whoever runs the loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.stirred = asyncio.Event()
        """Somebody connects, or the server is to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        """Keeps the header `date` right until the end. The original looks ten times a second,
        also while nobody is connected."""
        lately = True
        while not await self.on_tick(0):
            here = lately or bool(self.server_state.connections)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1 if here else None):
                    await self.stirred.wait()
            lately = self.stirred.is_set()
            self.stirred.clear()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens as the original does, but gives handshakes less time."""
        await super().startup([])
        limit = HANDSHAKE_S if self.config.ssl else None
        for listening in sockets or ():
            server = await asyncio.get_running_loop().create_server(
                self._protocol,
                sock=listening,
                ssl=self.config.ssl,
                backlog=BACKLOG,
                ssl_handshake_timeout=limit,
                ssl_shutdown_timeout=limit,
            )
            self.servers.append(server)
        self.up.set()

    def _protocol(self) -> asyncio.Protocol:
        self.stirred.set()
        made: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


class HttpServer:
    """Serves one application on one address."""

    def __init__(
        self,
        app: FastAPI,
        *,
        tls: ssl.SSLContext | None = None,
        proxies: Sequence[str] = (),
    ) -> None:
        """`proxies` are addresses and networks whose X-Forwarded-For and -Proto are believed."""
        self._app = app
        self._tls = tls
        self._proxies = list(proxies)
        self._server: _Quiet | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens and serves; returns the port. Raises Unavailable when it cannot."""
        listening = _bind(host, port)
        config = uvicorn.Config(
            self._app,
            loop="none",
            http=BoundedProtocol,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(self._proxies),
            forwarded_allow_ips=self._proxies,
            ssl_context_factory=self._context if self._tls else None,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=5,
            backlog=BACKLOG,
            ws_max_size=MAX_FRAME,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
        )
        self._server = _Quiet(config)
        self._serving = asyncio.create_task(
            self._server.serve(sockets=[listening]), name="http-server"
        )
        up = asyncio.ensure_future(self._server.up.wait())
        await asyncio.wait({up, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if self._serving.done():
            await self._serving
            raise Unavailable(f"HTTP did not start on {host}:{port} (HODEI_HTTP_PORT)")
        bound: int = listening.getsockname()[1]
        return bound

    def _context(
        self, config: uvicorn.Config, default: Callable[[], ssl.SSLContext]
    ) -> ssl.SSLContext:
        assert self._tls is not None
        return self._tls

    async def stop(self, grace_s: float) -> None:
        """Takes no new request, lets those that run end for `grace_s`, then cuts them off."""
        if self._server is None or self._serving is None:
            return
        api: Api = self._app.state.api
        api.stopping.set()
        self._server.config.timeout_graceful_shutdown = max(1, round(grace_s))
        self._server.should_exit = True
        self._server.stirred.set()
        await self._serving
        self._server = self._serving = None


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Head and body are two packets; not every loop sends the second one without an answer.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise Unavailable(
            f"HTTP cannot listen on {host}:{port}: {error.strerror or error} (HODEI_HTTP_PORT)"
        ) from None
    listening.setblocking(False)
    return listening
