"""Entities for the store's contract: made by the domain's own machines, at fixed times.

`T0` is past and `FAR` is to come for every store under test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hodei.domain import attempt as attempts
from hodei.domain import job as jobs
from hodei.domain.attempt import Attempt, Phase, PhaseMark
from hodei.domain.events import Event, EventKind
from hodei.domain.job import Job
from hodei.domain.logs import Level, LogHead, Run, Segment, Stream
from hodei.domain.origin import Origin, ScheduleRef, TemplateRef
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.provider import ProviderRecord
from hodei.domain.serial import spec_digest
from hodei.domain.spec import (
    Command,
    CommandType,
    JobSpec,
    Priority,
    Resources,
    RetryPolicy,
)
from hodei.domain.worker import Worker, WorkerState
from hodei.ports.store import Held, LogAppend, Sample, Store, Unit, Verdict

T0 = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
PROVIDER = UUID(int=0xA11CE)
OTHER_PROVIDER = UUID(int=0xB0B)
TEMPLATE = UUID(int=0x7E4)
SCHEDULE = UUID(int=0x5CED)
SUCCESS = Outcome(cause=Cause.EXIT, exit_code=0, message="It ended with exit code 0.")
FAILURE = Outcome(cause=Cause.EXIT, exit_code=3, message="No.", suggestion="Look at the log.")

ORIGIN = Origin(
    template=TemplateRef(id=TEMPLATE, name="report", version=3),
    parameters={"city": "Málaga", "days": 7, "share": 0.5, "dry": True},
    secret_parameters=("password",),
    schedule=ScheduleRef(id=SCHEDULE, name="nightly"),
    slot=T0,
)


def after(seconds: float) -> datetime:
    """So long after T0."""
    return T0 + timedelta(seconds=seconds)


def new_spec(
    name: str = "job",
    *,
    project: str = "default",
    priority: Priority = Priority.NORMAL,
    kind: CommandType = CommandType.SHELL,
    image: str | None = None,
    labels: Mapping[str, str] | None = None,
    memory_mb: int = 512,
) -> JobSpec:
    """A small spec."""
    return JobSpec(
        name=name,
        command=_command(kind),
        image=image,
        labels=labels or {},
        priority=priority,
        project=project,
        resources=Resources(memory_mb=memory_mb),
        retry=RetryPolicy(max_attempts=3),
    )


def _command(kind: CommandType) -> Command:
    if kind is CommandType.EXEC:
        return Command(type=kind, argv=("true", "ñ"))
    return Command(type=kind, script="true\n")


def new_job(
    spec: JobSpec | None = None,
    *,
    at: datetime = T0,
    key: str | None = None,
    owner: str = "ana",
    not_before: datetime | None = None,
    queue_deadline: datetime | None = None,
    job_id: UUID | None = None,
) -> Job:
    """A job that nobody has stored."""
    spec = spec or new_spec()
    return Job(
        id=job_id or uuid4(),
        spec=spec,
        owner=owner,
        submitted_at=at,
        queued_at=at,
        not_before=not_before or at,
        queue_deadline=queue_deadline,
        idempotency_key=key,
        spec_digest=spec_digest(spec),
    )


def new_worker(provider_id: UUID = PROVIDER, *, at: datetime = T0) -> Worker:
    """A worker that nobody has stored."""
    return Worker(id=uuid4(), provider_id=provider_id, created_at=at)


def new_provider(name: str, provider_id: UUID | None = None) -> ProviderRecord:
    """A provider that nobody has stored."""
    return ProviderRecord(
        id=provider_id or uuid4(), name=name, type="process", created_at=T0, updated_at=T0
    )


def event_of(job: Job, kind: EventKind = EventKind.JOB_SUBMITTED, note: str = "") -> Event:
    """An event of a job."""
    return Event(kind=kind, at=T0, job_id=job.id, project=job.spec.project, data={"note": note})


def bind(
    job: Job,
    *,
    provider_id: UUID = PROVIDER,
    worker: Worker | None = None,
    at: datetime | None = None,
) -> Held:
    """A waiting job with a new attempt on a new worker, or on the given one; unsaved."""
    now = at or job.queued_at
    worker = worker or new_worker(provider_id, at=now)
    attempt = Attempt(
        id=uuid4(),
        job_id=job.id,
        number=job.attempts + 1,
        worker_id=worker.id,
        provider_id=worker.provider_id,
        phases=(PhaseMark(phase=Phase.QUEUED, at=now),),
        placement_reason="It was the only one.",
    )
    bound = jobs.Bound(attempt_id=attempt.id, provider_id=worker.provider_id)
    return Held(
        job=jobs.apply(job, bound, now),
        attempt=attempt,
        worker=replace(worker, attempt_id=attempt.id),
    )


def start(held: Held, *, at: datetime) -> Held:
    """The user's process exists."""
    attempt = attempts.apply(held.attempt, attempts.Dispatched(), at)
    return Held(
        job=jobs.apply(held.job, jobs.Started(), at),
        attempt=attempts.apply(attempt, attempts.ProcessStarted(), at),
        worker=replace(held.worker, state=WorkerState.BUSY),
    )


