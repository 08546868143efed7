"""Pools: workers that are enrolled before any job asks for them, and idle ones that must go."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hodei.domain import worker as workers
from hodei.domain.errors import CapacityExhausted, StaleVersion
from hodei.domain.provider import WarmPool
from hodei.domain.worker import Target, Worker, WorkerState
from hodei.engine.core import Core
from hodei.engine.enrol import digest
from hodei.engine.facts import worker_only
from hodei.engine.provision import Provisioner
from hodei.engine.registry import Entry, Registry
from hodei.engine.sessions import Sessions

logger = logging.getLogger(__name__)


class Pools:
    """Keeps every provider's warm pools at their sizes.

    Two replicas may both fill the same gap; the surplus idles out.
    """

    def __init__(
        self, core: Core, registry: Registry, sessions: Sessions, provisioner: Provisioner
    ) -> None:
        self._core = core
        self._registry = registry
        self._sessions = sessions
        self._provisioner = provisioner

    async def run_once(self, live: Sequence[Worker]) -> None:
        """Compares the pools with the live workers, given as just read."""
        for entry in self._registry.entries():
            mine = [worker for worker in live if worker.provider_id == entry.record.id]
            if entry.record.enabled and entry.health.ok:
                for pool in entry.record.warm:
                    await self._fill(entry, pool, mine)
        await self._retire_idle(live)

    async def _fill(self, entry: Entry, pool: WarmPool, mine: Sequence[Worker]) -> None:
        here = [w for w in mine if _alike(w, pool) and w.target is Target.RUN]
        # A single-use worker that has its job does not count any more.
        waiting = [w for w in here if w.reusable or w.attempt_id is None]
        for _ in range(pool.size - len(waiting)):
            if not await self._make(entry, pool):
                return

    async def _make(self, entry: Entry, pool: WarmPool) -> bool:
        now = self._core.clock.now()
        otp = self._core.chance.token()
        worker = Worker(
            id=self._core.chance.uuid(),
            provider_id=entry.record.id,
            reusable=entry.capabilities.reusable_workers,
            image=pool.image,
            cpu=pool.cpu,
            memory_mb=pool.memory_mb,
            otp_digest=digest(otp),
            otp_expires_at=now + self._core.timings.provision,
            created_at=now,
        )
        worker = workers.apply(worker, workers.ProvisioningBegun(), now)
        unit = replace(
            worker_only(worker, now, warm=True),
            replica=self._core.replica,
            max_live=entry.capabilities.max_workers,
        )
        try:
            await self._core.committer.save(unit)
        except CapacityExhausted:
            return False
        self._provisioner.start_warm(replace(worker, version=1), otp)
        return True

    async def _retire_idle(self, live: Sequence[Worker]) -> None:
        now = self._core.clock.now()
        retired: set[UUID] = set()
        for session in self._sessions.idle():
            worker = session.worker
            entry = self._registry.get(worker.provider_id)
            if entry is None or not entry.record.enabled:
                await self._retire(worker, "its provider is disabled")
                continue
            kept = sum(pool.size for pool in entry.record.warm if _alike(worker, pool))
            alike = sum(1 for w in live if w.id not in retired and _same(w, worker))
            idle_ms = (now - (worker.ready_at or now)) / timedelta(milliseconds=1)
            if alike > kept and idle_ms > entry.record.idle_timeout_ms:
                await self._retire(worker, "it was idle for too long")
                retired.add(worker.id)

    async def _retire(self, worker: Worker, reason: str) -> None:
        now = self._core.clock.now()
        if worker.state is not WorkerState.READY:
            return
        moved = workers.apply(worker, workers.Unwanted(reason=reason), now)
        try:
            await self._core.committer.save(worker_only(moved, now, reason=reason))
        except StaleVersion:
            return  # a job took it at the same moment


def _alike(worker: Worker, pool: WarmPool) -> bool:
    return worker.image == pool.image


def _same(one: Worker, other: Worker) -> bool:
    return one.provider_id == other.provider_id and one.image == other.image
