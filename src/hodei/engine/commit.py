"""Group commit: everything the engine saves goes through one queue and few transactions.

A single save on an idle server is written at once; while a transaction is under way, later
saves gather and leave together with the next one. A transaction has a price of its own, several
times that of a unit in it. So when a crowd of attempts is under way, the first save waits for
company, a few milliseconds or about as long as a transaction takes. Latency stays that of a commit
or two, and the number of commits does not grow with the number of jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hodei.domain.errors import CapacityExhausted, HodeiError, StaleVersion, Unavailable
from hodei.ports.store import JobStore, Unit, Verdict

logger = logging.getLogger(__name__)

MAX_BATCH = 200
"""Units per transaction."""
MANY = 16
"""Units that are worth a transaction beside the one under way."""
SHARE = 3
"""One in so many of a crowd is waited for."""
LONGER = 4
"""Where a transaction itself takes long, its time is waited, up to so many times the patience."""


@dataclass(slots=True)
class _Waiting:
    unit: Unit
    keys: frozenset[UUID]
    since: float
    done: asyncio.Future[Verdict] = field(repr=False)


class Committer:
    """The one door to `JobStore.commit`.

    Units that share an entity never travel in one transaction; their order is kept.
    """

    def __init__(
        self,
        store: JobStore,
        *,
        lanes: int = 2,
        patience_s: float = 0.0,
        on_saved: Callable[[Unit], None] | None = None,
    ) -> None:
        """`patience_s`: how long a unit waits for others of a crowd. `on_saved` hears of each unit
        that was saved."""
        self._store = store
        self._on_saved = on_saved
        self._patience_s = patience_s
        self._took_s = 0.0
        """How long a transaction took lately."""
        self.crowd = 0
        """How many attempts are under way that may soon have something to save."""
        self._queue: deque[_Waiting] = deque()
        self._busy: set[UUID] = set()
        self._lanes = lanes
        self._free_lanes = lanes
        self._tasks: set[asyncio.Task[None]] = set()
        self._launching = False
        self._timer: asyncio.TimerHandle | None = None

    async def save(self, unit: Unit) -> None:
        """Saves one unit. Raises StaleVersion, CapacityExhausted or Unavailable."""
        verdict = await self.enqueue(unit)
        if verdict is Verdict.STALE:
            raise StaleVersion("somebody else changed it first")
        if verdict is Verdict.FULL:
            raise CapacityExhausted("the provider has no room for another worker")

    def enqueue(self, unit: Unit) -> asyncio.Future[Verdict]:
        """Queues a unit; the future holds its verdict, or Unavailable."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Verdict] = loop.create_future()
        self._queue.append(_Waiting(unit, _keys(unit), loop.time(), done))
        self._launch_soon()
        return done

    async def drain(self) -> None:
        """Returns when everything queued so far has been saved or has failed."""
        while self._queue or self._tasks:
            self._launch()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)

    def _launch_soon(self) -> None:
        """Lets the other callers of this turn of the loop join the same transaction."""
        if self._launching or not self._queue:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._wait_s(loop.time())
        if wait_s <= 0:
            self._launching = True
            loop.call_soon(self._launch)
        elif self._timer is None:
            self._timer = loop.call_later(wait_s, self._launch)

    def _wait_s(self, now: float) -> float:
        """How long the first unit still waits for company."""
        if len(self._queue) >= min(MANY, self.crowd // SHARE):
            return 0.0
        patience_s = min(max(self._patience_s, self._took_s), LONGER * self._patience_s)
        return self._queue[0].since + patience_s - now

    def _launch(self) -> None:
        self._launching = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue and self._may_launch():
            batch = self._next_batch()
            if not batch:
                return
            self._free_lanes -= 1
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
        begun = asyncio.get_running_loop().time()
        try:
            verdicts = await self._store.commit([waiting.unit for waiting in batch])
        except HodeiError as error:
            self._fail(batch, error)
        except Exception as error:
            logger.exception("commit failed", extra={"units": len(batch)})
            self._fail(batch, Unavailable(f"the save failed: {error}"))
        else:
            for waiting, verdict in zip(batch, verdicts, strict=True):
                if verdict is Verdict.SAVED and self._on_saved is not None:
                    self._on_saved(waiting.unit)
                if not waiting.done.done():
                    waiting.done.set_result(verdict)
        finally:
            for waiting in batch:
                self._busy -= waiting.keys
            self._free_lanes += 1
            took_s = asyncio.get_running_loop().time() - begun
            self._took_s += (took_s - self._took_s) / 4
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
