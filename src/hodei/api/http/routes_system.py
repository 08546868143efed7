"""The server itself: liveness, readiness, version, and the dashboard's numbers."""

from __future__ import annotations

import platform
from collections import Counter
from datetime import timedelta

from starlette.responses import Response

from hodei import __version__
from hodei.api.http.operations import Call, Operation, json_response, ok
from hodei.api.http.schemas.system import (
    Alive,
    DatabaseView,
    FeaturesView,
    HostSummary,
    JobsSummary,
    NodesSummary,
    ProvidersSummary,
    QueueSummary,
    Ready,
    RetentionView,
    Summary,
    System,
    Version,
    WorkersSummary,
)
from hodei.domain.worker import WorkerState
from hodei.engine.engine import Engine
from hodei.engine.providers import ProviderView
from hodei.ports.store import JobFilter

SEEN = timedelta(minutes=3)
MAX_WORKERS = 10_000


async def summary_of(engine: Engine, projects: frozenset[str] | None) -> Summary:
    """The numbers of the dashboard, as they are now, of jobs those of these projects."""
    counts = await engine.jobs.counts(JobFilter(projects=projects))
    workers = Counter(worker.state for worker in await engine.workers.all(limit=MAX_WORKERS))
    status = await engine.queue.status(projects)
    settings = await engine.queue.settings()
    providers = _providers(await engine.providers.all())
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
        providers=providers,
        nodes=_nodes(providers),
        host=host_of(engine),
    )


def _providers(views: list[ProviderView]) -> ProvidersSummary:
    enabled = [view for view in views if view.record.enabled]
    disabled = [view for view in views if not view.record.enabled]
    return ProvidersSummary(
        total=len(views),
        up=sum(view.health.ok for view in enabled),
        down=[view.record.name for view in enabled if not view.health.ok],
        draining=[view.record.name for view in disabled if view.live_workers],
        disabled=[view.record.name for view in disabled],
    )


def _nodes(summary: ProvidersSummary) -> NodesSummary:
    return NodesSummary(
        online=summary.up,
        draining=len(summary.draining),
        offline=len(summary.down),
        disabled=len(summary.disabled) - len(summary.draining),
    )


def host_of(engine: Engine) -> HostSummary:
    """What this server's machine is busy with; memory is None where it cannot be read."""
    now = engine.hosts.now()
    return HostSummary(
        name=now.name,
        cpus=now.reading.cpus,
        cpu=None if now.cpu is None else round(now.cpu, 3),
        load_1m=now.reading.load_1m,
        load_5m=now.reading.load_5m,
        load_15m=now.reading.load_15m,
        memory_total_bytes=now.reading.memory_total_bytes,
        memory_available_bytes=now.reading.memory_available_bytes,
    )


async def summary(call: Call) -> Response:
    """GET /summary."""
    return json_response(await summary_of(call.engine, call.visible))


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


async def system(call: Call) -> Response:
    """GET /system."""
    engine, core = call.engine, call.engine.core
    facts = await core.store.database()
    now = core.clock.now()
    seen = await engine.hosts.history(start=now - SEEN, end=now, buckets=1)
    retention = engine.janitor.retention
    dev_mode = call.api.identity.dev_mode
    return json_response(
        System(
            version=__version__,
            installation_id=core.installation_id,
            replica=core.replica,
            started_at=engine.started_at,
            python=platform.python_version(),
            database=DatabaseView(
                product=facts.product,
                size_bytes=facts.size_bytes,
                round_trip_ms=round(await core.store.ping() * 1000, 3),
            ),
            retention=RetentionView(
                jobs_ms=round(retention.jobs.total_seconds() * 1000),
                logs_ms=round(retention.logs.total_seconds() * 1000),
                audit_ms=round(retention.audit.total_seconds() * 1000),
                deliveries_ms=round(retention.deliveries.total_seconds() * 1000),
                log_max_bytes=core.max_log_bytes,
            ),
            features=FeaturesView(
                sign_in=dev_mode or await call.api.identity.sign_in_needed(),
                dev_mode=dev_mode,
                provider_types=list(engine.providers.types()),
            ),
            hosts=sorted({*(sample.host for sample in seen), engine.hosts.now().name}),
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
        path="/system",
        name="getSystem",
        tag="system",
        summary="The server that answers, its database, and how long things are kept",
        handle=system,
        answers=ok(System, "As it is now."),
    ),
)
