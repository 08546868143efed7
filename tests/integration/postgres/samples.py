"""Values that the PostgreSQL tests save."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from hodei.domain.attempt import Attempt, Phase, PhaseMark
from hodei.domain.events import Event, EventKind
from hodei.domain.job import Bound, Job, JobState
from hodei.domain.job import apply as apply_job
from hodei.domain.serial import spec_digest
from hodei.domain.spec import Command, CommandType, JobSpec
from hodei.domain.worker import Worker
from hodei.ports.store import Store, Unit, Verdict

PROVIDER = UUID("00000000-0000-4000-8000-0000000000aa")


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_job(name: str = "hello") -> Job:
    """A job that has not been submitted."""
    spec = JobSpec(
        name=name,
        command=Command(type=CommandType.SHELL, script="echo hello"),
        image="alpine:3",
    )
    at = now()
    return Job(
        id=uuid4(),
        spec=spec,
        owner="ana",
        submitted_at=at,
        queued_at=at,
        not_before=at,
        spec_digest=spec_digest(spec),
    )


def submitted(job: Job) -> Event:
    """The event of a new job."""
    return Event(kind=EventKind.JOB_SUBMITTED, at=now(), job_id=job.id, project="default")


def new_worker(provider_id: UUID = PROVIDER) -> Worker:
    """A worker that has not been saved."""
    return Worker(id=uuid4(), provider_id=provider_id, created_at=now())


def binding(job: Job, worker: Worker, *, max_live: int | None = None) -> Unit:
    """The unit that gives a stored job a new worker."""
    attempt = Attempt(
        id=uuid4(),
        job_id=job.id,
        number=job.attempts + 1,
        worker_id=worker.id,
        provider_id=worker.provider_id,
        phases=(PhaseMark(phase=Phase.QUEUED, at=now()),),
    )
    bound = Bound(attempt_id=attempt.id, provider_id=worker.provider_id)
    return Unit(
        jobs=(apply_job(job, bound, now()),),
        attempts=(attempt,),
        workers=(worker,),
        events=(Event(kind=EventKind.JOB_ASSIGNED, at=now(), job_id=job.id),),
        replica="replica-1",
        max_live=max_live,
    )


async def stored_job(store: Store) -> Job:
    """A PENDING job in the store."""
    job = new_job()
    [saved] = await store.submit([job], [submitted(job)])
    assert saved.state is JobState.PENDING
    return saved


async def assigned(store: Store) -> Unit:
    """A saved unit with one job, attempt and worker, as it was before saving."""
    unit = binding(await stored_job(store), new_worker())
    assert await store.commit([unit]) == [Verdict.SAVED]
    return unit


async def until_waiting(dsn: str, waiters: int = 1) -> None:
    """Returns when that many other sessions wait for a lock."""
    session = await asyncpg.connect(dsn)
    try:
        while True:
            waiting = await session.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if waiting >= waiters:
                return
            await asyncio.sleep(0.005)
    finally:
        await session.close()
