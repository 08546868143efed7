"""A whole installation in one process: replicas on one store, a scripted cloud, one clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import heappop
from typing import Any, Protocol, cast
from uuid import UUID

from hodei.adapters.memory import MemoryBus, MemoryFaults, MemoryStore, Tables
from hodei.adapters.scripted.inspector import ScriptedInspector
from hodei.adapters.scripted.provider import ScriptedFactory
from hodei.adapters.security.passwords import Argon2Passwords
from hodei.adapters.security.sealing import SivSealer
from hodei.adapters.system import PackagedZones
from hodei.domain.attempt import Attempt
from hodei.domain.events import Event
from hodei.domain.job import Job
from hodei.domain.spec import Command, CommandType, JobSpec
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.commit import Committer
from hodei.engine.core import Core, Timings
from hodei.engine.engine import Engine
from hodei.engine.jobs import Submission
from hodei.engine.providers import ProviderConfig
from hodei.ports.certificates import WorkerCertificates
from hodei.ports.provider import ProviderFactory, ProvisionRequest, no_bundle
from hodei.ports.secrets import MountedSecret
from hodei.testing.fake_clock import FakeChance, FakeClock
from hodei.testing.fake_host import FakeHost
from tests.unit.engine.simulated_agent import SimulatedAgent, Span, live_as

# Scripted providers look at the machine's own time for deadlines: these never pass by it.
START = datetime(2100, 1, 1, tzinfo=UTC)
IMAGE = "busybox:1"


class _ReadyLoop(Protocol):
    _ready: Sequence[object]


async def quiet() -> None:
    """Returns when no task can run before time goes on."""
    ready = cast("_ReadyLoop", asyncio.get_running_loop())._ready
    await asyncio.sleep(0)
    while ready:
        await asyncio.sleep(0)


class StillClock(FakeClock):
    """A fake clock that lets everything come to rest, and no longer, before it goes on."""

    def __init__(self) -> None:
        super().__init__(START)

    async def advance(self, seconds: float) -> None:
        end = self._monotonic + seconds
        await quiet()
        while self._sleepers and self._sleepers[0].due <= end:
            sleeper = heappop(self._sleepers)
            if sleeper.woken.done():
                continue
            self._monotonic = max(self._monotonic, sleeper.due)
            sleeper.woken.set_result(None)
            await quiet()
        self._monotonic = end
        await quiet()


class DictSecrets:
    """Mounted secrets of the project `default`, in a dictionary."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    async def all(self, project: str | None = None) -> Sequence[MountedSecret]:
        return [
            MountedSecret(project="default", name=name, changed_at=START)
            for name in sorted(self.known)
            if project in (None, "default")
        ]

    async def values(self, project: str, names: Sequence[str]) -> Mapping[str, str]:
        return {name: self.known[name] for name in names if name in self.known}


@dataclass(slots=True)
class Replica:
    """One server process and what can be done to it."""

    name: str
    engine: Engine
    store: MemoryStore
    faults: MemoryFaults
    alive: bool = True

    async def crash(self) -> None:
        """kill -9: nothing is said, nothing more is saved, every stream breaks."""
        self.alive = False
        self.faults.down = True
        engine = self.engine
        for session in engine.sessions.all():
            session.peer.close()
        engine.sessions = type(engine.sessions)()
        await engine.provisioner.stop()
        await engine.terminator.stop()
        await quiet()


