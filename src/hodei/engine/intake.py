"""Intake: submissions of the same moment are stored by one transaction.

A single submission on an idle server is stored at once. While that is under way, later ones
gather; each caller still waits until its own jobs are durable. A large submission gains nothing
by that and waits for nobody: the database stores it while the server reads the next one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

from hodei.domain.errors import HodeiError, Unavailable
from hodei.domain.events import Event
from hodei.domain.job import Job
from hodei.ports.clock import Clock
from hodei.ports.store import JobStore

logger = logging.getLogger(__name__)

MAX_TOGETHER = 200
"""Jobs of different callers in one transaction; a larger submission has one of its own."""

PACE_S = 0.004
"""From one transaction of several callers to the next."""


@dataclass(slots=True)
class _Waiting:
    jobs: Sequence[Job]
    events: Sequence[Event]
    done: asyncio.Future[Sequence[Job]] = field(repr=False)


class Intake:
    """Gathers calls of `JobStore.submit`."""

    def __init__(
        self, store: JobStore, clock: Clock, on_stored: Callable[[Sequence[Job]], None]
    ) -> None:
        """`on_stored` hears of the jobs that are new."""
        self._store = store
        self._clock = clock
        self._on_stored = on_stored
        self._queue: deque[_Waiting] = deque()
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, jobs: Sequence[Job], events: Sequence[Event]) -> Sequence[Job]:
        """See `JobStore.submit`; raises what it raises."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(jobs, events, loop.create_future())
        if len(jobs) > MAX_TOGETHER:
            self._launch(self._store_together([waiting]))
            return await waiting.done
        self._queue.append(waiting)
        if not self._busy:
            self._busy = True
            # The other callers of this turn of the loop join.
            loop.call_soon(lambda: self._launch(self._drain()))
        return await waiting.done

    def _launch(self, work: Coroutine[None, None, None]) -> None:
        # A task of its own: a caller who leaves does not take the transaction along.
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self) -> None:
        try:
            while self._queue:
                batch = self._next()
                await self._store_together(batch)
                if len(batch) > 1:
                    # Whoever was answered comes again, and together they cost less.
                    await self._clock.sleep(PACE_S)
        finally:
            self._busy = False

    def _next(self) -> list[_Waiting]:
        batch = [self._queue.popleft()]
        size = len(batch[0].jobs)
        while self._queue and size + len(self._queue[0].jobs) <= MAX_TOGETHER:
            size += len(self._queue[0].jobs)
            batch.append(self._queue.popleft())
        return batch

    async def _store_together(self, batch: Sequence[_Waiting]) -> None:
        jobs = [job for waiting in batch for job in waiting.jobs]
        events = [event for waiting in batch for event in waiting.events]
        try:
            stored = await self._store.submit(jobs, events)
        except HodeiError as error:
            self._fail(batch, error)
        except Exception as error:
            logger.exception("submission failed", extra={"jobs": len(jobs)})
            self._fail(batch, Unavailable(f"the submission could not be stored: {error}"))
        else:
            self._on_stored(
                [job for job, kept in zip(jobs, stored, strict=True) if job.id == kept.id]
            )
            begin = 0
            for waiting in batch:
                end = begin + len(waiting.jobs)
                if not waiting.done.done():
                    waiting.done.set_result(stored[begin:end])
                begin = end

    @staticmethod
    def _fail(batch: Sequence[_Waiting], error: HodeiError) -> None:
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_exception(error)
