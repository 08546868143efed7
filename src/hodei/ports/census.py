"""The census: how the installation stands, counted in one moment, for gauges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from hodei.domain.job import JobState
from hodei.domain.spec import Priority
from hodei.domain.worker import WorkerState


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Counts of what lives; what is over is not in them. Ages are seconds."""

    jobs: Mapping[tuple[JobState, Priority], int] = field(default_factory=dict)
    """PENDING, ASSIGNED and RUNNING."""
    delayed: int = 0
    """PENDING jobs whose time has not come: a retry's back-off."""
    oldest_wait_s: Mapping[Priority, float] = field(default_factory=dict)
    """Of jobs that could begin."""
    workers: Mapping[tuple[UUID, WorkerState], int] = field(default_factory=dict)
    deliveries: int = 0
    """Of webhooks, not sent yet or to be sent again."""
    oldest_due_delivery_s: float = 0.0
    """How long the delivery is overdue that should have been sent first."""
    failing_webhooks: int = 0
    """Enabled ones whose last delivery did not arrive."""
    enabled_schedules: int = 0
    overdue_slot_s: float = 0.0
    """How long the next slot of a schedule is overdue."""
    paused: bool = False
    """Whether dispatch is paused."""


class CensusStore(Protocol):
    """Takes it."""

    async def census(self) -> Census:
        """By one statement. Raises Unavailable."""
        ...
