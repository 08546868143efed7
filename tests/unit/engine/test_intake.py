"""Intake: which submissions share a transaction, which wait, and for whom nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hodei.adapters.memory import MemoryStore
from hodei.domain.errors import Unavailable
from hodei.domain.events import Event
from hodei.domain.job import Job
from hodei.engine.intake import MAX_TOGETHER, PACE_S, Intake
from hodei.testing.store_contract.rows import new_job
from tests.unit.engine.world import StillClock, quiet

LARGE = MAX_TOGETHER + 1


class GatedStore(MemoryStore):
    """Stores submissions when it is told to; remembers how many jobs travelled together."""

    def __init__(self) -> None:
        super().__init__(StillClock())
        self.sizes: list[int] = []
        self.gates: list[asyncio.Event] = []
        self.error: Exception | None = None

    async def submit(self, jobs: Sequence[Job], events: Sequence[Event]) -> Sequence[Job]:
        self.sizes.append(len(jobs))
        self.gates.append(asyncio.Event())
        await self.gates[-1].wait()
        if self.error is not None:
            raise self.error
        return await super().submit(jobs, events)


def submitted(intake: Intake, count: int = 1) -> asyncio.Task[Sequence[Job]]:
    return asyncio.create_task(intake.submit([new_job() for _ in range(count)], []))


def nothing(_: Sequence[Job]) -> None:
    """Hears of new jobs and does nothing."""


async def test_calls_of_one_turn_travel_together_and_later_ones_gather() -> None:
    store, clock = GatedStore(), StillClock()
    intake = Intake(store, clock, nothing)
    first = [submitted(intake) for _ in range(3)]
    await quiet()
    later = [submitted(intake) for _ in range(2)]
    await quiet()
    assert store.sizes == [3]
    store.gates[0].set()
    await quiet()
    assert all(task.done() for task in first)
    # Those three may come again, and then travel with the others.
    later.append(submitted(intake))
    await clock.advance(PACE_S)
    assert store.sizes == [3, 3]
    store.gates[1].set()
    assert [len(await task) for task in (*first, *later)] == [1] * 6


async def test_large_ones_wait_for_nobody_and_nobody_for_them() -> None:
    store = GatedStore()
    intake = Intake(store, StillClock(), nothing)
    large = [submitted(intake, LARGE), submitted(intake, LARGE)]
    await quiet()
    small = submitted(intake)
    await quiet()
    assert store.sizes == [LARGE, LARGE, 1]
    store.gates[2].set()
    await small
    assert not any(task.done() for task in large)
    store.gates[1].set()
    assert len(await large[1]) == LARGE
    store.gates[0].set()
    assert len(await large[0]) == LARGE


async def test_who_leaves_does_not_take_the_transaction_along() -> None:
    store = GatedStore()
    heard: list[int] = []
    intake = Intake(store, StillClock(), lambda jobs: heard.append(len(jobs)))
    for count in (LARGE, 1):
        task = submitted(intake, count)
        await quiet()
        task.cancel()
        await quiet()
        store.gates[-1].set()
        await quiet()
        assert heard.pop() == count


@pytest.mark.parametrize("count", [1, LARGE])
async def test_a_store_that_fails_is_told_to_the_caller(count: int) -> None:
    store = GatedStore()
    store.error = OSError("no room")
    task = submitted(Intake(store, StillClock(), nothing), count)
    await quiet()
    store.gates[0].set()
    with pytest.raises(Unavailable, match="no room"):
        await task
