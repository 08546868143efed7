"""A schedule in a random history: near a change of clocks, under jumps of the wall clock.

Afterwards every slot, as a second reading of cron finds them, has been decided exactly once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hodei.domain.errors import HodeiError, Unavailable
from hodei.domain.parsing.reader import Report, open_section
from hodei.domain.parsing.schedule import FIELDS, read_schedule
from hodei.domain.schedules.schedule import OPEN, Firing, Outcome
from tests.unit.engine.world import IMAGE, World, quiet
from tests.unit.schedules.walker import Walker

ZONE = "Europe/Madrid"
# Clocks there go from 2 to 3, and from 3 to 2, at 1 in UTC; and one day without a change.
CHANGES = (
    datetime(2100, 3, 28, 1, tzinfo=UTC),
    datetime(2100, 10, 31, 1, tzinfo=UTC),
    datetime(2100, 6, 1, 1, tzinfo=UTC),
)
RULES = ("*/7 * * * *", "*/10 1-3 * * *", "0,15,30,45 2 * * *", "30 2 * * *", "0-59 2,3 * * *")
ON_TIME = timedelta(seconds=60)
_MINUTE = timedelta(minutes=1)
_TRIES = 50


class Timetable:
    """One schedule of a history, drawn by its dice."""

    def __init__(self, world: World, dice: Random) -> None:
        self._world = world
        self._dice = dice
        self.rule = dice.choice(RULES)
        self.schedule_id: UUID | None = None
        self._begun = self._until = world.clock.now()

    async def begin(self) -> None:
        """Sets the clock some minutes before a change, and makes the schedule."""
        w, dice = self._world, self._dice
        early = timedelta(seconds=dice.randrange(20, 1200))
        w.clock.jump((dice.choice(CHANGES) - early - w.clock.now()).total_seconds())
        report = Report()
        body: dict[str, object] = {
            "name": "often",
            "rule": {"kind": "cron", "expression": self.rule},
            "zone": ZONE,
            "overlap": dice.choice(("allow", "skip", "queue", "replace")),
            "catch_up": {"policy": dice.choice(("none", "last", "all"))},
            "jitter_ms": dice.choice((0, 0, 20_000)),
            "target": {
                "spec": {
                    "command": {"type": "shell", "script": "true"},
                    "image": IMAGE,
                    "timeout_ms": 60_000,
                    "queue_timeout_ms": 60_000,
                    "grace_ms": 1_000,
                }
            },
        }
        section = open_section(report, "", body, FIELDS, {})
        self._begun = w.clock.now()
        draft = read_schedule(section, report, w.engine.core.zones, self._begun)
        view = await w.engine.schedules.create(draft, actor="ann")
        self.schedule_id = view.schedule.id

    async def end(self) -> list[UUID]:
        """Decides what has come by now and fires no more; the jobs that were made."""
        if self.schedule_id is None:
            return []
        for _ in range(_TRIES):
            await quiet()
            self._until = self._world.clock.now()
            try:
                await self._world.engine.schedules.set_paused(self.schedule_id, True, actor="ann")
                await self._world.engine.schedules.firer.run_once()
                await self._world.engine.schedules.set_paused(self.schedule_id, False, actor="ann")
                await self._world.engine.schedules.set_paused(self.schedule_id, True, actor="ann")
            except Unavailable:
                continue
            except HodeiError as error:
                raise AssertionError(f"the schedule was not paused: {error}") from error
            return [row.job_id for row in self._rows() if row.job_id is not None]
        raise AssertionError("the schedule was not paused")

    def check(self) -> None:
        """Raises AssertionError for a slot that was not decided exactly once."""
        if self.schedule_id is None:
            return
        zone = self._world.engine.core.zones.get(ZONE)
        assert zone is not None
        rows = self._rows()
        last = max([self._until, *(row.until or row.slot for row in rows)])
        before = last.replace(second=0, microsecond=0) + _MINUTE
        start = self._begun.replace(second=0, microsecond=0)
        meant = [at for at in Walker(self.rule).slots(zone, start, before) if at > self._begun]
        for row in rows:
            assert row.slot in meant, f"{self.rule} fired at {row.slot}"
            assert row.outcome not in OPEN, f"the slot {row.slot} is {row.outcome}"
            if row.outcome is Outcome.SKIPPED_MISSED:
                assert row.fired_at - row.slot > ON_TIME, f"{row.slot} was not missed"
        for at in meant:
            times = sum(row.slot <= at <= (row.until or row.slot) for row in rows)
            assert times == 1 or (at > self._until and not times), f"{at} was decided {times} times"
        jobs = [row.job_id for row in rows if row.outcome is Outcome.SUBMITTED]
        assert None not in jobs, "a slot was submitted without a job"
        assert len(set(jobs)) == len(jobs), "two slots share a job"

    def _rows(self) -> list[Firing]:
        assert self.schedule_id is not None
        return list(self._world.tables.firings[self.schedule_id].rows.values())
