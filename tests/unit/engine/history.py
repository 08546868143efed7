"""One random history of an installation: everything that can happen, in an order drawn by a seed.

Sweeps run as tasks of their own and the next event often comes before they are done, so that
crashes, cuts and failures of the store meet them anywhere. Then chaos ends, time runs on until
nothing changes any more, and `tests.unit.engine.checker` judges what is left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import timedelta
from random import Random
from uuid import UUID

from hodei.domain.attempt import Attempt
from hodei.domain.errors import Conflict, HodeiError, Unavailable
from hodei.domain.outcome import Cause
from hodei.domain.provider import WarmPool
from hodei.domain.spec import Backoff, RetryPolicy
from hodei.domain.worker import Target
from hodei.engine.core import Timings
from hodei.engine.jobs import Submission
from hodei.engine.providers import ProviderConfig
from tests.unit.engine.simulated_agent import SimulatedAgent
from tests.unit.engine.timetable import Timetable
from tests.unit.engine.world import IMAGE, Replica, World, quiet, spec

STEPS = 200
MOST_REPLICAS = 6
MOST_JOBS = 12
JUMPS_S = (-3600, -61, -5, 5, 61, 600, 3600)
"""By which the wall clock is set."""
PLACES = ("intent", "provisioning", "pulling", "started", "enrol", "observe", "destroy")

logger = logging.getLogger(__name__)


class History:
    """A world and the dice that move it."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        # Shorter than in earnest, so that the end of a history comes sooner.
        self.world = World(seed=seed, timings=Timings(provision=timedelta(seconds=45)))
        self.jobs: list[UUID] = []
        self.story: list[str] = []
        """What was done, for whoever has to find out why it went wrong."""
        self.wrote: dict[UUID, bytearray] = {}
        self.sound: set[UUID] = set()
        """Attempts that nothing keeps from ending by themselves once chaos is over."""
        self._off = self._ahead = 0
        """Seconds by which the wall clock is set wrong, and the most it ever was."""
        self.timetable = Timetable(self.world, self.dice)
        self._sweeps: dict[tuple[str, str], asyncio.Task[object]] = {}
        self._acts: list[tuple[int, Callable[[], Coroutine[None, None, None]]]] = [
            (8, self._submit),
            (3, self._cancel),
            (40, self._agent_acts),
            (30, self._sweep),
            (14, self._time_passes),
            (2, self._a_while),
            (2, self._replica_dies),
            (3, self._replica_is_born),
            (10, self._store_fails),
            (5, self._provider_fails),
            (3, self._provider_goes_on),
            (2, self._worker_dies),
            (1, self._clock_jumps),
        ]

    async def play(self) -> None:
        """The whole history; afterwards everything should be at rest."""
        await self._begin()
        acts, weights = [act for _, act in self._acts], [weight for weight, _ in self._acts]
        for _ in range(STEPS):
            (act,) = self.dice.choices(acts, weights)
            await act()
            if self.dice.random() < 0.5:
                await quiet()
            else:
                for _ in range(self.dice.randrange(6)):
                    await asyncio.sleep(0)
        await self._come_to_rest()

    async def close(self) -> None:
        await self.world.close()

    async def _begin(self) -> None:
        w = self.world
        for _ in range(self.dice.choice((1, 2, 2, 3))):
            await w.add_replica()
        reusable, pool = self.dice.random() < 0.5, self.dice.choice((0, 0, 1, 2))
        self._config = ProviderConfig(
            name="cloud",
            type="scripted",
            settings={"reusable_workers": reusable, "max_workers": self.dice.randint(1, 5)},
            warm=(WarmPool(size=pool, image=IMAGE),) if pool else (),
            idle_timeout_ms=20_000,
        )
        await w.engine.providers.create(self._config, actor="ann")
        for replica in w.replicas:
            await replica.engine.registry.refresh()
        w.born_starting = False
        self._scheduled = self.dice.random() < 0.5
        if self._scheduled:
            await self.timetable.begin()

    def _note(self, what: str) -> None:
        self.story.append(f"{self.world.clock.monotonic():8.1f} {what}")

    # ---- what happens

    async def _submit(self) -> None:
        if len(self.jobs) >= MOST_JOBS:
            return
        dice = self.dice
        retry = RetryPolicy(max_attempts=dice.choice((1, 2, 3)), backoff=Backoff(initial_ms=500))
        wanted = spec(
            retry=retry,
            timeout_ms=dice.choice((5_000, 60_000, 300_000)),
            grace_ms=dice.choice((0, 1_000, 10_000)),
            queue_timeout_ms=dice.choice((None, None, 2_000, 60_000)),
        )
        # A client that got no answer repeats with the same key.
        once = Submission(spec=wanted, idempotency_key=f"key-{len(self.jobs)}")
        for _ in range(20):
            replica = self._someone()
            try:
                job = await replica.engine.jobs.submit(once, actor="ann")
            except Unavailable:
                replica.faults.down = False
                continue
            self.jobs.append(job.id)
            self._note(f"submit {job.id}")
            return

    async def _cancel(self) -> None:
        if self.jobs:
            job_id = self.dice.choice(self.jobs)
            self._note(f"cancel {job_id}")
            try:
                await self._someone().engine.jobs.cancel(str(job_id), actor="ann")
            except (Conflict, Unavailable):
                return

    async def _agent_acts(self) -> None:
        living = [agent for agent in self.world.agents.values() if not agent.gone.is_set()]
        if not living:
            return
        agent = self.dice.choice(living)
        (act,) = self.dice.choices(
            [
                *(self._work, self._disconnect, self._connect, self._mute),
                *(self._deafen, self._repeat, self._beat),
            ],
            [60, 6, 14, 2, 3, 8, 10],
        )
        act(agent)

    async def _sweep(self) -> None:
        replica = self._someone()
        kind = self.dice.choice(("dispatch", "reconcile", "schedules"))
        self._start_sweep(replica, kind)

    async def _time_passes(self) -> None:
        seconds = self.dice.choice((0.1, 0.3, 1, 1, 2, 3, 3, 5, 12))
        await self.world.clock.advance(seconds)

    async def _clock_jumps(self) -> None:
        seconds = self.dice.choice(JUMPS_S)
        self._note(f"the wall clock is set by {seconds} s")
        self.world.clock.jump(seconds)
        self._off += seconds
        self._ahead = max(self._ahead, self._off)

    async def _a_while(self) -> None:
        """Long enough for silence, graces and deadlines; whoever is cut off stays so."""
        self._note("a while")
        for _ in range(self.dice.randrange(2, 20)):
            for replica in self.world.replicas:
                if replica.alive:
                    self._start_sweep(replica, "dispatch")
                    self._start_sweep(replica, "reconcile")
                    self._start_sweep(replica, "schedules")
            for agent in self.world.agents.values():
                agent.heartbeat()
            await self.world.clock.advance(3)

    async def _replica_dies(self) -> None:
        living = [replica for replica in self.world.replicas if replica.alive]
        if len(living) > 1:
            await self._kill(self.dice.choice(living))

    async def _replica_is_born(self) -> None:
        if len(self.world.replicas) < MOST_REPLICAS:
            self._note("a replica starts")
            await self.world.add_replica()

    async def _store_fails(self) -> None:
        faults = self._someone().faults
        what = self.dice.choice(("lost", "unanswered", "down"))
        self._note(f"store {what}")
        faults.commits_lost += what == "lost"
        faults.commits_unanswered += what == "unanswered"
        if what == "down":
            faults.down = True
            for _ in range(self.dice.randrange(4)):
                await self._sweep()
                await self.world.clock.advance(self.dice.choice((0.1, 1, 4)))
            faults.down = False

    async def _provider_fails(self) -> None:
        place = self.dice.choice(PLACES)
        deathless = place in ("destroy", "observe")
        deed = self.dice.choice(("fail", "hang") if deathless else ("fail", "hang", "die"))
        self._note(f"provider will {deed} at {place}")
        inspector = self.world.inspector
        {"fail": inspector.fail, "hang": inspector.hang, "die": inspector.die}[deed](place)

    async def _provider_goes_on(self) -> None:
        self.world.inspector.release()

    async def _worker_dies(self) -> None:
        alive = sorted(self.world.inspector.alive, key=str)
        if alive:
            worker_id = self.dice.choice(alive)
            self._note(f"worker {worker_id} dies")
            if self.dice.random() < 0.5:
                self.world.inspector.kill(worker_id)
            else:
                self.world.inspector.vanish(worker_id)

    # ---- agents

    def _work(self, agent: SimulatedAgent) -> None:
        run = agent.held
        if run is None or run.exited is not None:
            return
        if run.started_at is None:
            self._note(f"start {run.order.attempt_id}")
            agent.start()
            return
        if self.dice.random() < 0.7:
            data = self.dice.choice((b"line\n", b"two\nlines\n", b"half ", b"", b"\n"))
            self.wrote.setdefault(run.order.attempt_id, bytearray()).extend(data)
            agent.write(data)
            if self.dice.random() < 0.15:
                self._disconnect(agent)
            return
        self._note(f"exit {run.order.attempt_id}")
        code, cause = self.dice.choice(
            ((0, Cause.EXIT), (0, Cause.EXIT), (3, Cause.EXIT), (None, Cause.SIGNAL))
        )
        if run.cancelled:
            code, cause = None, Cause.CANCELLED
        agent.exit(code, cause, signal=None if code is not None else 9)
        if self.dice.random() < 0.15:
            self._disconnect(agent)

    def _disconnect(self, agent: SimulatedAgent) -> None:
        lost = self.dice.random() < 0.5
        self._note(f"cut {agent.worker_id}{', and what was under way is lost' if lost else ''}")
        agent.disconnect(lost=lost)

    def _connect(self, agent: SimulatedAgent) -> None:
        if agent.token and (agent.link is None or self.dice.random() < 0.1):
            replica = self._someone()
            self._note(f"connect {agent.worker_id} to {replica.name}")
            agent.obeys = self.dice.random() < 0.8
            agent.connect(replica.engine)

    def _mute(self, agent: SimulatedAgent) -> None:
        self._note(f"half-open {agent.worker_id}")
        agent.link, agent.welcomed = None, False

    def _deafen(self, agent: SimulatedAgent) -> None:
        """What the server says from now on is lost with the stream."""
        if agent.link is not None:
            self._note(f"deaf {agent.worker_id}")
            agent.link.deaf = True

    def _repeat(self, agent: SimulatedAgent) -> None:
        agent.repeat()

    def _beat(self, agent: SimulatedAgent) -> None:
        agent.heartbeat()

    # ---- replicas

    def _someone(self) -> Replica:
        return self.dice.choice([replica for replica in self.world.replicas if replica.alive])

    async def _kill(self, replica: Replica) -> None:
        self._note(f"{replica.name} dies")
        for key, task in self._sweeps.items():
            if key[0] == replica.name:
                task.cancel()
        await replica.crash()

    def _start_sweep(self, replica: Replica, kind: str) -> None:
        key = (replica.name, kind)
        running = self._sweeps.get(key)
        if running is None or running.done():
            sweep = self._sweep_once(replica, kind)
            self._sweeps[key] = asyncio.get_running_loop().create_task(sweep)

    async def _sweep_once(self, replica: Replica, kind: str) -> None:
        try:
            if kind == "dispatch":
                await replica.engine.dispatcher.run_once()
            elif kind == "reconcile":
                await replica.engine.reconciler.run_once()
            elif self._scheduled:
                await replica.engine.schedules.firer.run_once()
        except Unavailable:
            return

    # ---- the end

    async def _come_to_rest(self) -> None:
        w = self.world
        self._note("rest")
        # Deadlines of a clock that was ahead lie ahead: whoever comes after need not wait for them.
        w.clock.jump(self._ahead - self._off)
        config = ProviderConfig(name="cloud", type="scripted", settings=self._config.settings)
        await quiet()
        for replica in w.replicas:
            if replica.alive:
                replica.faults.down = False
                replica.faults.commits_lost = replica.faults.commits_unanswered = 0
        for _ in range(10):
            try:
                await w.engine.providers.update("cloud", config, version=None, actor="ann")
                break
            except HodeiError:
                await quiet()
        for replica in w.replicas:
            if replica.alive:
                await replica.engine.registry.refresh()
                await replica.engine.registry.check_all()
        self.jobs += await self.timetable.end()
        self.sound = {attempt.id for attempt in map(self._sound, w.agents.values()) if attempt}
        for _ in range(500):
            w.inspector.release()
            await self._one_calm_moment()
            if all(w.job(job_id).finished for job_id in self.jobs) and not w.live_workers():
                break
        # What no row owns is found by the next sweep for leaks.
        for _ in range(22):
            if not w.inspector.existing:
                break
            w.inspector.release()
            await self._one_calm_moment()

    def _sound(self, agent: SimulatedAgent) -> Attempt | None:
        w, run = self.world, agent.held
        if run is None or run.cancelled or agent.worker_id not in w.inspector.alive:
            return None
        attempt, worker = w.tables.attempts[run.order.attempt_id].attempt, w.worker(agent.worker_id)
        soon = w.clock.now() + timedelta(seconds=30)
        pressed = attempt.run_deadline is None or attempt.run_deadline < soon
        doomed = attempt.ended or worker.target is Target.GONE or w.job(attempt.job_id).finished
        quiet_for = w.clock.now() - (worker.silent_at or w.clock.now())
        lost = quiet_for > timedelta(seconds=15)
        wished = w.job(attempt.job_id).cancel_requested_at is not None
        return None if pressed or doomed or lost or wished else attempt

    async def _one_calm_moment(self) -> None:
        w = self.world
        for agent in list(w.agents.values()):
            if agent.gone.is_set():
                continue
            agent.obeys = True
            if agent.link is not None and agent.link.deaf:
                agent.disconnect()
            if agent.link is None and agent.token:
                agent.connect(self._someone().engine)
            elif agent.held is not None:
                if agent.held.started_at is None:
                    agent.start()
                elif agent.held.cancelled:
                    agent.exit(None, Cause.CANCELLED, signal=15)
                else:
                    agent.exit(0)
            agent.heartbeat()
        await quiet()
        await w.clock.advance(3)
        self._start_sweep(self._someone(), "dispatch")
        for replica in w.replicas:
            if replica.alive:
                self._start_sweep(replica, "reconcile")
        await quiet()
