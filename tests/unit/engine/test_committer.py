"""Group commit: batches, order, and what becomes of units when the store fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from hodei.adapters.memory import MemoryFaults, MemoryStore
from hodei.domain.errors import CapacityExhausted, StaleVersion, Unavailable
from hodei.domain.worker import Worker
from hodei.engine.commit import MANY, MAX_BATCH, SHARE, Committer
from hodei.ports.store import Unit, Verdict
from tests.unit.engine.world import START, StillClock, quiet


class GatedStore(MemoryStore):
    """Commits when it is told to; remembers which workers travelled together."""

    def __init__(self, faults: MemoryFaults | None = None) -> None:
        super().__init__(StillClock(), faults=faults)
        self.batches: list[list[int]] = []
        self.gates: list[asyncio.Event] = []
        self.error: Exception | None = None

    async def commit(self, units: Sequence[Unit]) -> Sequence[Verdict]:
        self.batches.append([worker.id.int for unit in units for worker in unit.workers])
        self.gates.append(asyncio.Event())
        await self.gates[-1].wait()
        if self.error is not None:
            raise self.error
        return await super().commit(units)

    def open(self, number: int) -> None:
        self.gates[number].set()


def unit(*numbers: int, version: int = 0, max_live: int | None = None) -> Unit:
    workers = tuple(
        Worker(id=UUID(int=n), provider_id=UUID(int=1), version=version, created_at=START)
        for n in numbers
    )
    return Unit(workers=workers, max_live=max_live)


async def test_units_of_one_turn_travel_together_and_later_ones_gather() -> None:
    store = GatedStore()
    committer = Committer(store, lanes=1)
    first = [committer.enqueue(unit(n)) for n in (1, 2, 3)]
    await quiet()
    later = [committer.enqueue(unit(n)) for n in (4, 5)]
    await quiet()
    assert store.batches == [[1, 2, 3]]
    store.open(0)
    await quiet()
    assert store.batches == [[1, 2, 3], [4, 5]]
    store.open(1)
    assert await asyncio.gather(*first, *later) == [Verdict.SAVED] * 5


async def test_units_of_one_entity_keep_their_order_and_never_share_a_transaction() -> None:
    store = GatedStore()
    committer = Committer(store)
    futures = [
        committer.enqueue(unit(1)),
        committer.enqueue(unit(1, 2)),
        committer.enqueue(unit(2)),
        committer.enqueue(unit(3)),
    ]
    await quiet()
    # The third waits behind the second, although its own entity is free.
    assert store.batches == [[1, 3]]
    store.open(0)
    await quiet()
    assert store.batches == [[1, 3], [1, 2]]
    store.open(1)
    await quiet()
    assert store.batches == [[1, 3], [1, 2], [2]]
    store.open(2)
    # 1 was inserted before, so the second unit was stale as a whole, and 2 was free again.
    expected = [Verdict.SAVED, Verdict.STALE, Verdict.SAVED, Verdict.SAVED]
    assert await asyncio.gather(*futures) == expected


async def test_a_second_transaction_begins_only_when_many_wait_for_it() -> None:
    store = GatedStore()
    committer = Committer(store, lanes=2)
    busy = committer.enqueue(unit(1))
    await quiet()
    held_back = committer.enqueue(unit(1))
    others = [committer.enqueue(unit(n)) for n in range(2, MANY)]
    await quiet()
    assert store.batches == [[1]]
    others.append(committer.enqueue(unit(MANY)))
    await quiet()
    assert store.batches == [[1], list(range(2, MANY + 1))], "the held back one stays behind"
    store.open(1)
    assert set(await asyncio.gather(*others)) == {Verdict.SAVED}
    assert not busy.done()
    store.open(0)
    assert await busy is Verdict.SAVED
    await quiet()
    store.open(2)
    assert await held_back is Verdict.STALE


async def test_in_a_crowd_the_first_unit_waits_for_company() -> None:
    store = GatedStore()
    committer = Committer(store, patience_s=3600)
    committer.crowd = 3 * SHARE
    first = [committer.enqueue(unit(n)) for n in (1, 2)]
    await quiet()
    assert store.batches == []
    first.append(committer.enqueue(unit(3)))
    await quiet()
    assert store.batches == [[1, 2, 3]]
    # What comes while a transaction is under way waits for company, too.
    later = [committer.enqueue(unit(4))]
    store.open(0)
    await quiet()
    assert store.batches == [[1, 2, 3]]
    committer.crowd = SHARE
    later.append(committer.enqueue(unit(5)))
    await quiet()
    store.open(1)
    assert await asyncio.gather(*first, *later) == [Verdict.SAVED] * 5


async def test_company_that_does_not_come_is_not_waited_for_long() -> None:
    committer = Committer(MemoryStore(StillClock()), patience_s=0.001)
    committer.crowd = MANY * SHARE
    assert await committer.enqueue(unit(1)) is Verdict.SAVED
    assert await committer.enqueue(unit(2)) is Verdict.SAVED


async def test_drain_waits_for_no_company() -> None:
    committer = Committer(MemoryStore(StillClock()), patience_s=3600)
    committer.crowd = MANY * SHARE
    saved = committer.enqueue(unit(1))
    await committer.drain()
    assert saved.result() is Verdict.SAVED


async def test_a_batch_is_bounded() -> None:
    store = GatedStore()
    committer = Committer(store, lanes=1)
    futures = [committer.enqueue(unit(n)) for n in range(1, MAX_BATCH + 11)]
    await quiet()
    store.open(0)
    await quiet()
    store.open(1)
    assert [len(batch) for batch in store.batches] == [MAX_BATCH, 10]
    assert set(await asyncio.gather(*futures)) == {Verdict.SAVED}


async def test_save_tells_what_went_wrong() -> None:
    committer = Committer(MemoryStore(StillClock()))
    await committer.save(unit(1, max_live=1))
    with pytest.raises(CapacityExhausted):
        await committer.save(unit(2, max_live=1))
    with pytest.raises(StaleVersion):
        await committer.save(unit(1))
    assert await committer.enqueue(unit(1, version=1)) is Verdict.SAVED
    assert await committer.enqueue(unit(3)) is Verdict.SAVED


@pytest.mark.parametrize("lost", [True, False])
async def test_a_repeat_after_no_answer_saves_once(lost: bool) -> None:
    faults = MemoryFaults()
    if lost:
        faults.commits_lost = 1
    else:
        faults.commits_unanswered = 1
    store = MemoryStore(StillClock(), faults=faults)
    committer = Committer(store)
    results = await asyncio.gather(
        committer.save(unit(1)), committer.save(unit(2)), return_exceptions=True
    )
    assert [type(result) for result in results] == [Unavailable, Unavailable]
    verdicts = await asyncio.gather(*(committer.enqueue(unit(number)) for number in (1, 2)))
    assert verdicts == [Verdict.SAVED if lost else Verdict.STALE] * 2
    assert [w.version for w in await store.list_workers()] == [1, 1]


async def test_what_the_store_did_not_expect_is_unavailable_and_the_next_unit_goes_on() -> None:
    store = GatedStore()
    committer = Committer(store, lanes=1)
    store.error = ValueError("surprise")
    failing = committer.enqueue(unit(1))
    await quiet()
    store.open(0)
    with pytest.raises(Unavailable, match="surprise"):
        await failing
    store.error = None
    following = committer.enqueue(unit(1))
    await quiet()
    store.open(1)
    assert await following is Verdict.SAVED


async def test_a_caller_that_leaves_takes_nobody_with_it() -> None:
    store = GatedStore()
    committer = Committer(store)
    leaving = asyncio.ensure_future(committer.save(unit(1)))
    staying = asyncio.ensure_future(committer.save(unit(2)))
    await quiet()
    leaving.cancel()
    await quiet()
    store.open(0)
    await staying
    await committer.drain()
    assert sorted(w.id.int for w in await store.list_workers()) == [1, 2]


async def test_drain_waits_for_everything_queued() -> None:
    store = GatedStore()
    committer = Committer(store, lanes=1)
    futures = [committer.enqueue(unit(1)), committer.enqueue(unit(1, version=1))]
    draining = asyncio.ensure_future(committer.drain())
    await quiet()
    assert not draining.done()
    store.open(0)
    await quiet()
    store.open(1)
    await draining
    assert [future.result() for future in futures] == [Verdict.SAVED] * 2
