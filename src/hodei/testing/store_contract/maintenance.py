"""Housekeeping: what retention removes, and what it must leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hodei.domain.job import JobState
from hodei.domain.worker import WorkerState
from hodei.ports.maintenance import ProjectDates, Pulse, Purged
from hodei.ports.store import Held, JobFilter, Store, Unit
from hodei.testing.store_contract.rows import (
    T0,
    after,
    append,
    bind,
    bound_job,
    event_of,
    finish,
    new_job,
    new_spec,
    new_worker,
    sample_at,
    save,
    start,
    stored,
    submitted,
    text_segment,
    unit_of,
)

LONG_AGO = T0 - timedelta(days=365)
NEVER = datetime(1990, 1, 1, tzinfo=T0.tzinfo)


async def finished(store: Store, *, at: datetime, project: str = "default") -> Held:
    """A job that is over, with two log segments, two samples and an event."""
    [job] = await submitted(store, new_job(new_spec(project=project), at=at))
    held = await stored(store, finish(bind(job), at=at))
    segments = text_segment(1, ["a"]), text_segment(2, ["b"], 2)
    second = round((at - T0).total_seconds())
    await save(
        store,
        Unit(
            logs=(append(held.attempt.id, 0, 1, *segments),),
            samples=tuple(sample_at(held.attempt.id, second + n) for n in range(2)),
        ),
    )
    return held


class MaintenanceContract:
    """MaintenanceStore."""

    async def test_ping(self, store: Store) -> None:
        assert await store.ping() >= 0

    async def test_the_pulse_tells_waiting_from_busy_and_both_from_rest(self, store: Store) -> None:
        assert await store.pulse() == Pulse(waiting=False, busy=False)
        [job] = await submitted(store, new_job())
        assert await store.pulse() == Pulse(waiting=True, busy=False)
        held = await stored(store, bind(job))
        assert await store.pulse() == Pulse(waiting=False, busy=True)
        held = await stored(store, start(held, at=after(1)))
        await save(store, unit_of(finish(held, at=after(2))))
        assert await store.pulse() == Pulse(waiting=False, busy=False)

    async def test_one_installation_has_one_id(self, store: Store, other_store: Store) -> None:
        made = await store.installation_id()
        assert made
        assert made == await other_store.installation_id() == await store.installation_id()

    async def test_it_says_what_it_keeps_rows_in(self, store: Store) -> None:
        facts = await store.database()
        assert facts.product
        assert facts.size_bytes is None or facts.size_bytes > 0

    async def test_nothing_old_nothing_purged(self, store: Store) -> None:
        await finished(store, at=T0)
        purged = await store.purge(jobs_before=NEVER, logs_before=NEVER, limit=100)
        assert purged == Purged()

    async def test_an_old_job_goes_with_all_that_belongs_to_it(self, store: Store) -> None:
        old = await finished(store, at=LONG_AGO)
        new = await finished(store, at=T0)
        purged = await store.purge(jobs_before=T0, logs_before=NEVER, limit=100)
        assert (purged.jobs, purged.workers, purged.log_segments) == (1, 1, 2)
        assert await store.get_job(old.job.id) is None
        assert await store.get_attempt(old.attempt.id) is None
        assert await store.held(old.attempt.id) is None
        assert await store.get_worker(old.worker.id) is None
        assert await store.log_state(old.attempt.id) is None
        assert list(await store.segments(old.attempt.id)) == []
        assert list(await store.samples(old.attempt.id)) == []
        assert list(await store.job_events(old.job.id)) == []
        assert await store.held(new.attempt.id) == new
        assert len(await store.segments(new.attempt.id)) == 2
        assert len(await store.samples(new.attempt.id)) == 2
        counts = await store.count_jobs(JobFilter())
        assert counts[JobState.SUCCEEDED] == 1
        assert list(await store.find_jobs(str(old.job.id))) == []

    async def test_a_job_that_is_not_over_stays_however_old(self, store: Store) -> None:
        [waiting] = await submitted(store, new_job(at=LONG_AGO))
        held = await bound_job(store, new_job(at=LONG_AGO))
        told = replace(event_of(held.job, note="old"), at=LONG_AGO)
        await save(store, Unit(events=(told,)))
        await save(store, Unit(logs=(append(held.attempt.id, 0, 1, text_segment(1, ["a"])),)))
        purged = await store.purge(jobs_before=T0, logs_before=T0, limit=100)
        assert purged.jobs == purged.workers == purged.log_segments == purged.events == 0
        assert told.data in [each.data for each in await store.job_events(held.job.id)]
        assert await store.get_job(waiting.id) == waiting
        assert await store.held(held.attempt.id) == held
        assert len(await store.segments(held.attempt.id)) == 1

    async def test_logs_may_go_before_their_jobs(
        self, store: Store, now: Callable[[], datetime]
    ) -> None:
        over = await finished(store, at=T0)
        running = await bound_job(store)
        text = text_segment(1, ["a"])
        await save(store, Unit(logs=(append(running.attempt.id, 0, 1, text),)))
        later = now() + timedelta(days=1)
        purged = await store.purge(jobs_before=NEVER, logs_before=later, limit=100)
        assert purged.log_segments == 2
        assert purged.samples == 2
        assert await store.held(over.attempt.id) == over
        assert list(await store.segments(over.attempt.id)) == []
        assert list(await store.segments(running.attempt.id)) == [text]

    async def test_a_project_may_keep_its_work_shorter_or_longer(
        self, store: Store, now: Callable[[], datetime]
    ) -> None:
        plain = await finished(store, at=T0)
        short = await finished(store, at=T0, project="short")
        long = await finished(store, at=LONG_AGO, project="long")
        purged = await store.purge(
            jobs_before=T0,
            logs_before=NEVER,
            limit=100,
            projects=[
                ProjectDates(project="short", jobs_before=T0 + timedelta(days=1)),
                ProjectDates(project="long", jobs_before=NEVER),
                ProjectDates(project="none", jobs_before=NEVER, logs_before=NEVER),
            ],
        )
        assert (purged.jobs, purged.log_segments) == (1, 2)
        assert await store.get_job(short.job.id) is None
        for kept in (plain, long):
            assert await store.get_job(kept.job.id) == kept.job
        later = now() + timedelta(days=1)
        purged = await store.purge(
            jobs_before=NEVER,
            logs_before=later,
            limit=100,
            projects=[ProjectDates(project="long", logs_before=NEVER)],
        )
        assert purged.log_segments == 2
        assert list(await store.segments(plain.attempt.id)) == []
        assert len(await store.segments(long.attempt.id)) == 2
        purged = await store.purge(
            jobs_before=NEVER,
            logs_before=NEVER,
            limit=100,
            projects=[ProjectDates(project="long", logs_before=later)],
        )
        assert purged.log_segments == 2

    async def test_limit_bounds_each_pass_and_passes_come_to_an_end(self, store: Store) -> None:
        for number in range(5):
            await finished(store, at=LONG_AGO + timedelta(seconds=number))
        jobs = workers = events = 0
        for _ in range(20):
            purged = await store.purge(jobs_before=T0, logs_before=T0, limit=2)
            assert purged.jobs <= 2
            assert purged.workers <= 2
            jobs += purged.jobs
            workers += purged.workers
            events += purged.events
            if purged == Purged():
                break
        else:
            raise AssertionError("there is always something left")
        assert (jobs, workers) == (5, 5)
        # The events of the jobs went with them although they were written down at T0.
        assert events == 5

    async def test_the_oldest_jobs_go_first(self, store: Store) -> None:
        made = [await finished(store, at=LONG_AGO + timedelta(hours=n)) for n in (2, 0, 1)]
        await store.purge(jobs_before=T0, logs_before=NEVER, limit=1)
        left = [await store.get_job(held.job.id) is not None for held in made]
        assert left == [True, False, True]

    async def test_old_events_go_and_the_feed_goes_on(self, store: Store) -> None:
        [job] = await submitted(store, new_job())
        old = replace(event_of(job), at=LONG_AGO, job_id=None)
        await save(store, Unit(events=(old,)), Unit(events=(old,)))
        cursor = await store.last_cursor()
        purged = await store.purge(jobs_before=T0, logs_before=NEVER, limit=100)
        assert purged.events == 2
        assert [event.job_id for event in await store.events(after="")] == [job.id]
        await save(store, Unit(events=(event_of(job, note="new"),)))
        [event] = await store.events(after=cursor)
        assert event.data == {"note": "new"}

    async def test_only_gone_workers_go(self, store: Store) -> None:
        live = new_worker(at=LONG_AGO)
        gone = replace(new_worker(), state=WorkerState.GONE, ended_at=LONG_AGO)
        lately = replace(new_worker(), state=WorkerState.GONE, ended_at=after(1))
        await save(store, Unit(workers=(live, gone, lately)))
        purged = await store.purge(jobs_before=T0, logs_before=T0, limit=100)
        assert purged.workers == 1
        left = {worker.id for worker in await store.list_workers(live=False)}
        assert left == {live.id, lately.id}

    async def test_an_idempotency_key_is_free_again_after_purge(self, store: Store) -> None:
        [job] = await submitted(store, new_job(key="k", at=LONG_AGO))
        await stored(store, finish(bind(job), at=LONG_AGO))
        await store.purge(jobs_before=T0, logs_before=NEVER, limit=100)
        fresh = new_job(key="k")
        [kept] = await submitted(store, fresh)
        assert kept.id == fresh.id
