"""Forecasts: when waiting jobs will run, for whoever looks at the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from hodei.domain.forecast import Pace, predicted_wait_ms
from hodei.domain.placement import Blocked, Candidate, Placement, decide
from hodei.engine.core import Core
from hodei.ports.store import QueueEntry, QueueStatus

RECENT = timedelta(hours=1)
RECENT_JOBS = 200
"""What is predicted from: jobs that finished within the hour, at most this many."""
MAX_CLASSES = 20
"""Placement classes that are decided for one page of the queue; others get no prediction."""


class Forecaster:
    """Predictions from the pace of the last jobs and the decision that dispatch takes."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def pace(self, status: QueueStatus | None = None) -> Pace:
        """How fast the queue moves now."""
        status = status or await self._core.store.queue_status()
        since = self._core.clock.now() - RECENT
        recent = await self._core.store.recent(since=since, limit=RECENT_JOBS)
        return Pace(
            running=status.assigned + status.running,
            run_ms=recent.run_avg_ms,
            start_ms=recent.start_p50_ms,
        )

    async def queue(
        self, entries: Sequence[QueueEntry], status: QueueStatus, candidates: Sequence[Candidate]
    ) -> dict[UUID, int]:
        """Milliseconds until the jobs of a page will run, of those that can be predicted."""
        pace = await self.pace(status)
        if pace.start_ms is None:
            return {}
        verdicts = await self._verdicts(entries, candidates)
        now = self._core.clock.now()
        found: dict[UUID, int] = {}
        for entry in entries:
            verdict = verdicts.get(entry.placement_class)
            if verdict is None or entry.not_before > now:
                continue
            wait = predicted_wait_ms(pace, verdict, entry.position - 1)
            if wait is not None:
                found[entry.job_id] = wait
        return found

    async def _verdicts(
        self, entries: Sequence[QueueEntry], candidates: Sequence[Candidate]
    ) -> dict[str, Placement | Blocked]:
        """One decision per placement class: jobs of one class share it."""
        verdicts: dict[str, Placement | Blocked] = {}
        for entry in entries:
            if entry.placement_class in verdicts or len(verdicts) == MAX_CLASSES:
                continue
            job = await self._core.store.get_job(entry.job_id)
            if job is not None:
                verdicts[entry.placement_class] = decide(job.spec, candidates)
        return verdicts
