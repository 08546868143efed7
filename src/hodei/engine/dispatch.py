"""Dispatch: waiting jobs are bound to warm workers, or to new ones where there is room.

One pass claims jobs in queue order, decides each purely, and commits all bindings together.
The intent - attempt, worker, password digest, deadline - is stored by that commit, before any
provider is called. A placement class that cannot be served is passed over for the rest of the
pass, so that one unschedulable job blocks no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from hodei.domain import attempt as attempts
from hodei.domain import job as jobs
from hodei.domain import worker as workers
from hodei.domain.attempt import Attempt, Phase, PhaseMark
from hodei.domain.errors import HodeiError, Unavailable
from hodei.domain.events import EventKind
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
from hodei.engine.core import Core
from hodei.engine.enrol import digest
from hodei.engine.facts import Draft
from hodei.engine.pools import Pools
from hodei.engine.registry import Registry
from hodei.engine.sessions import Session, Sessions
from hodei.ports.store import Held, Unit, Verdict

logger = logging.getLogger(__name__)

CLAIM_LEASE_S = 10.0
PACE_S = 0.003
COUNT_FOR_S = 0.1
"""How long a count of live workers is used again."""
MAX_CLAIM = 64
MAX_ROUNDS = 64
"""Claims per pass; a round that binds nothing has found at least one more class to pass over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A job on its way to a worker."""

    job: Job
    held: Held
    unit: Unit
    session: Session | None
    otp: str | None


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
    ) -> None:
        self._core = core
        self._registry = registry
        self._sessions = sessions
        self._provision = provision
        self._pools = pools
        self._wake = asyncio.Event()
        self._blocked: dict[str, str] | None = None
        """Reasons as they are stored; None: not known yet."""
        self._explained_at: float | None = None
        self._live: dict[UUID, int] = {}
        self._counted_at = -COUNT_FOR_S

    def wake(self) -> None:
        """Something may be placeable now."""
        self._wake.set()

    async def run(self) -> None:
        """Passes until cancelled: when woken, and once per sweep."""
        while True:
            try:
                async with asyncio.timeout(self._core.timings.sweep.total_seconds()):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                if await self.run_once(explain=self._due()):
                    # While there is much to bind, workers that become free go together.
                    await self._core.clock.sleep(PACE_S)
            except Unavailable as error:
                logger.warning("store does not answer", extra={"error": str(error)})
                await self._core.clock.sleep(0.5)
            except Exception:
                logger.exception("dispatch pass failed")
                await self._core.clock.sleep(0.5)

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
        live = await self._live_workers(explain)
        blocked: dict[str, str] = {}
        bound, least = 0, 1
        for _ in range(MAX_ROUNDS):
            # Anew each time: a binding that turned out stale gives its worker back.
            idle = self._idle_sessions()
            room = self._room(live, idle)
            if not room and not explain:
                break
            claimed = await self._core.store.claim(
                self._core.replica,
                limit=max(least, min(MAX_CLAIM, room)),
                lease_s=CLAIM_LEASE_S,
                blocked=sorted(blocked),
            )
            if not claimed:
                break
            bindings, refused = self._place(claimed, live, idle, blocked)
            if refused:
                await self._core.store.unclaim(self._core.replica, refused)
            bound += await self._commit(bindings)
            # Where unplaceable jobs stand before the others, look further at once.
            least = 1 if bindings else MAX_CLAIM
        await self._store_reasons(blocked, complete=explain)
        return bound

    async def _live_workers(self, fresh: bool) -> dict[UUID, int]:
        """Live workers per provider; while workers wait for jobs an older count will do,
        because a new worker is counted exactly by the commit that stores it."""
        mono = self._core.clock.monotonic()
        old = mono - self._counted_at > COUNT_FOR_S
        if fresh or old or not self._sessions.idle():
            self._live = dict(await self._core.store.count_live())
            self._counted_at = mono
        return self._live

    # ---- placing

    def _idle_sessions(self) -> dict[UUID, Session]:
        return {session.worker.id: session for session in self._sessions.idle()}

    def _room(self, live: dict[UUID, int], idle: dict[UUID, Session]) -> int:
        cold = 0
        for entry in self._registry.entries():
            if entry.record.enabled and entry.health.ok:
                cold += max(0, entry.capabilities.max_workers - live.get(entry.record.id, 0))
        return len(idle) + cold

    def _candidates(self, live: dict[UUID, int], idle: dict[UUID, Session]) -> list[Candidate]:
        waiting: dict[UUID, list[IdleWorker]] = {}
        for session in idle.values():
            worker = session.worker
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
    ) -> tuple[list[Binding], list[UUID]]:
        bindings: list[Binding] = []
        refused: list[UUID] = []
        candidates = self._candidates(live, idle)
        for job in claimed:
            kind = placement_class(job.spec)
            if kind in blocked:
                refused.append(job.id)
                continue
            match decide(job.spec, candidates):
                case Blocked() as verdict:
                    blocked[kind] = verdict.reason
                    refused.append(job.id)
                    full = [r.provider_id for r in verdict.rejections if r.kind is Kind.FULL]
                    self._pools.make_room(full)
                    continue
                case Placement() as placement:
                    pass
            session = idle.pop(placement.worker_id) if placement.worker_id else None
            if session is None:
                live[placement.provider_id] = live.get(placement.provider_id, 0) + 1
            bindings.append(self._bind(job, placement, session))
            candidates = self._candidates(live, idle)
        return bindings, refused

    def _bind(self, job: Job, placement: Placement, session: Session | None) -> Binding:
        now = self._core.clock.now()
        attempt_id = self._core.chance.uuid()
        otp = None if session else self._core.chance.token()
        worker = session.worker if session else self._new_worker(job, placement, attempt_id, otp)
        attempt = Attempt(
            id=attempt_id,
            job_id=job.id,
            number=job.attempts + 1,
            worker_id=worker.id,
            provider_id=placement.provider_id,
            phases=(PhaseMark(phase=Phase.QUEUED, at=job.queued_at),),
            placement_reason=placement.reason,
            warm=session is not None,
            image_digest=worker.image_digest,
        )
        draft = Draft.of(Held(job=job, attempt=attempt, worker=worker), now)
        draft.job = jobs.apply(
            job, jobs.Bound(attempt_id=attempt_id, provider_id=placement.provider_id), now
        )
        if session is not None:
            draft.hand_over(self._core.timings.provision)
        else:
            # This replica calls the provider right after the commit.
            draft.move_attempt(attempts.ProvisionBegun())
            draft.move_worker(workers.ProvisioningBegun())
        draft.note(
            EventKind.JOB_ASSIGNED,
            state=draft.job.state.value,
            phase=draft.attempt.phase.value,
            reason=placement.reason,
        )
        entry = self._registry.get(placement.provider_id)
        limit = entry.capabilities.max_workers if entry and session is None else None
        unit = draft.unit(replica=self._core.replica, max_live=limit)
        return Binding(job=job, held=draft.held(), unit=unit, session=session, otp=otp)

    def _new_worker(
        self, job: Job, placement: Placement, attempt_id: UUID, otp: str | None
    ) -> Worker:
        now = self._core.clock.now()
        entry = self._registry.get(placement.provider_id)
        return Worker(
            id=self._core.chance.uuid(),
            provider_id=placement.provider_id,
            reusable=entry.capabilities.reusable_workers if entry else False,
            image=job.spec.image,
            cpu=job.spec.resources.cpu,
            memory_mb=job.spec.resources.memory_mb,
            network=job.spec.network,
            revision=entry.revision if entry else "",
            attempt_id=attempt_id,
            otp_digest=digest(otp) if otp else None,
            otp_expires_at=now + self._core.timings.provision,
            created_at=now,
        )

    # ---- committing

    async def _commit(self, bindings: Sequence[Binding]) -> int:
        if not bindings:
            return 0
        for binding in bindings:
            if binding.session is not None:
                # Taken before the commit, so that no other pass offers the same worker.
                binding.session.held = binding.held
        results = await asyncio.gather(
            *(self._core.committer.enqueue(binding.unit) for binding in bindings),
            return_exceptions=True,
        )
        saved = [b for b, result in zip(bindings, results, strict=True) if result == Verdict.SAVED]
        for binding in saved:
            await self._hand_over(binding)
        lost = [b for b, result in zip(bindings, results, strict=True) if result != Verdict.SAVED]
        for binding in lost:
            if binding.session is not None:
                await self._take_back(binding.session)
        if lost:
            await self._core.store.unclaim(self._core.replica, [binding.job.id for binding in lost])
        return len(saved)

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

    async def _hand_over(self, binding: Binding) -> None:
        if binding.session is not None:
            await binding.session.assign(binding.held)
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
