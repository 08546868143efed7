"""Stats: what attempts use, live and from the store, and aggregates over jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from hodei.domain.errors import InvalidRequest
from hodei.engine.core import Core
from hodei.ports.aggregates import JobMetrics, UseSeries
from hodei.ports.store import Sample

MAX_BUCKETS = 500


class Stats:
    """Samples and metrics, as every interface reads them."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._watchers: dict[UUID, set[asyncio.Queue[Sample]]] = {}

    def publish(self, job_id: UUID, attempt_id: UUID, sample: Sample) -> None:
        """A sample that just came from an agent of this replica."""
        for queue in self._watchers.get(job_id, ()):
            if queue.full():
                queue.get_nowait()  # a watcher that lags sees the newest
            queue.put_nowait(sample)

    @asynccontextmanager
    async def watch(self, job_id: UUID) -> AsyncIterator[asyncio.Queue[Sample]]:
        """Samples of a job from now on, those that reach this replica."""
        queue: asyncio.Queue[Sample] = asyncio.Queue(16)
        self._watchers.setdefault(job_id, set()).add(queue)
        try:
            yield queue
        finally:
            self._watchers[job_id].discard(queue)
            if not self._watchers[job_id]:
                del self._watchers[job_id]

    async def follow(self, job_id: UUID) -> AsyncIterator[Sample]:
        """Samples of a job from now on, from whichever replica, until it is finished."""
        last: tuple[UUID, datetime] | None = None
        async with self.watch(job_id) as queue:
            while True:
                sample = await self._next(queue)
                fresh = [sample] if sample else await self._stored_after(job_id, last)
                for one in fresh:
                    if last is None or (one.attempt_id, one.at) != last:
                        last = (one.attempt_id, one.at)
                        yield one
                if not fresh:
                    job = await self._core.store.get_job(job_id)
                    if job is None or job.finished:
                        return

    async def _next(self, queue: asyncio.Queue[Sample]) -> Sample | None:
        try:
            async with asyncio.timeout(self._core.timings.sweep.total_seconds()):
                return await queue.get()
        except TimeoutError:
            return None

    async def _stored_after(
        self, job_id: UUID, last: tuple[UUID, datetime] | None
    ) -> Sequence[Sample]:
        """What another replica stored of the newest attempt."""
        attempts = await self._core.store.attempts(job_id)
        if not attempts:
            return ()
        newest = attempts[-1].id
        since = last[1] if last and last[0] == newest else None
        found = await self._core.store.samples(newest, since=since, limit=60)
        return [sample for sample in found if since is None or sample.at > since]

    async def samples(
        self, attempt_id: UUID, *, since: datetime | None = None, limit: int = 3600
    ) -> Sequence[Sample]:
        """Stored samples, oldest first."""
        return await self._core.store.samples(attempt_id, since=since, limit=limit)

    async def metrics(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> JobMetrics:
        """Aggregates over [start, end). Raises InvalidRequest."""
        _check_stretches(start, end, buckets)
        return await self._core.store.job_metrics(
            start=start, end=end, buckets=buckets, projects=projects
        )

    async def use(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> Sequence[UseSeries]:
        """Use of providers over [start, end). Raises InvalidRequest."""
        _check_stretches(start, end, buckets)
        return await self._core.store.provider_use(
            start=start, end=end, buckets=buckets, projects=projects
        )


def _check_stretches(start: datetime, end: datetime, buckets: int) -> None:
    if end <= start:
        raise InvalidRequest.of("end", "must be after start", end.isoformat())
    if not 1 <= buckets <= MAX_BUCKETS:
        raise InvalidRequest.of("buckets", f"must be between 1 and {MAX_BUCKETS}", buckets)
