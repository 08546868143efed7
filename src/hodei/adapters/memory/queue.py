"""The queue: claims, places, reasons and the scheduler's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from uuid import UUID

from hodei.adapters.memory.cursors import page_of, read_cursor
from hodei.adapters.memory.jobs import belongs
from hodei.adapters.memory.part import Part
from hodei.adapters.memory.tables import JobEntry
from hodei.domain.events import Event
from hodei.domain.job import Job, JobState
from hodei.domain.project import class_key, project_key
from hodei.ports.bus import Hint
from hodei.ports.store import Page, QueueEntry, QueueStatus, SchedulerSettings

_ORDER = "queue"
_EXACT = 10_000
"""Positions beyond are told as this one."""


class Queue(Part):
    """The queue's part of JobStore."""

    async def claim(
        self, replica: str, *, limit: int, lease_s: float, blocked: Sequence[str] = ()
    ) -> Sequence[Job]:
        """See JobStore."""
        await self._begin()
        if self._tables.scheduler.paused:
            return []
        now = self._now()
        passed_over = frozenset(blocked)
        free = (
            entry
            for entry in self._tables.waiting()
            if entry.claimable(now) and passed_over.isdisjoint(_keys(entry))
        )
        taken = list(islice(free, limit))
        for entry in taken:
            entry.claimed_by = replica
            entry.claimed_until = now + timedelta(seconds=lease_s)
        return [entry.job for entry in taken]

    async def unclaim(self, replica: str, job_ids: Sequence[UUID]) -> None:
        """See JobStore."""
        await self._begin()
        for job_id in job_ids:
            entry = self._tables.jobs.get(job_id)
            if entry is not None and entry.claimed_by == replica:
                entry.release()

    async def set_blocked(self, reasons: Mapping[str, str]) -> None:
        """See JobStore."""
        await self._begin()
        for kind, reason in reasons.items():
            if reason:
                self._tables.blocked[kind] = reason
            else:
                self._tables.blocked.pop(kind, None)

    async def expired_in_queue(self, limit: int = 1000) -> Sequence[Job]:
        """See JobStore."""
        await self._begin()
        now = self._now()
        late = [
            (deadline, entry.seq, entry.job)
            for entry in self._tables.waiting()
            if (deadline := entry.job.queue_deadline) is not None and deadline <= now
        ]
        late.sort(key=lambda row: row[:2])
        return [job for _, _, job in late[:limit]]

    async def queue(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        projects: frozenset[str] | None = None,
    ) -> Page[QueueEntry]:
        """See JobStore."""
        await self._begin()
        after = read_cursor(_ORDER, cursor) if cursor else None
        rows = (
            ((entry.rank, entry.seq), self._queue_entry(entry, position))
            for position, entry in enumerate(self._tables.waiting(), 1)
            if (after is None or (entry.rank, entry.seq) > after) and belongs(entry.job, projects)
        )
        return page_of(_ORDER, rows, limit=limit)

    async def queue_entry(self, job_id: UUID) -> QueueEntry | None:
        """See JobStore."""
        await self._begin()
        entry = self._tables.jobs.get(job_id)
        if entry is None or entry.job.state is not JobState.PENDING:
            return None
        return self._queue_entry(entry, min(self._tables.position(entry), _EXACT))

    async def queue_status(self, projects: frozenset[str] | None = None) -> QueueStatus:
        """See JobStore."""
        await self._begin()
        now = self._now()
        entries = [e for e in self._tables.waiting() if belongs(e.job, projects)]
        waiting = [entry.job for entry in entries]
        jobs = (entry.job for entry in self._tables.jobs.values())
        states = [job.state for job in jobs if belongs(job, projects)]
        classes = {entry.placement_class for entry in entries}
        return QueueStatus(
            pending=len(waiting),
            delayed=sum(1 for job in waiting if job.not_before > now),
            assigned=states.count(JobState.ASSIGNED),
            running=states.count(JobState.RUNNING),
            oldest_queued_at=min((job.queued_at for job in waiting), default=None),
            blocked_classes={
                kind: reason
                for kind, reason in self._tables.blocked.items()
                if projects is None or kind in classes
            },
        )

    async def scheduler(self) -> SchedulerSettings:
        """See JobStore."""
        await self._begin()
        return self._tables.scheduler

    async def save_scheduler(self, settings: SchedulerSettings, event: Event) -> bool:
        """See JobStore."""
        await self._begin()
        if settings.version != self._tables.scheduler.version:
            return False
        self._tables.set_scheduler(replace(settings, version=settings.version + 1))
        self._tables.add_event(event)
        await self._publish(Hint(topic="queue"), Hint(topic="event"))
        return True

    def _queue_entry(self, entry: JobEntry, position: int) -> QueueEntry:
        job, blocked = entry.job, self._tables.blocked
        return QueueEntry(
            job_id=job.id,
            name=job.spec.name,
            priority=job.spec.priority,
            queued_at=job.queued_at,
            not_before=job.not_before,
            position=position,
            placement_class=entry.placement_class,
            reason=next(
                (blocked[key] for key in _keys(entry) if key in blocked),
                "",
            ),
            owner=job.owner,
            project=job.spec.project,
        )


def _keys(entry: JobEntry) -> tuple[str, str, str]:
    """What stands for the job among what is passed over; its project's reason comes first."""
    project = entry.job.spec.project
    kind = entry.placement_class
    return class_key(project, kind), project_key(project), kind
