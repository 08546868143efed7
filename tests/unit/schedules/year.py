"""A year of schedules on virtual time, with replicas that die at any moment.

Every replica is the real loop's `run_once` on the memory store; killing one cancels it wherever
it waits. The clock, which is the database's, is set forward and back now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from uuid import UUID

from hodei.adapters.memory import MemoryStore
from hodei.adapters.memory.faults import MemoryFaults
from hodei.adapters.memory.tables import Tables
from hodei.adapters.system import PackagedZones
from hodei.domain.errors import Unavailable
from hodei.domain.events import Event, EventKind
from hodei.domain.job import Job, JobState
from hodei.domain.schedules.rule import CronRule, IntervalRule, Rule
from hodei.domain.schedules.schedule import (
    CatchUp,
    CatchUpPolicy,
    Firing,
    Overlap,
    Schedule,
    SpecTarget,
)
from hodei.domain.spec import Command, CommandType, JobSpec
from hodei.engine.schedules.events import schedule_event
from hodei.engine.schedules.firer import OPEN_SWEEP_S, SWEEP_S, Firer
from hodei.ports.meter import Unmetered
from hodei.testing.fake_clock import FakeChance

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
REPLICAS = 3


class SetClock:
    """Shows what it was set to."""

    def __init__(self) -> None:
        self.time = START
        self.wrong = timedelta()

    def now(self) -> datetime:
        """What the database says."""
        return self.time + self.wrong

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return (self.time - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """The simulation wakes replicas by itself."""
        raise AssertionError("nothing sleeps here")


class SlowStore(MemoryStore):
    """Each call begins after some turns of the loop: replicas overtake each other."""

    slowness: Random

    async def _begin(self) -> None:
        for _ in range(self.slowness.choice((0, 0, 0, 0, 1, 7))):
            await asyncio.sleep(0)
        await super()._begin()


@dataclass(slots=True)
class Run:
    """A job's life, in true time."""

    begun: datetime
    ended: datetime | None = None


