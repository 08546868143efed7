"""The census behind the gauges is taken once for all who ask at about the same time."""

from __future__ import annotations

import asyncio

import pytest

from hodei.app.monitoring.gauges import FRESH_S, SHARE, STALE_S, LatestCensus
from hodei.domain.errors import Unavailable
from hodei.ports.census import Census


class Counting:
    """A store that counts how often it is asked, and the clock by which it takes its time."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = True
        self.takes_s = 0.0
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def census(self) -> Census:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.answers:
            raise Unavailable("it does not answer")
        self.time += self.takes_s
        return Census(delayed=self.asked)


async def test_many_who_ask_cost_one_statement() -> None:
    store = Counting()
    latest = LatestCensus(store, store.now)
    found = await asyncio.gather(*(latest.get() for _ in range(20)))
    assert store.asked == 1 and {each.delayed for each in found} == {1}


@pytest.mark.parametrize(
    ("takes_s", "counts_s"), [(0.0, FRESH_S), (1.0, SHARE * 1.0), (10.0, STALE_S)]
)
async def test_it_is_taken_again_when_it_is_old(takes_s: float, counts_s: float) -> None:
    store = Counting()
    store.takes_s = takes_s
    latest = LatestCensus(store, store.now)
    await latest.get()
    store.time += counts_s - 0.5
    assert (await latest.get()).delayed == 1
    store.time += 0.5
    assert (await latest.get()).delayed == 2


async def test_what_was_counted_before_is_not_shown_while_the_store_is_away() -> None:
    store = Counting()
    latest = LatestCensus(store, store.now)
    await latest.get()
    store.time += FRESH_S
    store.answers = False
    with pytest.raises(Unavailable):
        await latest.get()
