"""Claims: exclusive, in order, with leases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hodei.domain.events import Event, EventKind
from hodei.domain.job import Job, JobState
from hodei.domain.placement import placement_class
from hodei.domain.spec import Priority
from hodei.ports.store import JobFilter, SchedulerSettings, Store, Unit, Verdict
from hodei.testing.store_contract.rows import (
    FAR,
    T0,
    after,
    bind,
    bound_job,
    must_get,
    new_job,
    new_spec,
    save,
    submitted,
    unit_of,
)

Advance = Callable[[float], Awaitable[None]]
LONG_S = 300.0


async def claim(
    store: Store, *, limit: int = 1000, lease_s: float = LONG_S, replica: str = "r1"
) -> list[Job]:
    """Claims whatever there is."""
    return list(await store.claim(replica, limit=limit, lease_s=lease_s))


def ids(jobs: list[Job]) -> list[UUID]:
    """Their ids, in order."""
    return [job.id for job in jobs]


class ClaimContract:
    """`JobStore.claim`, `unclaim` and the order of the queue. `short_lease` is a number of
    seconds that `advance` can let pass."""

    async def test_a_claim_takes_waiting_jobs_in_order_of_submission(self, store: Store) -> None:
        late, early = new_job(at=after(2)), new_job(at=after(1))
        [late, early] = await submitted(store, late, early)
        assert await claim(store) == [early, late]

    async def test_equal_times_are_served_as_they_were_submitted(self, store: Store) -> None:
        first = await submitted(store, new_job())
        second = await submitted(store, new_job())
        third = await submitted(store, new_job())
        assert await claim(store) == [*first, *second, *third]

    async def test_limit_takes_the_best(self, store: Store) -> None:
        kept = await submitted(store, *(new_job(at=after(n)) for n in range(5)))
        assert await claim(store, limit=2) == kept[:2]
        assert await claim(store, limit=2) == kept[2:4]

    async def test_a_claim_changes_no_job(self, store: Store) -> None:
        [job] = await submitted(store, new_job())
        await claim(store)
        assert await store.get_job(job.id) == job

    async def test_a_claimed_job_is_passed_over_by_everybody(
        self, store: Store, other_store: Store
    ) -> None:
        [job] = await submitted(store, new_job())
        assert await claim(store, replica="r1") == [job]
        assert await claim(other_store, replica="r2") == []
        assert await claim(store, replica="r1") == []

    async def test_only_pending_jobs_whose_time_has_come_are_taken(self, store: Store) -> None:
        await bound_job(store)
        await submitted(store, new_job(not_before=FAR))
        [ready] = await submitted(store, new_job(at=after(9)))
        assert await claim(store) == [ready]

    async def test_a_job_becomes_due(
        self, store: Store, now: Callable[[], datetime], advance: Advance, short_lease: float
    ) -> None:
        due = now() + timedelta(seconds=short_lease)
        [job] = await submitted(store, new_job(not_before=due))
        await advance(short_lease * 1.5)
        assert await claim(store) == [job]

    async def test_a_lease_ends_by_itself(
        self, store: Store, other_store: Store, advance: Advance, short_lease: float
    ) -> None:
        one, two = await submitted(store, new_job(at=after(1)), new_job(at=after(2)))
        assert await claim(store, limit=1, lease_s=LONG_S) == [one]
        assert await claim(store, limit=1, lease_s=short_lease) == [two]
        await advance(short_lease * 1.5)
        assert await claim(other_store, replica="r2") == [two]

    async def test_blocked_classes_are_passed_over(self, store: Store) -> None:
        big, small = new_spec(memory_mb=4096), new_spec(memory_mb=64)
        await submitted(store, *(new_job(big, at=after(n)) for n in range(3)))
        [little] = await submitted(store, new_job(small, at=after(9)))
        blocked = [placement_class(big), "0123456789abcdef"]
        assert list(await store.claim("r1", limit=1, lease_s=LONG_S, blocked=blocked)) == [little]
        assert list(await store.claim("r1", limit=9, lease_s=LONG_S, blocked=blocked)) == []
        assert len(await claim(store)) == 3

    async def test_unclaim_gives_back_at_once(self, store: Store, other_store: Store) -> None:
        one, two = await submitted(store, new_job(at=after(1)), new_job(at=after(2)))
        await claim(store, replica="r1")
        await store.unclaim("r1", [one.id])
        assert await claim(other_store, replica="r2") == [one]
        await store.unclaim("r1", [one.id, two.id, UUID(int=1)])
        assert await claim(other_store, replica="r2") == [two], "the claim of r2 was not r1's"

    async def test_a_commit_of_the_job_ends_the_claim(self, store: Store) -> None:
        [job] = await submitted(store, new_job())
        await claim(store)
        await save(store, Unit(jobs=(job,)))
        assert ids(await claim(store)) == [job.id]

    async def test_a_bound_job_is_not_claimed_again(self, store: Store) -> None:
        [job] = await submitted(store, new_job())
        [claimed] = await claim(store)
        await save(store, unit_of(bind(claimed)))
        assert await claim(store) == []
        assert (await must_get(store, job)).state is JobState.ASSIGNED

    async def test_two_replicas_never_hold_one_job(self, store: Store, other_store: Store) -> None:
        kept = await submitted(store, *(new_job(at=after(n)) for n in range(500)))
        taken: list[UUID] = []

        async def worker(replica: str, own: Store) -> None:
            while batch := await claim(own, limit=7, replica=replica):
                assert ids(batch) == ids(sorted(batch, key=lambda job: job.submitted_at))
                taken.extend(ids(batch))

        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(worker("r1", store))
                group.create_task(worker("r2", other_store))
        # Rows that another claim is just reading may be passed over; none is lost.
        taken += ids(await claim(store))
        assert len(taken) == 500
        assert set(taken) == {job.id for job in kept}

    # ---- rank

    async def test_priority_is_a_head_start_of_one_aging_step(self, store: Store) -> None:
        step = SchedulerSettings().aging_step_ms / 1000
        specs = {priority: new_spec(priority=priority) for priority in Priority}
        low, normal, high = await submitted(
            store,
            new_job(specs[Priority.LOW]),
            new_job(specs[Priority.NORMAL]),
            new_job(specs[Priority.HIGH]),
        )
        # Each is submitted just too late to overtake the one it competes with.
        late_normal, late_high = await submitted(
            store,
            new_job(specs[Priority.NORMAL], at=after(step + 1)),
            new_job(specs[Priority.HIGH], at=after(2 * step + 2)),
        )
        assert await claim(store) == [high, normal, low, late_normal, late_high]

    async def test_a_changed_priority_changes_the_place(self, store: Store) -> None:
        one, two = await submitted(store, new_job(at=after(1)), new_job(at=after(2)))
        raised = replace(two, spec=replace(two.spec, priority=Priority.HIGH))
        await save(store, Unit(jobs=(raised,)))
        assert ids(await claim(store)) == [two.id, one.id]

    async def test_a_requeued_job_keeps_its_place(self, store: Store) -> None:
        [old] = await submitted(store, new_job(at=after(1)))
        [new] = await submitted(store, new_job(at=after(2)))
        await claim(store)
        back = replace(old, queued_at=after(50), not_before=after(60), attempts=1)
        await save(store, Unit(jobs=(back,)))
        await store.unclaim("r1", [new.id])
        assert ids(await claim(store)) == [old.id, new.id]

    # ---- scheduler

    async def test_scheduler_settings_begin_with_the_defaults(self, store: Store) -> None:
        assert await store.scheduler() == SchedulerSettings()

    async def test_scheduler_settings_are_saved_by_compare_and_set(
        self, store: Store, other_store: Store
    ) -> None:
        event = Event(kind=EventKind.SCHEDULER_CHANGED, at=T0, actor="ana")
        paused = SchedulerSettings(paused=True)
        assert await store.save_scheduler(paused, event)
        assert await other_store.scheduler() == replace(paused, version=1)
        assert not await other_store.save_scheduler(SchedulerSettings(), event)
        assert await store.scheduler() == replace(paused, version=1)
        assert len(await store.events(after="")) == 1

    async def test_a_new_job_that_is_bound_already_waits_for_a_pause_to_end(
        self, store: Store
    ) -> None:
        bound, plain = unit_of(bind(new_job())), Unit(jobs=(new_job(),))
        event = Event(kind=EventKind.SCHEDULER_CHANGED, at=T0, actor="ana")
        assert await store.save_scheduler(SchedulerSettings(paused=True), event)
        assert await store.commit([bound, plain]) == [Verdict.STALE, Verdict.SAVED]
        assert await store.commit([bound]) == [Verdict.STALE]
        assert await store.get_job(bound.jobs[0].id) is None
        assert await store.get_attempt(bound.attempts[0].id) is None
        assert await store.save_scheduler(SchedulerSettings(version=1), event)
        assert await store.commit([bound]) == [Verdict.SAVED]
        assert (await must_get(store, bound.jobs[0])).attempts == 1
        assert (await store.count_jobs(JobFilter()))[JobState.ASSIGNED] == 1

    async def test_of_concurrent_scheduler_changes_one_wins(
        self, store: Store, other_store: Store
    ) -> None:
        event = Event(kind=EventKind.SCHEDULER_CHANGED, at=T0)
        results = await asyncio.gather(
            *(
                own.save_scheduler(SchedulerSettings(aging_step_ms=1000 + n), event)
                for n, own in enumerate([store, other_store] * 4)
            )
        )
        assert results.count(True) == 1
        assert (await store.scheduler()).aging_step_ms == 1000 + results.index(True)

    async def test_a_new_aging_step_orders_the_waiting_jobs_anew(self, store: Store) -> None:
        [early] = await submitted(store, new_job())
        [urgent] = await submitted(store, new_job(new_spec(priority=Priority.HIGH), at=after(60)))
        event = Event(kind=EventKind.SCHEDULER_CHANGED, at=T0)
        assert ids(await claim(store)) == [urgent.id, early.id]
        await store.unclaim("r1", [urgent.id, early.id])
        assert await store.save_scheduler(SchedulerSettings(aging_step_ms=1_000), event)
        assert ids(await claim(store)) == [early.id, urgent.id]
        [later] = await submitted(store, new_job(new_spec(priority=Priority.LOW), at=after(59.5)))
        places = [entry.job_id for entry in (await store.queue()).items]
        assert places == [early.id, urgent.id, later.id], "new jobs are ranked by the new step"
