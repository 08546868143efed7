"""What every bus must do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from hodei.ports.bus import Bus, Hint

Interrupt = Callable[[], Awaitable[None]]
PATIENCE_S = 10.0


async def until(hints: AsyncIterator[Hint], wanted: Callable[[Hint], bool]) -> list[Hint]:
    """Hints up to and including the first wanted one."""
    seen = []
    async with asyncio.timeout(PATIENCE_S):
        async for hint in hints:
            seen.append(hint)
            if wanted(hint):
                return seen
    raise AssertionError("the subscription ended")


def named(topic: str) -> Callable[[Hint], bool]:
    """Whether a hint has this topic."""
    return lambda hint: hint.topic == topic


def numbered(number: int) -> Callable[[Hint], bool]:
    """Whether a hint carries this number."""
    return lambda hint: hint.data.get("n") == str(number)


class BusContract:
    """Fixtures: `bus`; `other_bus`, another replica's handle on the same bus; `interrupt`, an
    async function that breaks the connection of both; `flood`, a number of hints that is more
    than a subscriber may leave waiting.

    A bus may join hints that wait to be sent, so the suite asks what arrives, not how often.
    """

    async def test_a_hint_reaches_every_subscriber_of_every_replica(
        self, bus: Bus, other_bus: Bus
    ) -> None:
        hint = Hint(topic="job", keys=("a", "b"))
        async with bus.subscribe() as one, bus.subscribe() as two, other_bus.subscribe() as far:
            await bus.publish(hint)
            for hints in (one, two, far):
                assert (await until(hints, named("job")))[-1] == hint

    async def test_data_arrives_with_its_hint(self, bus: Bus, other_bus: Bus) -> None:
        hint = Hint(topic="terminal", keys=("t",), data={"rows": "24", "text": "ñ\n\"x'"})
        async with other_bus.subscribe() as hints:
            await bus.publish(hint)
            assert (await until(hints, named("terminal")))[-1] == hint

    async def test_hints_of_one_publisher_keep_their_order(self, bus: Bus, other_bus: Bus) -> None:
        sent = [str(number) for number in range(100)]
        async with other_bus.subscribe() as hints:
            for number in sent:
                await bus.publish(Hint(topic="terminal", data={"n": number}))
            seen = await until(hints, numbered(99))
        assert [hint.data["n"] for hint in seen if hint.topic == "terminal"] == sent

    async def test_only_what_is_published_after_subscribing_arrives(self, bus: Bus) -> None:
        async with bus.subscribe() as early:
            await bus.publish(Hint(topic="worker", keys=("before",)))
            await until(early, named("worker"))
        async with bus.subscribe() as hints:
            await bus.publish(Hint(topic="worker", keys=("after",)))
            seen = await until(hints, named("worker"))
        assert seen == [Hint(topic="worker", keys=("after",))]

    async def test_leaving_ends_the_subscription_and_nothing_else(self, bus: Bus) -> None:
        async with bus.subscribe() as staying:
            async with bus.subscribe():
                pass
            await bus.publish(Hint(topic="queue"))
            assert await until(staying, named("queue")) == [Hint(topic="queue")]

    async def test_many_keys_arrive_or_mean_all(self, bus: Bus, other_bus: Bus) -> None:
        keys = tuple(f"{number:036d}" for number in range(1000))
        async with other_bus.subscribe() as hints:
            await bus.publish(Hint(topic="job", keys=keys))
            await bus.publish(Hint(topic="terminal", data={"end": "yes"}))
            seen = await until(hints, named("terminal"))
        told = [hint.keys for hint in seen if hint.topic == "job"]
        assert told
        assert () in told or {key for some in told for key in some} == set(keys)

    async def test_a_slow_subscriber_gets_resync_and_stays_bounded(
        self, bus: Bus, flood: int
    ) -> None:
        async with bus.subscribe() as slow, bus.subscribe() as quick:
            for number in range(flood):
                await bus.publish(Hint(topic="terminal", data={"n": str(number)}))
                if number % 100 == 0 or number == flood - 1:
                    await until(quick, numbered(number))
            await bus.publish(Hint(topic="queue"))
            await until(quick, named("queue"))
            seen = await until(slow, named("queue"))
        assert named("resync")(seen[0]), "what was dropped came before what was kept"
        assert len(seen) < flood

    async def test_publish_never_waits_for_receivers(self, bus: Bus, flood: int) -> None:
        async with bus.subscribe(), asyncio.timeout(PATIENCE_S):
            for number in range(flood):
                await bus.publish(Hint(topic="job", keys=(str(number),)))

    async def test_an_interruption_is_repaired_and_told(
        self, bus: Bus, other_bus: Bus, interrupt: Interrupt
    ) -> None:
        async with bus.subscribe() as hints:
            await interrupt()
            await until(hints, named("resync"))
            await self._publish_until_heard(other_bus, hints)

    async def test_publishing_during_an_interruption_does_not_raise(
        self, bus: Bus, interrupt: Interrupt
    ) -> None:
        async with bus.subscribe() as hints:
            await interrupt()
            await bus.publish(Hint(topic="queue"))
            await until(hints, named("resync"))

    async def _publish_until_heard(self, bus: Bus, hints: AsyncIterator[Hint]) -> None:
        heard = asyncio.create_task(until(hints, named("provider")))
        while not heard.done():
            # The publisher's own connection may still be on its way back.
            await bus.publish(Hint(topic="provider"))
            await asyncio.wait({heard}, timeout=0.05)
        await heard
