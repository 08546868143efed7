"""The store: everything Hodei remembers.

The store is a sum of small protocols. Writing goes through one door, `commit`: a *unit* is a
set of entities, log segments and events that is saved entirely or not at all, each entity by
compare-and-set on its version. Many units travel in one transaction (group commit), so that a
burst of short jobs costs few commits.

Times that leases are compared with are the database's own (`now` of one machine), so that the
clocks of the replicas do not matter. Every time that a unit carries was given by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from hodei.domain.attempt import Attempt
from hodei.domain.events import Event
from hodei.domain.job import Job, JobState
from hodei.domain.logs import LogHead, Segment
from hodei.domain.origin import Origin
from hodei.domain.provider import Health, ProviderRecord
from hodei.domain.spec import CommandType, Priority
from hodei.domain.warm import Demand
from hodei.domain.worker import Handle, Worker, WorkerState
from hodei.ports.aggregates import JobMetrics, Recent, UseSeries
from hodei.ports.audit import AuditStore
from hodei.ports.automation import AutomationStore
from hodei.ports.feed import EventStore
from hodei.ports.hosts import HostStore
from hodei.ports.identity import IdentityStore
from hodei.ports.loads import LoadStore
from hodei.ports.maintenance import MaintenanceStore
from hodei.ports.projects import ProjectStore
from hodei.ports.secret_rows import SecretStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAppend:
    """New log text of one attempt, with the head that it leads to.

    `segments` may be empty (only the head moved). Saved only if the stored head's
    `acked_seq` is `after_seq`: two replicas can never both append.
    """

    attempt_id: UUID
    after_seq: int
    head: LogHead
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What an attempt used at one moment (see StatsSample in worker.proto)."""

    attempt_id: UUID
    at: datetime
    cpu_ms: int
    memory_bytes: int
    memory_peak_bytes: int = 0
    disk_read_bytes: int = 0
    disk_write_bytes: int = 0
    net_rx_bytes: int = 0
    net_tx_bytes: int = 0
    processes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is saved together. An entity with version 0 is inserted, else updated.

    The stored version must equal the entity's; saving makes it one higher.
    """

    jobs: tuple[Job, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    workers: tuple[Worker, ...] = ()
    providers: tuple[ProviderRecord, ...] = ()
    logs: tuple[LogAppend, ...] = ()
    samples: tuple[Sample, ...] = ()
    events: tuple[Event, ...] = ()
    replica: str | None = None
    """When set, the workers of this unit are leased to it for 15 s (see WorkerStore.renew)."""
    max_live: int | None = None
    """When set, a unit that inserts a worker is FULL if its provider would then have more live
    workers than this, counted inside the transaction."""
    within: str | None = None
    """When set, a unit that makes a job ASSIGNED is FULL if this project, which is the job's,
    would then use more than its quota, counted inside the transaction."""


class Verdict(StrEnum):
    """What became of one unit."""

    SAVED = "saved"
    STALE = "stale"
    """Some version, or some log head, was not the stored one; nothing of the unit was saved."""
    FULL = "full"
    """The provider has no room for the unit's new worker; nothing of the unit was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a list shows; empty means all."""

    project: str | None = None
    projects: frozenset[str] | None = None
    """Any of these; empty: no job at all."""
    states: frozenset[JobState] = frozenset()
    name: str | None = None
    """Case-insensitive part of the name, or the beginning of the id."""
    owner: str | None = None
    provider_id: UUID | None = None
    priority: Priority | None = None
    command_type: CommandType | None = None
    image: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    submitted_from: datetime | None = None
    submitted_before: datetime | None = None
    template: UUID | None = None
    template_version: int | None = None
    schedule: UUID | None = None


