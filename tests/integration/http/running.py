"""A whole server (database, engine, gRPC for its agents, HTTP) in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from hodei.api.grpc.server import GrpcServer, WorkerServer
from hodei.api.http.app import create_app
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from hodei.app.entrance import setup_code
from hodei.app.settings import Settings
from hodei.app.wiring import open_engine
from hodei.app.workers_endpoint import workers_endpoint
from hodei.engine.engine import Engine
from tests.support.processes import end_workers, remove_groups

T = TypeVar("T")
ORIGIN = "https://ui.example.com"


@dataclass(slots=True)
class Running:
    """The server while it runs."""

    loop: asyncio.AbstractEventLoop
    engine: Engine
    http_port: int
    grpc_port: int
    done: asyncio.Event
    setup_code: str | None = None
    """What the first administrator has to know."""

    @property
    def url(self) -> str:
        """Where REST is."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def api(self) -> str:
        """The version of the interface that is tested."""
        return f"{self.url}/api/v1"

    @property
    def ws(self) -> str:
        """The same for WebSockets."""
        return f"ws://127.0.0.1:{self.http_port}/api/v1"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does something in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


async def _serve(settings: Settings, started: list[Running], up: threading.Event) -> None:
    endpoint = workers_endpoint(settings)
    async with open_engine(settings, endpoint) as engine:
        identity = Identity(engine.access, dev_mode=settings.dev_mode)
        grpc = GrpcServer(engine, identity)
        grpc_port = grpc.listen("127.0.0.1:0")
        await grpc.start()
        workers = WorkerServer(engine)
        workers.listen_unix(endpoint.socket)
        await workers.start()
        app = create_app(
            engine, identity, allowed_hosts=["hodei.example.com"], allowed_origins=[ORIGIN]
        )
        http = HttpServer(app)
        http_port = await http.start("127.0.0.1", 0)
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        code = await setup_code(settings, engine)
        started.append(Running(loop, engine, http_port, grpc_port, done, code))
        up.set()
        await done.wait()
        await http.stop(1)
        await grpc.stop(1)
        await workers.stop(1)


@contextmanager
def running_server(
    *, process: bool = True, dev_mode: bool = True, **others: Any
) -> Iterator[Running]:
    """The server, with the provider `local` or without any, and other settings; everything is
    gone afterwards."""
    # Not below pytest's own directory, which is closed to the user that PostgreSQL runs as.
    data_dir = Path(tempfile.mkdtemp(prefix="hodei-http-", dir="/tmp"))
    data_dir.chmod(0o711)
    settings = Settings(data_dir=data_dir, dev_mode=dev_mode, process_enabled=process, **others)
    started: list[Running] = []
    failed: list[BaseException] = []
    up = threading.Event()

    def main() -> None:
        try:
            uvloop.run(_serve(settings, started, up))
        except BaseException as error:
            failed.append(error)
        finally:
            up.set()

    thread = threading.Thread(target=main, name="server")
    thread.start()
    try:
        up.wait(60)
        if failed or not started:
            raise RuntimeError("the server did not start") from (failed[0] if failed else None)
        yield started[0]
    finally:
        if started and not failed:
            started[0].loop.call_soon_threadsafe(started[0].done.set)
        thread.join(30)
        # Workers outlive their server on purpose; nothing of a test does.
        remove_groups(end_workers(data_dir))
        shutil.rmtree(data_dir, ignore_errors=True)
    if failed:
        raise failed[0]
