"""Schedules, and what became of each of their slots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hodei.adapters.postgres.database import Database, Session
from hodei.adapters.postgres.event_rows import event_row
from hodei.adapters.postgres.notifier import Notifier
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.schedule_rows import (
    firing_of,
    firing_row,
    firing_row_of,
    schedule_of,
    schedule_row,
    schedule_row_of,
)
from hodei.domain.events import Event
from hodei.domain.schedules.schedule import Firing, Outcome, Schedule
from hodei.domain.schedules.turn import Active, Standing
from hodei.ports.bus import Hint
from hodei.ports.schedules import Due, FiringRow, ScheduleFilter, ScheduleRow


class Schedules:
    """Implements `ScheduleStore`."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._notifier = notifier

    async def schedule_now(self) -> datetime:
        """See `ScheduleStore.schedule_now`."""
        now: datetime = await self._database.value(sql("schedules.now"))
        return now

    async def add_schedule(self, schedule: Schedule, event: Event) -> bool:
        """See `ScheduleStore.add_schedule`."""

        async def work(session: Session) -> bool:
            if await session.fetchval(sql("schedules.add"), *schedule_row(schedule)) is None:
                return False
            await _add_event(session, event)
            return True

        return self._tell_schedule(schedule.id, await self._schedule_transaction(work), event)

    async def get_schedule(self, schedule_id: UUID) -> Schedule | None:
        """See `ScheduleStore.get_schedule`."""
        row = await self._database.row(sql("schedules.get"), schedule_id)
        return schedule_of(row) if row else None

    async def find_schedule(self, project: str, name: str) -> Schedule | None:
        """See `ScheduleStore.find_schedule`."""
        row = await self._database.row(sql("schedules.find"), project, name)
        return schedule_of(row) if row else None

    async def list_schedules(
        self, where: ScheduleFilter, *, after: tuple[str, str] | None = None, limit: int = 50
    ) -> Sequence[ScheduleRow]:
        """See `ScheduleStore.list_schedules`."""
        projects = None if where.projects is None else sorted(where.projects)
        place = after or (None, None)
        rows = await self._database.rows(
            sql("schedules.list"), projects, where.text, where.paused, *place, limit
        )
        return [schedule_row_of(row) for row in rows]

    async def schedule_row(self, schedule_id: UUID) -> ScheduleRow | None:
        """See `ScheduleStore.schedule_row`."""
        row = await self._database.row(sql("schedules.row"), schedule_id)
        return schedule_row_of(row) if row else None

    async def save_schedule(
        self,
        schedule: Schedule,
        firings: Sequence[Firing],
        event: Event | None,
        *,
        over: Sequence[datetime] = (),
    ) -> bool:
        """See `ScheduleStore.save_schedule`."""

        async def work(session: Session) -> bool:
            if await session.fetchval(sql("schedules.set"), *schedule_row(schedule)) is None:
                return False
            if firings:
                rows = [firing_row(firing) for firing in firings]
                await session.executemany(sql("schedules.put_firing"), rows)
            if over:
                await session.execute(sql("schedules.over"), schedule.id, list(over))
            if event is not None:
                await _add_event(session, event)
            return True

        return self._tell_schedule(schedule.id, await self._schedule_transaction(work), event)

    async def delete_schedule(self, schedule_id: UUID, event: Event) -> bool:
        """See `ScheduleStore.delete_schedule`."""

        async def work(session: Session) -> bool:
            if await session.fetchval(sql("schedules.delete"), schedule_id) is None:
                return False
            await _add_event(session, event)
            return True

        return self._tell_schedule(schedule_id, await self._schedule_transaction(work), event)

    async def due_schedules(self, limit: int = 100) -> Due:
        """See `ScheduleStore.due_schedules`."""
        row = await self._database.row(sql("schedules.due"), limit)
        assert row is not None
        ids = dict.fromkeys([*row["late"], *row["open"]])
        return Due(ids=[*ids][:limit], next_in_s=row["next_in_s"])

    async def standing(self, schedule_id: UUID) -> Standing | None:
        """See `ScheduleStore.standing`."""
        schedule = await self.get_schedule(schedule_id)
        if schedule is None:
            return None
        opened = await self._database.rows(sql("schedules.open"), schedule_id)
        going = await self._database.rows(sql("schedules.going"), schedule_id)
        return Standing(
            schedule=schedule,
            now=await self.schedule_now(),
            open=[firing_of(row) for row in opened],
            active=[
                Active(slot=row["slot"], job_id=row["job_id"]) for row in going if row["active"]
            ],
            over=[row["slot"] for row in going if not row["active"]],
        )

    async def settle_firing(self, firing: Firing, event: Event) -> bool:
        """See `ScheduleStore.settle_firing`."""
        values = (firing.schedule_id, firing.slot, firing.fired_at, firing.outcome.value)
        why = (firing.code, firing_row(firing)[6], firing.job_id)

        async def work(session: Session) -> bool:
            if await session.fetchval(sql("schedules.settle"), *values, *why) is None:
                return False
            await _add_event(session, event)
            return True

        return self._tell_schedule(
            firing.schedule_id, await self._schedule_transaction(work), event
        )

    async def job_of_key(self, project: str, key: str) -> UUID | None:
        """See `ScheduleStore.job_of_key`."""
        found: UUID | None = await self._database.value(sql("schedules.job_of_key"), project, key)
        return found

    async def firings(
        self,
        schedule_id: UUID,
        *,
        outcomes: frozenset[Outcome] = frozenset(),
        before: datetime | None = None,
        limit: int = 50,
    ) -> Sequence[FiringRow]:
        """See `ScheduleStore.firings`."""
        named = [outcome.value for outcome in outcomes]
        rows = await self._database.rows(
            sql("schedules.firings"), schedule_id, named, before, limit
        )
        return [firing_row_of(row) for row in rows]

    async def purge_firings(self, before: datetime, *, limit: int) -> int:
        """See `ScheduleStore.purge_firings`."""
        return int(await self._database.value(sql("schedules.purge"), before, limit))

    async def _schedule_transaction(self, work: Any) -> bool:
        async def once(session: Session) -> bool:
            async with session.transaction():
                done: bool = await work(session)
                return done

        return await self._database.run(once)

    def _tell_schedule(self, schedule_id: UUID, changed: bool, event: Event | None) -> bool:
        if changed:
            hints = [Hint(topic="schedule", keys=(str(schedule_id),))]
            self._notifier.add(hints + ([Hint(topic="event")] if event else []))
        return changed


async def _add_event(session: Session, event: Event) -> None:
    await session.execute(sql("feed.add"), *event_row(0, event)[1:])
