"""Firer: the loop that decides slots when they have come and submits their jobs.

Every replica runs it. A turn reads how a schedule stands, decides purely, and saves by
compare-and-set; only whoever saved has decided. The job is submitted afterwards, under an
idempotency key made of the schedule and the slot, so that a crash in between is repaired by
whoever looks next, and two that look at once make one job. The database's clock says when a
slot has come; this machine's only measures how long to wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from hodei.domain.errors import Conflict, HodeiError, IdempotencyMismatch, NotFound, Unavailable
from hodei.domain.job import Job
from hodei.domain.schedules.rule import Timing, seed_of
from hodei.domain.schedules.schedule import OPEN, Firing, Outcome, Schedule
from hodei.domain.schedules.turn import decide
from hodei.domain.schedules.zones import Zones
from hodei.engine.schedules.events import schedule_event
from hodei.ports.clock import Chance, Clock
from hodei.ports.meter import EngineMeter, Loop
from hodei.ports.schedules import FiringRow, ScheduleStore

logger = logging.getLogger(__name__)

SWEEP_S = 30.0
"""How often the loop looks when nothing woke it: hints may be lost, clocks may be set."""
OPEN_SWEEP_S = 5.0
"""The same while firings are open: another replica may have died over them."""
AT_ONCE = 8
"""Schedules that one replica works on at the same time."""
_BATCH = 1000
_PAUSE_S = 0.5
_TURNS = 3
_MICROSECOND = timedelta(microseconds=1)


class Submits(Protocol):
    """Makes the job of a firing."""

    async def submit(self, schedule: Schedule, firing: Firing, actor: str) -> Job:
        """See `Targets.submit`."""
        ...


class Cancels(Protocol):
    """Cancels a job."""

    async def cancel(self, key: str, *, actor: str, reason: str = "") -> object:
        """See `Jobs.cancel`."""
        ...


class Firer:
    """Fires slots on this replica."""

    def __init__(
        self,
        store: ScheduleStore,
        targets: Submits,
        jobs: Cancels,
        *,
        zones: Zones,
        clock: Clock,
        chance: Chance,
        meter: EngineMeter,
    ) -> None:
        self._store = store
        self._targets = targets
        self._jobs = jobs
        self._zones = zones
        self._clock = clock
        self._chance = chance
        self._meter = meter
        self._wake = asyncio.Event()
        self._open = False

    def wake(self) -> None:
        """A schedule has changed."""
        self._wake.set()

    def job_changed(self) -> None:
        """A job has changed: a slot may wait for it."""
        if self._open:
            self._wake.set()

    def timing(self, schedule: Schedule) -> Timing:
        """What the times of a schedule depend on. Raises NotFound for a zone that is gone."""
        zone = self._zones.get(schedule.zone)
        if zone is None:
            raise NotFound("time zone", schedule.zone)
        return Timing(
            rule=schedule.rule,
            zone=zone,
            seed=seed_of(schedule.id),
            starts_at=schedule.starts_at,
            ends_at=schedule.ends_at,
        )

    async def run(self) -> None:
        """Fires until cancelled: when a slot has come, when woken, and once per sweep."""
        while True:
            try:
                patience = await self.run_once()
                self._meter.passed(Loop.SCHEDULES)
                await self._wait(patience)
            except Unavailable as error:
                logger.warning("store does not answer", extra={"error": str(error)})
                await self._clock.sleep(_PAUSE_S)
            except Exception:
                logger.exception("schedules were not looked at")
                await self._clock.sleep(_PAUSE_S)

    async def run_once(self) -> float:
        """One look; gives the seconds until the next one that is known to be needed."""
        self._wake.clear()
        due = await self._store.due_schedules(_BATCH)
        # Replicas that look at the same moment begin at different ends.
        shift = int(self._chance.share() * len(due.ids)) if due.ids else 0
        ids = [*due.ids[shift:], *due.ids[:shift]]
        limit = asyncio.Semaphore(AT_ONCE)
        turns = (self._guarded(one, limit) for one in ids)
        left = await asyncio.gather(*turns, return_exceptions=True)
        self._open = any(left)
        for failed in left:
            if isinstance(failed, BaseException):
                raise failed
        if len(due.ids) >= _BATCH and not all(left):
            return 0.0
        patience = OPEN_SWEEP_S if self._open else SWEEP_S
        if due.ids:
            due = await self._store.due_schedules(_BATCH)
        return patience if due.next_in_s is None else min(patience, max(due.next_in_s, 0.0))

    async def _wait(self, seconds: float) -> None:
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((sleep, wake), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            wake.cancel()

    async def _guarded(self, schedule_id: UUID, limit: asyncio.Semaphore) -> bool:
        async with limit:
            try:
                return await self.take_turn(schedule_id)
            except Unavailable:
                raise
            except Exception:
                logger.exception("schedule not fired", extra={"schedule_id": str(schedule_id)})
                return True

    async def take_turn(self, schedule_id: UUID) -> bool:
        """Decides what is due of one schedule and carries it out; whether firings stay open."""
        for _ in range(_TURNS):
            standing = await self._store.standing(schedule_id)
            if standing is None:
                return False
            schedule = standing.schedule
            decision = decide(standing, self.timing(schedule))
            saved = True
            if decision.firings or decision.schedule != schedule:
                event = schedule_event(schedule, standing.now) if decision.firings else None
                saved = await self._store.save_schedule(
                    decision.schedule, decision.firings, event, over=standing.over
                )
            if not saved:
                continue
            for firing in decision.firings:
                if firing.outcome not in OPEN:
                    self._meter.fired(firing.outcome)
            await self._cancel(schedule, decision.cancel)
            decided = {firing.slot: firing for firing in (*standing.open, *decision.firings)}
            await self._carry_out(schedule, list(decided.values()))
            return any(firing.outcome is Outcome.WAITING for firing in decided.values())
        return True  # others decide; their hints tell

    async def _carry_out(self, schedule: Schedule, firings: Sequence[Firing]) -> None:
        for firing in sorted(firings, key=lambda one: one.slot):
            if firing.outcome is Outcome.SUBMITTING:
                await self.carry_out(schedule, firing)

    async def carry_out(self, schedule: Schedule, firing: Firing) -> FiringRow:
        """Submits the job of a firing that was decided, and notes what came of it.

        Raises Unavailable: then it stays open, and somebody carries it out later.
        """
        actor = firing.actor or f"schedule:{schedule.name}"
        now = self._clock.now()
        try:
            job_id = await self._store.job_of_key(schedule.project, firing.key)
            if job_id is None:
                job_id = (await self._targets.submit(schedule, firing, actor)).id
        except Unavailable:
            raise
        except IdempotencyMismatch:
            # The schedule was changed while somebody else submitted this very slot.
            job_id = await self._store.job_of_key(schedule.project, firing.key)
            done = replace(firing, outcome=Outcome.SUBMITTED, job_id=job_id)
        except HodeiError as error:
            done = replace(
                firing, outcome=Outcome.REFUSED, code=error.code, reason=str(error)[:1000]
            )
        else:
            done = replace(firing, outcome=Outcome.SUBMITTED, job_id=job_id)
        if await self._store.settle_firing(done, schedule_event(schedule, now)):
            self._meter.fired(done.outcome)
        found = await self._store.firings(schedule.id, before=firing.slot + _MICROSECOND, limit=1)
        return found[0] if found else FiringRow(firing=done)

    async def _cancel(self, schedule: Schedule, job_ids: Sequence[UUID]) -> None:
        for job_id in job_ids:
            try:
                await self._jobs.cancel(
                    str(job_id),
                    actor=f"schedule:{schedule.name}",
                    reason="a newer slot of its schedule replaces it",
                )
            except (Conflict, NotFound):
                continue  # it is over
