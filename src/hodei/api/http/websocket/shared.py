"""States that many clients look at, read once for all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """One reading for everybody who would be content with it."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._began = float("-inf")
        self._reading: asyncio.Task[T] | None = None

    async def since(self, moment: float) -> T:
        """A state that was read after a moment of `time.monotonic`; raises what reading raises.

        What changed before that moment is in it, however many ask.
        """
        if self._reading is None or self._began < moment or _failed(self._reading):
            self._began = time.monotonic()
            self._reading = asyncio.create_task(self._once())
        return await asyncio.shield(self._reading)

    async def _once(self) -> T:
        return await self._read()


def _failed(reading: asyncio.Task[T]) -> bool:
    return reading.done() and (reading.cancelled() or reading.exception() is not None)
