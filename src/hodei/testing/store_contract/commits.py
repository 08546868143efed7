"""Saving units: compare-and-set, all or nothing, one winner."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

from hodei.domain.attempt import Phase, PhaseMark
from hodei.domain.events import EventKind
from hodei.domain.job import JobState, request_cancel
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.provider import WarmLearning, WarmPool
from hodei.domain.spec import Network, Priority
from hodei.domain.worker import Handle, Target, WorkerState
from hodei.ports.store import Store, Unit, Verdict
from hodei.testing.store_contract.rows import (
    FAILURE,
    FAR,
    OTHER_PROVIDER,
    PROVIDER,
    T0,
    after,
    append,
    bind,
    bound_job,
    event_of,
    must_get,
    new_job,
    new_provider,
    new_spec,
    new_worker,
    sample_at,
    save,
    submitted,
    text_segment,
    unit_of,
)


class CommitContract:
    """`JobStore.commit`."""

    async def test_entities_come_back_as_they_were_one_version_higher(
        self, store: Store, other_store: Store
    ) -> None:
        held = bind(new_job(new_spec(labels={"a": "ü"}, image="alpine:3"), key="k"))
        await save(store, unit_of(held))
        found = await other_store.held(held.attempt.id)
        assert found is not None
        assert found.job == replace(held.job, version=1)
        assert found.attempt == replace(held.attempt, version=1)
        assert found.worker == replace(held.worker, version=1)

    async def test_every_field_of_a_job_is_kept(self, store: Store) -> None:
        full = replace(
            new_job(key="k", queue_deadline=FAR),
            state=JobState.FAILED,
            attempt_id=uuid4(),
            attempts=4,
            counted_attempts=2,
            provider_id=PROVIDER,
            cancel_requested_at=after(1),
            cancel_reason="enough",
            started_at=after(2),
            finished_at=after(3.000001),
            outcome=Outcome(cause=Cause.SIGNAL, signal=9, message="m", suggestion="s"),
            warn_count=7,
            error_count=8,
            rerun_of=uuid4(),
        )
        await save(store, Unit(jobs=(full,)))
        assert await store.get_job(full.id) == replace(full, version=1)
        changed = replace(
            full,
            version=1,
            attempt_id=uuid4(),
            attempts=5,
            counted_attempts=3,
            provider_id=OTHER_PROVIDER,
            queued_at=after(4),
            not_before=after(5),
            queue_deadline=after(6),
            cancel_reason="more than enough",
            started_at=after(7),
            finished_at=after(8),
            outcome=FAILURE,
            warn_count=9,
            error_count=10,
        )
        await save(store, Unit(jobs=(changed,)))
        assert await store.get_job(full.id) == replace(changed, version=2)

    async def test_every_field_of_an_attempt_is_kept(self, store: Store) -> None:
        plain = bind(new_job()).attempt
        full = replace(
            plain,
            phase=Phase.CANCELLING,
            phases=(*plain.phases, PhaseMark(phase=Phase.CANCELLING, at=after(1), detail="why")),
            warm=True,
            image_digest="sha256:1",
            started_at=after(2),
            run_deadline=FAR,
            ended_at=after(3),
            outcome=FAILURE,
            closing=Outcome(cause=Cause.CANCELLED, message="m", suggestion="s"),
            cancel_requested_at=after(4),
            cpu_ms=2**40,
            memory_peak_bytes=2**41,
        )
        await save(
            store, Unit(attempts=(full,)), Unit(attempts=(plain_other := bind(new_job()).attempt,))
        )
        assert await store.get_attempt(full.id) == replace(full, version=1)
        changed = replace(full, id=plain_other.id, job_id=plain_other.job_id, version=1)
        await save(store, Unit(attempts=(changed,)))
        assert await store.get_attempt(changed.id) == replace(changed, version=2)

    async def test_every_field_of_a_worker_is_kept(self, store: Store) -> None:
        plain = new_worker()
        full = replace(
            plain,
            state=WorkerState.TERMINATING,
            target=Target.GONE,
            reusable=True,
            image="alpine",
            cpu=2.5,
            memory_mb=1024,
            network=Network.NONE,
            image_digest="sha256:1",
            revision="settings.agent",
            attempt_id=uuid4(),
            handle=Handle(
                provider="p", worker_id=plain.id, version=2, data={"a": [1, {"b": None}]}
            ),
            otp_digest=b"\x00\xff",
            otp_expires_at=FAR,
            session_digest=b"\x01\xfe",
            agent_version="1",
            architecture="x86_64",
            enrolled_at=after(1),
            ready_at=after(2),
            silent_at=after(3),
            ended_at=after(4),
            reason="no use",
        )
        await save(store, Unit(workers=(full,)))
        assert await store.get_worker(full.id) == replace(full, version=1)
        emptied = replace(plain, version=1, cpu=0.5, memory_mb=64)
        await save(store, Unit(workers=(emptied,)))
        assert await store.get_worker(full.id) == replace(emptied, version=2)

    async def test_every_field_of_a_provider_is_kept(self, store: Store) -> None:
        full = replace(
            new_provider("docker"),
            enabled=False,
            settings={"socket": "/run/x", "list": [1, 2.5, None, True]},
            labels={"zone": "a"},
            region="eu",
            max_workers=3,
            warm=(WarmPool(size=2, image="alpine", cpu=0.5, memory_mb=64, network=Network.NONE),),
            warm_learned=WarmLearning(budget_cpu=1.5, budget_memory_mb=640, max_workers=3),
            idle_timeout_ms=5,
        )
        await save(store, Unit(providers=(full,)))
        assert await store.get_provider("docker") == replace(full, version=1)
        await save(store, Unit(providers=(replace(full, version=1, name="podman", warm=()),)))
        assert await store.get_provider("docker") is None
        assert await store.get_provider(str(full.id)) == replace(
            full, version=2, name="podman", warm=()
        )

    async def test_nothing_to_save_is_saved(self, store: Store) -> None:
        assert list(await store.commit([])) == []
        assert list(await store.commit([Unit(), Unit()])) == [Verdict.SAVED, Verdict.SAVED]

    async def test_an_old_version_is_stale_and_nothing_of_its_unit_is_saved(
        self, store: Store
    ) -> None:
        held = await bound_job(store)
        cursor = await store.last_cursor()
        await save(store, Unit(workers=(held.worker,)))
        unit = Unit(
            jobs=(replace(held.job, warn_count=5),),
            attempts=(replace(held.attempt, cpu_ms=5),),
            workers=(held.worker,),
            providers=(new_provider("p"),),
            logs=(append(held.attempt.id, 0, 1, text_segment(1, ["a"])),),
            samples=(sample_at(held.attempt.id, 1),),
            events=(event_of(held.job),),
        )
        assert list(await store.commit([unit])) == [Verdict.STALE]
        assert await store.get_job(held.job.id) == held.job
        assert await store.get_attempt(held.attempt.id) == held.attempt
        assert await store.list_providers() == []
        assert await store.log_state(held.attempt.id) is None
        assert await store.segments(held.attempt.id) == []
        assert await store.samples(held.attempt.id) == []
        assert await store.events(after=cursor) == []

    async def test_each_kind_of_staleness_is_found(self, store: Store) -> None:
        held = await bound_job(store)
        provider = new_provider("p")
        await save(
            store,
            Unit(providers=(provider,), logs=(append(held.attempt.id, 0, 4),)),
        )
        keyed = new_job(key="taken")
        await submitted(store, keyed)
        stale = [
            Unit(jobs=(replace(held.job, version=7),)),
            Unit(jobs=(replace(held.job, version=0),)),
            Unit(jobs=(new_job(key="taken"),)),
            Unit(jobs=(replace(new_job(), version=1),)),
            Unit(attempts=(replace(held.attempt, version=7),)),
            Unit(attempts=(replace(held.attempt, version=0),)),
            Unit(attempts=(replace(held.attempt, id=uuid4(), version=0),)),
            Unit(workers=(replace(held.worker, version=7),)),
            Unit(workers=(replace(held.worker, version=0),)),
            Unit(workers=(replace(new_worker(), version=1),)),
            Unit(providers=(replace(provider, version=7),)),
            Unit(providers=(replace(provider, version=0),)),
            Unit(providers=(new_provider("p"),)),
            Unit(logs=(append(held.attempt.id, 3, 5),)),
            Unit(logs=(append(uuid4(), 3, 5),)),
        ]
        for unit in stale:
            assert list(await store.commit([unit])) == [Verdict.STALE], unit

    async def test_a_provider_cannot_take_the_name_of_another(self, store: Store) -> None:
        one, two = new_provider("one"), new_provider("two")
        await save(store, Unit(providers=(one, two)))
        renamed = Unit(providers=(replace(two, version=1, name="one"),))
        assert list(await store.commit([renamed])) == [Verdict.STALE]

    async def test_verdicts_keep_the_order_of_the_units(self, store: Store) -> None:
        waiting = await submitted(store, *(new_job() for _ in range(20)))
        units = [
            Unit(jobs=(replace(job, version=1 if number % 3 else 9, warn_count=number),))
            for number, job in enumerate(waiting)
        ]
        assert list(await store.commit(units)) == [
            Verdict.SAVED if number % 3 else Verdict.STALE for number in range(20)
        ]
        for number, job in enumerate(waiting):
            assert (await must_get(store, job)).warn_count == (number if number % 3 else 0)

    async def test_a_repeat_after_an_unknown_end_saves_nothing_twice(self, store: Store) -> None:
        held = await bound_job(store)
        unit = Unit(
            jobs=(held.job,),
            logs=(append(held.attempt.id, 0, 1, text_segment(1, ["a"])),),
            samples=(sample_at(held.attempt.id, 1),),
            events=(event_of(held.job, EventKind.ATTEMPT_PHASE),),
        )
        assert list(await store.commit([unit])) == [Verdict.SAVED]
        assert list(await store.commit([unit])) == [Verdict.STALE]
        assert len(await store.segments(held.attempt.id)) == 1
        assert len(await store.job_events(held.job.id)) == 2

    async def test_of_many_concurrent_saves_of_one_entity_exactly_one_wins(
        self, store: Store, other_store: Store
    ) -> None:
        held = await bound_job(store)
        for version in range(1, 6):
            job, worker = await must_get(store, held.job), await store.get_worker(held.worker.id)
            assert worker is not None
            assert (job.version, worker.version) == (version + 1, version)
            units = [
                Unit(
                    jobs=(replace(job, warn_count=writer),),
                    workers=(replace(worker, reason=str(writer)),),
                    events=(event_of(job, note=f"{version}/{writer}"),),
                )
                for writer in range(8)
            ]
            results = await asyncio.gather(
                *(
                    (other_store if writer % 2 else store).commit([unit])
                    for writer, unit in enumerate(units)
                )
            )
            winners = [w for w, verdicts in enumerate(results) if verdicts[0] is Verdict.SAVED]
            assert len(winners) == 1
            saved_worker = await store.get_worker(held.worker.id)
            assert (await must_get(store, job)).warn_count == winners[0]
            assert saved_worker is not None
            assert saved_worker.reason == str(winners[0])
        assert len(await store.job_events(held.job.id)) == 1 + 5

    async def test_of_concurrent_inserts_of_one_entity_exactly_one_wins(
        self, store: Store, other_store: Store
    ) -> None:
        for _ in range(5):
            [job] = await submitted(store, new_job())
            tries = [unit_of(bind(job)) for _ in range(6)]
            results = await asyncio.gather(
                *((other_store if n % 2 else store).commit([unit]) for n, unit in enumerate(tries))
            )
            assert sum(verdicts[0] is Verdict.SAVED for verdicts in results) == 1
            assert len(await store.attempts(job.id)) == 1

    async def test_overlapping_batches_in_any_order_end_and_leave_one_winner_each(
        self, store: Store, other_store: Store
    ) -> None:
        waiting = await submitted(store, *(new_job() for _ in range(30)))
        batches = [
            [Unit(jobs=(replace(job, error_count=writer),)) for job in order]
            for writer, order in enumerate([waiting, waiting[::-1], waiting[::2], waiting[::-3]])
        ]
        results = await asyncio.gather(
            *((other_store if n % 2 else store).commit(batch) for n, batch in enumerate(batches))
        )
        wins = dict.fromkeys((job.id for job in waiting), 0)
        for batch, verdicts in zip(batches, results, strict=True):
            for unit, verdict in zip(batch, verdicts, strict=True):
                wins[unit.jobs[0].id] += verdict is Verdict.SAVED
        assert set(wins.values()) == {1}

    async def test_full_leaves_the_whole_unit_out(self, store: Store) -> None:
        one, two = await submitted(store, new_job(), new_job())
        first = replace(unit_of(bind(one)), max_live=1)
        assert list(await store.commit([first])) == [Verdict.SAVED]
        second = replace(unit_of(bind(two)), max_live=1)
        assert list(await store.commit([second])) == [Verdict.FULL]
        assert (await must_get(store, two)).state is JobState.PENDING
        assert await store.attempts(two.id) == []
        elsewhere = replace(unit_of(bind(two, provider_id=OTHER_PROVIDER)), max_live=1)
        assert list(await store.commit([elsewhere])) == [Verdict.SAVED]

    async def test_room_is_counted_within_one_batch_and_gone_workers_make_room(
        self, store: Store
    ) -> None:
        units = [Unit(workers=(new_worker(),), max_live=2) for _ in range(4)]
        verdicts = list(await store.commit(units))
        assert verdicts == [Verdict.SAVED, Verdict.SAVED, Verdict.FULL, Verdict.FULL]
        gone = replace(units[0].workers[0], version=1, state=WorkerState.GONE)
        await save(store, Unit(workers=(gone,)))
        again = Unit(workers=(new_worker(),), max_live=2)
        assert list(await store.commit([again])) == [Verdict.SAVED]

    async def test_stale_units_take_no_room_and_stale_comes_before_full(self, store: Store) -> None:
        [job] = await submitted(store, new_job())
        stale_job = replace(job, version=9)
        units = [
            Unit(jobs=(stale_job,), workers=(new_worker(),), max_live=1),
            Unit(workers=(new_worker(),), max_live=1),
            Unit(workers=(new_worker(),), max_live=1),
        ]
        assert list(await store.commit(units)) == [Verdict.STALE, Verdict.SAVED, Verdict.FULL]

    async def test_concurrent_inserts_never_exceed_the_room(
        self, store: Store, other_store: Store
    ) -> None:
        results = await asyncio.gather(
            *(
                (other_store if n % 2 else store).commit(
                    [Unit(workers=(new_worker(),), max_live=3) for _ in range(2)]
                )
                for n in range(8)
            )
        )
        verdicts = [verdict for result in results for verdict in result]
        assert verdicts.count(Verdict.SAVED) == 3
        assert dict(await store.count_live()) == {PROVIDER: 3}

    async def test_a_changed_priority_is_stored_and_listed(self, store: Store) -> None:
        [job] = await submitted(store, new_job(new_spec(priority=Priority.LOW)))
        raised = replace(job, spec=replace(job.spec, priority=Priority.HIGH))
        await save(store, Unit(jobs=(raised,)))
        assert (await must_get(store, job)).spec.priority is Priority.HIGH
        [row] = await store.job_rows([job.id])
        assert row.priority is Priority.HIGH

    async def test_a_wish_to_cancel_is_stored(self, store: Store) -> None:
        held = await bound_job(store)
        wanted = request_cancel(held.job, "why not", T0)
        await save(store, Unit(jobs=(wanted,)))
        assert await store.get_job(wanted.id) == replace(wanted, version=3)