class Year:
    """The whole world of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.runs: dict[UUID, Run] = {}
        self.deaths = 0
        self.outages: list[tuple[datetime, datetime]] = []
        """Stretches in which no replica lived."""
        self.steps: list[timedelta] = []
        self.clock = SetClock()
        self.tables = Tables("inst")
        self.faults = MemoryFaults()
        self.store = MemoryStore(self.clock, tables=self.tables)
        self.schedules = made(self.random)
        self._next_looks: list[tuple[datetime, int]] = []
        self._ends: list[tuple[datetime, int, UUID]] = []
        self._cancelled: set[str] = set()

    # ---- what the loop is given

    async def submit(self, schedule: Schedule, firing: Firing, actor: str) -> Job:
        """`Submits`: the job of a firing."""
        assert isinstance(schedule.target, SpecTarget)
        now = self.clock.now()
        job = Job(
            id=UUID(int=self.random.getrandbits(128), version=4),
            spec=schedule.target.spec,
            owner=actor,
            submitted_at=now,
            queued_at=now,
            not_before=now,
            idempotency_key=firing.key,
        )
        store = MemoryStore(self.clock, tables=self.tables, faults=self.faults)
        event = Event(kind=EventKind.JOB_SUBMITTED, at=now, job_id=job.id)
        try:
            [kept] = await store.submit([job], [event])
        finally:
            job_id = self.tables.job_by_key.get((schedule.project, firing.key))
            if job_id is not None and job_id not in self.runs:
                self.runs[job_id] = Run(self.clock.time)
                self._plan_end(job_id, schedule)
        return kept

    async def cancel(self, key: str, *, actor: str, reason: str = "") -> object:
        """`Cancels`: it takes effect a little later."""
        await asyncio.sleep(0)
        if key not in self._cancelled:
            self._cancelled.add(key)
            later = self.clock.time + timedelta(seconds=self.random.choice([1, 20, 90_000]))
            heappush(self._ends, (later, 0, UUID(key)))
        return None

    def _plan_end(self, job_id: UUID, schedule: Schedule) -> None:
        lengths = LENGTHS[schedule.name]
        seconds = self.random.choice(lengths)
        at = self.clock.time + timedelta(seconds=seconds)
        heappush(self._ends, (at, job_id.int & 0xFFFF, job_id))

    # ---- time

    async def run(self) -> None:
        """From the first of January to the next, and on until nothing is open."""
        for schedule in self.schedules:
            await self.store.add_schedule(schedule, schedule_event(schedule, START))
        firers = [self._born() for _ in range(REPLICAS)]
        for number in range(REPLICAS):
            heappush(self._next_looks, (START, number))
        while self._next_looks[0][0] < END:
            at, number = heappop(self._next_looks)
            await self._until(at)
            together = [number]
            if self.random.random() < 0.15:
                # A hint, or the slot itself, wakes all who live.
                soon = at + timedelta(seconds=SWEEP_S)
                together += [one for when, one in self._next_looks if when <= soon]
                self._next_looks = sorted(look for look in self._next_looks if look[0] > soon)
            await asyncio.gather(*(self._look(firers, one, at) for one in together))
            self._trouble(at)
        await self._calm(firers)

    async def _look(self, firers: list[Firer], number: int, at: datetime) -> None:
        task = asyncio.ensure_future(firers[number].run_once())
        if self.random.random() < 0.02:
            self.faults.commits_unanswered += 1
        if self.random.random() < 0.04:
            for _ in range(self.random.randrange(40)):
                await asyncio.sleep(0)
            task.cancel()
        try:
            wait = await task
        except asyncio.CancelledError:
            self.deaths += 1
            firers[number] = self._born()
            wait = self.random.choice([1, 5, 60, 600, 7200, 86400])
        except Unavailable:
            wait = 0.5
        if wait >= OPEN_SWEEP_S:
            # The looks until a slot comes or a job ends, whose hint wakes, would all be alike.
            wait = self._quiet_s() + self.random.uniform(0, SWEEP_S)
        heappush(self._next_looks, (at + timedelta(seconds=max(wait, 0.001)), number))

    def _quiet_s(self) -> float:
        now = self.clock.now()
        come = [s.next_at for s in self.tables.schedules.values() if s.next_at]
        ends = [at + self.clock.wrong for at, _, _ in self._ends[:1]]
        return max(OPEN_SWEEP_S, (min([*come, *ends]) - now).total_seconds())

    async def _until(self, at: datetime) -> None:
        while self._ends and self._ends[0][0] <= at:
            ended, _, job_id = heappop(self._ends)
            entry = self.tables.jobs[job_id]
            if entry.job.finished:
                continue
            self.clock.time = max(self.clock.time, ended)
            self.runs[job_id].ended = self.clock.time
            self.tables.put_job(replace(entry.job, state=JobState.SUCCEEDED))
        self.clock.time = max(self.clock.time, at)

    def _trouble(self, at: datetime) -> None:
        if self.random.random() < 0.0015:
            # Everything is down for a while.
            until = at + timedelta(seconds=self.random.choice([90, 3600, 40_000, 400_000]))
            self.outages.append((at, until))
            looks = [(max(when, until), number) for when, number in self._next_looks]
            self._next_looks = sorted(looks)
        if self.random.random() < 0.001:
            self.clock.wrong = timedelta(seconds=self.random.uniform(-4000, 4000))
            self.steps.append(self.clock.wrong)

    async def _calm(self, firers: Sequence[Firer]) -> None:
        """No more trouble: what is open is closed."""
        self.clock.wrong = max([*self.steps, timedelta()])
        self.faults.commits_unanswered = 0
        for _ in range(200):
            await self._until(max([self.clock.time, *(end for end, _, _ in self._ends)]))
            await firers[0].run_once()
            self.clock.time += timedelta(seconds=1)
            due = await self.store.due_schedules()
            if not due.ids and not self._ends:
                return
        raise AssertionError("firings stay open")

    def _born(self) -> Firer:
        store = SlowStore(self.clock, tables=self.tables, faults=self.faults)
        store.slowness = self.random
        return Firer(
            store,
            self,
            self,
            zones=PackagedZones(),
            clock=self.clock,
            chance=FakeChance(self.random.randrange(1 << 30)),
            meter=Unmetered(),
        )


LENGTHS: Mapping[str, Sequence[int]] = {
    "half-daily": (5, 600, 40_000),
    "night": (60, 7200),
    "interval": (60, 30_000, 120_000),
    "replace": (600, 100_000),
    "weekly": (60,),
    "clock-days": (10,),
    "month-end": (3600,),
}


def made(random: Random) -> list[Schedule]:
    """One schedule for each policy."""
    every_13h = IntervalRule(every_ms=13 * 3_600_000, anchor=START + timedelta(minutes=1))
    none, last, everything = (CatchUp(policy=policy, limit=1000) for policy in CatchUpPolicy)
    return [
        _schedule(random, "half-daily", CronRule(expression="0 */12 * * *"), Overlap.SKIP, none),
        _schedule(random, "night", CronRule(expression="30 2 * * *"), Overlap.ALLOW, everything),
        _schedule(random, "interval", every_13h, Overlap.QUEUE, everything, queue_limit=3),
        _schedule(
            random, "replace", CronRule(expression="H H(0-5),12 * * *"), Overlap.REPLACE, last
        ),
        _schedule(
            random,
            "weekly",
            CronRule(expression="0 0 * * MON"),
            Overlap.ALLOW,
            none,
            jitter_ms=600_000,
        ),
        _schedule(random, "clock-days", CronRule(expression="*/30 * 29 3 *"), Overlap.ALLOW, none),
        _schedule(random, "month-end", CronRule(expression="0 9 LW * *"), Overlap.ALLOW, last),
    ]


def _schedule(
    random: Random,
    name: str,
    rule: Rule,
    overlap: Overlap,
    catch_up: CatchUp,
    *,
    queue_limit: int = 1,
    jitter_ms: int = 0,
) -> Schedule:
    zones = ("Europe/Madrid", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca")
    spec = JobSpec(name=name, command=Command(type=CommandType.SHELL, script="true"))
    return Schedule(
        id=UUID(int=random.getrandbits(128), version=4),
        project="default",
        name=name,
        rule=rule,
        zone=random.choice(zones),
        overlap=overlap,
        queue_limit=queue_limit,
        catch_up=catch_up,
        jitter_ms=jitter_ms,
        target=SpecTarget(spec=spec),
        created_at=START,
        created_by="ana",
        updated_at=START,
        updated_by="ana",
        handled_until=START,
        next_at=START,
    )
