"""Work on a worker runs to its end, even when whoever asked for it has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from uuid import UUID

PATIENCE_S = 60.0

T = TypeVar("T")
Work = Callable[[Callable[[], bool]], Awaitable[T]]
"""Makes the worker as long as the function that it gets says that somebody wants it."""


class Makings(Generic[T]):
    """What a provider of this server is making at the moment.

    A server goes on with a request whose caller has left, and so does a program that was started.
    So the steps run in a task of their own, which the destruction of a worker waits for: else the
    worker would appear after it was removed.
    """

    def __init__(self) -> None:
        self._now: dict[UUID, _Making[T]] = {}

    async def make(self, worker_id: UUID, work: Work[T]) -> T:
        """What `work` gives, once earlier work for the same worker is over."""
        before = self._now.get(worker_id)
        making = self._now[worker_id] = _Making(before, work)
        making.task.add_done_callback(lambda _: self._forget(worker_id, making))
        try:
            return await asyncio.shield(making.task)
        except asyncio.CancelledError:
            making.wanted = False
            raise

    async def settle(self, worker_id: UUID) -> None:
        """Waits until nothing is making the worker any more."""
        making = self._now.get(worker_id)
        if making is not None:
            making.wanted = False
            await making.over()

    async def close(self) -> None:
        """Waits for all of them."""
        await asyncio.gather(*(self.settle(worker_id) for worker_id in list(self._now)))

    def _forget(self, worker_id: UUID, making: _Making[T]) -> None:
        if self._now.get(worker_id) is making:
            del self._now[worker_id]
        if not making.task.cancelled():
            # Its caller may have gone, and then it must not be reported as forgotten.
            making.task.exception()


class _Making(Generic[T]):
    def __init__(self, before: _Making[T] | None, work: Work[T]) -> None:
        self.wanted = True
        self.task = asyncio.create_task(self._run(before, work))

    async def over(self) -> None:
        """Returns when it has ended; what hangs is left after a minute."""
        await asyncio.wait([self.task], timeout=PATIENCE_S)
        if not self.task.done():
            self.task.cancel()
            await asyncio.wait([self.task])

    async def _run(self, before: _Making[T] | None, work: Work[T]) -> T:
        if before is not None:
            await before.over()
        return await work(lambda: self.wanted)
