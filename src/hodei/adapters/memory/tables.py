"""Rows and indexes of the memory store, and the only code that changes them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from hodei.domain.access.api_token import ApiToken
from hodei.domain.access.tries import Tries
from hodei.domain.access.user import User
from hodei.domain.attempt import Attempt, Phase
from hodei.domain.audit import Entry
from hodei.domain.events import Event
from hodei.domain.job import Job, JobState
from hodei.domain.logs import LogHead, Segment
from hodei.domain.placement import placement_class, rank
from hodei.domain.project import DEFAULT, Project, Use
from hodei.domain.provider import Health, ProviderRecord
from hodei.domain.schedules.schedule import OPEN, Firing, Outcome, Schedule
from hodei.domain.secret import Secret
from hodei.domain.sign_in import SignIn
from hodei.domain.templates.template import Template
from hodei.domain.trigger import Trigger
from hodei.domain.webhooks.delivery import Delivery
from hodei.domain.webhooks.webhook import Webhook
from hodei.domain.worker import Worker, WorkerState
from hodei.ports.hosts import HostSample
from hodei.ports.store import Sample, SchedulerSettings

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""When what was always there was made."""
_ON_WORKERS = (JobState.ASSIGNED, JobState.RUNNING)

QueueKey = tuple[datetime, int, UUID]
"""Rank, order of submission, id."""


@dataclass(slots=True)
class JobEntry:
    """A job and what the queue knows of it."""

    job: Job
    seq: int
    placement_class: str
    rank: datetime
    claimed_by: str | None = None
    claimed_until: datetime | None = None

    @property
    def key(self) -> QueueKey:
        """Its place in the queue."""
        return (self.rank, self.seq, self.job.id)

    def claimable(self, now: datetime) -> bool:
        """Whether its time has come and nobody holds it."""
        held = self.claimed_until is not None and self.claimed_until > now
        return not held and self.job.not_before <= now

    def release(self) -> None:
        """Ends the claim."""
        self.claimed_by = None
        self.claimed_until = None


@dataclass(slots=True)
class AttemptEntry:
    """An attempt and its order of making."""

    attempt: Attempt
    seq: int


