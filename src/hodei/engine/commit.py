"""Group commit: everything the engine saves goes through one queue and few transactions.

A single save on an idle server is written at once; while a transaction is under way, later
saves gather and leave together with the next one. Latency stays that of one commit and the
number of commits does not grow with the number of jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hodei.domain.errors import CapacityExhausted, HodeiError, StaleVersion, Unavailable
from hodei.ports.store import JobStore, Unit, Verdict

logger = logging.getLogger(__name__)

MAX_BATCH = 200
"""Units per transaction."""
MANY = 16
"""Units that are worth a transaction beside the one under way."""


@dataclass(slots=True)
class _Waiting:
    unit: Unit
    keys: frozenset[UUID]
    done: asyncio.Future[Verdict] = field(repr=False)


class Committer:
    """The one door to `JobStore.commit`.

    Units that share an entity never travel in one transaction; their order is kept.
    """

    def __init__(self, store: JobStore, *, lanes: int = 2, pace_s: float = 0.0) -> None:
        """`pace_s`: the least time between two transactions while there is much to save."""
        self._store = store
        self._pace_s = pace_s
        self._launched_at = 0.0
        self._queue: deque[_Waiting] = deque()
        self._busy: set[UUID] = set()
        self._lanes = lanes
        self._free_lanes = lanes
        self._tasks: set[asyncio.Task[None]] = set()
        self._launching = False

    async def save(self, unit: Unit) -> None:
        """Saves one unit. Raises StaleVersion, CapacityExhausted or Unavailable."""
        verdict = await self.enqueue(unit)
        if verdict is Verdict.STALE:
            raise StaleVersion("somebody else changed it first")
        if verdict is Verdict.FULL:
            raise CapacityExhausted("the provider has no room for another worker")

    async def save_all(self, units: Sequence[Unit]) -> list[Verdict]:
        """Saves units that do not share entities; verdicts in order. Raises Unavailable."""
        return list(await asyncio.gather(*(self.enqueue(unit) for unit in units)))

    def enqueue(self, unit: Unit) -> asyncio.Future[Verdict]:
        """Queues a unit; the future holds its verdict, or Unavailable."""
        done: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(unit, _keys(unit), done))
        self._launch_soon()
        return done

    async def drain(self) -> None:
        """Returns when everything queued so far has been saved or has failed."""
        while self._queue or self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)

    def _launch_soon(self) -> None:
        """Lets the other callers of this turn of the loop join the same transaction."""
        if not self._launching:
            self._launching = True
            loop = asyncio.get_running_loop()
            wait_s = self._launched_at + self._pace_s - loop.time()
            if wait_s > 0 and len(self._queue) < MANY:
                loop.call_later(wait_s, self._launch)
            else:
                loop.call_soon(self._launch)

    def _launch(self) -> None:
        self._launching = False
        while self._queue and self._may_launch():
            batch = self._next_batch()
            if not batch:
                return
            self._free_lanes -= 1
            self._launched_at = asyncio.get_running_loop().time()
            task = asyncio.get_running_loop().create_task(self._commit(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _may_launch(self) -> bool:
        """A transaction beside another one only pays when many units wait for it."""
        idle = self._free_lanes == self._lanes
        return idle or (self._free_lanes > 0 and len(self._queue) >= MANY)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        held_back: list[_Waiting] = []
        taken: set[UUID] = set(self._busy)
        while self._queue and len(batch) < MAX_BATCH:
            waiting = self._queue.popleft()
            if waiting.keys & taken:
                held_back.append(waiting)
            else:
                batch.append(waiting)
            taken |= waiting.keys
        self._queue.extendleft(reversed(held_back))
        for waiting in batch:
            self._busy |= waiting.keys
        return batch

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            verdicts = await self._store.commit([waiting.unit for waiting in batch])
        except HodeiError as error:
            self._fail(batch, error)
        except Exception as error:
            logger.exception("commit failed", extra={"units": len(batch)})
            self._fail(batch, Unavailable(f"the save failed: {error}"))
        else:
            for waiting, verdict in zip(batch, verdicts, strict=True):
                if not waiting.done.done():
                    waiting.done.set_result(verdict)
        finally:
            for waiting in batch:
                self._busy -= waiting.keys
            self._free_lanes += 1
            self._launch_soon()

    @staticmethod
    def _fail(batch: Sequence[_Waiting], error: HodeiError) -> None:
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_exception(error)


def _keys(unit: Unit) -> frozenset[UUID]:
    return frozenset(
        [
            *(job.id for job in unit.jobs),
            *(attempt.id for attempt in unit.attempts),
            *(worker.id for worker in unit.workers),
            *(provider.id for provider in unit.providers),
            *(log.attempt_id for log in unit.logs),
        ]
    )
