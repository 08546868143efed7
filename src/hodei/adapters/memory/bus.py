"""Hints within one process, from every publisher to every subscriber."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hodei.ports.bus import Hint

RESYNC = Hint(topic="resync")


class Subscription:
    """The hints that one subscriber has not taken yet."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._waiting: deque[Hint] = deque()
        self._filled = asyncio.Event()

    def put(self, hint: Hint) -> None:
        """Adds a hint; when there is no room, one "resync" stands for all that waited."""
        if len(self._waiting) >= self._capacity:
            hint = RESYNC
        if hint.topic == RESYNC.topic:
            self._waiting.clear()
        self._waiting.append(hint)
        self._filled.set()

    def __aiter__(self) -> AsyncIterator[Hint]:
        return self

    async def __anext__(self) -> Hint:
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()


class MemoryBus:
    """One bus for all replicas of a process.

    `capacity` is the number of hints that a subscriber may leave waiting.
    """

    def __init__(self, *, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._subscriptions: set[Subscription] = set()
        self.silent = False
        """While set, published hints are lost: nothing but speed may suffer from it."""

    async def publish(self, hint: Hint) -> None:
        """Hands the hint to everybody who listens now."""
        if self.silent:
            return
        for subscription in self._subscriptions:
            subscription.put(hint)

    def interrupt(self) -> None:
        """Does what a lost and repaired connection does."""
        for subscription in self._subscriptions:
            subscription.put(RESYNC)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Hint]]:
        """Listens while the context lasts."""
        subscription = Subscription(self._capacity)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
