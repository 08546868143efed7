"""What a store tells the bus after it has saved."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from hodei.domain.events import Event, EventKind
from hodei.domain.provider import Health
from hodei.domain.worker import WorkerState
from hodei.ports.bus import Bus, Hint
from hodei.ports.store import SchedulerSettings, Store, Unit
from hodei.testing.bus_contract import named, until
from hodei.testing.store_contract.rows import (
    T0,
    append,
    bound_job,
    event_of,
    new_job,
    new_provider,
    new_worker,
    save,
    submitted,
    text_segment,
)


async def told(bus: Bus, store: Store, *units: Unit) -> dict[str, set[str]]:
    """The keys by topic that a commit of these units tells."""
    async with bus.subscribe() as hints:
        await store.commit(units)
        # Hints travel apart from one another: a last save closes the list.
        mark = uuid4()
        await save(store, Unit(logs=(append(mark, 0, 1),)))
        seen = await until(hints, lambda hint: str(mark) in hint.keys)
    topics: dict[str, set[str]] = {}
    for hint in seen:
        topics.setdefault(hint.topic, set()).update(hint.keys)
    topics["log"].discard(str(mark))
    return {topic: keys for topic, keys in topics.items() if topic != "log" or keys}


class HintContract:
    """Fixtures besides those of the store: `bus`, which hears what `store` saves."""

    async def test_submission_tells_the_queue_the_job_and_its_event(
        self, store: Store, bus: Bus
    ) -> None:
        async with bus.subscribe() as hints:
            [job] = await submitted(store, new_job())
            seen: list[Hint] = []
            while {hint.topic for hint in seen} < {"queue", "job", "event"}:
                seen += await until(hints, lambda _: True)
        assert {key for hint in seen for key in hint.keys} == {str(job.id)}

    async def test_a_dropped_twin_tells_nothing(self, store: Store, bus: Bus) -> None:
        await submitted(store, new_job(key="k"))
        await told(bus, store)
        async with bus.subscribe() as hints:
            await submitted(store, new_job(key="k"))
            await save(store, Unit(logs=(append(uuid4(), 0, 1),)))
            assert [hint.topic for hint in await until(hints, named("log"))] == ["log"]

    async def test_each_entity_tells_its_topic(self, store: Store, bus: Bus) -> None:
        held = await bound_job(store)
        await told(bus, store)
        job, worker = {str(held.job.id)}, {str(held.worker.id)}
        assert await told(bus, store, Unit(jobs=(held.job,))) == {"job": job}
        assert await told(bus, store, Unit(attempts=(held.attempt,))) == {
            "job": job,
            "worker": worker,
        }
        assert await told(bus, store, Unit(workers=(held.worker,))) == {"worker": worker}
        assert await told(bus, store, Unit(events=(event_of(held.job),))) == {"event": set()}
        log = append(held.attempt.id, 0, 1, text_segment(1, ["a"]))
        assert await told(bus, store, Unit(logs=(log,))) == {"log": {str(held.attempt.id)}}
        record = new_provider("p")
        told_of_provider = await told(bus, store, Unit(providers=(record,)))
        assert told_of_provider == {"provider": {str(record.id)}, "queue": set()}

    async def test_a_free_worker_wakes_the_queue(self, store: Store, bus: Bus) -> None:
        worker = new_worker()
        await save(store, Unit(workers=(worker,)))
        for version, state in enumerate((WorkerState.READY, WorkerState.GONE), 1):
            moved = replace(worker, version=version, state=state)
            topics = await told(bus, store, Unit(workers=(moved,)))
            assert topics == {"worker": {str(worker.id)}, "queue": set()}

    async def test_what_was_not_saved_is_not_told(self, store: Store, bus: Bus) -> None:
        held = await bound_job(store)
        await told(bus, store)
        stale = Unit(jobs=(replace(held.job, version=9),), events=(event_of(held.job),))
        assert await told(bus, store, stale) == {}

    async def test_settings_and_removals_are_told(self, store: Store, bus: Bus) -> None:
        record = new_provider("p")
        await save(store, Unit(providers=(record,)))
        await told(bus, store)
        event = Event(kind=EventKind.SCHEDULER_CHANGED, at=T0)
        async with bus.subscribe() as hints:
            await store.save_scheduler(SchedulerSettings(paused=True), event)
            await until(hints, named("queue"))
        async with bus.subscribe() as hints:
            await store.record_health(record.id, Health(ok=False))
            [*_, hint] = await until(hints, named("provider"))
            assert hint.keys == (str(record.id),)
        async with bus.subscribe() as hints:
            assert await store.delete_provider(record.id, event)
            [*_, hint] = await until(hints, named("provider"))
            assert hint.keys == (str(record.id),)
