"""The server itself: health, version, who calls, and the numbers of the dashboard."""

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


class Me(Model):
    """Who calls, and what that person may do."""

    owner: str
    dev_mode: bool
    permissions: list[str]


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
    disabled: list[str]


class HostSummary(Model):
    """The machine of the server that answers."""

    cpus: int
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
