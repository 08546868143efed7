"""The server itself: health, version, and the numbers of the dashboard."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from hodei.api.http.schemas.jobs import ViolationView
from hodei.api.http.schemas.model import Model
from hodei.domain.job import JobState
from hodei.domain.worker import WorkerState


class Alive(Model):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(Model):
    """The database answers too."""

    status: Literal["ready"] = "ready"
    database_ms: float


class Version(Model):
    """What runs here."""

    version: str
    api: Literal["v1"] = "v1"


class DatabaseView(Model):
    """What everything is kept in."""

    product: str
    size_bytes: int | None
    round_trip_ms: float


class RetentionView(Model):
    """How long the past is kept, where a project says nothing else."""

    jobs_ms: int
    logs_ms: int
    audit_ms: int
    deliveries_ms: int
    log_max_bytes: int
    """Stored log text per attempt; what comes after it is discarded with a visible mark."""


class FeaturesView(Model):
    """What this server has."""

    sign_in: bool
    dev_mode: bool
    provider_types: list[str]


class System(Model):
    """The server that answers, and the installation that it belongs to."""

    version: str
    api: Literal["v1"] = "v1"
    installation_id: str
    replica: str
    """Name of the server process that answers."""
    started_at: datetime
    python: str
    database: DatabaseView
    retention: RetentionView
    features: FeaturesView
    hosts: list[str]
    """Machines on which servers of the installation ran in the last three minutes."""


class JobsSummary(Model):
    """Jobs per state."""

    total: int
    counts: dict[JobState, int]


class WorkersSummary(Model):
    """Live workers per state."""

    live: int
    counts: dict[WorkerState, int]


class QueueSummary(Model):
    """The queue in numbers."""

    pending: int
    delayed: int
    oldest_queued_at: datetime | None
    paused: bool


class ProvidersSummary(Model):
    """Providers by health; disabled ones count as neither up nor down."""

    total: int
    up: int
    down: list[str]
    """Names of enabled providers that do not answer."""
    draining: list[str]
    """Names of disabled providers that still have workers."""
    disabled: list[str]
    """Names of all disabled providers, the draining ones included."""


class NodesSummary(Model):
    """Providers as the nodes that jobs run on; each counts once."""

    online: int
    """Enabled, and their last check was good."""
    draining: int
    """Disabled, and workers of theirs are still there."""
    offline: int
    """Enabled, and they do not answer."""
    disabled: int
    """Disabled and empty."""


class HostSummary(Model):
    """The machine of the server that answers."""

    name: str
    cpus: int
    cpu: float | None
    """Share of its CPUs that is busy, from 0 to 1; null until it is known."""
    load_1m: float
    load_5m: float
    load_15m: float
    memory_total_bytes: int | None
    memory_available_bytes: int | None


class Summary(Model):
    """The numbers of the dashboard."""

    at: datetime
    jobs: JobsSummary
    workers: WorkersSummary
    queue: QueueSummary
    providers: ProvidersSummary
    nodes: NodesSummary
    host: HostSummary


class Problem(Model):
    """An error, as RFC 9457 describes."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    """Stable name of the error."""
    violations: list[ViolationView]
    correlation_id: str
    instance: str
