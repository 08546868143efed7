"""Values that PostgreSQL would not take, or would give back changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from hodei.adapters.postgres import PostgresStore
from hodei.adapters.postgres.cursors import (
    JobPlace,
    QueuePlace,
    decode_job,
    decode_queue,
    encode_job,
    encode_queue,
)
from hodei.adapters.postgres.database import Database, Session
from hodei.adapters.postgres.event_rows import feed_cursor, parse_feed_cursor
from hodei.adapters.postgres.jobs import id_bounds
from hodei.adapters.postgres.log_rows import Packer
from hodei.adapters.postgres.queries import split, sql
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.errors import HodeiError, InvalidRequest
from hodei.domain.job import JobState
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.placement import rank
from hodei.domain.spec import Priority
from hodei.ports.store import JobFilter, JobSort, SchedulerSettings, Unit, Verdict
from tests.integration.postgres.samples import assigned, new_job, now, stored_job, submitted

NASTY = "a\x00b\ud800c\udfffd é 漢 😀 \\u0000"
CLEANED = "a\ufffdb\ufffdc\ufffdd é 漢 😀 \\u0000"


async def test_text_from_jobs_may_be_anything(store: PostgresStore) -> None:
    held = await store.held((await assigned(store)).attempts[0].id)
    assert held is not None
    outcome = Outcome(cause=Cause.SIGNAL, signal=9, message=NASTY, suggestion=NASTY)
    unit = Unit(
        jobs=(replace(held.job, outcome=outcome, cancel_reason=NASTY),),
        attempts=(replace(held.attempt, closing=outcome, image_digest=NASTY),),
        workers=(replace(held.worker, reason=NASTY, agent_version=NASTY),),
        events=(replace(submitted(held.job), actor=NASTY, data={NASTY: [NASTY, {"n": 1}]}),),
    )
    assert await store.commit([unit]) == [Verdict.SAVED]
    after = await store.held(held.attempt.id)
    assert after is not None and after.job.outcome is not None
    assert after.job.outcome.message == after.job.cancel_reason == CLEANED
    assert after.attempt.closing == replace(outcome, message=CLEANED, suggestion=CLEANED)
    assert after.worker.reason == CLEANED
    event = (await store.job_events(held.job.id))[-1]
    assert (event.actor, event.data) == (CLEANED, {CLEANED: [CLEANED, {"n": 1}]})


def test_clean_text_is_left_alone() -> None:
    for text in ("", "plain", "é 漢 😀", "\\u0000 \\ud800"):
        assert clean(text) == text
        assert loads(dumps({text: text})) == {text: text}


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("step_ms", [600_000, 1, 86_400_000])
async def test_the_queue_is_in_the_order_of_the_domain_s_rank(
    store: PostgresStore, priority: Priority, step_ms: int
) -> None:
    settings = replace(await store.scheduler(), aging_step_ms=step_ms)
    assert await store.save_scheduler(settings, submitted(new_job()))
    job = new_job()
    job = replace(job, spec=replace(job.spec, priority=priority))
    await store.submit([job], [])
    stored = await store._database.value("SELECT rank FROM jobs")
    assert stored == rank(job.submitted_at, priority, timedelta(milliseconds=step_ms))
    again = replace(settings, version=settings.version + 1, aging_step_ms=7)
    assert await store.save_scheduler(again, submitted(job))
    stored = await store._database.value("SELECT rank FROM jobs")
    assert stored == rank(job.submitted_at, priority, timedelta(milliseconds=7))
    assert await store.scheduler() == SchedulerSettings(
        aging_step_ms=7, version=settings.version + 2
    )


async def test_a_claim_leaves_the_version_alone(store: PostgresStore) -> None:
    job = await stored_job(store)
    assert await store.claim("replica", limit=1, lease_s=60) == [job]
    assert await store.get_job(job.id) == job


@pytest.mark.parametrize("size", [0, 1, 127, 128, 70_000])
def test_packing_is_undone(size: int) -> None:
    packer = Packer()
    for text in (b"x" * size, bytes(range(256)) * (size // 256 + 1)):
        assert packer.unpack(packer.pack(text[:size]), size) == text[:size]


def test_damage_is_noticed() -> None:
    packer = Packer()
    stored = packer.pack(b"line\n" * 1_000)
    for damaged in (stored[:-4], b"\x00" * 40, stored + b"x" * 9_000):
        with pytest.raises(HodeiError, match="segment"):
            packer.unpack(damaged, 5_000)
    with pytest.raises(HodeiError, match="segment"):
        packer.unpack(stored, 4_999)


PLACE = JobPlace(submitted_at=datetime(2026, 11, 24, 1, 2, 3, 456789, UTC), seq=2**40)


def test_cursors_are_undone() -> None:
    for sort in JobSort:
        assert decode_job(encode_job(PLACE, sort), sort) == PLACE
    place = QueuePlace(rank=PLACE.submitted_at, seq=7, position=3)
    assert decode_queue(encode_queue(place)) == place
    assert parse_feed_cursor(feed_cursor(12, 5)) == (12, 5)
    assert parse_feed_cursor("") == (0, 0)


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "!!!!", "é", "W10", "bnVsbA", "A" * 10_000, "WyJqIiwxXQ"),
        encode_job(PLACE, JobSort.OLDEST),
        encode_job(PLACE, JobSort.NEWEST)[:-3],
        encode_queue(QueuePlace(rank=PLACE.submitted_at, seq=1, position=1)),
    ],
)
def test_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        decode_job(cursor, JobSort.NEWEST)


@pytest.mark.parametrize("cursor", ["x", "1", "1:", ":1", "1:-1", "1:1:1", f"{2**70}:1", "²:1"])
def test_foreign_feed_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_feed_cursor(cursor)


def test_bounds_of_ids() -> None:
    low, high = UUID("abcd0000-0000-0000-0000-000000000000"), UUID("abcd" + "f" * 28)
    assert id_bounds("ABCD") == (low, high)
    whole = uuid4()
    assert id_bounds(str(whole)) == id_bounds(whole.hex) == (whole, whole)
    for not_an_id in ("", "xyz", "ab-cd", "a" * 33, "--"):
        assert id_bounds(not_an_id) is None


async def test_limits_of_a_page_are_kept(store: PostgresStore) -> None:
    for limit in (0, 1_001):
        with pytest.raises(InvalidRequest, match="from 1 to 1000"):
            await store.list_jobs(JobFilter(), limit=limit)


async def test_a_submit_can_be_repeated_after_a_doubtful_answer(store: PostgresStore) -> None:
    job = new_job()
    first = await store.submit([job], [submitted(job)])
    assert await store.submit([job], [submitted(job)]) == first
    assert len(await store.job_events(job.id)) == 1


async def test_a_bulk_keeps_its_order_and_sorts_out_twins(store: PostgresStore) -> None:
    old = replace(new_job("old"), idempotency_key="k")
    [stored] = await store.submit([old], [])
    jobs = [new_job(str(number)) for number in range(20)]
    twins = [replace(new_job(), idempotency_key="k"), replace(new_job(), idempotency_key="l")]
    repeat = replace(new_job(), idempotency_key="l")
    answer = await store.submit([*jobs[:10], *twins, *jobs[10:], repeat], [])
    assert [job.id for job in answer[:10]] == [job.id for job in jobs[:10]]
    assert answer[10] == stored
    assert answer[11].id == answer[-1].id == twins[1].id
    page = await store.queue(limit=100)
    assert [entry.position for entry in page.items] == [*range(1, 23)]


def test_named_blocks() -> None:
    text = "A comment.\n\n-- name: one\nSELECT 1\n\n-- name: two\nSELECT 2 -- name: no\n"
    assert split(text) == {"one": "SELECT 1", "two": "SELECT 2 -- name: no"}


async def test_old_rows_are_purged_with_everything_of_theirs(store: PostgresStore) -> None:
    old = await assigned(store)
    held = await store.held(old.attempts[0].id)
    assert held is not None
    long_ago = now() - timedelta(days=90)
    finished = replace(held.job, state=JobState.SUCCEEDED, finished_at=long_ago)
    assert await store.commit([Unit(jobs=(finished,))]) == [Verdict.SAVED]
    kept = await stored_job(store)
    month = now() - timedelta(days=30)
    purged = await store.purge(jobs_before=month, logs_before=month, limit=100)
    assert (purged.jobs, purged.events) == (1, 2)
    assert await store.get_job(held.job.id) is None
    assert await store.attempts(held.job.id) == []
    assert await store.get_job(kept.id) == kept
    counts = await store.count_jobs(JobFilter())
    assert (counts[JobState.SUCCEEDED], counts[JobState.PENDING]) == (0, 1)


async def test_a_claim_does_not_wait_for_the_disk_and_what_follows_does(
    store: PostgresStore, postgres_dsn: str
) -> None:
    await stored_job(store)
    async with Database.open(postgres_dsn, pool_size=1) as database:

        async def settings(session: Session) -> tuple[int, str, str]:
            async with session.transaction():
                claimed = await session.fetch(sql("queue.claim"), "one", 1, 10.0, [])
                during = await session.fetchval("SHOW synchronous_commit")
            return len(claimed), during, await session.fetchval("SHOW synchronous_commit")

        assert await database.run(settings) == (1, "off", "on")
