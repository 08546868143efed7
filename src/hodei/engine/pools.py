"""Pools: workers that are enrolled before any job asks for them, and idle ones that must go.

Every replica keeps the pools of every provider. What it decides from is in the store, so that all
come to the same sizes; only how often a pool has failed is its own. Two replicas may both fill
the same gap at the same moment; they agree on the worker that is too many.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from hodei.domain import worker as workers
from hodei.domain.errors import CapacityExhausted, HodeiError, StaleVersion, Unavailable
from hodei.domain.warm import (
    LEARNED_FROM_S,
    NEWEST_JOBS,
    STRETCH_S,
    Demand,
    Pool,
    Shape,
    outdated,
    pause_s,
    pools_of,
    shape_of,
    surplus,
    waits,
)
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.core import Core
from hodei.engine.enrol import digest
from hodei.engine.facts import worker_only
from hodei.engine.provision import Provisioner
from hodei.engine.registry import Entry, Registry
from hodei.engine.sessions import Sessions
from hodei.engine.terminate import Terminator
from hodei.ports.provider import SeesImages

logger = logging.getLogger(__name__)

MOST_WORKERS = 10_000
SETTLE_S = 0.2
"""What changes at once is looked at once."""
LEARN_EVERY_S = 60.0
IMAGES_EVERY_S = 30.0
IMAGES_PATIENCE_S = 120.0
ARRIVES_S = 20.0
"""Within which the stream of an agent follows its enrolment, or the worker is silent."""
ROOM_S = 10.0
"""How long a provider that jobs found full makes no warm workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """A pool as it is now."""

    shape: Shape
    size: int
    fixed: int
    ready: int
    """Workers that wait for a job."""
    starting: int
    """Workers that are made, or whose agents have not opened their streams yet."""
    reason: str
    """Why it has this size."""
    fault: str
    """What keeps it below its size; empty when nothing does."""
    retry_at: datetime | None
    """When the next worker is tried after the fault."""


@dataclass(slots=True)
class _Trouble:
    """Tries in a row in which no worker of a pool enrolled."""

    failures: int
    reason: str
    until: float
    """By the monotonic clock."""


@dataclass(slots=True)
class _Care:
    """What this replica remembers of one provider's pools."""

    demands: Sequence[Demand] = ()
    made: dict[UUID, Shape] = field(default_factory=dict)
    """Workers that were made here and have not enrolled yet."""
    troubles: dict[Shape, _Trouble] = field(default_factory=dict)
    learned_at: float | None = None
    version: int = -1
    """Of the provider's row when it was last looked at."""
    full_at: float | None = None
    """When a job last found no room there."""
    asked: bool = False
    """Whether one has since a waiting worker was last looked for to send away."""
    looked_at: float | None = None
    """When its images were last looked at."""
    looking: asyncio.Task[None] | None = None


