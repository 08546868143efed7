"""Schedules in the store.

Whatever changes a schedule, people or its slots, goes through `save_schedule`: a compare-and-set
on `turn` with the firings and the event in the same transaction, so that of several replicas
that look at the same slot one decides. What was decided is then done by anybody, and
`settle_firing` notes it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hodei.domain.events import Event
from hodei.domain.job import JobState
from hodei.domain.schedules.schedule import Firing, Outcome, Schedule
from hodei.domain.schedules.turn import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringRow:
    """A firing and how its job is; None: it has none, or it is kept no more."""

    firing: Firing
    job_state: JobState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """A schedule as lists show it."""

    schedule: Schedule
    last_firing: FiringRow | None = None
    """Of the newest slot."""
    running_jobs: int = 0
    """Jobs that are not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFilter:
    """Which schedules a list shows; empty means all."""

    projects: frozenset[str] | None = None
    """Any of these; empty: none at all."""
    text: str | None = None
    """Case-insensitive part of the name."""
    paused: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What there is to do, by the database's clock."""

    ids: Sequence[UUID] = ()
    """Schedules with a slot that is due, or with firings that are open."""
    next_in_s: float | None = None
    """Seconds until the next slot that is not due yet; None: there is none."""


class ScheduleStore(Protocol):
    """Schedules and their firings."""

    async def schedule_now(self) -> datetime:
        """The database's clock, which decides when a slot has come."""
        ...

    async def add_schedule(self, schedule: Schedule, event: Event) -> bool:
        """False when the project has one of this name."""
        ...

    async def get_schedule(self, schedule_id: UUID) -> Schedule | None: ...

    async def find_schedule(self, project: str, name: str) -> Schedule | None: ...

    async def list_schedules(
        self, where: ScheduleFilter, *, after: tuple[str, str] | None = None, limit: int = 50
    ) -> Sequence[ScheduleRow]:
        """By project and name, beginning behind `after`."""
        ...

    async def schedule_row(self, schedule_id: UUID) -> ScheduleRow | None:
        """One schedule as lists show it."""
        ...

    async def save_schedule(
        self,
        schedule: Schedule,
        firings: Sequence[Firing],
        event: Event | None,
        *,
        over: Sequence[datetime] = (),
    ) -> bool:
        """Saves all of it if the stored `turn` is the schedule's, and makes that one higher.

        Firings are inserted, or take the place of an open one of their slot; a slot that was
        settled keeps what it has. `over` are slots whose jobs need no look any more. False:
        somebody was quicker, or it is gone. Raises Conflict for a name that is taken.
        """
        ...

    async def delete_schedule(self, schedule_id: UUID, event: Event) -> bool:
        """With its firings; jobs stay. False when there is none."""
        ...

    async def due_schedules(self, limit: int = 100) -> Due: ...

    async def standing(self, schedule_id: UUID) -> Standing | None:
        """A schedule, read first, and then how its firings and their jobs are."""
        ...

    async def settle_firing(self, firing: Firing, event: Event) -> bool:
        """The end of a firing that is SUBMITTING; False when it is that no more."""
        ...

    async def job_of_key(self, project: str, key: str) -> UUID | None:
        """The job with this idempotency key."""
        ...

    async def firings(
        self,
        schedule_id: UUID,
        *,
        outcomes: frozenset[Outcome] = frozenset(),
        before: datetime | None = None,
        limit: int = 50,
    ) -> Sequence[FiringRow]:
        """Newest slot first, those earlier than `before`; of any outcome when none is named."""
        ...

    async def purge_firings(self, before: datetime, *, limit: int) -> int:
        """Removes settled firings that were decided before; gives how many. The newest of each
        schedule stays."""
        ...
