"""Attempts: reading them, and those that somebody must look at."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from hodei.domain.attempt import Phase
from hodei.domain.job import JobState, request_cancel
from hodei.domain.worker import Target, WorkerState
from hodei.ports.store import Held, Store, Unit
from hodei.testing.store_contract.rows import (
    FAILURE,
    FAR,
    T0,
    after,
    bind,
    bound_job,
    finish,
    must_get,
    new_job,
    save,
    start,
    stored,
    unit_of,
)


async def unsettled(store: Store) -> list[Held]:
    """All of them."""
    return list(await store.unsettled())


class AttemptContract:
    """`JobStore.attempts`, `get_attempt`, `held`, `unsettled`."""

    async def test_attempts_of_a_job_oldest_first(self, store: Store) -> None:
        held = await bound_job(store)
        for number in (2, 3):
            back = replace(await must_get(store, held.job), state=JobState.PENDING, attempt_id=None)
            await save(store, unit_of(bind(back)))
            assert (await must_get(store, held.job)).attempts == number
        await bound_job(store)
        found = await store.attempts(held.job.id)
        assert [attempt.number for attempt in found] == [1, 2, 3]
        assert {attempt.job_id for attempt in found} == {held.job.id}
        assert found[0] == held.attempt
        assert await store.attempts(uuid4()) == []

    async def test_what_does_not_exist(self, store: Store) -> None:
        assert await store.get_job(uuid4()) is None
        assert await store.get_attempt(uuid4()) is None
        assert await store.held(uuid4()) is None
        assert await store.get_worker(uuid4()) is None

    async def test_held_is_the_present_state_of_all_three(self, store: Store) -> None:
        held = await bound_job(store)
        begun = start(held, at=after(1))
        await save(store, unit_of(begun))
        found = await store.held(held.attempt.id)
        assert found == Held(
            job=replace(begun.job, version=held.job.version + 1),
            attempt=replace(begun.attempt, version=2),
            worker=replace(begun.worker, version=2),
        )

    async def test_nothing_to_look_at(self, store: Store) -> None:
        await bound_job(store)
        held = await bound_job(store)
        begun = start(held, at=after(1))
        later = replace(begun.attempt, run_deadline=FAR)
        await save(store, unit_of(replace(begun, attempt=later)))
        assert await unsettled(store) == []

    async def test_a_cancelled_job_is_unsettled(self, store: Store) -> None:
        held = await bound_job(store)
        await save(store, Unit(jobs=(request_cancel(held.job, "no", T0),)))
        assert await unsettled(store) == [await store.held(held.attempt.id)]

    async def test_a_cancelling_attempt_is_unsettled(self, store: Store) -> None:
        held = await bound_job(store)
        await save(store, Unit(attempts=(replace(held.attempt, cancel_requested_at=T0),)))
        assert await unsettled(store) == [await store.held(held.attempt.id)]

    async def test_an_attempt_past_its_deadline_is_unsettled(self, store: Store) -> None:
        held = await bound_job(store)
        await save(store, Unit(attempts=(replace(held.attempt, run_deadline=after(1)),)))
        assert await unsettled(store) == [await store.held(held.attempt.id)]

    async def test_an_ended_attempt_is_unsettled_until_done(self, store: Store) -> None:
        held = await bound_job(store)
        ended = replace(held.attempt, phase=Phase.CLEANUP, outcome=FAILURE, ended_at=after(1))
        await save(store, Unit(attempts=(ended,)))
        assert await unsettled(store) == [await store.held(held.attempt.id)]
        await save(store, Unit(attempts=(replace(ended, version=2, phase=Phase.DONE),)))
        assert await unsettled(store) == []

    async def test_an_attempt_of_an_unwanted_worker_is_unsettled(self, store: Store) -> None:
        held = await bound_job(store)
        worker = replace(held.worker, state=WorkerState.TERMINATING, target=Target.GONE)
        await save(store, Unit(workers=(worker,)))
        assert await unsettled(store) == [await store.held(held.attempt.id)]

    async def test_a_finished_attempt_is_settled_whatever_came_before(self, store: Store) -> None:
        held = await bound_job(store)
        done = finish(held, FAILURE, at=after(1))
        attempt = replace(done.attempt, cancel_requested_at=T0, run_deadline=T0)
        worker = replace(done.worker, target=Target.GONE)
        job = replace(done.job, cancel_requested_at=T0)
        await save(store, unit_of(Held(job=job, attempt=attempt, worker=worker)))
        assert await unsettled(store) == []

    async def test_unsettled_ones_come_oldest_first(self, store: Store) -> None:
        holds = [await stored(store, bind(new_job(at=after(-n)))) for n in range(5)]
        for held in reversed(holds):
            await save(store, Unit(attempts=(replace(held.attempt, run_deadline=T0),)))
        found = await unsettled(store)
        assert [item.attempt.id for item in found] == [held.attempt.id for held in holds]
        limited = await store.unsettled(limit=2)
        assert list(limited) == found[:2]
