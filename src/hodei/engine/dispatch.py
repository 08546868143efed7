"""Dispatch: waiting jobs are bound to warm workers, or to new ones where there is room.

One pass claims jobs in queue order, decides each purely, and commits all bindings together.
The intent - attempt, worker, password digest, deadline - is stored by that commit, before any
provider is called. A placement class that cannot be served is passed over for the rest of the
pass, so that one unschedulable job blocks no other. Where workers end their attempts in quick
succession, each pass also claims jobs ahead, which `next_for` binds as the workers come free.
While the queue is empty, a new job for which a worker waits here is never queued: `at_once` binds
it with the transaction that stores it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from hodei.domain.change import changed
from hodei.domain.errors import HodeiError, Unavailable
from hodei.domain.events import Event
from hodei.domain.fitting import Kind
from hodei.domain.job import Job
from hodei.domain.placement import (
    Blocked,
    Candidate,
    IdleWorker,
    Placement,
    decide,
    placement_class,
)
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.binding import Binder, Binding
from hodei.engine.core import Core
from hodei.engine.pools import Pools
from hodei.engine.projects import Projects
from hodei.engine.quotas import Quotas
from hodei.engine.registry import Registry
from hodei.engine.reserve import KEEP_S, Reserve
from hodei.engine.sessions import Session, Sessions
from hodei.ports.meter import Loop
from hodei.ports.store import Held, Verdict

logger = logging.getLogger(__name__)

CLAIM_LEASE_S = 10.0
AHEAD_LEASE_S = 2.0
"""Of jobs claimed ahead: when this server dies, others need not wait long for them."""
PACE_S = 0.003
COUNT_FOR_S = 1.0
"""How long a count of live workers is used again while workers wait; one that went is told."""
MAX_CLAIM = 64
QUEUE_FOR_S = 1.0
"""How long new jobs are queued first after one could not be bound at once."""
MAX_ROUNDS = 64
"""Claims per pass; a round that binds nothing has found at least one more class to pass over."""


Bound = tuple[Binding, Session | None]
"""A binding and the session of its worker, when that waits here."""
Provisioning = Callable[[Held, str], None]


class Dispatcher:
    """The queue's consumer on this replica."""

    def __init__(
        self,
        core: Core,
        registry: Registry,
        sessions: Sessions,
        provision: Provisioning,
        pools: Pools,
        projects: Projects,
    ) -> None:
        self._core = core
        self._registry = registry
        self._sessions = sessions
        self._provision = provision
        self._pools = pools
        self._projects = projects
        self._quotas = Quotas({}, {})
        self._binder = Binder(core, registry)
        self._wake = asyncio.Event()
        self._blocked: dict[str, str] | None = None
        """Reasons as they are stored; None: not known yet."""
        self._explained_at: float | None = None
        self._calm = False
        self._live: dict[UUID, int] = {}
        self._counted_at = float("-inf")
        self._reserve = Reserve(core.clock)
        self._drained = False
        """Whether the last pass left nothing waiting that a worker could serve one day."""
        self._queue_until = 0.0
        self._paused = False
        """As it was read with the last look at reasons."""
        self._binding: set[asyncio.Task[int]] = set()
        self._misfits: set[str] = set()
        """Placement classes not to claim ahead, until reasons are looked at again."""

    def wake(self) -> None:
        """Something may be placeable now."""
        self._wake.set()

    def room(self) -> None:
        """There may be room for new workers: those that live are counted again."""
        self._counted_at = float("-inf")
        self._wake.set()

    def resettled(self) -> None:
        """Somebody changed the scheduler's settings: the next pass looks at everything anew."""
        self._explained_at = None
        self.room()

    def freed(self) -> None:
        """A worker has come to wait for work. Where nothing waits for it, the sweep will do."""
        if not self._drained:
            self._wake.set()

    async def run(self) -> None:
        """Passes until cancelled: when woken, and once per sweep."""
        while True:
            try:
                if await self._woken():
                    self._calm = False
                elif await self._rests():
                    self._core.meter.passed(Loop.DISPATCH)
                    continue
                explain = self._due()
                bound = await self.run_once(explain=explain)
                self._core.meter.passed(Loop.DISPATCH)
                if bound:
                    # While there is much to bind, workers that become free go together.
                    await self._core.clock.sleep(PACE_S)
                elif explain:
                    self._calm = not (await self._core.store.queue_status()).pending
            except Unavailable as error:
                logger.warning("store does not answer", extra={"error": str(error)})
                await self._core.clock.sleep(0.5)
            except Exception:
                logger.exception("dispatch pass failed")
                await self._core.clock.sleep(0.5)

    async def _woken(self) -> bool:
        """Waits for a wake, or for a sweep's time."""
        try:
            async with asyncio.timeout(self._patience_s()):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    def _patience_s(self) -> float:
        if self._calm and not self._reserve:
            return self._core.timings.calm_sweep.total_seconds()
        sweep = self._core.timings.sweep.total_seconds()
        return min(sweep, KEEP_S) if self._reserve else sweep

    async def _rests(self) -> bool:
        """Whether nothing waited at the last look, and nothing does now."""
        return self._calm and not (await self._core.store.pulse()).waiting

    @property
    def calm(self) -> bool:
        """Whether nothing waited at the last look."""
        return self._calm

    def _due(self) -> bool:
        """Whether a sweep has passed since reasons were last looked at, woken often or not."""
        mono = self._core.clock.monotonic()
        sweep = self._core.timings.sweep.total_seconds()
        if self._explained_at is not None and mono - self._explained_at < sweep:
            return False
        self._explained_at = mono
        return True

    async def run_once(self, *, explain: bool = True) -> int:
        """One pass; returns how many jobs were bound. `explain`: also when there is no room,
        look at the head of the queue to store why it waits."""
        self._wake.clear()
        self._drained = False
        if explain:
            self._misfits.clear()
            self._paused = (await self._core.store.scheduler()).paused
        elif self._paused:
            return 0
        await self.give_back(everything=False)
        await self._read_quotas(explain)
        # First, because workers go on ending their attempts while others are being bound.
        more = await self._claim_ahead()
        live = await self._live_workers(explain)
        blocked: dict[str, str] = {}
        bound, least = 0, 1
        for _ in range(MAX_ROUNDS):
            # Anew each time: a binding that turned out stale gives its worker back.
            idle = self._idle_sessions()
            room = self._room(live, idle)
            if not room and not explain:
                break
            limit = max(least, min(MAX_CLAIM, room))
            claimed: Sequence[Job] = self._kept(limit) if room else []
            if not claimed and (more or explain):
                claimed = await self._claim(limit, blocked)
                more = len(claimed) == limit
            if not claimed:
                break
            bindings, refused = self._place(claimed, live, idle, blocked)
            if refused:
                await self._core.store.unclaim(self._core.replica, refused)
            saved = await self._commit(bindings)
            bound += saved
            if not more and not self._reserve and saved == len(bindings):
                break  # the queue gave less than it was asked for: that was all
            # Where unplaceable jobs stand before the others, look further at once.
            least = 1 if bindings else MAX_CLAIM
        await self._store_reasons(blocked | self._quotas.reasons, complete=explain)
        left = more or blocked or self._blocked or self._projects.quotas
        kept = self._misfits or self._reserve
        self._drained = not (left or kept or self._wake.is_set())
        return bound

    async def at_once(self, job: Job, submitted: Event) -> Held | None:
        """Stores a new job bound to a worker that waits here. None: it is to be queued, for
        something else may wait, no worker fits, dispatch is paused, or it exists already."""
        if not self._drained or self._wake.is_set():
            return None
        limited = job.spec.project in self._projects.quotas
        if limited or self._core.clock.monotonic() < self._queue_until:
            return None
        idle = self._idle_sessions()
        verdict = decide(job.spec, self._candidates(self._live, _workers(idle))) if idle else None
        if not isinstance(verdict, Placement) or verdict.worker_id is None:
            return None
        session = idle[verdict.worker_id]
        binding = self._binder.bind(job, verdict, session.worker)
        unit = changed(binding.unit, events=(submitted, *binding.unit.events))
        session.held = binding.held  # now: the task begins later
        # In a task of its own: whoever submits may be gone before the worker has its order.
        work = self._commit([(changed(binding, unit=unit), session)])
        task = asyncio.get_running_loop().create_task(work)
        self._binding.add(task)
        task.add_done_callback(self._binding.discard)
        if await asyncio.shield(task):
            return binding.held
        if job.idempotency_key is None:
            self._queue_until = self._core.clock.monotonic() + QUEUE_FOR_S
        return None

    async def stop(self) -> None:
        """Returns when no binding is under way any more."""
        await asyncio.gather(*self._binding, return_exceptions=True)

    def _kept(self, limit: int) -> list[Job]:
        """Jobs claimed ahead, for workers that wait all the same."""
        kept: list[Job] = []
        while len(kept) < limit and (job := self._reserve.take()) is not None:
            kept.append(job)
        return kept

    async def _claim(self, limit: int, blocked: Iterable[str]) -> Sequence[Job]:
        return await self._core.store.claim(
            self._core.replica,
            limit=limit,
            lease_s=CLAIM_LEASE_S,
            blocked=[*sorted(blocked), *self._quotas.blocked],
        )

    async def _claim_ahead(self) -> bool:
        """Fills the reserve; False when the queue had less than was wanted."""
        wanted = self._reserve.wanted
        if not wanted:
            return True
        wanted = min(MAX_CLAIM, wanted + len(self._idle_sessions()))
        claimed = await self._core.store.claim(
            self._core.replica,
            limit=wanted,
            lease_s=AHEAD_LEASE_S,
            # What a quota limits is counted first, and so is never bound in passing.
            blocked=[*sorted(self._misfits), *self._quotas.projects],
        )
        self._reserve.put(claimed)
        return len(claimed) == wanted

    async def give_back(self, *, everything: bool = True) -> None:
        """Jobs claimed ahead and not bound are anybody's again; at once, or when it is time."""
        overdue = [job.id for job in self._reserve.overdue(everything=everything)]
        if overdue:
            await self._core.store.unclaim(self._core.replica, overdue)

    async def _read_quotas(self, fresh: bool) -> None:
        if fresh:
            await self._projects.refresh_if_old()
        quotas = self._projects.quotas
        used = await self._core.store.project_use(sorted(quotas)) if quotas else {}
        self._quotas = Quotas(quotas, used)

    def next_for(self, worker: Worker) -> Binding | None:
        """Binds a job claimed ahead to a worker that is READY but not stored as such yet; None
        when there is none, or none for this worker. The caller saves it, or rejects it."""
        self._reserve.freed()
        job = None if self._pools.out_of_date(worker) else self._reserve.take()
        if job is None:
            return None
        if self._reserve.wanted:
            self.wake()
        verdict = decide(job.spec, self._candidates(self._live, [worker]))
        limited = job.spec.project in self._projects.quotas
        if limited or isinstance(verdict, Blocked) or verdict.worker_id != worker.id:
            self._misfits.add(placement_class(job.spec))
            self.reject(job)
            return None
        return self._binder.bind(job, verdict, worker)

    def reject(self, job: Job) -> None:
        """A job from `next_for` could not be bound: mostly it was cancelled just then."""
        self._reserve.reject(job)
        self.wake()

    async def _live_workers(self, fresh: bool) -> dict[UUID, int]:
        """Live workers per provider; while workers wait for jobs an older count will do,
        because a new worker is counted exactly by the commit that stores it."""
        mono = self._core.clock.monotonic()
        old = mono - self._counted_at > COUNT_FOR_S
        if fresh or old or not self._idle_sessions():
            self._live = dict(await self._core.store.count_live())
            self._counted_at = mono
        return self._live

    # ---- placing

    def _idle_sessions(self) -> dict[UUID, Session]:
        # An order to an agent that is gone cannot be taken back: whoever is late is left alone.
        idle = self._sessions.idle()
        return {session.worker.id: session for session in idle if not session.overdue}

    def _room(self, live: dict[UUID, int], idle: dict[UUID, Session]) -> int:
        cold = 0
        for entry in self._registry.entries():
            if entry.record.enabled and entry.health.ok:
                cold += max(0, entry.capabilities.max_workers - live.get(entry.record.id, 0))
        return len(idle) + cold

    def _candidates(self, live: dict[UUID, int], idle: Iterable[Worker]) -> list[Candidate]:
        waiting: dict[UUID, list[IdleWorker]] = {}
        for worker in idle:
            waiting.setdefault(worker.provider_id, []).append(
                IdleWorker(
                    worker_id=worker.id,
                    image=worker.image,
                    cpu=worker.cpu,
                    memory_mb=worker.memory_mb,
                    network=worker.network,
                )
            )
        return self._registry.candidates(live, waiting)

    def _place(
        self,
        claimed: Sequence[Job],
        live: dict[UUID, int],
        idle: dict[UUID, Session],
        blocked: dict[str, str],
    ) -> tuple[list[Bound], list[UUID]]:
        bindings: list[Bound] = []
        refused: list[UUID] = []
        candidates = self._candidates(live, _workers(idle))
        for job in claimed:
            kind = placement_class(job.spec)
            if kind in blocked or not self._quotas.admits(job):
                refused.append(job.id)
                continue
            match decide(job.spec, candidates):
                case Blocked() as verdict:
                    blocked[kind] = verdict.reason
                    refused.append(job.id)
                    full = [r.provider_id for r in verdict.rejections if r.kind is Kind.FULL]
                    self._pools.make_room(full)
                    continue
                case placement:
                    pass
            session = idle.pop(placement.worker_id) if placement.worker_id else None
            if session is None:
                live[placement.provider_id] = live.get(placement.provider_id, 0) + 1
            worker = session.worker if session else None
            self._quotas.took(job)
            limited = self._quotas.limits(job)
            binding = self._binder.bind(job, placement, worker, limited=limited)
            bindings.append((binding, session))
            candidates = self._candidates(live, _workers(idle))
        return bindings, refused

    # ---- committing

    async def _commit(self, bindings: Sequence[Bound]) -> int:
        if not bindings:
            return 0
        for binding, session in bindings:
            if session is not None:
                # Taken before the commit, so that no other pass offers the same worker.
                session.held = binding.held
        results = await asyncio.gather(
            *(self._core.committer.enqueue(binding.unit) for binding, _ in bindings),
            return_exceptions=True,
        )
        lost = []
        for (binding, session), result in zip(bindings, results, strict=True):
            if result == Verdict.SAVED:
                await self._hand_over(binding, session)
            else:
                lost.append((binding, session))
                if result == Verdict.FULL:
                    self._quotas.stop(binding.job)
        for _, session in lost:
            if session is not None:
                await self._take_back(session)
        if lost:
            await self._core.store.unclaim(self._core.replica, [b.job.id for b, _ in lost])
        return len(bindings) - len(lost)

    async def _take_back(self, session: Session) -> None:
        """The binding was not saved: mostly the job was cancelled just then."""
        session.held = None
        try:
            worker = await self._core.store.get_worker(session.worker.id)
        except HodeiError as error:
            session.close(error)
            return
        if worker is None or worker.state is not WorkerState.READY:
            session.close()  # its row is not what we thought: a new stream begins from it
        else:
            session.worker = worker

    async def _hand_over(self, binding: Binding, session: Session | None) -> None:
        if session is not None:
            await session.assign(binding.held)
            if not binding.held.worker.reusable:
                self._pools.wake()  # it is to be replaced
        elif binding.otp is not None:
            self._provision(binding.held, binding.otp)

    async def _store_reasons(self, blocked: dict[str, str], *, complete: bool) -> None:
        known = self._blocked
        if known is None:
            # What a server that has gone stored is put right, too.
            known = dict((await self._core.store.queue_status()).blocked_classes)
        changes = {kind: why for kind, why in blocked.items() if known.get(kind) != why}
        if complete:
            changes |= {kind: "" for kind in known if kind not in blocked}
        if changes:
            await self._core.store.set_blocked(changes)
        self._blocked = {kind: why for kind, why in (known | changes).items() if why}


def _workers(sessions: dict[UUID, Session]) -> Iterable[Worker]:
    return (session.worker for session in sessions.values())
