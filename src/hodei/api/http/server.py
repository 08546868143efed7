"""Runs the application with uvicorn inside the event loop that is there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from hodei.api.http.operations import Api
from hodei.domain.errors import Unavailable

BACKLOG = 1024
KEEP_ALIVE_S = 75
PING_S = 15.0
MAX_FRAME = 1 << 20
"""Bytes of one WebSocket message from a client."""
MAX_HEADERS = 1 << 16


class _Quiet(uvicorn.Server):
    """Signals and the process belong to whoever runs the loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.leaving = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        """Keeps the header `date` right until the end. The original looks ten times a second."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.leaving.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


class HttpServer:
    """Serves one application on one address."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._server: _Quiet | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens and serves; returns the port. Raises Unavailable when it cannot."""
        listening = _bind(host, port)
        config = uvicorn.Config(
            self._app,
            loop="none",
            http="httptools",
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
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

    async def stop(self, grace_s: float) -> None:
        """Takes no new request, lets those that run end for `grace_s`, then cuts them off."""
        if self._server is None or self._serving is None:
            return
        api: Api = self._app.state.api
        api.stopping.set()
        self._server.config.timeout_graceful_shutdown = max(1, round(grace_s))
        self._server.should_exit = True
        self._server.leaving.set()
        await self._serving
        self._server = self._serving = None


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise Unavailable(
            f"HTTP cannot listen on {host}:{port}: {error.strerror or error} (HODEI_HTTP_PORT)"
        ) from None
    listening.setblocking(False)
    return listening
