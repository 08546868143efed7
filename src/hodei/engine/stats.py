"""Stats: what attempts use, live and from the store, and aggregates over jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from hodei.domain.errors import InvalidRequest
from hodei.engine.core import Core
from hodei.ports.store import JobMetrics, Sample

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

    async def samples(
        self, attempt_id: UUID, *, since: datetime | None = None, limit: int = 3600
    ) -> Sequence[Sample]:
        """Stored samples, oldest first."""
        return await self._core.store.samples(attempt_id, since=since, limit=limit)

    async def metrics(
        self, *, start: datetime, end: datetime, buckets: int, project: str | None = None
    ) -> JobMetrics:
        """Aggregates over [start, end). Raises InvalidRequest."""
        if end <= start:
            raise InvalidRequest.of("end", "must be after start", end.isoformat())
        if not 1 <= buckets <= MAX_BUCKETS:
            raise InvalidRequest.of("buckets", f"must be between 1 and {MAX_BUCKETS}", buckets)
        return await self._core.store.job_metrics(
            start=start, end=end, buckets=buckets, project=project
        )
