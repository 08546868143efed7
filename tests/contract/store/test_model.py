"""Random lives of an installation, lived by memory and by PostgreSQL side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import TypeVar
from uuid import UUID

import pytest

from hodei.adapters.memory import MemoryStore
from hodei.adapters.postgres import PostgresStore
from hodei.adapters.system import SystemClock
from hodei.domain.attempt import Phase
from hodei.domain.errors import InvalidRequest
from hodei.domain.events import Event, EventKind
from hodei.domain.job import Job, JobState, request_cancel
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.placement import placement_class
from hodei.domain.provider import Health
from hodei.domain.spec import CommandType, Priority
from hodei.domain.worker import Target, WorkerState
from hodei.ports.store import Held, JobFilter, JobSort, Sample, Unit
from hodei.testing.store_contract.rows import (
    FAILURE,
    FAR,
    OTHER_PROVIDER,
    PROVIDER,
    SUCCESS,
    T0,
    after,
    append,
    bind,
    event_of,
    finish,
    new_job,
    new_provider,
    new_spec,
    start,
    text_segment,
    unit_of,
)
from tests.contract.store.pair import Pair

STEPS = 250
OUTCOMES = (
    SUCCESS,
    FAILURE,
    Outcome(cause=Cause.TIMEOUT, signal=9),
    Outcome(cause=Cause.CANCELLED),
)
NAMES = ("build", "Build 100%", "test_it", "deploy")
PROJECTS = ("default", "a", "b")
T = TypeVar("T")
REPLICAS = ("r1", "r2")
PROVIDERS = (PROVIDER, OTHER_PROVIDER)
MEMORIES = (64, 512)


class Life:
    """Does random things to a pair and keeps the ids that it has seen."""

    def __init__(self, pair: Pair, random: Random) -> None:
        self.pair = pair
        self.random = random
        self.second = 0
        self.jobs: list[UUID] = []
        self.attempts: list[UUID] = []

    def time(self) -> datetime:
        """Mostly later than before, sometimes equal."""
        self.second += self.random.choice([0, 0, 1, 7, 400])
        return after(self.second)

    async def commit(self, *units: Unit) -> None:
        """Saves on both; some units lie about a version."""
        lying = [
            replace(unit, jobs=tuple(replace(job, version=99) for job in unit.jobs))
            if unit.jobs and self.random.random() < 0.1
            else unit
            for unit in units
        ]
        await self.pair.same(lambda store: store.commit(lying))

    async def some_job(self) -> Job | None:
        """A stored job that may have been purged since."""
        if not self.jobs:
            return None
        job_id = self.random.choice(self.jobs)
        return await self.pair.same(lambda store: store.get_job(job_id))

    async def some_held(self) -> Held | None:
        """A stored attempt with job and worker."""
        if not self.attempts:
            return None
        attempt_id = self.random.choice(self.attempts)
        return await self.pair.same(lambda store: store.held(attempt_id))

    # ---- what happens

    async def submit(self) -> None:
        random = self.random
        new = [
            new_job(
                new_spec(
                    random.choice(NAMES),
                    project=random.choice(PROJECTS),
                    priority=random.choice([*Priority]),
                    kind=random.choice([*CommandType][:2]),
                    image=random.choice([None, "alpine:3"]),
                    labels=random.choice([{}, {"team": "x"}, {"team": "x", "env": "dev"}]),
                    memory_mb=random.choice(MEMORIES),
                ),
                at=self.time(),
                key=random.choice([None, None, "k1", "k2", "k3"]),
                owner=random.choice(["ana", "eva"]),
                not_before=random.choice([None, None, FAR]),
                queue_deadline=random.choice([None, T0, FAR]),
                job_id=UUID(int=random.getrandbits(128), version=4),
            )
            for _ in range(random.randint(1, 5))
        ]
        # Several of the same key in one call: which one stays is the store's choice.
        new = list({(job.spec.project, job.idempotency_key or job.id): job for job in new}.values())
        events = [event_of(job) for job in new]
        kept = await self.pair.same(lambda store: store.submit(new, events))
        self.jobs += [job.id for job in kept]

    async def claim_and_bind(self) -> None:
        random = self.random
        replica, limit = random.choice(REPLICAS), random.randint(1, 4)
        blocked = [
            placement_class(new_spec(memory_mb=m)) for m in MEMORIES if random.random() < 0.3
        ]
        claimed = await self.pair.same(
            lambda store: store.claim(replica, limit=limit, lease_s=3600, blocked=blocked)
        )
        for job in claimed:
            if random.random() < 0.3:
                await self.give_back(replica, job)
            elif random.random() < 0.8:
                held = bind(job, provider_id=random.choice(PROVIDERS), at=self.time())
                room = random.choice([None, None, 3])
                unit = replace(unit_of(held), replica=replica, max_live=room)
                await self.commit(replace(unit, events=(event_of(job, EventKind.JOB_ASSIGNED),)))
                self.attempts.append(held.attempt.id)

    async def give_back(self, replica: str, job: Job) -> None:
        await self.pair.same(lambda store: store.unclaim(replica, [job.id]))

    async def begin(self) -> None:
        held = await self.some_held()
        if held and held.job.state is JobState.ASSIGNED and held.attempt.phase is Phase.QUEUED:
            begun = start(held, at=self.time())
            deadline = self.random.choice([None, T0, FAR])
            attempt = replace(begun.attempt, run_deadline=deadline)
            await self.commit(unit_of(replace(begun, attempt=attempt)))

    async def end(self) -> None:
        held = await self.some_held()
        if held and held.job.state is JobState.RUNNING and held.attempt.phase is Phase.RUNNING:
            over = finish(held, self.random.choice(OUTCOMES), at=self.time())
            used = replace(over.attempt, cpu_ms=self.random.randrange(9), memory_peak_bytes=5)
            await self.commit(unit_of(replace(over, attempt=used)))

    async def retry(self) -> None:
        held = await self.some_held()
        if held and held.job.state is JobState.RUNNING and held.attempt.phase is Phase.RUNNING:
            over = finish(held, FAILURE, at=self.time())
            back = replace(held.job, state=JobState.PENDING, queued_at=self.time(), attempt_id=None)
            await self.commit(unit_of(replace(over, job=back)))

    async def cancel(self) -> None:
        job = await self.some_job()
        if job and not job.finished:
            await self.commit(Unit(jobs=(request_cancel(job, "why", self.time()),)))

    async def give_up(self) -> None:
        held = await self.some_held()
        if held and held.worker.state is not WorkerState.GONE:
            worker = replace(held.worker, target=Target.GONE, state=WorkerState.TERMINATING)
            await self.commit(Unit(workers=(worker,)))

    async def reprioritise(self) -> None:
        job = await self.some_job()
        if job and job.state is JobState.PENDING:
            spec = replace(job.spec, priority=self.random.choice([*Priority]))
            await self.commit(Unit(jobs=(replace(job, spec=spec),)))

    async def log(self) -> None:
        held = await self.some_held()
        if held is None:
            return
        attempt_id = held.attempt.id
        state = await self.pair.same(lambda store: store.log_state(attempt_id))
        seq, line = (state.head.acked_seq, state.head.next_line) if state else (0, 1)
        if self.random.random() < 0.2:
            seq += 1
        texts = [self.random.choice(["line", "E bad"]) for _ in range(self.random.randint(1, 9))]
        await self.commit(Unit(logs=(append(attempt_id, seq, seq + 2, text_segment(line, texts)),)))

    async def sample(self) -> None:
        held = await self.some_held()
        if held is not None:
            at = after(self.random.randrange(500))
            sample = Sample(attempt_id=held.attempt.id, at=at, cpu_ms=1, memory_bytes=2)
            await self.commit(Unit(samples=(sample,)))

    async def renew(self) -> None:
        held = await self.some_held()
        if held is not None:
            ids, replica = [held.worker.id, UUID(int=1)], self.random.choice(REPLICAS)
            await self.pair.same(lambda store: store.renew(replica, ids, 3600))

    async def configure(self) -> None:
        name, number = self.random.choice(["p", "q"]), self.random.randint(1, 3)
        record = await self.pair.same(lambda store: store.get_provider(name))
        record = record or new_provider(name, UUID(int=number))
        await self.commit(Unit(providers=(replace(record, region=str(number)),)))
        health = Health(ok=self.random.random() < 0.5, reason=str(number), checked_at=self.time())
        await self.pair.same(lambda store: store.record_health(record.id, health))
        event = Event(kind=EventKind.PROVIDER_CHANGED, at=T0)
        if self.random.random() < 0.3:
            await self.pair.same(lambda store: store.delete_provider(record.id, event))

    async def schedule(self) -> None:
        settings = await self.pair.same(lambda store: store.scheduler())
        step = self.random.choice([1_000, 600_000])
        version = settings.version + self.random.choice([0, 0, 1])
        changed = replace(settings, aging_step_ms=step, version=version)
        event = Event(kind=EventKind.SCHEDULER_CHANGED, at=T0)
        await self.pair.same(lambda store: store.save_scheduler(changed, event))

    async def block(self) -> None:
        kind = placement_class(new_spec(memory_mb=self.random.choice(MEMORIES)))
        reason = self.random.choice(["", "no room", "no such region"])
        await self.pair.same(lambda store: store.set_blocked({kind: reason}))

    async def purge(self) -> None:
        if self.random.random() < 0.7:
            return
        jobs_before = after(self.random.randrange(self.second + 1))
        logs_before = self.random.choice([after(-1), FAR])
        await self.pair.same(
            lambda store: store.purge(
                jobs_before=jobs_before, logs_before=logs_before, limit=10_000
            )
        )

    def happenings(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """What may happen; what makes others possible is here more than once."""
        return (
            *(self.submit, self.claim_and_bind, self.begin, self.end) * 4,
            *(self.retry, self.cancel, self.give_up, self.reprioritise, self.renew),
            *(self.log, self.sample, self.configure, self.schedule, self.block, self.purge),
        )

    # ---- what is seen

    def maybe(self, *choices: T) -> T | None:
        """Mostly None."""
        return self.random.choice(choices) if self.random.random() < 0.25 else None

    def filter(self) -> JobFilter:
        """A random one."""
        return JobFilter(
            states=frozenset(s for s in JobState if self.random.random() < 0.15),
            project=self.maybe(*PROJECTS),
            projects=self.projects(),
            name=self.maybe("build", "0%", "t_i", "zz"),
            owner=self.maybe("ana", "nobody"),
            provider_id=self.maybe(*PROVIDERS),
            priority=self.maybe(*Priority),
            command_type=self.maybe(*CommandType),
            image=self.maybe("alpine:3"),
            labels=self.maybe({"team": "x"}, {"env": "dev", "team": "x"}) or {},
            submitted_from=self.maybe(after(self.second / 3)),
            submitted_before=self.maybe(after(self.second / 2)),
        )

    def projects(self) -> frozenset[str] | None:
        """Those that somebody may see."""
        if self.random.random() < 0.5:
            return None
        return frozenset(name for name in PROJECTS if self.random.random() < 0.6)

    async def look_at_lists(self) -> None:
        where, sort = self.filter(), self.random.choice([*JobSort])
        await self.pair.same_jobs(where, sort, self.random.choice([1, 5, 100]))
        await self.pair.same(lambda store: store.count_jobs(where))
        await self.pair.same_queue(self.random.choice([2, 50]), self.projects())

    async def look_at_one(self) -> None:
        pair, job = self.pair, await self.some_job()
        if job is None:
            return
        await pair.same(lambda store: store.job_rows([job.id]))
        await pair.same(lambda store: store.attempts(job.id))
        await pair.same(lambda store: store.queue_entry(job.id))
        await pair.same(lambda store: store.job_events(job.id))
        prefix = str(job.id)[: self.random.choice([3, 4, 9, 10, 36])]
        try:
            assert job.id in await pair.same(lambda store: store.find_jobs(prefix))
        except InvalidRequest:
            assert len(prefix) < 4

    async def look_at_logs(self) -> None:
        held, line = await self.some_held(), self.random.randint(1, 30)
        if held is None:
            return
        attempt_id = held.attempt.id
        await self.pair.same(lambda store: store.segments(attempt_id, from_line=line, limit=3))
        await self.pair.same(lambda store: store.segments_at(attempt_id, [1, line]))
        await self.pair.same(lambda store: store.segments_before(attempt_id, line=line))
        await self.pair.same(lambda store: store.segment_metas(attempt_id))
        await self.pair.same(lambda store: store.samples(attempt_id, since=T0, limit=3))

    async def look_at_history(self, provider_id: UUID) -> None:
        await self.pair.same(lambda store: store.health_history(provider_id))

    async def look_at_everything(self) -> None:
        pair, random = self.pair, self.random
        projects = self.projects()
        await pair.same(lambda store: store.queue_status())
        await pair.same(lambda store: store.queue_status(projects))
        await pair.same(lambda store: store.unsettled())
        late = await pair.same(lambda store: _late_jobs(store.expired_in_queue()))
        assert all(job.queue_deadline == T0 for job in late)
        await pair.same(lambda store: store.list_workers(live=False))
        await pair.same(lambda store: store.leases())
        await pair.same(lambda store: store.count_live())
        await pair.same(lambda store: store.list_providers())
        await pair.same(lambda store: store.health())
        for record in await pair.one.list_providers():
            await self.look_at_history(record.id)
        await pair.same(lambda store: store.events(after="", limit=100_000))
        buckets = random.randint(1, 6)
        end = after(self.second + 1)
        await pair.same(
            lambda store: store.job_metrics(start=T0, end=end, buckets=buckets, projects=projects)
        )


async def _late_jobs(found: Awaitable[Sequence[Job]]) -> list[Job]:
    # Deadlines of the model are equal, and their order is then the store's choice.
    return sorted(await found, key=lambda job: job.id)


@pytest.mark.parametrize("seed", range(4))
async def test_memory_and_postgres_live_the_same_life(postgres_dsn: str, seed: int) -> None:
    random = Random(seed)
    async with PostgresStore.open(postgres_dsn) as postgres:
        life = Life(Pair(MemoryStore(SystemClock()), postgres), random)
        looks = (life.look_at_lists, life.look_at_one, life.look_at_logs)
        for step in range(STEPS):
            await random.choice(life.happenings())()
            await random.choice(looks)()
            if step % 25 == 24:
                await life.look_at_everything()
        counts = await life.pair.same(lambda store: store.count_jobs(JobFilter()))
        assert sum(counts[state] for state in JobState if counts[state]) > 20
        assert datetime.now(UTC) > after(life.second), "the model's times are past"
