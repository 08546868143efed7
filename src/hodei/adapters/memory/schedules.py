"""Schedules and their firings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.adapters.memory.tables import FiringRows
from hodei.domain.errors import Conflict
from hodei.domain.events import Event
from hodei.domain.job import Job
from hodei.domain.schedules.schedule import Firing, Outcome, Schedule
from hodei.domain.schedules.turn import Active, Standing
from hodei.ports.bus import Hint
from hodei.ports.schedules import Due, FiringRow, ScheduleFilter, ScheduleRow


class Schedules(Part):
    """ScheduleStore."""

    async def schedule_now(self) -> datetime:
        """See ScheduleStore."""
        await self._begin()
        return self._now()

    async def add_schedule(self, schedule: Schedule, event: Event) -> bool:
        """See ScheduleStore."""
        await self._begin()
        if self._schedule_named(schedule) is not None:
            return False
        self._tables.schedules[schedule.id] = schedule
        self._tables.firings[schedule.id] = FiringRows()
        await self._tell_schedule(schedule.id, event)
        return True

    async def get_schedule(self, schedule_id: UUID) -> Schedule | None:
        """See ScheduleStore."""
        await self._begin()
        return self._tables.schedules.get(schedule_id)

    async def find_schedule(self, project: str, name: str) -> Schedule | None:
        """See ScheduleStore."""
        await self._begin()
        found = self._tables.schedules.values()
        return next((one for one in found if (one.project, one.name) == (project, name)), None)

    async def list_schedules(
        self, where: ScheduleFilter, *, after: tuple[str, str] | None = None, limit: int = 50
    ) -> Sequence[ScheduleRow]:
        """See ScheduleStore."""
        await self._begin()
        found = sorted(
            (one for one in self._tables.schedules.values() if _shown(one, where)),
            key=lambda one: (one.project, one.name),
        )
        left = [one for one in found if after is None or (one.project, one.name) > after]
        return [self._seen_schedule(one) for one in left[:limit]]

    async def schedule_row(self, schedule_id: UUID) -> ScheduleRow | None:
        """See ScheduleStore."""
        await self._begin()
        found = self._tables.schedules.get(schedule_id)
        return self._seen_schedule(found) if found else None

    async def save_schedule(
        self,
        schedule: Schedule,
        firings: Sequence[Firing],
        event: Event | None,
        *,
        over: Sequence[datetime] = (),
    ) -> bool:
        """See ScheduleStore."""
        await self._begin()
        self._faults.before_saving()
        old = self._tables.schedules.get(schedule.id)
        if old is None or old.turn != schedule.turn:
            return False
        twin = self._schedule_named(schedule)
        if twin is not None and twin.id != schedule.id:
            raise Conflict("there is one already")
        self._tables.schedules[schedule.id] = replace(schedule, turn=schedule.turn + 1)
        kept = self._tables.firings[schedule.id]
        for firing in firings:
            if firing.slot not in kept.rows or firing.slot in kept.open:
                kept.put(firing)
        kept.going.difference_update(over)
        await self._tell_schedule(schedule.id, event)
        self._faults.after_saving()
        return True

    async def delete_schedule(self, schedule_id: UUID, event: Event) -> bool:
        """See ScheduleStore."""
        await self._begin()
        if self._tables.schedules.pop(schedule_id, None) is None:
            return False
        del self._tables.firings[schedule_id]
        await self._tell_schedule(schedule_id, event)
        return True

    async def due_schedules(self, limit: int = 100) -> Due:
        """See ScheduleStore."""
        await self._begin()
        now = self._now()
        timed = [(one.next_at, one.id) for one in self._tables.schedules.values() if one.next_at]
        due = [schedule_id for at, schedule_id in sorted(timed) if at <= now]
        left = [(at - now).total_seconds() for at, _ in timed if at > now]
        opened = [one for one, kept in self._tables.firings.items() if kept.open]
        ids = list(dict.fromkeys([*due, *opened]))
        return Due(ids=ids[:limit], next_in_s=min(left, default=None))

    async def standing(self, schedule_id: UUID) -> Standing | None:
        """See ScheduleStore."""
        await self._begin()
        schedule = self._tables.schedules.get(schedule_id)
        if schedule is None:
            return None
        kept = self._tables.firings[schedule_id]
        fired = [kept.rows[slot] for slot in sorted(kept.going)]
        jobs = [(firing, self._fired_job(firing.job_id)) for firing in fired]
        return Standing(
            schedule=schedule,
            now=self._now(),
            open=[kept.rows[slot] for slot in sorted(kept.open)],
            active=[
                Active(slot=firing.slot, job_id=job.id)
                for firing, job in jobs
                if job is not None and not job.finished
            ],
            over=[firing.slot for firing, job in jobs if job is None or job.finished],
        )

    async def settle_firing(self, firing: Firing, event: Event) -> bool:
        """See ScheduleStore."""
        await self._begin()
        self._faults.before_saving()
        kept = self._tables.firings.get(firing.schedule_id, FiringRows())
        stored = kept.rows.get(firing.slot)
        if stored is None or stored.outcome is not Outcome.SUBMITTING:
            return False
        kept.put(firing)
        await self._tell_schedule(firing.schedule_id, event)
        return True

    async def job_of_key(self, project: str, key: str) -> UUID | None:
        """See ScheduleStore."""
        await self._begin()
        return self._tables.job_by_key.get((project, key))

    async def firings(
        self,
        schedule_id: UUID,
        *,
        outcomes: frozenset[Outcome] = frozenset(),
        before: datetime | None = None,
        limit: int = 50,
    ) -> Sequence[FiringRow]:
        """See ScheduleStore."""
        await self._begin()
        kept = self._tables.firings.get(schedule_id, FiringRows())
        rows = [kept.rows[slot] for slot in sorted(kept.rows, reverse=True)]
        found = [
            firing
            for firing in rows
            if (before is None or firing.slot < before)
            and (not outcomes or firing.outcome in outcomes)
        ]
        return [self._firing_row(firing) for firing in found[:limit]]

    async def purge_firings(self, before: datetime, *, limit: int) -> int:
        """See ScheduleStore."""
        await self._begin()
        old = [
            (kept, slot)
            for kept in self._tables.firings.values()
            for slot, firing in kept.rows.items()
            if firing.fired_at < before and slot not in kept.open and slot != max(kept.rows)
        ][:limit]
        for kept, slot in old:
            kept.remove(slot)
        return len(old)

    def _schedule_named(self, schedule: Schedule) -> Schedule | None:
        found = self._tables.schedules.values()
        name = (schedule.project, schedule.name)
        return next((one for one in found if (one.project, one.name) == name), None)

    def _seen_schedule(self, schedule: Schedule) -> ScheduleRow:
        kept = self._tables.firings[schedule.id]
        jobs = [self._fired_job(kept.rows[slot].job_id) for slot in kept.going]
        return ScheduleRow(
            schedule=schedule,
            last_firing=self._firing_row(kept.rows[max(kept.rows)]) if kept.rows else None,
            running_jobs=sum(1 for job in jobs if job is not None and not job.finished),
        )

    def _firing_row(self, firing: Firing) -> FiringRow:
        job = self._fired_job(firing.job_id)
        return FiringRow(firing=firing, job_state=job.state if job else None)

    def _fired_job(self, job_id: UUID | None) -> Job | None:
        entry = self._tables.jobs.get(job_id) if job_id else None
        return entry.job if entry else None

    async def _tell_schedule(self, schedule_id: UUID, event: Event | None) -> None:
        hints = [Hint(topic="schedule", keys=(str(schedule_id),))]
        if event is not None:
            self._tables.add_event(event)
            hints.append(Hint(topic="event"))
        await self._publish(*hints)


def _shown(schedule: Schedule, where: ScheduleFilter) -> bool:
    return (
        (where.projects is None or schedule.project in where.projects)
        and (where.text is None or where.text.lower() in schedule.name.lower())
        and where.paused in (None, schedule.paused)
    )
