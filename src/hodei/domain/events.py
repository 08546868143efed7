"""One row of what happened: the audit trail, the feed of every live page and the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class EventKind(StrEnum):
    """Everything that can happen, as `subject.fact`; a newer server beside this one may tell of
    other things, which are passed on as they are."""

    # Such a kind equals none of these, so that nobody acts on it.

    JOB_SUBMITTED = "job.submitted"
    JOB_ASSIGNED = "job.assigned"
    JOB_STARTED = "job.started"
    JOB_REQUEUED = "job.requeued"
    JOB_FINISHED = "job.finished"
    JOB_CANCEL_REQUESTED = "job.cancel_requested"
    JOB_PRIORITY_CHANGED = "job.priority_changed"
    ATTEMPT_PHASE = "attempt.phase"
    TERMINAL_OPENED = "terminal.opened"
    TERMINAL_CLOSED = "terminal.closed"
    WORKER_CHANGED = "worker.changed"
    PROVIDER_CHANGED = "provider.changed"
    SCHEDULER_CHANGED = "scheduler.changed"
    SCHEDULE_CHANGED = "schedule.changed"
    """A schedule, or one of its firings; `data` has its id."""

    @classmethod
    def _missing_(cls, value: object) -> EventKind | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        return unknown

    @property
    def known(self) -> bool:
        """Whether this release knows what happened."""
        return self.value in type(self)._value2member_map_


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to what, when, and who caused it."""

    kind: EventKind
    at: datetime
    job_id: UUID | None = None
    attempt_id: UUID | None = None
    worker_id: UUID | None = None
    provider_id: UUID | None = None
    project: str = ""
    actor: str = "system"
    data: Mapping[str, object] = field(default_factory=dict)
    """Small JSON: the state after, the reason. Never a secret."""
    cursor: str = ""
    """Position in the feed; set by the store on reading."""