class Pools:
    """Keeps every provider's warm pools at their sizes."""

    def __init__(
        self,
        core: Core,
        registry: Registry,
        sessions: Sessions,
        provisioner: Provisioner,
        terminator: Terminator,
    ) -> None:
        self._core = core
        self._registry = registry
        self._sessions = sessions
        self._provisioner = provisioner
        self._terminator = terminator
        self._cares: dict[UUID, _Care] = {}
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """A warm worker was taken, a worker is gone, or a provider changed."""
        self._wake.set()

    def make_room(self, provider_ids: Iterable[UUID]) -> None:
        """Jobs found no room on these providers: warm workers that wait for others give way."""
        for provider_id in provider_ids:
            care = self._care(provider_id)
            care.full_at = self._core.clock.monotonic()
            if self._idle(provider_id):
                care.asked = True
                self._wake.set()

    async def run(self) -> None:
        """Looks whenever it is woken, until cancelled; the sweep looks besides."""
        while True:
            await self._wake.wait()
            await self._core.clock.sleep(SETTLE_S)
            self._wake.clear()
            try:
                await self.run_once()
            except Unavailable as error:
                logger.warning("store does not answer", extra={"error": str(error)})
            except Exception:
                logger.exception("pools not looked at")

    async def run_once(self) -> None:
        """Compares the pools with the workers there are."""
        async with self._turn:
            entries = self._registry.entries()
            known = {entry.record.id for entry in entries}
            self._cares = {one: care for one, care in self._cares.items() if one in known}
            for entry in entries:
                await self._learn(entry)
                await self._tend(entry)
            await self._retire_idle()

    async def stop(self) -> None:
        """Ends what is under way."""
        tasks = [care.looking for care in self._cares.values() if care.looking is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def views(self, entry: Entry, mine: Sequence[Worker]) -> list[PoolView]:
        """The pools of a provider, given its live workers."""
        return [self._view(entry, pool, mine) for pool in self._pools(entry)]

    def out_of_date(self, worker: Worker) -> bool:
        """Whether the worker is to make room for one of the present settings."""
        entry = self._registry.get(worker.provider_id)
        return entry is None or bool(_outdated(entry, worker))

    # ---- one provider

    async def _tend(self, entry: Entry) -> None:
        care = self._care(entry.record.id)
        pools = self._pools(entry)
        if not pools and not care.made and not care.asked:
            return
        mine = await self._core.store.list_workers(provider_id=entry.record.id, limit=MOST_WORKERS)
        await self._note_ends(care, mine)
        self._look_at_images(entry, care, mine)
        if care.asked:
            await self._give_way(entry, care, mine)
        if entry.record.enabled and entry.health.ok and not self._is_full(care):
            for pool in pools:
                await self._fill(entry, care, pool, mine)

    def _pools(self, entry: Entry) -> list[Pool]:
        return pools_of(entry.record, self._care(entry.record.id).demands)

    def _care(self, provider_id: UUID) -> _Care:
        return self._cares.setdefault(provider_id, _Care())

    def _idle(self, provider_id: UUID) -> list[Worker]:
        return [
            session.worker
            for session in self._sessions.idle()
            if session.worker.provider_id == provider_id
        ]

    async def _learn(self, entry: Entry) -> None:
        """Once a minute, and when the row has changed: how the last day's jobs came."""
        care, mono = self._care(entry.record.id), self._core.clock.monotonic()
        if care.version != entry.record.version:
            # Whoever changed it wants to see now whether it works.
            care.version, care.learned_at = entry.record.version, None
            care.troubles.clear()
        if care.learned_at is not None and mono - care.learned_at < LEARN_EVERY_S:
            return
        demands: Sequence[Demand] = ()
        if entry.record.warm_learned is not None:
            demands = await self._core.store.demand(
                entry.record.id,
                since=self._core.clock.now() - timedelta(seconds=LEARNED_FROM_S),
                stretch_s=STRETCH_S,
                limit=NEWEST_JOBS,
            )
        care.demands, care.learned_at = demands, mono

    # ---- making

    async def _fill(self, entry: Entry, care: _Care, pool: Pool, mine: Sequence[Worker]) -> None:
        here = [w for w in mine if _fits(entry, w, pool.shape) and waits(w)]
        gap = pool.size - sum(1 for worker in here if not _outdated(entry, worker))
        trouble = care.troubles.get(pool.shape)
        if trouble is not None:
            # One at a time, until one of them enrols.
            rests = self._core.clock.monotonic() < trouble.until
            gap = 0 if rests or pool.shape in care.made.values() else min(gap, 1)
        for _ in range(gap):
            if not await self._make(entry, care, pool.shape):
                return

    async def _make(self, entry: Entry, care: _Care, shape: Shape) -> bool:
        now = self._core.clock.now()
        otp = self._core.chance.token()
        worker = Worker(
            id=self._core.chance.uuid(),
            provider_id=entry.record.id,
            reusable=entry.capabilities.reusable_workers,
            image=shape.image,
            cpu=shape.cpu,
            memory_mb=shape.memory_mb,
            network=shape.network,
            revision=entry.revision,
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
        care.made[worker.id] = shape
        self._provisioner.start_warm(replace(worker, version=1), otp)
        return True

    async def _note_ends(self, care: _Care, mine: Sequence[Worker]) -> None:
        """What became of the workers that were made here: enrolled, or failed and why."""
        live = {worker.id: worker for worker in mine}
        for worker_id, shape in list(care.made.items()):
            worker = live.get(worker_id) or await self._core.store.get_worker(worker_id)
            if worker is not None and worker.enrolled_at is not None:
                del care.made[worker_id]
                care.troubles.pop(shape, None)
            elif worker is None or not waits(worker):
                del care.made[worker_id]
                self._failed(care, shape, worker.reason if worker else "")

    def _failed(self, care: _Care, shape: Shape, reason: str) -> None:
        mono, before = self._core.clock.monotonic(), care.troubles.get(shape)
        why = reason or "the worker was gone before it had enrolled"
        if before is not None and mono < before.until:
            before.reason = why  # of those that were tried at once
            return
        failures = before.failures + 1 if before else 1
        until = mono + pause_s(failures)
        care.troubles[shape] = _Trouble(failures=failures, reason=why, until=until)
        logger.warning(
            "warm worker failed",
            extra={"shape": str(shape), "failures": failures, "reason": why},
        )

    # ---- sending away

    def _is_full(self, care: _Care) -> bool:
        """Whether jobs lacked room there a moment ago."""
        return care.full_at is not None and self._core.clock.monotonic() - care.full_at <= ROOM_S

    async def _give_way(self, entry: Entry, care: _Care, mine: Sequence[Worker]) -> None:
        """The worker that waits longest goes, unless room is being made already."""
        care.asked = False
        idle = self._idle(entry.record.id)
        if idle and not any(worker.state is WorkerState.TERMINATING for worker in mine):
            oldest = min(idle, key=lambda worker: (worker.created_at, worker.id))
            await self._retire(oldest, "a job of another kind needs its room")

    async def _retire_idle(self) -> None:
        idle: dict[UUID, list[Worker]] = {}
        for session in self._sessions.idle():
            idle.setdefault(session.worker.provider_id, []).append(session.worker)
        for provider_id, group in idle.items():
            entry = self._registry.get(provider_id)
            if entry is None or not entry.record.enabled:
                for worker in group:
                    await self._retire(worker, "its provider is disabled")
                continue
            current = []
            for worker in group:
                if why := _outdated(entry, worker):
                    await self._retire(worker, why)
                else:
                    current.append(worker)
            await self._retire_surplus(entry, current)

    async def _retire_surplus(self, entry: Entry, idle: Sequence[Worker]) -> None:
        """Those that no pool has room for; reusable ones only after they were idle for long."""
        pools = self._pools(entry)
        reusable = entry.capabilities.reusable_workers
        shapes = {_key(entry, shape_of(worker)) for worker in idle}
        mine: Sequence[Worker] = idle
        if any(pool.size and _key(entry, pool.shape) in shapes for pool in pools):
            mine = await self._core.store.list_workers(
                provider_id=entry.record.id, limit=MOST_WORKERS
            )
        now = self._core.clock.now()
        patience = timedelta(milliseconds=entry.record.idle_timeout_ms if reusable else 0)
        for shape in shapes:
            kept = sum(pool.size for pool in pools if _key(entry, pool.shape) == shape)
            alike = [worker for worker in mine if _key(entry, shape_of(worker)) == shape]
            too_many = set(surplus(alike, kept))
            for worker in idle:
                if worker.id in too_many and now - (worker.ready_at or now) >= patience:
                    why = "it was idle for too long" if reusable else "its pool became smaller"
                    await self._retire(worker, why)

    async def _retire(self, worker: Worker, reason: str) -> None:
        now = self._core.clock.now()
        if worker.state is not WorkerState.READY:
            return
        moved = workers.apply(worker, workers.Unwanted(reason=reason), now)
        try:
            await self._core.committer.save(worker_only(moved, now, reason=reason))
        except StaleVersion:
            return  # a job took it at the same moment
        self._terminator.start(moved)

    # ---- images

    def _look_at_images(self, entry: Entry, care: _Care, mine: Sequence[Worker]) -> None:
        """Now and then, aside: what the names of the images mean by now."""
        mono = self._core.clock.monotonic()
        if care.looking is not None and not care.looking.done():
            return
        if care.looked_at is not None and mono - care.looked_at < IMAGES_EVERY_S:
            return
        names = sorted({w.image for w in mine if w.image and w.image_digest and waits(w)})
        provider = entry.provider
        if names and isinstance(provider, SeesImages):
            care.looked_at = mono
            look = self._ask_for_images(entry, provider, names)
            care.looking = asyncio.get_running_loop().create_task(look)

    async def _ask_for_images(
        self, entry: Entry, provider: SeesImages, names: Sequence[str]
    ) -> None:
        try:
            async with asyncio.timeout(IMAGES_PATIENCE_S):
                for name, found in (await provider.image_digests(names)).items():
                    entry.note_image(name, found)
        except (HodeiError, TimeoutError) as error:
            logger.warning("images not looked at", extra={"error": str(error)})
        except Exception:
            logger.exception("images not looked at")
        else:
            self._wake.set()

    # ---- showing

    def _view(self, entry: Entry, pool: Pool, mine: Sequence[Worker]) -> PoolView:
        here = [w for w in mine if _fits(entry, w, pool.shape) and waits(w)]
        starting = sum(1 for worker in here if not worker.enrolled or self._arrives(worker))
        ready = sum(1 for w in here if w.state is WorkerState.READY and not self._arrives(w))
        fault, retry_at = "", None
        trouble = self._care(entry.record.id).troubles.get(pool.shape)
        if not entry.record.enabled:
            fault = "the provider is disabled"
        elif trouble is not None:
            rest_s = max(0.0, trouble.until - self._core.clock.monotonic())
            retry_at = self._core.clock.now() + timedelta(seconds=rest_s)
            times = "once" if trouble.failures == 1 else f"{trouble.failures} times in a row"
            fault = f"failed {times}. {trouble.reason}"
        elif not entry.health.ok:
            fault = f"the provider is not healthy: {entry.health.reason}"
        elif len(here) < pool.size:
            fault = self._lack(entry, mine)
        return PoolView(
            shape=pool.shape,
            size=pool.size,
            fixed=pool.fixed,
            ready=ready,
            starting=starting,
            reason=pool.reason,
            fault=fault,
            retry_at=retry_at,
        )

    def _arrives(self, worker: Worker) -> bool:
        """Whether its agent has enrolled and no job can be told to it yet; an agent that has come
        to another server looks so for a moment."""
        session = self._sessions.get(worker.id)
        if session is not None:
            return not session.idle
        if worker.enrolled_at is None:
            return False
        return self._core.clock.now() - worker.enrolled_at < timedelta(seconds=ARRIVES_S)

    def _lack(self, entry: Entry, mine: Sequence[Worker]) -> str:
        most = entry.capabilities.max_workers
        if self._is_full(self._care(entry.record.id)):
            return "jobs of another kind need the room"
        if len(mine) >= most:
            return f"the provider is at its limit of {most} workers"
        return ""


def _fits(entry: Entry, worker: Worker, shape: Shape) -> bool:
    return _key(entry, shape_of(worker)) == _key(entry, shape)


def _key(entry: Entry, shape: Shape) -> Shape:
    """What of a shape tells the provider's workers apart."""
    if entry.capabilities.reusable_workers:
        return Shape(image=shape.image)
    return shape


def _outdated(entry: Entry, worker: Worker) -> str:
    return outdated(worker, revision=entry.revision, image_digest=entry.image_digest(worker.image))