class JobSort(StrEnum):
    """Orders of the job list; ties are broken by submission."""

    NEWEST = "-submitted_at"
    OLDEST = "submitted_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job as lists show it, without its spec's large parts."""

    id: UUID
    name: str
    project: str
    owner: str
    state: JobState
    version: int
    phase: str | None
    """Phase of the newest attempt."""
    priority: Priority
    command_type: CommandType
    image: str | None
    provider_id: UUID | None
    labels: Mapping[str, str]
    attempts: int
    max_attempts: int
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    exit_code: int | None
    cause: str | None
    warn_count: int
    error_count: int
    cancel_requested_at: datetime | None
    origin: Origin | None = None
    """Without its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list; `cursor` asks for the next one and is None at the end."""

    items: tuple[T, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An attempt with its job and worker, read in one moment."""

    job: Job
    attempt: Attempt
    worker: Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A live worker and who looks after it."""

    worker: Worker
    replica: str | None
    lease_age_s: float
    """Seconds since the lease ran out; negative while it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """One waiting job, in queue order."""

    job_id: UUID
    name: str
    priority: Priority
    queued_at: datetime
    not_before: datetime
    position: int
    placement_class: str
    reason: str
    """Why the dispatcher did not take it when it last looked; empty: it has not looked."""
    owner: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """The queue in numbers."""

    pending: int
    delayed: int
    """Waiting for a retry's back-off."""
    assigned: int
    running: int
    oldest_queued_at: datetime | None
    blocked_classes: Mapping[str, str]
    """Placement class to reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerSettings:
    """What ConfigureScheduler sets; one row for the installation."""

    paused: bool = False
    aging_step_ms: int = 600_000
    """Head start of HIGH over NORMAL and of NORMAL over LOW."""
    version: int = 0


class JobStore(Protocol):
    """Jobs and attempts."""

    async def commit(self, units: Sequence[Unit]) -> Sequence[Verdict]:
        """Saves units in one transaction, each all-or-nothing; verdicts in the same order.

        Units of one call must not share an entity. A new job that is not PENDING is bound
        already: while dispatch is paused its unit is STALE. Raises Unavailable when the store
        does not answer: then it is unknown whether the units were saved, and a repeat is safe
        because of the versions.
        """
        ...

    async def submit(self, jobs: Sequence[Job], events: Sequence[Event]) -> Sequence[Job]:
        """Inserts new jobs with their events, in one transaction.

        A job whose (project, idempotency_key) exists is not inserted: its stored twin is
        returned in its place, and its event is dropped (events match jobs by job_id).
        """
        ...

    async def claim(
        self, replica: str, *, limit: int, lease_s: float, blocked: Sequence[str] = ()
    ) -> Sequence[Job]:
        """Takes up to `limit` PENDING jobs whose time has come, best rank first; none while
        dispatch is paused.

        Jobs of the placement classes in `blocked`, of the projects in it (`project_key`,
        `class_key`), and jobs claimed by anybody whose lease still holds, are passed over. A
        claim is not a transition: it ends by a commit of the job, by `unclaim`, or by itself
        after `lease_s`. Two replicas never hold one job.
        """
        ...

    async def unclaim(self, replica: str, job_ids: Sequence[UUID]) -> None: ...

    async def set_blocked(self, reasons: Mapping[str, str]) -> None:
        """Stores why placement classes wait, or projects (`project_key`, `class_key`), whose
        reason is shown first; an empty reason removes the row."""
        ...

    async def get_job(self, job_id: UUID) -> Job | None: ...

    async def find_jobs(
        self, prefix: str, limit: int = 10, *, projects: frozenset[str] | None = None
    ) -> Sequence[UUID]:
        """Ids, of these projects, that begin with `prefix` (hex digits and dashes, at least 4)."""
        ...

    async def list_jobs(
        self,
        where: JobFilter,
        *,
        sort: JobSort = JobSort.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRow]:
        """Keyset pages: stable while jobs are added. Raises InvalidRequest for a bad cursor."""
        ...

    async def job_rows(self, job_ids: Sequence[UUID]) -> Sequence[JobRow]:
        """Rows of the jobs that exist, in no order (live lists patch themselves with these)."""
        ...

    async def count_jobs(self, where: JobFilter) -> Mapping[JobState, int]:
        """Count per state, `where.states` ignored; every state has an entry."""
        ...

    async def attempts(self, job_id: UUID) -> Sequence[Attempt]:
        """Oldest first."""
        ...

    async def get_attempt(self, attempt_id: UUID) -> Attempt | None: ...

    async def held(self, attempt_id: UUID) -> Held | None:
        """The attempt with its job and worker."""
        ...

    async def unsettled(self, limit: int = 1000) -> Sequence[Held]:
        """Attempts that somebody must look at, oldest first: not DONE, and cancel requested,
        or past their run deadline, or ended with the worker still there, or whose worker is
        wanted GONE."""
        ...

    async def expired_in_queue(self, limit: int = 1000) -> Sequence[Job]:
        """PENDING jobs past their queue deadline."""
        ...

    async def queue(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        projects: frozenset[str] | None = None,
    ) -> Page[QueueEntry]:
        """Waiting jobs, of these projects, each with its place among all."""
        ...

    async def queue_entry(self, job_id: UUID) -> QueueEntry | None:
        """A PENDING job's place in the queue, exact up to position 10,000."""
        ...

    async def queue_status(self, projects: frozenset[str] | None = None) -> QueueStatus: ...

    async def scheduler(self) -> SchedulerSettings: ...

    async def save_scheduler(self, settings: SchedulerSettings, event: Event) -> bool:
        """By compare-and-set; re-ranks the waiting jobs when the aging step changed."""
        ...


class WorkerStore(Protocol):
    """Workers and their leases."""

    async def get_worker(self, worker_id: UUID) -> Worker | None: ...

    async def worker_by_session(self, session_digest: bytes) -> Worker | None: ...

    async def list_workers(
        self,
        *,
        provider_id: UUID | None = None,
        states: frozenset[WorkerState] = frozenset(),
        live: bool = True,
        limit: int = 1000,
    ) -> Sequence[Worker]:
        """Newest first; `live` leaves GONE ones out."""
        ...

    async def count_live(self) -> Mapping[UUID, int]:
        """Live workers per provider."""
        ...

    async def renew(self, replica: str, worker_ids: Sequence[UUID], ttl_s: float) -> set[UUID]:
        """Takes or extends the leases; returns the workers that are live and now leased."""
        ...

    async def leases(self, limit: int = 10_000) -> Sequence[Leased]:
        """Every live worker with its lease."""
        ...

    async def owned_handles(self, provider_id: UUID) -> Sequence[tuple[UUID, Handle | None]]:
        """Live workers of a provider, for the leak sweep."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """Where the stored log of an attempt stands."""

    head: LogHead
    updated_at: datetime


class LogStore(Protocol):
    """Stored log text; writing is part of `JobStore.commit`."""

    async def log_state(self, attempt_id: UUID) -> LogState | None: ...

    async def segments(
        self, attempt_id: UUID, *, from_line: int = 1, limit: int = 16
    ) -> Sequence[Segment]:
        """Segments in order, beginning with the one that holds `from_line`."""
        ...

    async def segments_at(self, attempt_id: UUID, first_lines: Sequence[int]) -> Sequence[Segment]:
        """The segments that begin with these lines, in order; those that do not exist miss."""
        ...

    async def segments_before(
        self, attempt_id: UUID, *, line: int, limit: int = 16
    ) -> Sequence[Segment]:
        """The last segments that begin before `line`, in order."""
        ...

    async def segment_metas(self, attempt_id: UUID) -> Sequence[Segment]:
        """All segments with empty text: levels, counts and positions only."""
        ...


class StatsStore(Protocol):
    """Samples of what attempts use, and aggregates over jobs."""

    async def samples(
        self, attempt_id: UUID, *, since: datetime | None = None, limit: int = 3600
    ) -> Sequence[Sample]:
        """Oldest first; thinned evenly when there are more than `limit`."""
        ...

    async def job_metrics(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> JobMetrics: ...

    async def demand(
        self, provider_id: UUID, *, since: datetime, stretch_s: int, limit: int
    ) -> Sequence[Demand]:
        """How the jobs came that were last given to a provider: those submitted since then, at
        most the `limit` newest, by shape and by stretches of `stretch_s` seconds. Jobs that ask
        for storage or GPUs are left out."""
        ...

    async def provider_use(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> Sequence[UseSeries]:
        """Use over [start, end) of every provider on which something ran or ended, by id."""
        ...

    async def recent(self, *, since: datetime, limit: int) -> Recent:
        """The last `limit` jobs that finished, none of them before `since`."""
        ...


class ProviderStore(Protocol):
    """Configured providers; saving is part of `JobStore.commit`."""

    async def list_providers(self) -> Sequence[ProviderRecord]:
        """By name."""
        ...

    async def get_provider(self, key: str) -> ProviderRecord | None:
        """By id or name."""
        ...

    async def delete_provider(self, provider_id: UUID, event: Event) -> bool:
        """False when live workers still belong to it."""
        ...

    async def record_health(self, provider_id: UUID, health: Health) -> None:
        """Keeps the newest and, on a change of `ok`, the history (200 newest rows)."""
        ...

    async def health(self) -> Mapping[UUID, Health]: ...

    async def health_history(self, provider_id: UUID) -> Sequence[Health]: ...


class Store(
    JobStore,
    WorkerStore,
    LoadStore,
    LogStore,
    StatsStore,
    ProviderStore,
    EventStore,
    HostStore,
    IdentityStore,
    AuditStore,
    SecretStore,
    ProjectStore,
    AutomationStore,
    MaintenanceStore,
    Protocol,
):
    """Everything together; consumers name the narrow protocol they need."""