@dataclass(slots=True)
class WorkerEntry:
    """A worker and its lease."""

    worker: Worker
    seq: int
    leased_by: str | None = None
    leased_until: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether anything may be left of it."""
        return self.worker.state is not WorkerState.GONE

    def lease(self, replica: str, until: datetime) -> None:
        """Gives the worker to a replica."""
        self.leased_by = replica
        self.leased_until = until


@dataclass(slots=True)
class LogEntry:
    """The log of one attempt; segments in order."""

    head: LogHead
    updated_at: datetime
    segments: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class FiringRows:
    """The firings of one schedule by slot."""

    rows: dict[datetime, Firing] = field(default_factory=dict)
    open: set[datetime] = field(default_factory=set)
    going: set[datetime] = field(default_factory=set)
    """Submitted, and their jobs need a look."""

    def put(self, firing: Firing) -> None:
        """Stores it in the place of what its slot has."""
        slot = firing.slot
        self.rows[slot] = firing
        (self.open.add if firing.outcome in OPEN else self.open.discard)(slot)
        if firing.outcome is Outcome.SUBMITTED:
            self.going.add(slot)

    def remove(self, slot: datetime) -> None:
        """Forgets one that is settled."""
        del self.rows[slot]
        self.going.discard(slot)


@dataclass(slots=True)
class HealthEntry:
    """How a provider is and was."""

    newest: Health
    history: list[Health] = field(default_factory=list)


@dataclass(slots=True)
class WebhookEntry:
    """A webhook, and the number of the last event that it does not hear of."""

    webhook: Webhook
    since: int


@dataclass(slots=True)
class DeliveryEntry:
    """A delivery and its lease."""

    delivery: Delivery
    leased_until: datetime | None = None


class Tables:
    """Everything that the replicas of one installation share."""

    def __init__(self, installation_id: str) -> None:
        self.installation_id = installation_id
        self.scheduler = SchedulerSettings()
        self.blocked: dict[str, str] = {}
        self.servers: dict[str, tuple[str, datetime]] = {}
        """Address of each server that others may call, and when it was announced last."""
        self.host_samples: dict[tuple[str, datetime], HostSample] = {}
        self.sign_ins: dict[bytes, SignIn] = {}
        self.audit: list[Entry] = []
        self.audit_number = count(1)
        self.secrets: dict[tuple[str, str], Secret] = {}
        """By project and name."""
        self.templates: dict[UUID, list[Template]] = {}
        """Every version, the first one first."""
        self.triggers: dict[UUID, Trigger] = {}
        self.webhooks: dict[UUID, WebhookEntry] = {}
        self.webhook_place = 0
        """Number of the last event that webhooks were told of."""
        self.deliveries: dict[UUID, DeliveryEntry] = {}
        """In the order of their making."""
        self.delivery_number = count(1)
        self.projects = {
            DEFAULT: Project(name=DEFAULT, version=1, created_at=_EVER, updated_at=_EVER)
        }
        self.schedules: dict[UUID, Schedule] = {}
        self.firings: dict[UUID, FiringRows] = {}
        """By schedule."""
        self.tries: dict[bytes, Tries] = {}
        self.users: dict[UUID, User] = {}
        self.tokens: dict[UUID, ApiToken] = {}
        self.jobs: dict[UUID, JobEntry] = {}
        self.queue: list[QueueKey] = []
        self.job_by_key: dict[tuple[str, str], UUID] = {}
        self.attempts: dict[UUID, AttemptEntry] = {}
        self.attempts_of: dict[UUID, dict[int, UUID]] = {}
        self.open_attempts: set[UUID] = set()
        self.workers: dict[UUID, WorkerEntry] = {}
        self.worker_by_session: dict[bytes, UUID] = {}
        self.providers: dict[UUID, ProviderRecord] = {}
        self.health: dict[UUID, HealthEntry] = {}
        self.logs: dict[UUID, LogEntry] = {}
        self.samples: dict[UUID, dict[datetime, Sample]] = {}
        self.events: list[tuple[int, Event]] = []
        self._numbers = count(1)

    # ---- jobs

    def put_job(self, job: Job) -> None:
        """Stores a job with the next version; a claim on it is over."""
        entry = self.jobs.get(job.id)
        stored = replace(job, version=job.version + 1)
        if entry is None:
            entry = JobEntry(
                job=stored,
                seq=next(self._numbers),
                placement_class=placement_class(job.spec),
                rank=self.rank_of(job),
            )
            self.jobs[job.id] = entry
            if job.idempotency_key is not None:
                self.job_by_key[job.spec.project, job.idempotency_key] = job.id
        else:
            self._leave_queue(entry)
            entry.job = stored
            entry.rank = self.rank_of(job)
        entry.release()
        if job.state is JobState.PENDING:
            insort(self.queue, entry.key)

    def remove_job(self, job_id: UUID) -> None:
        """Forgets a job, its attempts and what they left."""
        entry = self.jobs.pop(job_id)
        self._leave_queue(entry)
        if entry.job.idempotency_key is not None:
            del self.job_by_key[entry.job.spec.project, entry.job.idempotency_key]
        for attempt_id in self.attempts_of.pop(job_id, {}).values():
            del self.attempts[attempt_id]
            self.open_attempts.discard(attempt_id)
            self.logs.pop(attempt_id, None)
            self.samples.pop(attempt_id, None)

    def end_token(self, token_id: UUID) -> bool:
        """Removes a token with the sign-ins by it; False: there is none."""
        for digest, sign_in in list(self.sign_ins.items()):
            if sign_in.token_id == token_id:
                del self.sign_ins[digest]
        return self.tokens.pop(token_id, None) is not None

    def use_of(self, projects: Collection[str] | None) -> dict[str, Use]:
        """What ASSIGNED and RUNNING jobs ask for, by project."""
        used: dict[str, Use] = {}
        for entry in self.jobs.values():
            job = entry.job
            name = job.spec.project
            if job.state in _ON_WORKERS and (projects is None or name in projects):
                used[name] = used.get(name, Use()).plus(job.spec.resources)
        return used

    def rank_of(self, job: Job) -> datetime:
        """Where the job belongs in the queue, as the scheduler is set now."""
        step = timedelta(milliseconds=self.scheduler.aging_step_ms)
        return rank(job.submitted_at, job.spec.priority, step)

    def set_scheduler(self, settings: SchedulerSettings) -> None:
        """Stores the settings and orders the waiting jobs by them."""
        ranked_anew = settings.aging_step_ms != self.scheduler.aging_step_ms
        self.scheduler = settings
        if ranked_anew:
            waiting = [self.jobs[job_id] for _, _, job_id in self.queue]
            for entry in waiting:
                entry.rank = self.rank_of(entry.job)
            self.queue = sorted(entry.key for entry in waiting)

    def waiting(self) -> Iterator[JobEntry]:
        """PENDING jobs in queue order."""
        return (self.jobs[job_id] for _, _, job_id in self.queue)

    def position(self, entry: JobEntry) -> int:
        """From 1."""
        return bisect_left(self.queue, entry.key) + 1

    def _leave_queue(self, entry: JobEntry) -> None:
        if entry.job.state is JobState.PENDING:
            del self.queue[bisect_left(self.queue, entry.key)]

    # ---- attempts

    def put_attempt(self, attempt: Attempt) -> None:
        """Stores an attempt with the next version."""
        stored = replace(attempt, version=attempt.version + 1)
        entry = self.attempts.get(attempt.id)
        if entry is None:
            self.attempts[attempt.id] = AttemptEntry(attempt=stored, seq=next(self._numbers))
            self.attempts_of.setdefault(attempt.job_id, {})[attempt.number] = attempt.id
        else:
            entry.attempt = stored
        if attempt.phase is Phase.DONE:
            self.open_attempts.discard(attempt.id)
        else:
            self.open_attempts.add(attempt.id)

    def newest_attempt(self, job_id: UUID) -> Attempt | None:
        """The attempt with the highest number."""
        numbers = self.attempts_of.get(job_id)
        return self.attempts[numbers[max(numbers)]].attempt if numbers else None

    # ---- workers

    def put_worker(self, worker: Worker) -> WorkerEntry:
        """Stores a worker with the next version; its lease stays as it is."""
        stored = replace(worker, version=worker.version + 1)
        entry = self.workers.get(worker.id)
        if entry is None:
            entry = WorkerEntry(worker=stored, seq=next(self._numbers))
            self.workers[worker.id] = entry
        else:
            self._leave_session(entry.worker)
            entry.worker = stored
        if worker.session_digest is not None:
            self.worker_by_session[worker.session_digest] = worker.id
        return entry

    def remove_worker(self, worker_id: UUID) -> None:
        """Forgets a worker."""
        self._leave_session(self.workers.pop(worker_id).worker)

    def live_workers(self, provider_id: UUID | None = None) -> Iterator[WorkerEntry]:
        """Workers that are not GONE, of one provider or of all, in order of making."""
        return (
            entry
            for entry in self.workers.values()
            if entry.live and provider_id in (None, entry.worker.provider_id)
        )

    def _leave_session(self, worker: Worker) -> None:
        if worker.session_digest is not None:
            self.worker_by_session.pop(worker.session_digest, None)

    # ---- providers and events

    def put_provider(self, record: ProviderRecord) -> None:
        """Stores a provider with the next version."""
        self.providers[record.id] = replace(record, version=record.version + 1)

    def add_event(self, event: Event) -> None:
        """Appends to the feed."""
        number = next(self._numbers)
        self.events.append((number, replace(event, cursor=str(number))))
