"""The queue as people see and steer it, and the workers that serve it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from hodei.domain import worker as workers
from hodei.domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion
from hodei.domain.events import Event, EventKind
from hodei.domain.outcomes import cancelled
from hodei.domain.worker import WORKER, Worker, WorkerState
from hodei.engine.core import Core
from hodei.engine.explain import Explainer
from hodei.engine.facts import worker_only
from hodei.engine.forecast import Forecaster
from hodei.engine.provision import close_worker
from hodei.engine.sessions import Sessions
from hodei.ports.bus import Hint
from hodei.ports.loads import WorkerLoad
from hodei.ports.store import Page, QueueEntry, QueueStatus, SchedulerSettings

MAX_AGING_STEP_MS = 7 * 86_400_000
_HEARD = frozenset({WorkerState.READY, WorkerState.BUSY, WorkerState.SILENT})
"""States of workers whose agent has called."""


class Queue:
    """Use cases around the queue."""

    def __init__(self, core: Core, explainer: Explainer) -> None:
        self._core = core
        self._explainer = explainer
        self._forecaster = Forecaster(core)

    async def status(self, projects: frozenset[str] | None = None) -> QueueStatus:
        """The queue in numbers, of these projects' jobs."""
        return await self._core.store.queue_status(projects)

    async def page(
        self, *, limit: int, cursor: str | None, projects: frozenset[str] | None = None
    ) -> Page[QueueEntry]:
        """Waiting jobs of these projects in queue order, each with its place among all."""
        return await self._core.store.queue(limit=limit, cursor=cursor, projects=projects)

    async def forecast(
        self, entries: Sequence[QueueEntry], status: QueueStatus
    ) -> Mapping[UUID, int]:
        """Milliseconds until waiting jobs will run; those that nothing is known of are left out."""
        if not entries or (await self._core.store.scheduler()).paused:
            return {}
        candidates = await self._explainer.candidates()
        return await self._forecaster.queue(entries, status, candidates)

    async def settings(self) -> SchedulerSettings:
        """What `configure` last set."""
        return await self._core.store.scheduler()

    async def configure(
        self, *, paused: bool | None, aging_step_ms: int | None, actor: str
    ) -> SchedulerSettings:
        """Changes what is given. Raises InvalidRequest, StaleVersion."""
        if aging_step_ms is not None and not 0 <= aging_step_ms <= MAX_AGING_STEP_MS:
            raise InvalidRequest.of(
                "aging_step_ms", f"must be between 0 and {MAX_AGING_STEP_MS}", aging_step_ms
            )
        old = await self._core.store.scheduler()
        new = replace(
            old,
            paused=old.paused if paused is None else paused,
            aging_step_ms=old.aging_step_ms if aging_step_ms is None else aging_step_ms,
        )
        event = Event(
            kind=EventKind.SCHEDULER_CHANGED,
            at=self._core.clock.now(),
            actor=actor,
            data={"paused": new.paused, "aging_step_ms": new.aging_step_ms},
        )
        if not await self._core.store.save_scheduler(new, event):
            raise StaleVersion("somebody else changed the scheduler at the same moment")
        await self._core.bus.publish(Hint(topic="queue", data={"scheduler": "changed"}))
        return await self._core.store.scheduler()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """A worker with what is known of it now."""

    worker: Worker
    load: WorkerLoad
    heard_at: datetime | None
    """When its agent was last heard of; None when it never was, or is gone."""

    def is_of(self, projects: frozenset[str] | None) -> bool:
        """Whether it holds no job, or one of these projects."""
        return projects is None or not self.worker.attempt_id or self.load.project in projects

    def without_job(self) -> WorkerView:
        """The same without what tells of its job."""
        return WorkerView(
            worker=replace(self.worker, attempt_id=None, image=None, reason=""),
            load=WorkerLoad(lease_until=self.load.lease_until),
            heard_at=self.heard_at,
        )


class Workers:
    """Use cases around workers."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self._core = core
        self._sessions = sessions

    async def all(
        self,
        *,
        provider_id: UUID | None = None,
        states: frozenset[WorkerState] = frozenset(),
        live: bool = True,
        limit: int = 1000,
    ) -> Sequence[Worker]:
        """Newest first."""
        return await self._core.store.list_workers(
            provider_id=provider_id, states=states, live=live, limit=limit
        )

    async def get(self, key: str) -> Worker:
        """Raises NotFound."""
        try:
            worker = await self._core.store.get_worker(UUID(key))
        except ValueError:
            worker = None
        if worker is None:
            raise NotFound("worker", key)
        return worker

    async def views(
        self, workers: Sequence[Worker], *, projects: frozenset[str] | None
    ) -> list[WorkerView]:
        """The same workers, with what they carry; of a job of another project they say nothing."""
        loads = await self._core.store.worker_loads([worker.id for worker in workers])
        views = [self._view(worker, loads.get(worker.id, WorkerLoad())) for worker in workers]
        return [view if view.is_of(projects) else view.without_job() for view in views]

    def _view(self, worker: Worker, load: WorkerLoad) -> WorkerView:
        heard_at = None
        if worker.state in _HEARD:
            heard_at = self._heard_at(worker.id, load.lease_until)
        return WorkerView(worker=worker, load=load, heard_at=heard_at)

    def _heard_at(self, worker_id: UUID, lease_until: datetime | None) -> datetime | None:
        """Exactly for one that is connected here; else by its lease, which is extended only
        when the agent was heard of."""
        now = self._core.clock.now()
        session = self._sessions.get(worker_id)
        if session is not None:
            quiet_s = self._core.clock.monotonic() - session.heard_at
            return now - timedelta(seconds=max(0.0, quiet_s))
        if lease_until is None:
            return None
        return min(now, lease_until - self._core.timings.lease)

    async def drain(self, key: str, *, actor: str) -> Worker:
        """It takes no further job: an idle one goes at once, a busy one after its job."""
        while True:
            worker = await self.get(key)
            if not worker.reusable and worker.attempt_id is not None:
                return worker  # it goes with its job in any case
            now = self._core.clock.now()
            reason = f"drained by {actor}"
            if worker.attempt_id is not None:
                moved = replace(worker, reusable=False, reason=reason)
            elif WORKER.allows(worker.state, workers.Unwanted):
                moved = workers.apply(worker, workers.Unwanted(reason=reason), now)
            else:
                raise Conflict(f"the worker is {worker.state.value} already")
            try:
                await self._core.committer.save(worker_only(moved, now, reason=reason))
            except StaleVersion:
                continue
            await self._core.bus.publish(Hint(topic="cancel", keys=(key,)))
            return await self.get(key)

    async def terminate(self, key: str, *, actor: str) -> Worker:
        """Destroys it now; its job, if any, ends as cancelled. Raises Conflict when gone."""
        worker = await self.get(key)
        if not WORKER.allows(worker.state, workers.Unwanted):
            raise Conflict(f"the worker is {worker.state.value} already")
        await close_worker(self._core, worker.id, cancelled(actor, "its worker was terminated"))
        await self._core.bus.publish(Hint(topic="cancel", keys=(key,)))
        return await self.get(key)
