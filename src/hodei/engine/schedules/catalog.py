"""Schedules: making, changing, pausing and running them, and looking at what they did."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from hodei.domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion
from hodei.domain.parsing.schedule import ScheduleDraft
from hodei.domain.schedules.rule import (
    IntervalRule,
    LocalSlot,
    OnceRule,
    Rule,
    Timing,
)
from hodei.domain.schedules.schedule import Firing, Outcome, Schedule
from hodei.domain.schedules.turn import passed_over
from hodei.engine.core import Core
from hodei.engine.jobs import Jobs
from hodei.engine.projects import Projects
from hodei.engine.schedules.events import schedule_event
from hodei.engine.schedules.firer import Firer
from hodei.engine.schedules.targets import Targets
from hodei.engine.templates import Templates
from hodei.ports.schedules import FiringRow, ScheduleFilter, ScheduleRow
from hodei.ports.store import Page

SHOWN = 5
"""Next slots of a schedule that are shown."""
_TRIES = 20
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """A schedule, how it stands, and when it fires next."""

    row: ScheduleRow
    timing: Timing
    next: Sequence[LocalSlot]

    @property
    def schedule(self) -> Schedule:
        """The schedule itself."""
        return self.row.schedule


class Schedules:
    """Use cases around schedules."""

    def __init__(self, core: Core, jobs: Jobs, projects: Projects, templates: Templates) -> None:
        self._core = core
        self._store = core.store
        self._targets = Targets(jobs, projects, templates)
        self.firer = Firer(
            core.store,
            self._targets,
            jobs,
            zones=core.zones,
            clock=core.clock,
            chance=core.chance,
            meter=core.meter,
        )

    # ---- looking

    async def now(self) -> datetime:
        """The time by which slots come: the database's."""
        return await self._store.schedule_now()

    async def locate(self, key: str, project: str) -> Schedule:
        """By id anywhere, or by name in a project. Raises NotFound."""
        try:
            found = await self._store.get_schedule(UUID(key))
        except ValueError:
            found = await self._store.find_schedule(project, key)
        if found is None:
            raise NotFound("schedule", key)
        return found

    async def view(self, schedule_id: UUID) -> ScheduleView:
        """Raises NotFound."""
        row = await self._store.schedule_row(schedule_id)
        if row is None:
            raise NotFound("schedule", schedule_id)
        return self._view(row)

    async def page(
        self, where: ScheduleFilter, *, limit: int, cursor: str | None
    ) -> Page[ScheduleView]:
        """By project and name. Raises InvalidRequest for a bad cursor."""
        after = _read_cursor(cursor) if cursor else None
        rows = await self._store.list_schedules(where, after=after, limit=limit + 1)
        shown = [self._view(row) for row in rows[:limit]]
        last = shown[-1].schedule if len(rows) > limit else None
        cursor = _cursor(last.project, last.name) if last else None
        return Page(items=tuple(shown), cursor=cursor)

    async def firings(
        self, schedule_id: UUID, *, outcomes: frozenset[Outcome], limit: int, cursor: str | None
    ) -> Page[FiringRow]:
        """Newest slot first. Raises InvalidRequest for a bad cursor."""
        before = _read_slot(cursor) if cursor else None
        rows = await self._store.firings(
            schedule_id, outcomes=outcomes, before=before, limit=limit + 1
        )
        more = len(rows) > limit
        last = rows[limit - 1].firing.slot.isoformat() if more else None
        return Page(items=tuple(rows[:limit]), cursor=last)

    def timing(self, schedule: Schedule) -> Timing:
        """What the times of a schedule depend on. Raises NotFound for a zone that is gone."""
        return self.firer.timing(schedule)

    def _view(self, row: ScheduleRow) -> ScheduleView:
        schedule = row.schedule
        timing = self.timing(schedule)
        after = max(schedule.handled_until, self._core.clock.now())
        slots = islice(timing.slots(after), SHOWN)
        return ScheduleView(
            row=row, timing=timing, next=[LocalSlot.of(slot, timing.zone) for slot in slots]
        )

    # ---- changing

    async def create(self, draft: ScheduleDraft, *, actor: str) -> ScheduleView:
        """Raises InvalidRequest, and Conflict for a name that is taken."""
        target = await self._targets.checked(draft.target, draft.project)
        now = await self.now()
        schedule_id = self._core.chance.uuid()
        paused = bool(draft.paused)
        schedule = Schedule(
            id=schedule_id,
            project=draft.project,
            name=draft.name,
            description=draft.description,
            rule=draft.times.timing.rule,
            zone=draft.times.zone,
            overlap=draft.overlap,
            queue_limit=draft.queue_limit,
            catch_up=draft.catch_up,
            jitter_ms=draft.times.jitter_ms,
            starts_at=draft.times.timing.starts_at,
            ends_at=draft.times.timing.ends_at,
            paused=paused,
            paused_by=actor if paused else "",
            paused_at=now if paused else None,
            target=target,
            created_at=now,
            created_by=actor,
            updated_at=now,
            updated_by=actor,
            handled_until=now,
        )
        self._refuse_past(schedule)
        schedule = self._timed(schedule)
        if not await self._store.add_schedule(schedule, schedule_event(schedule, now, actor)):
            raise Conflict(_taken(schedule))
        self.firer.wake()
        return await self.view(schedule_id)

    async def update(self, schedule_id: UUID, draft: ScheduleDraft, *, actor: str) -> ScheduleView:
        """Everything as in the draft; slots that have not come yet follow the new rule.

        Raises InvalidRequest, NotFound, Conflict for a name that is taken, StaleVersion.
        """
        target = await self._targets.checked(draft.target, draft.project)
        for _ in range(_TRIES):
            stored, now = await self._stored(schedule_id), await self.now()
            if draft.version not in (None, stored.version):
                raise StaleVersion(
                    f"the schedule is at version {stored.version} by now; read it again"
                )
            if draft.project != stored.project:
                raise InvalidRequest.of("project", "a schedule stays in its project", draft.project)
            changed = replace(
                stored,
                name=draft.name,
                description=draft.description,
                rule=_kept_anchor(draft, stored.rule),
                zone=draft.times.zone,
                overlap=draft.overlap,
                queue_limit=draft.queue_limit,
                catch_up=draft.catch_up,
                jitter_ms=draft.times.jitter_ms,
                starts_at=draft.times.timing.starts_at,
                ends_at=draft.times.timing.ends_at,
                target=target,
                version=stored.version + 1,
                updated_at=now,
                updated_by=actor,
            )
            if _times(changed) != _times(stored):
                changed = replace(changed, handled_until=max(now, stored.handled_until))
                self._refuse_past(changed)
            firings: tuple[Firing, ...] = ()
            if draft.paused is not None and draft.paused != stored.paused:
                changed, firings = await self._switched(changed, draft.paused, now, actor)
            if await self._saved(self._timed(changed), firings, now, actor):
                return await self.view(schedule_id)
        raise _busy(schedule_id)

    async def set_paused(self, schedule_id: UUID, paused: bool, *, actor: str) -> ScheduleView:
        """Pauses or resumes; what passed meanwhile does not fire. Twice is as once."""
        for _ in range(_TRIES):
            stored, now = await self._stored(schedule_id), await self.now()
            if stored.paused == paused:
                return await self.view(schedule_id)
            changed, firings = await self._switched(stored, paused, now, actor)
            changed = replace(changed, version=stored.version + 1)
            if await self._saved(self._timed(changed), firings, now, actor):
                return await self.view(schedule_id)
        raise _busy(schedule_id)

    async def delete(self, schedule_id: UUID, *, actor: str) -> None:
        """Its jobs stay. Raises NotFound."""
        stored, now = await self._stored(schedule_id), self._core.clock.now()
        event = schedule_event(stored, now, actor, deleted=True)
        if not await self._store.delete_schedule(schedule_id, event):
            raise NotFound("schedule", schedule_id)

    async def run(self, schedule_id: UUID, *, actor: str) -> FiringRow:
        """Fires once now, whatever runs and even when it is paused; says what came of it."""
        for _ in range(_TRIES):
            stored, now = await self._stored(schedule_id), await self.now()
            newest = await self._store.firings(schedule_id, limit=1)
            slot = max([now, *(row.firing.slot + _MICROSECOND for row in newest)])
            firing = Firing(
                schedule_id=schedule_id,
                slot=slot,
                fired_at=now,
                outcome=Outcome.SUBMITTING,
                manual=True,
                actor=actor,
            )
            event = schedule_event(stored, now, actor)
            if await self._store.save_schedule(stored, [firing], event):
                return await self.firer.carry_out(stored, firing)
        raise _busy(schedule_id)

    # ---- parts

    async def _stored(self, schedule_id: UUID) -> Schedule:
        stored = await self._store.get_schedule(schedule_id)
        if stored is None:
            raise NotFound("schedule", schedule_id)
        return stored

    async def _saved(
        self, schedule: Schedule, firings: Sequence[Firing], now: datetime, actor: str
    ) -> bool:
        try:
            event = schedule_event(schedule, now, actor)
            saved = await self._store.save_schedule(schedule, firings, event)
        except Conflict:
            raise Conflict(_taken(schedule)) from None
        if saved:
            self.firer.wake()
        return saved

    async def _switched(
        self, schedule: Schedule, paused: bool, now: datetime, actor: str
    ) -> tuple[Schedule, tuple[Firing, ...]]:
        """The schedule paused or resumed, and what that does to slots."""
        who = f"{actor} paused the schedule"
        if paused:
            standing = await self._store.standing(schedule.id)
            waiting = [f for f in (standing.open if standing else ()) if f.outcome is _WAITING]
            dropped = tuple(
                replace(f, outcome=_PAUSED, fired_at=now, code="paused", reason=who)
                for f in waiting
            )
            switched = replace(schedule, paused=True, paused_by=actor, paused_at=now)
            return switched, dropped
        if schedule.paused_by:
            who = f"{schedule.paused_by} had paused the schedule"
        rows = passed_over(schedule, self.timing(schedule), now, _PAUSED, "paused", who)
        resumed = replace(
            schedule,
            paused=False,
            paused_by="",
            paused_at=None,
            handled_until=max(now, schedule.handled_until),
        )
        return resumed, rows

    def _timed(self, schedule: Schedule) -> Schedule:
        """With the time of its next slot."""
        slot = None if schedule.paused else self.timing(schedule).next(schedule.handled_until)
        return replace(
            schedule,
            next_slot=slot.at if slot else None,
            next_at=schedule.due(slot) if slot else None,
        )

    def _refuse_past(self, schedule: Schedule) -> None:
        """Raises InvalidRequest for a rule that has no slot left."""
        timing = self.timing(schedule)
        if timing.next(schedule.handled_until) is not None:
            return
        if isinstance(schedule.rule, OnceRule) and schedule.rule.at <= schedule.handled_until:
            at = schedule.rule.at.astimezone(timing.zone).isoformat()
            raise InvalidRequest.of("rule.at", "must lie in the future", at)
        if schedule.ends_at is not None:
            message = "must leave the rule a time to fire, from now or starts_at on"
            at = schedule.ends_at.astimezone(timing.zone).isoformat()
            raise InvalidRequest.of("ends_at", message, at)
        raise InvalidRequest.of("rule", "never fires again; give it a time that comes")


