"""What is stored before a change is answered, what follows, and what an absent store costs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hodei.adapters.memory import MemoryFaults, MemoryStore
from hodei.domain.access.principal import Via, everything
from hodei.domain.audit import Entry, Interface, Result, result_of
from hodei.domain.errors import (
    Conflict,
    Forbidden,
    HodeiError,
    InvalidRequest,
    Unauthenticated,
    Unavailable,
)
from hodei.engine import audit as audit_module
from hodei.engine.audit import Audit
from hodei.ports.audit import AuditFilter
from hodei.testing.fake_clock import FakeClock

T0 = datetime(2026, 6, 1, tzinfo=UTC)
CHANGE = Entry(at=T0, actor="ana", action="token.create", target="ci", interface=Interface.REST)
SUBMIT = replace(CHANGE, action="job.submit", target="j")
REFUSED = replace(CHANGE, result=Result.DENIED, code="forbidden")
ALL = AuditFilter()


class CountingStore(MemoryStore):
    """Remembers how many rows came at once."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.batches: list[int] = []

    async def add_audit(self, entries: Sequence[Entry]) -> None:
        self.batches.append(len(entries))
        await super().add_audit(entries)


class PickyStore(MemoryStore):
    """Refuses one kind of row."""

    async def add_audit(self, entries: Sequence[Entry]) -> None:
        if any(entry.target == "poison" for entry in entries):
            raise HodeiError("PostgreSQL refused a statement")
        await super().add_audit(entries)


class Place:
    """An audit log on a store of its own."""

    def __init__(self) -> None:
        self.clock = FakeClock(T0)
        self.faults = MemoryFaults()
        self.store = MemoryStore(self.clock, faults=self.faults)
        self.audit = Audit(self.store, self.clock)

    async def stored(self) -> list[tuple[str, str, int]]:
        rows = await self.store.list_audit(ALL, oldest=True, limit=10_000)
        return [(row.action, row.result.value, row.count) for row in rows]


async def test_a_change_is_stored_when_it_may_be_answered_and_others_follow() -> None:
    place = Place()
    await place.audit.note(SUBMIT)
    await place.audit.note(REFUSED)
    assert await place.stored() == []
    await place.audit.note(CHANGE)
    assert ("token.create", "ok", 1) in await place.stored()


async def test_what_follows_is_stored_by_the_loop_within_its_pause() -> None:
    place = Place()
    running = asyncio.create_task(place.audit.run())
    await place.audit.note(SUBMIT)
    await place.audit.note(REFUSED)
    await place.clock.advance(audit_module.PAUSE_S)
    assert await place.stored() == [("job.submit", "ok", 1), ("token.create", "denied", 1)]
    running.cancel()


async def test_many_callers_at_once_share_few_writes() -> None:
    place = Place()
    store = CountingStore(place.clock)
    noting = Audit(store, place.clock)
    await asyncio.gather(*(noting.note(CHANGE) for _ in range(200)))
    assert sum(store.batches) == 200
    assert len(store.batches) <= 2


async def test_while_the_store_is_away_a_change_is_told_so_and_its_row_is_kept() -> None:
    place = Place()
    place.faults.down = True
    with pytest.raises(Unavailable):
        await place.audit.note(CHANGE)
    place.faults.down = False
    await place.audit.flush()
    assert await place.stored() == [("token.create", "ok", 1)]


async def test_a_caller_that_goes_away_takes_no_row_with_it() -> None:
    place = Place()
    noting = asyncio.create_task(place.audit.note(CHANGE))
    await asyncio.sleep(0)
    noting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await noting
    await place.audit.flush()
    assert await place.stored() == [("token.create", "ok", 1)]


async def test_what_does_not_fit_in_memory_is_counted_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_module, "MAX_WAITING", 3)
    place = Place()
    for number in range(5):
        await place.audit.note(replace(SUBMIT, actor=f"n{number}"))
    await place.audit.flush()
    await place.audit.flush()
    assert await place.stored() == [("job.submit", "ok", 1)] * 3 + [("audit.lost", "failed", 2)]


async def test_a_row_that_the_store_cannot_hold_keeps_no_other_out() -> None:
    place = Place()
    store = PickyStore(place.clock)
    noting = Audit(store, place.clock)
    for target in ("a", "poison", "b"):
        await noting.note(replace(SUBMIT, target=target))
    await noting.flush()
    await noting.flush()
    rows = await store.list_audit(ALL, oldest=True)
    assert [(row.action, row.target) for row in rows] == [
        ("job.submit", "a"),
        ("job.submit", "b"),
        ("audit.lost", ""),
    ]


async def test_at_the_end_everything_is_stored_counts_too() -> None:
    place = Place()
    for _ in range(25):
        await place.audit.note(REFUSED)
    await place.audit.stop()
    assert sum(count for _, _, count in await place.stored()) == 25


async def test_pages_have_cursors_and_an_export_has_everything() -> None:
    place = Place()
    for number in range(7):
        await place.audit.note(replace(CHANGE, target=str(number)))
    first = await place.audit.page(ALL, limit=4)
    second = await place.audit.page(ALL, limit=4, cursor=first.cursor)
    assert [row.target for row in (*first.items, *second.items)] == list("6543210")
    assert second.cursor is None
    pages = place.audit.export(
        ALL, everything("bea", Via.DEV), interface=Interface.GRPC, source="10.0.0.1"
    )
    exported = [row async for page in pages for row in page]
    assert [row.target for row in exported] == [*"0123456", ""]
    assert (exported[-1].action, exported[-1].actor) == ("audit.export", "bea")
    for cursor in ("x", "-1", "9" * 30):
        with pytest.raises(InvalidRequest):
            await place.audit.page(ALL, cursor=cursor)


def test_an_outcome_never_tells_what_was_given() -> None:
    assert result_of(None) == (Result.OK, "", "")
    assert result_of(Forbidden("no"))[:2] == (Result.DENIED, "forbidden")
    assert result_of(Unauthenticated("no"))[:2] == (Result.DENIED, "unauthenticated")
    wrong = InvalidRequest.of("hunter2", "is too long", "hunter2")
    told = "faults in the request: 1"
    assert result_of(wrong) == (Result.FAILED, "invalid_request", told)
    assert result_of(Conflict("'hunter2' is taken")) == (Result.FAILED, "conflict", "")
    assert result_of(RuntimeError("hunter2")) == (Result.FAILED, "internal", "")


def test_texts_are_bounded_and_stay_on_one_line() -> None:
    entry = replace(CHANGE, target="x" * 9999, detail="a\nb\x1b[2J").bounded()
    assert len(entry.target) == 200
    assert entry.detail == "a\ufffdb\ufffd[2J"
