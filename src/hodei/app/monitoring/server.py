"""Prometheus text at /metrics, on a port that answers GET of that path and nothing else.

The help of each metric says whether it describes the replica that answers or the whole
installation (docs/monitoring.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest

from hodei.app.monitoring.gauges import (
    LatestCensus,
    gauge,
    of_disk,
    of_installation,
    of_providers,
    of_replica,
)
from hodei.app.monitoring.instruments import Instruments
from hodei.domain.errors import HodeiError, Unavailable
from hodei.engine.engine import Engine
from hodei.ports.pool import PoolUse

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
READ_SECONDS = 10.0
LAG_EVERY_S = 1.0
"""How often it is measured how late the event loop is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the page reads from."""

    engine: Engine
    instruments: Instruments
    census: LatestCensus
    pool: Callable[[], PoolUse]
    data_dir: Path
    certificates: Callable[[], Iterable[tuple[str, datetime]]] = field(default=tuple)
    """Names of this server's own certificates, and when each ends."""


class _Families:
    """Hands families that are ready to prometheus-client, which collects synchronously."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """What a registry asks for."""
        yield from self._families


async def render(sources: Sources) -> bytes:
    """The whole page. A database that does not answer is a value, not an error."""
    began = time.perf_counter()
    engine = sources.engine
    families = [
        *of_replica(engine, sources.pool(), sources.certificates()),
        *of_providers(engine),
        *of_disk(sources.data_dir),
    ]
    try:
        families += of_installation(engine, await sources.census.get())
        up = 1.0
    except HodeiError as error:
        logger.warning("metrics without the database", extra={"error": str(error)})
        up = 0.0
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families))
    ProcessCollector(namespace="hodei", registry=registry)
    text = generate_latest(sources.instruments.registry) + generate_latest(registry)
    took = time.perf_counter() - began
    last = [
        gauge("database_up", "1: PostgreSQL answers; this replica", [((), up)]),
        gauge("scrape_duration_seconds", "Time this page took; this replica", [((), took)]),
    ]
    rest = CollectorRegistry(auto_describe=False)
    rest.register(_Families(last))
    return text + generate_latest(rest)


class MetricsServer:
    """Answers GET /metrics on a port of its own."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens; returns the port. Raises Unavailable when it is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=16 << 10)
        except OSError as error:
            raise Unavailable(
                f"HODEI_METRICS_PORT: cannot listen on {host}:{port}: {error.strerror}"
            ) from error
        self._watch = asyncio.create_task(self._watch_lag(), name="event-loop-lag")
        listening: int = self._server.sockets[0].getsockname()[1]
        return listening

    async def stop(self) -> None:
        """Stops listening."""
        if self._server is not None:
            self._server.close()
        if self._watch is not None:
            self._watch.cancel()

    async def _watch_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self._sources.instruments.lag.observe(max(loop.time() - due, 0.0))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            async with asyncio.timeout(READ_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(head.split(b"\r\n", 1)[0].decode("latin-1")))
                await writer.drain()
        writer.close()

    async def _answer(self, request: str) -> bytes:
        method, _, rest = request.partition(" ")
        path = rest.split(" ")[0].split("?")[0]
        if method not in ("GET", "HEAD"):
            return _response("405 Method Not Allowed", b"GET only\n", method)
        if path != "/metrics":
            return _response("404 Not Found", b"metrics are at /metrics\n", method)
        try:
            return _response("200 OK", await render(self._sources), method)
        except Exception:
            logger.exception("metrics failed")
            return _response("500 Internal Server Error", b"see the server's log\n", method)


def _response(status: str, body: bytes, method: str) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else body)