_WAITING, _PAUSED = Outcome.WAITING, Outcome.SKIPPED_PAUSED


def _times(schedule: Schedule) -> tuple[object, ...]:
    return (
        schedule.rule,
        schedule.zone,
        schedule.starts_at,
        schedule.ends_at,
        schedule.jitter_ms,
    )


def _kept_anchor(draft: ScheduleDraft, stored: Rule) -> Rule:
    """An interval that is saved again without an anchor keeps the one it has."""
    rule = draft.times.timing.rule
    if not isinstance(rule, IntervalRule) or draft.times.anchored:
        return rule
    same = isinstance(stored, IntervalRule) and stored.every_ms == rule.every_ms
    return stored if same else rule


def _taken(schedule: Schedule) -> str:
    return f"the project {schedule.project!r} has a schedule {schedule.name!r} already"


def _busy(schedule_id: UUID) -> StaleVersion:
    return StaleVersion(f"the schedule {schedule_id} is being changed by others at this moment")


def _cursor(project: str, name: str) -> str:
    return urlsafe_b64encode(json.dumps([project, name]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        project, name = json.loads(urlsafe_b64decode(padded))
        if isinstance(project, str) and isinstance(name, str) and "\0" not in project + name:
            (project + name).encode()
            return project, name
    except (ValueError, TypeError):
        pass  # told below, like every other thing that is not one of our cursors
    raise InvalidRequest.of("cursor", "is not a cursor of this list", cursor)


def _read_slot(cursor: str) -> datetime:
    try:
        slot = datetime.fromisoformat(cursor)
        if slot.tzinfo is not None:
            return slot
    except ValueError:
        pass  # told below
    raise InvalidRequest.of("cursor", "is not a cursor of this list", cursor)
