"""The clock of the tests moves only when told, and wakes in order."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hodei.testing.fake_clock import FakeChance, FakeClock


async def test_time_stands_still_until_advanced() -> None:
    clock = FakeClock()
    start = clock.now()
    await clock.advance(90)
    assert clock.now() - start == timedelta(seconds=90)
    assert clock.monotonic() == 90


async def test_sleepers_wake_in_order_and_see_their_own_time() -> None:
    clock = FakeClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        for name, seconds in (("c", 3), ("a", 1), ("b", 2), ("also a", 1), ("far", 100)):
            group.create_task(sleeper(name, seconds))
        await clock.advance(10)
        assert woken == [("a", 1), ("also a", 1), ("b", 2), ("c", 3)]
        await clock.advance(90)
    assert woken[-1] == ("far", 100)


async def test_a_loop_runs_as_often_as_time_allows() -> None:
    clock = FakeClock()
    beats: list[float] = []

    async def beat() -> None:
        while True:
            await clock.sleep(5)
            beats.append(clock.monotonic())

    task = asyncio.create_task(beat())
    await clock.advance(21)
    assert beats == [5, 10, 15, 20]
    task.cancel()


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(5))
    await clock.advance(0)
    task.cancel()
    await asyncio.wait({task})
    assert clock.sleepers == 0
    await clock.advance(10)
    assert task.cancelled()


async def test_no_time_is_one_turn() -> None:
    clock = FakeClock()
    await clock.sleep(0)
    await clock.sleep(-1)
    assert clock.monotonic() == 0


async def test_a_jump_of_the_wall_clock_wakes_nobody() -> None:
    clock = FakeClock()
    start = clock.now()
    task = asyncio.create_task(clock.sleep(60))
    await clock.advance(0)
    clock.jump(3600)
    await clock.advance(0)
    assert not task.done()
    assert clock.now() - start == timedelta(hours=1)
    clock.jump(-7200)
    assert clock.now() < start
    await clock.advance(60)
    assert task.done()


def test_chance_is_the_same_for_the_same_seed() -> None:
    one, two, other = FakeChance(3), FakeChance(3), FakeChance(4)
    drawn = one.uuid(), one.token(), one.share()
    assert drawn == (two.uuid(), two.token(), two.share())
    assert drawn != (other.uuid(), other.token(), other.share())
    assert drawn[0].version == 4
    assert len(drawn[1]) == 43
    assert 0 <= drawn[2] < 1
