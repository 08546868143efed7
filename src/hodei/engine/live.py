"""Live: what happens anywhere in the installation, to whoever watches on this replica.

One reader follows the event feed while somebody watches, and hands each batch to every
watcher. A watcher that does not keep up loses its backlog and is told so by an empty batch:
it then reads the present state again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hodei.domain.errors import HodeiError
from hodei.domain.events import Event
from hodei.engine.core import Core

logger = logging.getLogger(__name__)

MAX_BACKLOG = 256
"""Batches that one watcher may be behind."""
PAUSE_S = 0.02
"""Between two reads while much happens, so that they come in batches."""

Batch = Sequence[Event]
RESYNC: Batch = ()
"""The batch that means: something was missed, look at everything again."""


class Live:
    """The event feed of this replica."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._watchers: set[asyncio.Queue[Batch]] = set()
        self._wake = asyncio.Event()
        self._watched = asyncio.Event()

    @property
    def watchers(self) -> int:
        """How many watch on this replica."""
        return len(self._watchers)

    def wake(self) -> None:
        """Something may have happened."""
        self._wake.set()

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[Batch]]:
        """Batches of events committed after the context was entered."""
        queue: asyncio.Queue[Batch] = asyncio.Queue(MAX_BACKLOG)
        self._watchers.add(queue)
        self._watched.set()
        try:
            yield _drain(queue)
        finally:
            self._watchers.discard(queue)
            if not self._watchers:
                self._watched.clear()

    async def run(self) -> None:
        """Follows the feed until cancelled; does nothing while nobody watches."""
        while True:
            await self._watched.wait()
            try:
                await self._follow()
            except HodeiError as error:
                logger.warning("event feed interrupted", extra={"error": str(error)})
                self._publish(RESYNC)
                await self._core.clock.sleep(0.5)

    async def _follow(self) -> None:
        cursor = await self._core.store.last_cursor()
        # What came between the watcher's entering and this reading is seen by a fresh look.
        self._publish(RESYNC)
        while self._watchers:
            events = await self._core.store.events(after=cursor)
            if events:
                cursor = events[-1].cursor
                self._publish(events)
                await self._core.clock.sleep(PAUSE_S)
                continue
            self._wake.clear()
            try:
                async with asyncio.timeout(self._core.timings.sweep.total_seconds()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _publish(self, batch: Batch) -> None:
        for queue in self._watchers:
            try:
                queue.put_nowait(batch)
            except asyncio.QueueFull:
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(RESYNC)


async def _drain(queue: asyncio.Queue[Batch]) -> AsyncIterator[Batch]:
    while True:
        yield await queue.get()
