"""The queue and what the scheduler is set to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from hodei.api.http.schemas.model import Model
from hodei.domain.spec import Priority
from hodei.ports.store import Page, QueueEntry, QueueStatus, SchedulerSettings


class QueueSettings(Model):
    """What the scheduler is set to."""

    paused: bool
    aging_step_ms: int
    """Head start of HIGH over NORMAL and of NORMAL over LOW."""
    version: int

    @classmethod
    def of(cls, settings: SchedulerSettings) -> QueueSettings:
        """Settings as they are shown."""
        return cls(
            paused=settings.paused,
            aging_step_ms=settings.aging_step_ms,
            version=settings.version,
        )


class QueueEntryView(Model):
    """One waiting job."""

    job_id: UUID
    name: str
    project: str
    owner: str
    priority: Priority
    position: int
    queued_at: datetime
    not_before: datetime
    reason: str
    """Why it was not taken when it was last looked at; empty: it has not been looked at."""
    predicted_wait_ms: int | None
    """Until its process runs, judged by the last jobs; null: nothing is known."""


class QueueView(Model):
    """The queue in numbers, and one page of it in order."""

    pending: int
    delayed: int
    """Waiting for a retry's back-off."""
    assigned: int
    running: int
    oldest_queued_at: datetime | None
    blocked_reasons: list[str]
    settings: QueueSettings
    items: list[QueueEntryView]
    next_cursor: str | None

    @classmethod
    def of(
        cls,
        status: QueueStatus,
        settings: SchedulerSettings,
        page: Page[QueueEntry],
        forecast: Mapping[UUID, int],
    ) -> QueueView:
        """The queue as it is shown."""
        return cls(
            pending=status.pending,
            delayed=status.delayed,
            assigned=status.assigned,
            running=status.running,
            oldest_queued_at=status.oldest_queued_at,
            blocked_reasons=sorted(set(status.blocked_classes.values())),
            settings=QueueSettings.of(settings),
            items=[_entry(entry, forecast.get(entry.job_id)) for entry in page.items],
            next_cursor=page.cursor,
        )


def _entry(entry: QueueEntry, wait_ms: int | None) -> QueueEntryView:
    return QueueEntryView(
        job_id=entry.job_id,
        name=entry.name,
        project=entry.project,
        owner=entry.owner,
        priority=entry.priority,
        position=entry.position,
        queued_at=entry.queued_at,
        not_before=entry.not_before,
        reason=entry.reason,
        predicted_wait_ms=wait_ms,
    )
