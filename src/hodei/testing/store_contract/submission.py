"""Submission: idempotent, in one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hodei.domain.events import Event, EventKind
from hodei.domain.trace_context import TraceContext
from hodei.ports.store import JobFilter, Store, Unit
from hodei.testing.store_contract.rows import (
    ORIGIN,
    T0,
    after,
    bind,
    event_of,
    must_get,
    new_job,
    new_spec,
    save,
    submitted,
    unit_of,
)


class SubmitContract:
    """`JobStore.submit`."""

    async def test_jobs_come_back_in_order_as_stored(self, store: Store) -> None:
        new = [new_job(new_spec(f"job {n}"), at=after(n)) for n in range(5)]
        kept = await submitted(store, *new)
        assert kept == [replace(job, version=1) for job in new]
        for job in kept:
            assert await store.get_job(job.id) == job
            [event] = await store.job_events(job.id)
            assert replace(event, cursor="") == event_of(job)

    async def test_what_made_a_job_is_kept_and_lists_leave_its_parameters_out(
        self, store: Store
    ) -> None:
        submission = replace(new_job(), origin=ORIGIN)
        [kept] = await submitted(store, submission)
        assert await store.get_job(kept.id) == replace(submission, version=1)
        bound = bind(replace(new_job(), origin=ORIGIN))
        await save(store, unit_of(bound))
        assert (await must_get(store, bound.job)).origin == ORIGIN
        by_hand = replace(ORIGIN, template=None, schedule=None, slot=None, trigger="push")
        [third] = await submitted(store, replace(new_job(), origin=by_hand))
        assert (await must_get(store, third)).origin == by_hand
        rows = await store.job_rows([kept.id, bound.job.id])
        assert [row.origin for row in rows] == [replace(ORIGIN, parameters={})] * 2

    async def test_where_in_a_trace_a_job_was_submitted_is_kept(self, store: Store) -> None:
        place = TraceContext(trace_id="4b" * 16, span_id="7c" * 8, sampled=False)
        [kept] = await submitted(store, replace(new_job(), trace=place))
        assert (await must_get(store, kept)).trace == place
        at_once = bind(replace(new_job(), trace=replace(place, sampled=True)))
        await save(store, unit_of(at_once))
        assert (await must_get(store, at_once.job)).trace == replace(place, sampled=True)
        [none] = await submitted(store, new_job())
        assert (await must_get(store, none)).trace is None

    async def test_nothing_submitted_is_nothing(self, store: Store) -> None:
        assert list(await store.submit([], [])) == []

    async def test_a_repeat_returns_the_stored_twin_and_drops_the_event(
        self, store: Store, other_store: Store
    ) -> None:
        [first] = await submitted(store, new_job(key="k"))
        await save(store, Unit(jobs=(replace(first, warn_count=3),)))
        repeat = new_job(key="k")
        [twin] = await submitted(other_store, repeat)
        assert twin == replace(first, warn_count=3, version=2)
        assert await store.get_job(repeat.id) is None
        assert await store.job_events(repeat.id) == []
        assert len(await store.job_events(first.id)) == 1

    async def test_the_twin_may_differ_and_the_caller_can_tell(self, store: Store) -> None:
        [first] = await submitted(store, new_job(new_spec("one"), key="k"))
        [twin] = await submitted(store, new_job(new_spec("two"), key="k"))
        assert twin == first
        assert twin.spec_digest != new_job(new_spec("two")).spec_digest

    async def test_keys_belong_to_their_project(self, store: Store) -> None:
        kept = await submitted(
            store,
            new_job(new_spec(project="a"), key="k"),
            new_job(new_spec(project="b"), key="k"),
        )
        assert kept[0].id != kept[1].id

    async def test_jobs_without_a_key_are_never_twins(self, store: Store) -> None:
        kept = await submitted(store, new_job(), new_job())
        assert kept[0].id != kept[1].id

    async def test_a_repeat_of_the_same_job_inserts_it_once(self, store: Store) -> None:
        job = new_job()
        assert await submitted(store, job) == await submitted(store, job)
        assert len(await store.job_events(job.id)) == 1

    async def test_twins_within_one_call_become_one_job(self, store: Store) -> None:
        one, two, three = new_job(key="k"), new_job(key="k"), new_job(key="other")
        kept = await submitted(store, one, two, three)
        assert kept[0] == kept[1]
        assert kept[0].id in (one.id, two.id)
        assert kept[2].id == three.id
        assert len((await store.list_jobs(JobFilter())).items) == 2
        events = await store.events(after="")
        assert {event.job_id for event in events} == {kept[0].id, three.id}
        assert len(events) == 2

    async def test_old_and_new_mix_in_one_call(self, store: Store) -> None:
        [old] = await submitted(store, new_job(key="old"))
        fresh = new_job(key="fresh")
        kept = await submitted(store, fresh, new_job(key="old"))
        assert [job.id for job in kept] == [fresh.id, old.id]

    async def test_events_without_a_job_are_kept(self, store: Store) -> None:
        note = Event(kind=EventKind.SCHEDULER_CHANGED, at=T0, actor="ana")
        job = new_job()
        await store.submit([job], [event_of(job), note])
        kinds = [event.kind for event in await store.events(after="")]
        assert kinds == [EventKind.JOB_SUBMITTED, EventKind.SCHEDULER_CHANGED]

    async def test_concurrent_repeats_make_one_job(self, store: Store, other_store: Store) -> None:
        for key in ("a", "b", "c"):
            results = await asyncio.gather(
                *(submitted(other_store if n % 2 else store, new_job(key=key)) for n in range(10))
            )
            ids = {jobs[0].id for jobs in results}
            assert len(ids) == 1
            assert len(await store.job_events(ids.pop())) == 1
        assert len((await store.list_jobs(JobFilter())).items) == 3

    async def test_concurrent_batches_of_twins_in_any_order_end(
        self, store: Store, other_store: Store
    ) -> None:
        keys = [str(n) for n in range(20)]
        orders = [keys, keys[::-1], keys[::2] + keys[1::2], keys[10:] + keys[:10]]
        results = await asyncio.gather(
            *(
                submitted(other_store if n % 2 else store, *(new_job(key=key) for key in order))
                for n, order in enumerate(orders)
            )
        )
        winners: dict[str, set[object]] = {key: set() for key in keys}
        for order, kept in zip(orders, results, strict=True):
            for key, job in zip(order, kept, strict=True):
                assert job.idempotency_key == key
                winners[key].add(job.id)
        assert all(len(ids) == 1 for ids in winners.values())

    async def test_a_submitted_job_can_be_saved_at_once(self, store: Store) -> None:
        [job] = await submitted(store, new_job())
        await save(store, Unit(jobs=(replace(job, error_count=1),)))
        assert (await must_get(store, job)).version == 2
