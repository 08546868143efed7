"""Terminate: unwanted workers are destroyed, and only then their attempts are over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from hodei.domain import worker as workers
from hodei.domain.attempt import Phase
from hodei.domain.errors import HodeiError, StaleVersion, Unavailable, WorkerElsewhere
from hodei.domain.outcome import Cause
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.core import Core
from hodei.engine.facts import Draft, worker_only
from hodei.engine.ingest import closed_log
from hodei.engine.provision import Provisioner
from hodei.engine.registry import Registry
from hodei.engine.sessions import Sessions
from hodei.engine.settle import decide
from hodei.engine.subject import about_worker

logger = logging.getLogger(__name__)

MAX_RETRY_S = 10.0
PATIENCE_S = 120.0
"""How long one destroy may take before it is tried again."""
LEAVE_LEASES = 4
"""For so many leases a worker that only another server can end is left to it: nobody renews the
first, and then every other server may take it."""


class Terminator:
    """The destroy calls of this replica, one task per worker, repeated until they succeed."""

    def __init__(
        self,
        core: Core,
        registry: Registry,
        sessions: Sessions,
        provisioner: Provisioner,
        on_freed: Callable[[], None],
    ) -> None:
        self._core = core
        self._registry = registry
        self._sessions = sessions
        self._provisioner = provisioner
        self._on_freed = on_freed
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._left: dict[UUID, float] = {}
        """Until when workers are left to other servers, by the monotonic clock."""

    @property
    def worker_ids(self) -> list[UUID]:
        """Workers being destroyed here."""
        return list(self._tasks)

    def ends(self, worker_id: UUID) -> bool:
        """Whether the worker is being destroyed here."""
        return worker_id in self._tasks

    def leaves(self, worker_id: UUID) -> bool:
        """Whether another server has to end the worker, and may try it now."""
        return self._left.get(worker_id, 0.0) > self._core.clock.monotonic()

    def start(self, worker: Worker) -> None:
        """Destroys a TERMINATING worker; does nothing when it is being destroyed already."""
        if worker.id in self._tasks:
            return
        task = asyncio.get_running_loop().create_task(self._terminate(worker))
        self._tasks[worker.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(worker.id, None))

    async def stop(self) -> None:
        """Cancels every call; the next owner of the leases goes on."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _terminate(self, worker: Worker) -> None:
        about_worker(worker)
        delay = 0.2
        while True:
            try:
                await self._destroy(worker)
                await self._settle(worker.id)
                return
            except WorkerElsewhere as error:
                self._leave(worker.id, error)
                return
            except HodeiError as error:
                logger.warning(
                    "worker not destroyed yet",
                    extra={"worker_id": str(worker.id), "error": str(error)},
                )
            except Exception:
                logger.exception("destroy failed", extra={"worker_id": str(worker.id)})
            await self._core.clock.sleep(delay)
            delay = min(delay * 2, MAX_RETRY_S)

    def _leave(self, worker_id: UUID, error: WorkerElsewhere) -> None:
        logger.warning(
            "worker left to another server",
            extra={"worker_id": str(worker_id), "error": str(error)},
        )
        now = self._core.clock.monotonic()
        # Those that others have ended are asked for no more.
        self._left = {one: until for one, until in self._left.items() if until > now}
        self._left[worker_id] = now + LEAVE_LEASES * self._core.timings.lease.total_seconds()

    async def _destroy(self, worker: Worker) -> None:
        session = self._sessions.get(worker.id)
        if session is not None:
            session.peer.shutdown(worker.reason)
        # What is still being made must not appear behind the back of the destroy.
        await self._provisioner.ended(worker.id)
        worker = await self._core.store.get_worker(worker.id) or worker
        if worker.handle is None:
            return  # the intent was stored, the provider was never called
        entry = self._registry.get(worker.provider_id)
        if entry is None:
            raise Unavailable("its provider is not configured here")
        # Its job is over or was given its grace already: what is left is killed.
        async with asyncio.timeout(PATIENCE_S):
            await entry.provider.destroy(worker.handle, grace_s=0)
        if session is not None:
            session.close()

    async def _settle(self, worker_id: UUID) -> None:
        while True:
            worker = await self._core.store.get_worker(worker_id)
            if worker is None or worker.state is not WorkerState.TERMINATING:
                return
            held = await self._core.store.held(worker.attempt_id) if worker.attempt_id else None
            about_worker(worker, held)
            now = self._core.clock.now()
            if held is None or held.worker.id != worker.id:
                unit = worker_only(workers.apply(worker, workers.Destroyed(), now), now)
            else:
                draft = Draft.of(held, now)
                closing = held.attempt.closing
                # An agent that was handed the attempt may have run user code unreported.
                told = held.attempt.entered(Phase.STARTING) is not None
                ran = told and closing is not None and closing.cause is not Cause.PROVISION
                draft.destroyed(
                    decide(held, closing, self._core.chance, ran=ran) if closing else None
                )
                unit = draft.unit()
                ending = None
                if not held.attempt.ended:
                    ending = await closed_log(self._core.store, held.attempt.id)
                if ending is not None:
                    unit = replace(unit, logs=(ending,))
            try:
                await self._core.committer.save(unit)
            except StaleVersion:
                continue
            self._on_freed()
            return
