"""Reconcile: what is, compared with what is wanted, until both agree.

Every replica runs the same sweep. A live worker belongs to whoever holds its lease; a lease
that ran out is anybody's to take, by `renew`. Nobody is judged while this replica itself has
not been able to renew for a while: after a restart of the server or of PostgreSQL, agents get
the time to come back first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hodei.domain import attempt as attempts
from hodei.domain import job as jobs
from hodei.domain import worker as workers
from hodei.domain.attempt import ATTEMPT, Phase
from hodei.domain.errors import Conflict, HodeiError, StaleVersion, Unavailable
from hodei.domain.events import EventKind
from hodei.domain.outcome import Outcome
from hodei.domain.outcomes import (
    cancelled,
    lost,
    out_of_memory,
    provision_failed,
    timed_out,
    waited_too_long,
)
from hodei.domain.provider import Observation, ObservedState
from hodei.domain.worker import Handle, Target, Worker, WorkerState
from hodei.engine.core import Core
from hodei.engine.facts import Draft, job_event, worker_only
from hodei.engine.pools import Pools
from hodei.engine.provision import Provisioner, close_worker
from hodei.engine.registry import Entry, Registry
from hodei.engine.sessions import Sessions
from hodei.engine.terminate import Terminator
from hodei.ports.meter import Loop
from hodei.ports.store import Held, Leased, Unit

logger = logging.getLogger(__name__)

SUSPECT_LOOKS = 4
"""How often the provider is asked about a worker whose stream ended, once per sweep."""
OBSERVE_PATIENCE_S = 5.0
LEAK_PATIENCE_S = 30.0
"""How long a provider may take before the sweep goes on without its answer."""
_MAKING = frozenset({WorkerState.REQUESTED, WorkerState.PROVISIONING})
_CONNECTED = frozenset({WorkerState.READY, WorkerState.BUSY})
_ENDED = frozenset({ObservedState.EXITED, ObservedState.GONE})


class Reconciler:
    """The sweep of this replica."""

    def __init__(
        self,
        core: Core,
        registry: Registry,
        sessions: Sessions,
        provisioner: Provisioner,
        terminator: Terminator,
        pools: Pools,
    ) -> None:
        self._core = core
        self._registry = registry
        self._sessions = sessions
        self._provisioner = provisioner
        self._terminator = terminator
        self._pools = pools
        self._wake = asyncio.Event()
        self._renewed_at: float | None = None
        self._healthy_since: float | None = None
        self._swept_leaks_at: float | None = None
        self._looked_at: float | None = None
        self._calm = False
        self._suspects: dict[UUID, int] = {}
        self._left: dict[UUID, float] = {}
        """When workers whose stream ended here were last heard, by the monotonic clock."""

    def suspect(self, worker_id: UUID, heard_at: float) -> None:
        """A worker's stream ended: if its provider says that it is gone, why wait."""
        if self._terminator.ends(worker_id):
            return  # it was told to go
        self._suspects[worker_id] = SUSPECT_LOOKS
        self._left[worker_id] = heard_at
        self._wake.set()

    def wake(self) -> None:
        """A cancel, or another change that must not wait for the sweep."""
        self._wake.set()

    async def run(self) -> None:
        """Sweeps until cancelled."""
        while True:
            try:
                await self.turn(woken=await self._woken())
                self._core.meter.passed(Loop.RECONCILE)
            except Unavailable as error:
                self._healthy_since = None
                logger.warning("store does not answer", extra={"error": str(error)})
                await self._core.clock.sleep(0.5)
            except Exception:
                logger.exception("reconcile pass failed")
                await self._core.clock.sleep(0.5)

    async def turn(self, *, woken: bool) -> None:
        """One sweep, or while everything rests only the search for what was forgotten."""
        if woken:
            self._calm = False
        elif await self._rests():
            await self._leaks()
            return
        await self.run_once()

    async def keep_leases(self) -> None:
        """Renews until cancelled; apart from the sweep, so that a provider which does not
        answer costs nobody a lease."""
        while True:
            try:
                await self.renew()
                self._core.meter.passed(Loop.LEASES)
            except Unavailable:
                self._healthy_since = None
            except Exception:
                logger.exception("leases not renewed")
            await self._core.clock.sleep(self._until_renewal())

    def _until_renewal(self) -> float:
        """Seconds until `renew` has something to do; a third of a heartbeat after a failure."""
        if self.calm:
            return self._core.timings.calm_sweep.total_seconds()
        beat = self._core.timings.heartbeat.total_seconds()
        if self._renewed_at is None or self._healthy_since is None:
            return beat / 3
        return max(0.05, self._renewed_at + beat - self._core.clock.monotonic())

    async def run_once(self) -> None:
        """One sweep over everything that may need a hand."""
        self._wake.clear()
        await self.renew()
        await self._unsettled()
        await self._look_at_suspects()
        if self._time_to_look():
            await self._queue_deadlines()
            await self._leases()
            await self._leaks()

    async def _woken(self) -> bool:
        """Waits for a wake, or for a sweep's time."""
        timings = self._core.timings
        patience = timings.calm_sweep if self.calm else timings.sweep
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    @property
    def calm(self) -> bool:
        """Whether there was no worker at the last look, and none is here since."""
        mine = self._sessions.all() or self._provisioner.worker_ids or self._terminator.worker_ids
        return self._calm and not mine

    async def _rests(self) -> bool:
        """Whether there was nothing to look after at the last look, and is nothing now."""
        if not self.calm:
            return False
        pulse = await self._core.store.pulse()
        self._calm = not (pulse.busy or pulse.waiting)
        return self._calm

    def _time_to_look(self) -> bool:
        """Whether a heartbeat has passed since leases and deadlines were last looked at."""
        mono = self._core.clock.monotonic()
        beat = self._core.timings.heartbeat.total_seconds()
        if self._looked_at is not None and mono - self._looked_at < beat:
            return False
        self._looked_at = mono
        return True

    # ---- leases

    async def renew(self) -> None:
        """Renews the leases of what this replica looks after and tells agents that it is there.

        Does nothing more than once per heartbeat. Raises Unavailable.
        """
        mono = self._core.clock.monotonic()
        beat = self._core.timings.heartbeat.total_seconds()
        if self._renewed_at is not None and mono - self._renewed_at < beat:
            return
        silent_after = self._core.timings.lease.total_seconds()
        alive = []
        for session in self._sessions.all():
            quiet = mono - session.heard_at
            if session.closed.is_set():
                continue
            if quiet > silent_after:
                # Half-open: the peer is gone and TCP has not noticed.
                self.suspect(session.worker.id, session.heard_at)
                session.close()
                continue
            session.peer.heartbeat()
            # Whoever missed a heartbeat may be on another replica by now: its lease is not
            # taken away from there.
            if not session.overdue:
                alive.append(session.worker.id)
        mine = [*alive, *self._provisioner.worker_ids, *self._terminator.worker_ids]
        if self.calm:
            return  # the pulse is felt instead; who judges next has then renewed for long enough
        if mine:
            await self._core.store.renew(self._core.replica, mine, silent_after)
        else:
            await self._core.store.ping()
        gap = None if self._renewed_at is None else mono - self._renewed_at
        self._renewed_at = mono
        if self._healthy_since is None or gap is None or gap > silent_after / 2:
            self._healthy_since = mono

    def _may_judge(self) -> bool:
        """Whether a silent worker's silence is its own fault."""
        if self._healthy_since is None:
            return False
        healthy = self._core.clock.monotonic() - self._healthy_since
        return healthy >= self._core.timings.lease.total_seconds()

    async def _leases(self) -> None:
        leased = await self._core.store.leases()
        self._calm = not leased
        silent: list[Worker] = []
        for item in leased:
            worker = item.worker
            self._recall(worker)
            if worker.state is WorkerState.TERMINATING:
                await self._terminate(item)
            elif worker.state is WorkerState.SILENT:
                silent.append(worker)
            elif worker.state is WorkerState.STARTING or worker.state in _MAKING:
                await self._overdue(item)
            elif worker.state in _CONNECTED and self._is_silent(item) and self._may_judge():
                await self._fell_silent(worker)
        await self._silent(silent)
        live = {item.worker.id for item in leased}
        self._left = {one: at for one, at in self._left.items() if one in live}
        await self._pools.run_once()

    def _recall(self, worker: Worker) -> None:
        """Brings a session that waits here for work up to date with its worker's row."""
        session = self._sessions.get(worker.id)
        if session is None or not session.idle or worker.version <= session.worker.version:
            return
        if worker.state is WorkerState.READY and worker.attempt_id is None:
            # Mostly its provisioner saved the last step when the agent had called already.
            session.worker = worker
        elif worker.state in _CONNECTED:
            # It was bound through an older stream elsewhere, which its agent has left: only a
            # new Hello gets it the order.
            session.close(Conflict("the worker was given work elsewhere; come back"))

    def _is_silent(self, item: Leased) -> bool:
        """Whether its lease ran out, or its stream ended here so long ago and came back to
        nobody: a commit may have made the lease longer than the silence may last."""
        worker_id = item.worker.id
        session = self._sessions.get(worker_id)
        if item.replica != self._core.replica or (session and not session.closed.is_set()):
            self._left.pop(worker_id, None)
        if item.lease_age_s > 0:
            return True
        heard_at = self._left.get(worker_id)
        silent_after = self._core.timings.lease.total_seconds()
        return heard_at is not None and self._core.clock.monotonic() - heard_at > silent_after

    async def _terminate(self, item: Leased) -> None:
        mine = item.replica == self._core.replica or item.replica is None
        if (mine or item.lease_age_s > 0) and not self._terminator.leaves(item.worker.id):
            ttl = self._core.timings.lease.total_seconds()
            if await self._core.store.renew(self._core.replica, [item.worker.id], ttl):
                self._terminator.start(item.worker)

    async def _overdue(self, item: Leased) -> None:
        """A worker that never came up, or whose replica died while making it."""
        worker, now = item.worker, self._core.clock.now()
        if worker.otp_expires_at is not None and now > worker.otp_expires_at:
            limit = self._core.timings.provision.total_seconds()
            seen = (await self._observe(worker.provider_id, [worker])).get(worker.id)
            told = _because(seen.reason if seen else "")
            why = f"the worker did not call within {limit:.0f} s{told}"
            await self._close(worker, self._not_made(worker, why))
        elif worker.state is WorkerState.STARTING:
            await self._check_starting(worker)
        elif self._orphaned(item):
            why = "the server that was making the worker stopped"
            await self._close(worker, self._not_made(worker, why))

    def _orphaned(self, item: Leased) -> bool:
        here = item.worker.id in self._provisioner.worker_ids
        if item.replica == self._core.replica and not here:
            # Ours, and its call is over without an end: the store was away just then.
            return item.lease_age_s > 0
        return item.lease_age_s > 0 and not here and self._may_judge()

    def _not_made(self, worker: Worker, why: str) -> Outcome:
        entry = self._registry.get(worker.provider_id)
        return provision_failed(entry.record.name if entry else str(worker.provider_id), why)

    async def _check_starting(self, worker: Worker) -> None:
        """A worker that died before its agent called is not waited for."""
        seen = (await self._observe(worker.provider_id, [worker])).get(worker.id)
        if seen is None or seen.state not in _ENDED:
            return
        if seen.out_of_memory:
            await self._close(worker, out_of_memory(worker.memory_mb))
            return
        why = f"the worker ended before its agent called{_because(seen.reason)}"
        await self._close(worker, self._not_made(worker, why))

    async def _fell_silent(self, worker: Worker) -> None:
        held = await self._core.store.held(worker.attempt_id) if worker.attempt_id else None
        now = self._core.clock.now()
        if held is None or held.worker.version != worker.version:
            unit = worker_only(workers.apply(worker, workers.FellSilent(), now), now)
        else:
            draft = Draft.of(held, now)
            draft.move_worker(workers.FellSilent())
            if ATTEMPT.allows(draft.attempt.phase, attempts.WorkerSilent):
                quiet = self._core.timings.lease.total_seconds()
                why = f"nothing was heard from the worker for {quiet:.0f} s"
                draft.move_attempt(attempts.WorkerSilent(reason=why))
                draft.note(EventKind.ATTEMPT_PHASE, phase=draft.attempt.phase.value, reason=why)
            unit = draft.unit()
        await self._save(unit)

    async def _look_at_suspects(self) -> None:
        """Workers whose stream has just ended, while their processes may still be ending."""
        for worker_id in list(self._suspects):
            self._suspects[worker_id] -= 1
            if not self._suspects[worker_id] or self._sessions.get(worker_id) is not None:
                del self._suspects[worker_id]
            worker = await self._core.store.get_worker(worker_id)
            if worker is None or worker.state not in _CONNECTED:
                self._suspects.pop(worker_id, None)
                continue
            seen = (await self._observe(worker.provider_id, [worker])).get(worker_id)
            if seen is not None and seen.state in _ENDED:
                self._suspects.pop(worker_id, None)
                await self._lost(worker, f"its agent ended{_because(seen.reason)}", seen)

    async def _silent(self, silent: Sequence[Worker]) -> None:
        by_provider: dict[UUID, list[Worker]] = {}
        for worker in silent:
            by_provider.setdefault(worker.provider_id, []).append(worker)
        for provider_id, group in by_provider.items():
            seen = await self._observe(provider_id, group)
            for worker in group:
                await self._judge_silent(worker, seen.get(worker.id))

    async def _judge_silent(self, worker: Worker, seen: Observation | None) -> None:
        session = self._sessions.get(worker.id)
        if session is not None and not session.closed.is_set():
            if session.worker.version < worker.version:
                # It was connected all the time and another replica could not know: only a
                # new stream makes it heard again.
                session.close(Conflict("the worker was taken for silent; come back"))
            return
        since = worker.silent_at or worker.created_at
        overdue = self._core.clock.now() - since > self._core.timings.return_grace
        if seen is not None and seen.state in _ENDED:
            why = f"its provider says it is gone{_because(seen.reason)}"
            await self._lost(worker, why, seen)
        elif overdue and self._may_judge():
            silent_s = self._core.timings.return_grace + self._core.timings.lease
            quiet = silent_s.total_seconds()
            await self._lost(worker, f"nothing was heard from it for {quiet:.0f} s")

    async def _lost(self, worker: Worker, why: str, seen: Observation | None = None) -> None:
        # It may have been bound since it was looked at.
        worker = await self._core.store.get_worker(worker.id) or worker
        attempt = (
            await self._core.store.get_attempt(worker.attempt_id) if worker.attempt_id else None
        )
        ran: bool | None = attempt is not None and attempt.started_at is not None
        if attempt is not None and not ran and attempt.entered(Phase.STARTING) is not None:
            ran = None  # an agent that was handed the attempt may have run user code unreported
        starved = seen is not None and seen.out_of_memory
        outcome = out_of_memory(worker.memory_mb) if starved else lost(why, user_code_ran=ran)
        await self._close(worker, outcome)

    async def _observe(
        self, provider_id: UUID, group: Sequence[Worker]
    ) -> Mapping[UUID, Observation]:
        entry = self._registry.get(provider_id)
        handles = [worker.handle for worker in group if worker.handle is not None]
        if entry is None or not handles:
            return {}
        try:
            async with asyncio.timeout(OBSERVE_PATIENCE_S):
                return await entry.provider.observe(handles)
        except (HodeiError, TimeoutError) as error:
            logger.warning("provider does not observe", extra={"error": str(error)})
            return {}

    # ---- attempts and jobs

    async def _unsettled(self) -> None:
        for held in await self._core.store.unsettled():
            try:
                await self._settle(held, self._core.clock.now())
            except StaleVersion:
                continue  # it moved; the next sweep looks again
            except Conflict:
                # One attempt that fits no rule must not keep the others waiting.
                logger.exception("not settled", extra={"attempt_id": str(held.attempt.id)})

    async def _settle(self, held: Held, now: datetime) -> None:
        attempt = held.attempt
        if attempt.ended or held.worker.target is Target.GONE:
            return  # the terminator is at it
        late = timedelta(milliseconds=held.job.spec.grace_ms) + self._core.timings.hang_grace
        if held.job.cancel_requested_at is not None:
            await self._cancel(held, now, late)
        elif attempt.run_deadline is not None and now > attempt.run_deadline + late:
            # The agent enforces the timeout; this one did not.
            limit = self._core.timings.provision.total_seconds()
            never = lost(f"its agent started nothing within {limit:.0f} s", user_code_ran=None)
            outcome = timed_out(held.job.spec.timeout_ms)
            await self._close(held.worker, outcome if attempt.started_at else never)

    async def _cancel(self, held: Held, now: datetime, late: timedelta) -> None:
        worker = held.worker
        since = held.attempt.cancel_requested_at
        if since is None:
            draft = Draft.of(held, now)
            draft.move_attempt(attempts.CancelBegun(reason=held.job.cancel_reason))
            draft.note(EventKind.ATTEMPT_PHASE, phase=draft.attempt.phase.value)
            await self._core.committer.save(draft.unit())
            since = now
        session = self._sessions.get(worker.id)
        if session is not None and session.attempt_id == held.attempt.id:
            session.cancel(held.job.cancel_reason)
        if not worker.enrolled or worker.state is WorkerState.SILENT or now > since + late:
            # Nobody to ask, or it does not answer: the provider ends it.
            await self._close(worker, cancelled("", held.job.cancel_reason))

    async def _queue_deadlines(self) -> None:
        now = self._core.clock.now()
        for job in await self._core.store.expired_in_queue():
            entry = await self._core.store.queue_entry(job.id)
            why = entry.reason if entry else ""
            outcome = waited_too_long(job.spec.queue_timeout_ms or 0, why)
            moved = jobs.apply(job, jobs.TimedOut(outcome=outcome), now)
            event = job_event(EventKind.JOB_FINISHED, moved, now, reason=outcome.message)
            await self._save(Unit(jobs=(moved,), events=(event,)))

    async def _close(self, worker: Worker, outcome: Outcome) -> None:
        await close_worker(self._core, worker.id, outcome)
        fresh = await self._core.store.get_worker(worker.id)
        if fresh is not None and fresh.state is WorkerState.TERMINATING:
            self._terminator.start(fresh)

    async def _save(self, unit: Unit) -> None:
        try:
            await self._core.committer.save(unit)
        except StaleVersion:
            return  # it moved; the next sweep looks again

    # ---- leaks

    async def _leaks(self) -> None:
        """Destroys what carries our installation's label and no live row knows."""
        mono = self._core.clock.monotonic()
        every = self._core.timings.leak_sweep.total_seconds()
        if self._swept_leaks_at is not None and mono - self._swept_leaks_at < every:
            return
        self._swept_leaks_at = mono
        for entry in self._registry.entries():
            try:
                async with asyncio.timeout(LEAK_PATIENCE_S):
                    await self._sweep_leaks(entry)
            except (HodeiError, TimeoutError) as error:
                logger.warning("leak sweep incomplete", extra={"error": str(error)})

    async def _sweep_leaks(self, entry: Entry) -> None:
        found: Sequence[Handle] = await entry.provider.list_owned()
        rows = await self._core.store.owned_handles(entry.record.id)
        known = {worker_id for worker_id, _ in rows}
        for handle in found:
            if handle.worker_id not in known:
                logger.warning("leak removed", extra={"worker_id": str(handle.worker_id)})
                await entry.provider.destroy(handle, grace_s=0)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
