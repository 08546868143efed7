"""What the memory bus does beyond the contract: bounds, silence."""

from __future__ import annotations

from hodei.adapters.memory import MemoryBus
from hodei.ports.bus import Hint


async def test_the_hints_that_fit_are_all_kept() -> None:
    bus = MemoryBus(capacity=3)
    async with bus.subscribe() as hints:
        for number in range(3):
            await bus.publish(Hint(topic="job", keys=(str(number),)))
        assert [(await anext(hints)).keys for _ in range(3)] == [("0",), ("1",), ("2",)]


async def test_one_resync_stands_for_everything_that_was_dropped() -> None:
    bus = MemoryBus(capacity=3)
    async with bus.subscribe() as hints:
        for number in range(5):
            await bus.publish(Hint(topic="job", keys=(str(number),)))
        assert await anext(hints) == Hint(topic="resync")
        assert await anext(hints) == Hint(topic="job", keys=("4",))


async def test_a_silent_bus_loses_hints_until_it_speaks_again() -> None:
    bus = MemoryBus()
    async with bus.subscribe() as hints:
        bus.silent = True
        await bus.publish(Hint(topic="queue"))
        bus.silent = False
        await bus.publish(Hint(topic="job"))
        assert await anext(hints) == Hint(topic="job")
