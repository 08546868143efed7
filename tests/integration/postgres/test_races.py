"""What only a real database shows: writers that meet at one row at one moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest

from hodei.adapters.postgres import PostgresStore
from hodei.domain.errors import Conflict
from hodei.domain.job import JobState
from hodei.domain.logs import LogHead, Run, Segment, Stream
from hodei.domain.provider import ProviderRecord
from hodei.ports.store import JobFilter, LogAppend, Unit, Verdict
from tests.integration.postgres.samples import (
    assigned,
    binding,
    new_job,
    new_worker,
    now,
    stored_job,
    submitted,
    until_waiting,
)


@asynccontextmanager
async def blocking(dsn: str, statement: str, *arguments: object) -> AsyncIterator[asyncio.Event]:
    """Another transaction that has run `statement` and commits when the event is set."""
    session = await asyncpg.connect(dsn)
    release = asyncio.Event()
    try:
        transaction = session.transaction()
        await transaction.start()
        await session.execute(statement, *arguments)

        async def finish() -> None:
            await release.wait()
            await transaction.commit()

        task = asyncio.create_task(finish())
        yield release
        release.set()
        await task
    finally:
        await session.close()


async def test_a_commit_that_meets_a_lease_renewal_is_saved(
    store: PostgresStore, postgres_dsn: str
) -> None:
    unit = await assigned(store)
    held = await store.held(unit.attempts[0].id)
    assert held is not None
    renewal = "UPDATE workers SET lease_until = now() + interval '1 h' WHERE id = $1"
    async with blocking(postgres_dsn, renewal, held.worker.id) as release:
        saving = asyncio.create_task(store.commit([Unit(jobs=(held.job,), workers=(held.worker,))]))
        await until_waiting(postgres_dsn)
        release.set()
        assert await saving == [Verdict.SAVED]
    after = await store.held(unit.attempts[0].id)
    assert after is not None
    assert (after.job.version, after.worker.version) == (
        held.job.version + 1,
        held.worker.version + 1,
    )


async def test_a_commit_that_meets_a_newer_version_saves_nothing_of_its_unit(
    store: PostgresStore, postgres_dsn: str
) -> None:
    first, second = await assigned(store), await assigned(store)
    lost = await store.held(first.attempts[0].id)
    kept = await store.held(second.attempts[0].id)
    assert lost is not None and kept is not None
    event = replace(submitted(lost.job), actor="late")
    units = [
        Unit(jobs=(lost.job,), workers=(lost.worker,), events=(event,)),
        Unit(jobs=(kept.job,), workers=(kept.worker,)),
    ]
    bump = "UPDATE workers SET version = version + 1 WHERE id = $1"
    async with blocking(postgres_dsn, bump, lost.worker.id) as release:
        saving = asyncio.create_task(store.commit(units))
        await until_waiting(postgres_dsn)
        release.set()
        assert await saving == [Verdict.STALE, Verdict.SAVED]
    job = await store.get_job(lost.job.id)
    assert job == lost.job
    assert "late" not in {event.actor for event in await store.job_events(lost.job.id)}


async def test_of_two_commits_of_one_version_one_is_saved(store: PostgresStore) -> None:
    unit = await assigned(store)
    held = await store.held(unit.attempts[0].id)
    assert held is not None
    units = [Unit(jobs=(held.job,)), Unit(jobs=(held.job,), attempts=(held.attempt,))]
    verdicts = await asyncio.gather(*(store.commit([unit]) for unit in units))
    assert sorted(verdict for [verdict] in verdicts) == [Verdict.SAVED, Verdict.STALE]


async def test_of_two_inserts_of_one_entity_one_is_saved(store: PostgresStore) -> None:
    worker = new_worker()
    verdicts = await asyncio.gather(
        *(store.commit([Unit(workers=(worker,)), Unit(workers=(new_worker(),))]) for _ in "ab")
    )
    assert sorted(first for first, _ in verdicts) == [Verdict.SAVED, Verdict.STALE]
    assert {second for _, second in verdicts} == {Verdict.SAVED}


async def test_of_two_first_log_appends_one_is_saved(
    store: PostgresStore, postgres_dsn: str
) -> None:
    attempt_id = uuid4()

    def append(text: bytes) -> Unit:
        run = Run(offset=0, stream=Stream.STDOUT, time_ms=1)
        segment = Segment(first_line=1, line_count=1, first_byte=0, text=text, runs=(run,))
        head = LogHead(acked_seq=1, next_line=2, next_byte=len(text))
        return Unit(
            logs=(LogAppend(attempt_id=attempt_id, after_seq=0, head=head, segments=(segment,)),)
        )

    verdicts = await asyncio.gather(
        store.commit([append(b"one\n")]), store.commit([append(b"other\n")])
    )
    assert sorted(verdict for [verdict] in verdicts) == [Verdict.SAVED, Verdict.STALE]
    assert len(await store.segments(attempt_id)) == 1


async def test_two_replicas_never_overfill_a_provider(
    store: PostgresStore, postgres_dsn: str
) -> None:
    provider_id = uuid4()
    jobs = [await stored_job(store) for _ in range(12)]
    async with PostgresStore.open(postgres_dsn, pool_size=4) as other:
        batches = [
            (replica, [binding(job, new_worker(provider_id), max_live=5) for job in part])
            for replica, part in ((store, jobs[:6]), (other, jobs[6:]))
        ]
        verdicts = await asyncio.gather(*(replica.commit(units) for replica, units in batches))
    flat = [verdict for part in verdicts for verdict in part]
    assert flat.count(Verdict.SAVED) == 5
    assert flat.count(Verdict.FULL) == 7
    assert (await store.count_live())[provider_id] == 5


async def test_replicas_never_hold_one_job(store: PostgresStore, postgres_dsn: str) -> None:
    jobs = [new_job() for _ in range(200)]
    await store.submit(jobs, [])
    async with PostgresStore.open(postgres_dsn, pool_size=4) as other:
        claims = await asyncio.gather(
            *(
                replica.claim(name, limit=30, lease_s=60)
                for name, replica in [("a", store), ("b", other)] * 5
            )
        )
    taken = [job.id for claim in claims for job in claim]
    assert len(taken) == len(set(taken)) == 200


async def test_crossing_commits_do_not_deadlock(store: PostgresStore) -> None:
    units = [await assigned(store) for _ in range(10)]
    for _ in range(5):
        held = [await store.held(unit.attempts[0].id) for unit in units]
        batch = [
            Unit(jobs=(h.job,), attempts=(h.attempt,), workers=(h.worker,))
            for h in held
            if h is not None
        ]
        verdicts = await asyncio.gather(
            store.commit(batch),
            store.commit(batch[::-1]),
            store.renew("replica-2", [unit.workers[0].id for unit in batch[::-1]], 5),
        )
        pairs = zip(verdicts[0], verdicts[1][::-1], strict=True)
        assert all(sorted(pair) == [Verdict.SAVED, Verdict.STALE] for pair in pairs)


async def test_the_same_key_at_once_makes_one_job(store: PostgresStore) -> None:
    jobs = [replace(new_job(), idempotency_key="nightly") for _ in range(6)]
    answers = await asyncio.gather(*(store.submit([job], [submitted(job)]) for job in jobs))
    ids = {job.id for [job] in answers}
    assert len(ids) == 1
    counts = await store.count_jobs(JobFilter())
    assert counts[JobState.PENDING] == 1
    assert len(await store.job_events(ids.pop())) == 1


async def test_a_late_transaction_is_not_missed_by_the_feed(
    store: PostgresStore, postgres_dsn: str
) -> None:
    before = await store.last_cursor()
    late = "INSERT INTO events (at, kind, project, actor, data)" + (
        " VALUES (now(), 'job.submitted', '', 'late', '{}')"
    )
    async with blocking(postgres_dsn, late) as release:
        job = await stored_job(store)
        # The job's event has a higher transaction number: it waits for the lower one.
        assert await store.events(after=before) == []
        assert await store.last_cursor() == before
        release.set()
    events = await store.events(after=before)
    assert [event.actor for event in events] == ["late", "system"]
    assert events[-1].job_id == job.id
    assert await store.events(after=events[0].cursor) == events[1:]
    assert await store.last_cursor() == events[-1].cursor


async def test_counts_stay_exact_under_many_writers(store: PostgresStore) -> None:
    async def life() -> None:
        unit = await assigned(store)
        held = await store.held(unit.attempts[0].id)
        assert held is not None
        running = replace(held.job, state=JobState.RUNNING)
        assert await store.commit([Unit(jobs=(running,))]) == [Verdict.SAVED]

    await asyncio.gather(*(life() for _ in range(20)), *(stored_job(store) for _ in range(7)))
    counts = await store.count_jobs(JobFilter())
    assert (counts[JobState.PENDING], counts[JobState.RUNNING]) == (7, 20)
    assert counts == await store.count_jobs(JobFilter(owner="ana"))


async def test_a_provider_name_is_taken_once(store: PostgresStore) -> None:
    def record() -> ProviderRecord:
        return ProviderRecord(
            id=uuid4(), name="local", type="process", created_at=now(), updated_at=now()
        )

    innocent = new_worker()
    first, second = await asyncio.gather(
        store.commit([Unit(providers=(record(),))]),
        store.commit([Unit(providers=(record(),)), Unit(workers=(innocent,))]),
    )
    assert sorted([first[0], second[0]]) == [Verdict.SAVED, Verdict.STALE]
    assert second[1] is Verdict.SAVED
    assert await store.commit([Unit(providers=(record(),))]) == [Verdict.STALE]


async def test_what_stays_in_conflict_is_a_conflict(store: PostgresStore) -> None:
    workers = [replace(new_worker(), session_digest=b"same") for _ in "ab"]
    with pytest.raises(Conflict):
        await store.commit([Unit(workers=(worker,)) for worker in workers])