class World:
    """Everything a test needs; `home` is the replica that new agents call."""

    def __init__(self, *, timings: Timings | None = None, seed: int = 1) -> None:
        self.clock = StillClock()
        self.chance = FakeChance(seed)
        self.tables = Tables("inst")
        self.bus = MemoryBus()
        self.inspector = ScriptedInspector()
        self.secrets = DictSecrets()
        self.host = FakeHost()
        self.timings = timings or Timings()
        self.certificates: WorkerCertificates | None = None
        """For replicas that are added."""
        self.factories: dict[str, ProviderFactory] = {}
        """Types of providers beside `scripted`, for replicas that are added."""
        self.replicas: list[Replica] = []
        self.agents: dict[UUID, SimulatedAgent] = {}
        self.requests: dict[UUID, ProvisionRequest] = {}
        self.spans: list[Span] = []
        self.born_starting = True
        self.bundle = ""
        """Where the agent's bundle is for replicas that are added; empty: nowhere."""
        self.inspector.on_started(self._boot)

    async def _boot(self, request: ProvisionRequest) -> None:
        agent = SimulatedAgent(self.clock, request, self.spans)
        agent.starts = self.born_starting
        self.agents[request.worker_id] = agent
        self.requests[request.worker_id] = request
        await live_as(agent, self.home.engine)
        if request.worker_id in self.inspector.alive:
            self.inspector.kill(request.worker_id, 0)

    @property
    def home(self) -> Replica:
        """The first replica that lives."""
        return next(replica for replica in self.replicas if replica.alive)

    @property
    def engine(self) -> Engine:
        return self.home.engine

    async def add_replica(self) -> Replica:
        """Starts one more server process; its loops do not run."""
        faults = MemoryFaults()
        name = f"replica-{len(self.replicas) + 1}"
        store = MemoryStore(self.clock, tables=self.tables, bus=self.bus, faults=faults)
        core = Core(
            store=store,
            committer=Committer(store),
            bus=self.bus,
            clock=self.clock,
            chance=self.chance,
            mounted=self.secrets,
            sealer=SivSealer(b"k" * 32),
            passwords=Argon2Passwords(time_cost=1, memory_kib=8, lanes=1),
            host=self.host,
            zones=PackagedZones(),
            replica=name,
            installation_id="inst",
            agent_servers=("unix:/agent.sock",),
            timings=self.timings,
            certificates=self.certificates,
        )
        scripted = ScriptedFactory(self.inspector.cloud)
        factories: dict[str, ProviderFactory] = {"scripted": scripted, **self.factories}
        bundle = self.bundle

        async def agent_bundle() -> str:
            return bundle or await no_bundle()

        engine = Engine(
            core, factories, data_dir="/nowhere", agent_command=(), agent_bundle=agent_bundle
        )
        await engine.registry.refresh()
        replica = Replica(name, engine, store, faults)
        self.replicas.append(replica)
        return replica

    async def add_provider(
        self, name: str = "cloud", settings: Mapping[str, object] | None = None
    ) -> UUID:
        """A scripted provider; workers are used once unless told otherwise."""
        config = ProviderConfig(
            name=name, type="scripted", settings={"reusable_workers": False, **(settings or {})}
        )
        view = await self.engine.providers.create(config, actor="ann")
        for replica in self.replicas:
            if replica.alive:
                await replica.engine.registry.refresh()
        return view.record.id

    # ---- time

    async def sweep(self) -> None:
        """Every living replica looks once at everything."""
        for replica in self.replicas:
            if replica.alive:
                await replica.engine.dispatcher.run_once()
                await quiet()
                await replica.engine.reconciler.run_once()
                await quiet()

    async def pass_time(self, seconds: float, *, step: float = 1.0) -> None:
        """Time goes on; agents say that they are there, replicas sweep."""
        left = seconds
        while left > 0:
            stretch = min(step, left)
            await self.clock.advance(stretch)
            left -= stretch
            for agent in list(self.agents.values()):
                agent.heartbeat()
            await quiet()
            await self.sweep()

    # ---- jobs

    async def submit(self, **changes: Any) -> Job:
        """A job on the busybox image."""
        return await self.engine.jobs.submit(Submission(spec=spec(**changes)), actor="ann")

    async def run_job(self, **changes: Any) -> tuple[Job, SimulatedAgent]:
        """A job whose agent holds it."""
        job = await self.submit(**changes)
        await self.sweep()
        return self.job(job.id), self.agent_of(job.id)

    def job(self, job_id: UUID) -> Job:
        return self.tables.jobs[job_id].job

    def attempts(self, job_id: UUID) -> list[Attempt]:
        numbers = self.tables.attempts_of.get(job_id, {})
        return [self.tables.attempts[numbers[n]].attempt for n in sorted(numbers)]

    def attempt(self, job_id: UUID) -> Attempt:
        return self.attempts(job_id)[-1]

    def worker(self, worker_id: UUID) -> Worker:
        return self.tables.workers[worker_id].worker

    def agent_of(self, job_id: UUID) -> SimulatedAgent:
        return self.agents[self.attempt(job_id).worker_id]

    def live_workers(self) -> list[Worker]:
        return [entry.worker for entry in self.tables.live_workers()]

    def events(self, job_id: UUID) -> list[Event]:
        return [event for _, event in self.tables.events if event.job_id == job_id]

    def kinds(self, job_id: UUID) -> list[str]:
        return [event.kind.value for event in self.events(job_id)]

    def log_text(self, attempt_id: UUID) -> bytes:
        entry = self.tables.logs.get(attempt_id)
        return b"".join(segment.text for segment in entry.segments) if entry else b""

    def assert_tidy(self) -> None:
        """Nothing is left: no live row, nothing on the provider, no claim."""
        assert [w for w in self.live_workers() if w.state is not WorkerState.GONE] == []
        assert self.inspector.existing == frozenset()
        held = [e for e in self.tables.jobs.values() if e.claimed_by is not None]
        assert held == []

    async def close(self) -> None:
        """Ends every task that is left."""
        for agent in self.agents.values():
            agent.die()
        for replica in self.replicas:
            await replica.crash()
        mine = asyncio.current_task()
        rest = [task for task in asyncio.all_tasks() if task is not mine]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


@asynccontextmanager
async def world(
    replicas: int = 1,
    *,
    provider: bool = True,
    timings: Timings | None = None,
    certificates: WorkerCertificates | None = None,
    **settings: object,
) -> AsyncIterator[World]:
    """An installation with one scripted provider named `cloud`."""
    made = World(timings=timings)
    made.certificates = certificates
    for _ in range(replicas):
        await made.add_replica()
    if provider:
        await made.add_provider(settings=settings)
    try:
        yield made
    finally:
        await made.close()


_PLAIN = JobSpec(name="job", command=Command(type=CommandType.SHELL, script="true"), image=IMAGE)


def spec(**changes: Any) -> JobSpec:
    """A small spec with some fields changed."""
    return replace(_PLAIN, **changes)
