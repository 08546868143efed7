"""Sends hints after the transaction that they speak of.

A NOTIFY inside the transaction would make every commit wait for the one before it, its flush
to disk included, because PostgreSQL puts notifications in one order by a lock that is held
until the commit is over. Sent afterwards, the hints of many transactions travel together.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.payload import CHANNEL, encode, merge
from hodei.adapters.postgres.queries import sql
from hodei.domain.attempt import Attempt
from hodei.domain.errors import HodeiError
from hodei.domain.job import Job, JobState
from hodei.domain.worker import WorkerState
from hodei.ports.bus import Hint
from hodei.ports.store import Unit

logger = logging.getLogger(__name__)

_MAX_WAITING = 10_000
_RETRY_S = 0.2
_PAUSE_S = 0.02
"""After sending: while much happens, the hints of this long travel together."""
_CAPACITY = frozenset({WorkerState.READY, WorkerState.GONE})


class Notifier:
    """A queue of hints and the one task that sends them."""

    def __init__(self, database: Database, origin: str) -> None:
        self._database = database
        self._origin = origin
        self._waiting: list[Hint] = []
        self._wake = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, origin: str) -> AsyncIterator[Notifier]:
        """Sends as long as the context lives, and what is left at its end; says from whom."""
        notifier = cls(database, origin)
        task = asyncio.create_task(notifier._run(), name="hodei-notifier")
        try:
            yield notifier
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await notifier._send_waiting()

    def add(self, hints: Iterable[Hint]) -> None:
        """Queues hints; never waits, never raises."""
        self._waiting += hints
        if len(self._waiting) > _MAX_WAITING:
            # The database is away. Nobody hears it now, and `resync` follows a reconnect.
            self._waiting = merge(self._waiting)[:_MAX_WAITING]
        if self._waiting:
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            sent = await self._send_waiting()
            await asyncio.sleep(_PAUSE_S if sent else _RETRY_S)

    async def _send_waiting(self) -> bool:
        hints, self._waiting = merge(self._waiting), []
        if not hints:
            return True
        try:
            await self._database.rows(
                sql("feed.notify"),
                CHANNEL,
                list(encode(hints, self._origin)),
            )
        except HodeiError as error:
            logger.warning("hints were lost", extra={"reason": str(error), "hints": len(hints)})
            return False
        return True


def hints_of_units(units: Iterable[Unit]) -> Iterator[Hint]:
    """What others should look at when these units have been saved."""
    for unit in units:
        yield from hints_of_jobs(unit.jobs)
        if any(worker.state in _CAPACITY for worker in unit.workers):
            yield Hint(topic="queue")
        if unit.workers or unit.attempts:
            yield Hint(topic="worker", keys=tuple(sorted(_worker_ids(unit))))
        if unit.attempts and not unit.jobs:
            yield Hint(topic="job", keys=_ids_of_jobs(unit.attempts))
        if unit.providers:
            yield Hint(topic="provider", keys=tuple(str(item.id) for item in unit.providers))
            yield Hint(topic="queue")
        if unit.logs:
            yield Hint(topic="log", keys=tuple(str(log.attempt_id) for log in unit.logs))
        if unit.events:
            yield Hint(topic="event")


def hints_of_jobs(jobs: Iterable[Job]) -> Iterator[Hint]:
    """What others should look at when these jobs have been saved."""
    jobs = tuple(jobs)
    if jobs:
        yield Hint(topic="job", keys=tuple(str(job.id) for job in jobs))
    if any(job.state is JobState.PENDING for job in jobs):
        yield Hint(topic="queue")


def _worker_ids(unit: Unit) -> set[str]:
    return {str(worker.id) for worker in unit.workers} | {
        str(attempt.worker_id) for attempt in unit.attempts
    }


def _ids_of_jobs(attempts: Iterable[Attempt]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(attempt.job_id) for attempt in attempts))