def finish(held: Held, outcome: Outcome = SUCCESS, *, at: datetime) -> Held:
    """The job is over and the worker gone."""
    attempt = attempts.apply(held.attempt, attempts.Ended(outcome=outcome), at)
    return Held(
        job=jobs.apply(held.job, jobs.ending(outcome), at),
        attempt=attempts.apply(attempt, attempts.CleanedUp(), at),
        worker=replace(held.worker, state=WorkerState.GONE, ended_at=at),
    )


def unit_of(held: Held) -> Unit:
    """The three together."""
    return Unit(jobs=(held.job,), attempts=(held.attempt,), workers=(held.worker,))


def text_segment(first_line: int, lines: Sequence[str], first_byte: int = 0) -> Segment:
    """Lines of one stream; those that begin with E are errors."""
    return Segment(
        first_line=first_line,
        line_count=len(lines),
        first_byte=first_byte,
        text="".join(f"{line}\n" for line in lines).encode(),
        runs=(Run(0, Stream.STDOUT, 1_767_614_400_000 + first_line),),
        levels=bytes(Level.ERROR if line.startswith("E") else Level.NONE for line in lines),
    )


def append(attempt_id: UUID, after_seq: int, acked_seq: int, *segments: Segment) -> LogAppend:
    """Text that brings a log from one chunk to another."""
    next_line = segments[-1].end_line if segments else 1
    head = LogHead(acked_seq=acked_seq, next_line=next_line, received_bytes=acked_seq * 10)
    return LogAppend(attempt_id=attempt_id, after_seq=after_seq, head=head, segments=segments)


def sample_at(attempt_id: UUID, second: int) -> Sample:
    """What an attempt used in one second."""
    return Sample(
        attempt_id=attempt_id,
        at=after(second),
        cpu_ms=second * 10,
        memory_bytes=1_000 + second,
        memory_peak_bytes=2_000 + second,
        processes=2,
    )


async def save(store: Store, *units: Unit) -> None:
    """Commits units that must all be saved."""
    verdicts = list(await store.commit(units))
    assert verdicts == [Verdict.SAVED] * len(units)


async def submitted(store: Store, *new: Job) -> list[Job]:
    """Submits jobs with their events; as they are stored."""
    return list(await store.submit(new, [event_of(job) for job in new]))


async def stored(store: Store, held: Held) -> Held:
    """Saves the three and reads them back."""
    await save(store, unit_of(held))
    found = await store.held(held.attempt.id)
    assert found is not None
    return found


async def bound_job(store: Store, job: Job | None = None, *, provider_id: UUID = PROVIDER) -> Held:
    """A stored job with a stored attempt and worker."""
    [kept] = await submitted(store, job or new_job())
    return await stored(store, bind(kept, provider_id=provider_id))


async def must_get(store: Store, job: Job) -> Job:
    """The job as it is stored now."""
    found = await store.get_job(job.id)
    assert found is not None
    return found


def only(project: str | None) -> frozenset[str] | None:
    """The jobs of one project; None: of all."""
    return None if project is None else frozenset({project})
