"""Samples of a machine: once a minute, honest about what it does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from hodei.ports.hosts import HostSample
from hodei.testing.fake_host import TOTAL
from tests.unit.engine.world import World, world


async def stored(w: World) -> Sequence[HostSample]:
    """All samples of the last hour."""
    now = w.clock.now()
    found = w.home.store.host_samples(
        start=now - timedelta(hours=1), end=now + timedelta(minutes=1), buckets=61
    )
    return await found


async def test_one_sample_per_minute_with_the_average_of_that_minute() -> None:
    async with world() as w:
        w.host.used_bytes = 250
        running = asyncio.create_task(w.engine.hosts.run())
        await asyncio.sleep(0)
        for share in (0.25, 0.75):
            w.host.work(60, share)
            await w.clock.advance(60)
        running.cancel()
        found = await stored(w)
        assert [sample.cpu for sample in found] == pytest.approx([0.25, 0.75])
        assert {(sample.host, sample.cpus) for sample in found} == {("here", 2)}
        assert {(s.memory_used_bytes, s.memory_total_bytes) for s in found} == {(250, TOTAL)}
        assert all(
            s.at.second == 0
            for s in await w.home.store.host_samples(
                start=found[0].at, end=found[0].at + timedelta(minutes=5), buckets=5
            )
        )


async def test_a_machine_that_does_not_tell_is_not_made_up() -> None:
    async with world() as w:
        w.host.silent = True
        running = asyncio.create_task(w.engine.hosts.run())
        await asyncio.sleep(0)
        await w.clock.advance(180)
        running.cancel()
        assert list(await stored(w)) == []
        assert w.engine.hosts.now().cpu is None


async def test_now_is_a_second_long_at_least() -> None:
    async with world() as w:
        assert w.engine.hosts.now().cpu is None
        w.host.work(2, 0.5)
        assert w.engine.hosts.now().cpu == pytest.approx(0.5)
        w.host.work(0.5, 1)
        assert w.engine.hosts.now().cpu == pytest.approx(0.5), "too short to be judged alone"
        w.host.work(0.5, 1)
        assert w.engine.hosts.now().cpu == pytest.approx(1)


async def test_the_store_being_away_ends_nothing() -> None:
    async with world() as w:
        running = asyncio.create_task(w.engine.hosts.run())
        await asyncio.sleep(0)
        w.home.faults.down = True
        w.host.work(60, 0.1)
        await w.clock.advance(60)
        w.home.faults.down = False
        w.host.work(60, 0.2)
        await w.clock.advance(60)
        running.cancel()
        assert [sample.cpu for sample in await stored(w)] == pytest.approx([0.2])
