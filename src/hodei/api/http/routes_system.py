"""The server itself: liveness, readiness, version, who calls, and the dashboard's numbers."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from starlette.responses import Response

from hodei import __version__
from hodei.api.http.operations import Call, Operation, json_response, ok
from hodei.api.http.schemas.system import (
    Alive,
    HostSummary,
    JobsSummary,
    Me,
    ProvidersSummary,
    QueueSummary,
    Ready,
    Summary,
    Version,
    WorkersSummary,
)
from hodei.domain.worker import WorkerState
from hodei.engine.engine import Engine
from hodei.engine.providers import ProviderView
from hodei.ports.store import JobFilter

PERMISSIONS = (
    "jobs.read",
    "jobs.run",
    "logs.read",
    "terminal.open",
    "metrics.read",
    "queue.read",
    "queue.manage",
    "providers.read",
    "providers.manage",
    "workers.read",
    "workers.manage",
)
"""Until there is sign-in, whoever reaches the server may do everything."""
MEMINFO = Path("/proc/meminfo")
MAX_WORKERS = 10_000


async def summary_of(engine: Engine) -> Summary:
    """The numbers of the dashboard, as they are now."""
    counts = await engine.jobs.counts(JobFilter())
    workers = Counter(worker.state for worker in await engine.workers.all(limit=MAX_WORKERS))
    status = await engine.queue.status()
    settings = await engine.queue.settings()
    return Summary(
        at=engine.core.clock.now(),
        jobs=JobsSummary(total=sum(counts.values()), counts=dict(counts)),
        workers=WorkersSummary(
            live=sum(workers.values()),
            counts={s: workers[s] for s in WorkerState if s is not WorkerState.GONE},
        ),
        queue=QueueSummary(
            pending=status.pending,
            delayed=status.delayed,
            oldest_queued_at=status.oldest_queued_at,
            paused=settings.paused,
        ),
        providers=_providers(await engine.providers.all()),
        host=host(),
    )


def _providers(views: list[ProviderView]) -> ProvidersSummary:
    enabled = [view for view in views if view.record.enabled]
    return ProvidersSummary(
        total=len(views),
        up=sum(view.health.ok for view in enabled),
        down=[view.record.name for view in enabled if not view.health.ok],
        disabled=[view.record.name for view in views if not view.record.enabled],
    )


def host() -> HostSummary:
    """What the machine is busy with; memory is None where it cannot be read."""
    one, five, fifteen = os.getloadavg()
    memory = _memory()
    return HostSummary(
        cpus=os.cpu_count() or 1,
        load_1m=round(one, 2),
        load_5m=round(five, 2),
        load_15m=round(fifteen, 2),
        memory_total_bytes=memory.get("MemTotal"),
        memory_available_bytes=memory.get("MemAvailable"),
    )


def _memory() -> dict[str, int]:
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    rows = (line.split() for line in lines)
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if len(row) == 3}


async def summary(call: Call) -> Response:
    """GET /summary."""
    return json_response(await summary_of(call.engine))


async def health(call: Call) -> Response:
    """GET /health."""
    return json_response(Alive())


async def ready(call: Call) -> Response:
    """GET /ready."""
    seconds = await call.engine.core.store.ping()
    return json_response(Ready(database_ms=round(seconds * 1000, 3)))


async def version(call: Call) -> Response:
    """GET /version."""
    return json_response(Version(version=__version__))


async def me(call: Call) -> Response:
    """GET /me."""
    return json_response(
        Me(
            owner=call.actor,
            dev_mode=call.api.identity.dev_mode,
            permissions=list(PERMISSIONS),
        )
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/summary",
        name="getSummary",
        tag="system",
        summary="The numbers of the dashboard",
        handle=summary,
        answers=ok(Summary, "As they are now."),
    ),
    Operation(
        method="GET",
        path="/health",
        name="getHealth",
        tag="system",
        summary="Whether the process answers",
        handle=health,
        answers=ok(Alive, "It does."),
        public=True,
    ),
    Operation(
        method="GET",
        path="/ready",
        name="getReadiness",
        tag="system",
        summary="Whether the database answers too",
        handle=ready,
        answers=ok(Ready, "It does."),
        public=True,
    ),
    Operation(
        method="GET",
        path="/version",
        name="getVersion",
        tag="system",
        summary="What runs here",
        handle=version,
        answers=ok(Version, "The version."),
        public=True,
    ),
    Operation(
        method="GET",
        path="/me",
        name="getMe",
        tag="system",
        summary="Who calls, and what that person may do",
        handle=me,
        answers=ok(Me, "The caller."),
    ),
)
