"""Prometheus text at /metrics, computed from the database when it is asked for.

The port answers GET /metrics and nothing else, so a server of forty lines does. Gauges about
jobs, queue, workers and providers describe the installation and are the same on every replica;
`hodei_agent_sessions` and `hodei_process_*` describe the replica that answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

import hodei
from hodei.domain.errors import HodeiError, Unavailable
from hodei.domain.job import JOB, JobState
from hodei.domain.worker import WorkerState
from hodei.engine.engine import Engine
from hodei.engine.providers import ProviderView
from hodei.ports.store import JobFilter

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
RECENT = timedelta(minutes=5)
"""The range that latency quantiles are taken over."""
READ_SECONDS = 10.0
QUANTILES = ("0.5", "0.95")


Samples = Iterable[tuple[tuple[str, ...], float]]
"""Label values and the value they have."""


class _Families:
    """Hands families that are ready to prometheus-client, which collects synchronously."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """What a registry asks for."""
        yield from self._families


def gauge(name: str, text: str, values: Samples, *labels: str) -> Metric:
    """One family: a value per combination of label values."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


async def render(engine: Engine) -> bytes:
    """The whole page. A database that does not answer is a value, not an error."""
    began = time.perf_counter()
    families = [gauge("hodei_build_info", "Version", [((hodei.__version__,), 1.0)], "version")]
    try:
        families += [*await _jobs(engine), *await _queue(engine), *await _places(engine)]
        up = 1.0
    except HodeiError as error:
        logger.warning("metrics without the database", extra={"error": str(error)})
        up = 0.0
    sessions = len(engine.sessions.all())
    took = time.perf_counter() - began
    families += [
        gauge("hodei_database_up", "Whether PostgreSQL answers", [((), up)]),
        gauge("hodei_agent_sessions", "Agents connected to this replica", [((), sessions)]),
        gauge("hodei_scrape_duration_seconds", "Time this page took", [((), took)]),
    ]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families))
    ProcessCollector(namespace="hodei", registry=registry)
    return generate_latest(registry)


async def _jobs(engine: Engine) -> list[Metric]:
    counts = await engine.jobs.counts(JobFilter())
    now = engine.core.clock.now()
    recent = await engine.stats.metrics(start=now - RECENT, end=now, buckets=1)
    total = recent.total
    finished = [((s.value,), total.finished.get(s, 0)) for s in JobState if s in JOB.terminal]
    return [
        gauge("hodei_jobs", "Jobs stored", [((s.value,), n) for s, n in counts.items()], "state"),
        gauge("hodei_jobs_recently_finished", "Ended in the last 5 min", finished, "state"),
        _seconds(
            "hodei_job_queue_wait_seconds",
            "Wait for a worker, last 5 min",
            (total.queue_wait_p50_ms, total.queue_wait_p95_ms),
        ),
        _seconds(
            "hodei_job_start_latency_seconds",
            "From assignment to the process, last 5 min",
            (total.start_latency_p50_ms, total.start_latency_p95_ms),
        ),
        _seconds(
            "hodei_job_duration_seconds",
            "Run time, last 5 min",
            (total.duration_p50_ms, total.duration_p95_ms),
        ),
    ]


def _seconds(name: str, text: str, values: tuple[float | None, ...]) -> Metric:
    known = [
        ((quantile,), value / 1000)
        for quantile, value in zip(QUANTILES, values, strict=True)
        if value is not None
    ]
    return gauge(name, text, known, "quantile")


async def _queue(engine: Engine) -> list[Metric]:
    status = await engine.queue.status()
    settings = await engine.queue.settings()
    oldest = 0.0
    if status.oldest_queued_at is not None:
        oldest = (engine.core.clock.now() - status.oldest_queued_at).total_seconds()
    return [
        gauge("hodei_queue_depth", "Jobs that wait", [((), status.pending)]),
        gauge("hodei_queue_delayed", "Jobs that wait for a retry's time", [((), status.delayed)]),
        gauge("hodei_queue_oldest_seconds", "Age of the oldest wait", [((), max(oldest, 0.0))]),
        gauge("hodei_queue_paused", "Whether dispatch is paused", [((), settings.paused)]),
    ]


async def _places(engine: Engine) -> list[Metric]:
    views = await engine.providers.all()
    names = {view.record.id: view.record.name for view in views}
    counted = Counter(
        (names.get(worker.provider_id, ""), worker.state) for worker in await engine.workers.all()
    )
    states = [state for state in WorkerState if state is not WorkerState.GONE]
    workers = [
        ((name, state.value), counted[name, state]) for name in names.values() for state in states
    ]
    keys = [(view.record.name, view.record.type) for view in views]
    up = zip(keys, [view.health.ok for view in views], strict=True)
    enabled = zip(keys, [view.record.enabled for view in views], strict=True)
    most = zip(keys, [_max_workers(view) for view in views], strict=True)
    kinds = ("provider", "type")
    return [
        gauge("hodei_workers", "Workers that live", workers, "provider", "state"),
        gauge("hodei_provider_up", "Whether its last check went well", up, *kinds),
        gauge("hodei_provider_enabled", "Whether it takes jobs", enabled, *kinds),
        gauge("hodei_provider_max_workers", "Workers it may have at once", most, *kinds),
    ]


def _max_workers(view: ProviderView) -> int:
    own = view.capabilities.max_workers if view.capabilities else 0
    return view.record.max_workers or own


class MetricsServer:
    """Answers GET /metrics on a port of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens; returns the port. Raises Unavailable when it is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=16 << 10)
        except OSError as error:
            raise Unavailable(
                f"HODEI_METRICS_PORT: cannot listen on {host}:{port}: {error.strerror}"
            ) from error
        listening: int = self._server.sockets[0].getsockname()[1]
        return listening

    async def stop(self) -> None:
        """Stops listening."""
        if self._server is not None:
            self._server.close()

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
            return _response("200 OK", await render(self._engine), method)
        except Exception:
            logger.exception("metrics failed")
            return _response("500 Internal Server Error", b"see the server's log\n", method)


def _response(status: str, body: bytes, method: str) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else body)
