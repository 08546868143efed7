"""The census behind the gauges is taken once for all who ask at about the same time."""

from __future__ import annotations

import asyncio

import pytest

from hodei.app.monitoring import gauges
from hodei.app.monitoring.gauges import LatestCensus
from hodei.domain.errors import Unavailable
from hodei.ports.census import Census


class Counting:
    """A store that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = True

    async def census(self) -> Census:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.answers:
            raise Unavailable("it does not answer")
        return Census(delayed=self.asked)


async def test_many_who_ask_cost_one_statement() -> None:
    store = Counting()
    latest = LatestCensus(store)
    found = await asyncio.gather(*(latest.get() for _ in range(20)))
    assert store.asked == 1 and {each.delayed for each in found} == {1}


async def test_it_is_taken_again_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Counting()
    latest = LatestCensus(store)
    await latest.get()
    monkeypatch.setattr(gauges, "FRESH_S", -1.0)
    assert (await latest.get()).delayed == 2


async def test_what_was_counted_before_is_not_shown_while_the_store_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Counting()
    latest = LatestCensus(store)
    await latest.get()
    monkeypatch.setattr(gauges, "FRESH_S", -1.0)
    store.answers = False
    with pytest.raises(Unavailable):
        await latest.get()
