"""Time and chance that belong to the test."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from uuid import UUID

_TURNS = 50
"""How many turns of the loop a woken task gets before time goes on."""


@dataclass(order=True, slots=True)
class _Sleeper:
    due: float
    number: int
    woken: asyncio.Future[None] = field(compare=False)


class FakeClock:
    """A clock that stands still until it is told to go on.

    Sleepers wake in the order of their times, those of one time in the order in which they
    fell asleep, and each gets some turns of the loop before time moves further; what a woken
    task starts to sleep for within an advance is therefore honoured in the same advance.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._monotonic = 0.0
        self._jumped = timedelta()
        self._sleepers: list[_Sleeper] = []
        self._fell_asleep = 0

    def now(self) -> datetime:
        """Wall time."""
        return self._start + timedelta(seconds=self._monotonic) + self._jumped

    def monotonic(self) -> float:
        """Seconds advanced since the clock was made."""
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Waits until time has been advanced so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._fell_asleep += 1
        sleeper = _Sleeper(
            self._monotonic + seconds,
            self._fell_asleep,
            asyncio.get_running_loop().create_future(),
        )
        heappush(self._sleepers, sleeper)
        await sleeper.woken

    @property
    def sleepers(self) -> int:
        """How many tasks sleep now."""
        return sum(1 for sleeper in self._sleepers if not sleeper.woken.done())

    async def advance(self, seconds: float) -> None:
        """Lets so much time pass and wakes those whose time has come."""
        end = self._monotonic + seconds
        # Tasks that were just started fall asleep before the time they see begins to move.
        await settle()
        while self._sleepers and self._sleepers[0].due <= end:
            sleeper = heappop(self._sleepers)
            if sleeper.woken.done():
                continue  # its task was cancelled
            self._monotonic = max(self._monotonic, sleeper.due)
            sleeper.woken.set_result(None)
            await settle()
        self._monotonic = end
        await settle()

    def jump(self, seconds: float) -> None:
        """Sets the wall clock forward or back; monotonic time and sleepers do not notice."""
        self._jumped += timedelta(seconds=seconds)


async def settle(turns: int = _TURNS) -> None:
    """Gives every task that can run some turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)


class FakeChance:
    """Randomness that is the same in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)

    def uuid(self) -> UUID:
        """A version 4 identifier."""
        return UUID(bytes=self._random.randbytes(16), version=4)

    def token(self) -> str:
        """256 bits, URL-safe."""
        return urlsafe_b64encode(self._random.randbytes(32)).rstrip(b"=").decode("ascii")

    def share(self) -> float:
        """From 0 up to but not including 1."""
        return self._random.random()
