"""The feed of events: every reader sees every event once, in one order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from hodei.domain.errors import InvalidRequest
from hodei.domain.events import Event, EventKind
from hodei.ports.store import Store, Unit
from hodei.testing.store_contract.rows import T0, event_of, new_job, save, submitted


def note(text: str) -> Event:
    """An event that is told from others by its text."""
    return Event(kind=EventKind.WORKER_CHANGED, at=T0, data={"note": text})


def notes(events: list[Event]) -> list[object]:
    """The texts, in order."""
    return [event.data["note"] for event in events]


async def read_all(store: Store, *, after: str = "", limit: int = 1000) -> list[Event]:
    """Everything that can be seen now."""
    seen: list[Event] = []
    while batch := await store.events(after=after, limit=limit):
        assert len(batch) <= limit
        seen += batch
        after = batch[-1].cursor
    return seen


class FeedContract:
    """EventStore."""

    async def test_the_beginning(self, store: Store) -> None:
        assert list(await store.events(after="")) == []
        cursor = await store.last_cursor()
        await save(store, Unit(events=(note("a"),)))
        assert notes(list(await store.events(after=cursor))) == ["a"]
        assert notes(list(await store.events(after=""))) == ["a"]

    async def test_every_field_is_kept(self, store: Store) -> None:
        full = Event(
            kind=EventKind.JOB_FINISHED,
            at=T0,
            job_id=uuid4(),
            attempt_id=uuid4(),
            worker_id=uuid4(),
            provider_id=uuid4(),
            project="p",
            actor="ana",
            data={"state": "FAILED", "n": 1, "list": [1, None, {"a": "ü"}]},
        )
        await save(store, Unit(events=(full,)))
        [found] = await store.events(after="")
        assert found.cursor
        assert replace(found, cursor="") == full

    async def test_events_keep_the_order_of_units_and_within_them(self, store: Store) -> None:
        await save(
            store,
            *(Unit(events=(note(f"{n}a"), note(f"{n}b"))) for n in range(5)),
        )
        await save(store, Unit(events=(note("last"),)))
        expected = [f"{n}{letter}" for n in range(5) for letter in "ab"] + ["last"]
        assert notes(await read_all(store)) == expected
        assert notes(await read_all(store, limit=3)) == expected

    async def test_reading_goes_on_after_any_event(self, store: Store) -> None:
        await save(store, *(Unit(events=(note(str(n)),)) for n in range(6)))
        whole = await read_all(store)
        for place, event in enumerate(whole):
            assert await read_all(store, after=event.cursor) == whole[place + 1 :]
        assert await store.last_cursor() == whole[-1].cursor
        assert list(await store.events(after=whole[-1].cursor)) == []

    @pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "ñ", "²", "1 "])
    async def test_a_foreign_cursor_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            await store.events(after=cursor)

    async def test_events_of_one_job_oldest_first(self, store: Store) -> None:
        job, other = await submitted(store, new_job(), new_job())
        for number in range(3):
            await save(store, Unit(events=(event_of(job, note=str(number)), event_of(other))))
        found = list(await store.job_events(job.id))
        assert notes(found) == ["", "0", "1", "2"]
        assert list(await store.job_events(job.id, limit=2)) == found[:2]
        assert list(await store.job_events(uuid4())) == []

    async def test_a_reader_misses_nothing_while_many_write(
        self, store: Store, other_store: Store
    ) -> None:
        writers, each = 8, 25
        finished = asyncio.Event()

        async def write(writer: int) -> None:
            own = other_store if writer % 2 else store
            for number in range(each):
                await save(own, Unit(events=(note(f"{writer}/{number}"),)))

        async def read(own: Store, limit: int) -> list[Event]:
            seen: list[Event] = []
            cursor = ""
            while True:
                last = finished.is_set()
                batch = await own.events(after=cursor, limit=limit)
                seen += batch
                if batch:
                    cursor = batch[-1].cursor
                elif last:
                    return seen

        readers = [
            asyncio.create_task(read(own, limit))
            for own, limit in ((store, 1000), (other_store, 7))
        ]
        await asyncio.gather(*(write(writer) for writer in range(writers)))
        finished.set()
        whole = await read_all(store)
        assert len(set(notes(whole))) == len(whole) == writers * each
        for seen in await asyncio.gather(*readers):
            assert seen == whole
        for writer in range(writers):
            own = [text for text in notes(whole) if str(text).startswith(f"{writer}/")]
            assert own == [f"{writer}/{number}" for number in range(each)]
