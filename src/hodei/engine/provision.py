"""Provision: new workers are made by their provider, step by step, each step stored first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from uuid import UUID

from hodei.domain import attempt as attempts
from hodei.domain import worker as workers
from hodei.domain.attempt import ATTEMPT, Attempt, AttemptEvent
from hodei.domain.errors import (
    Conflict,
    HodeiError,
    ImageUnavailable,
    ProviderError,
    ProvisionTimeout,
    SpecRejected,
    StaleVersion,
    Unavailable,
)
from hodei.domain.events import EventKind
from hodei.domain.outcome import Outcome
from hodei.domain.outcomes import image_unavailable, not_startable, provision_failed
from hodei.domain.spec import Resources
from hodei.domain.worker import WORKER, Handle, Target, Worker, WorkerState
from hodei.engine import enrol
from hodei.engine.core import Core
from hodei.engine.facts import Draft, worker_only
from hodei.engine.registry import Entry, Registry
from hodei.engine.subject import about_worker
from hodei.ports.provider import Enrolment, ProvisionRequest, ProvisionStep, WorkerSpec
from hodei.ports.store import Held

logger = logging.getLogger(__name__)


class Unwanted(Conflict):
    """Somebody decided against the worker while it was being made."""


@dataclass(slots=True)
class _Made:
    """A worker on its way, as it was last stored here: mostly nobody else has touched it."""

    worker: Worker
    held: Held | None


class Provisioner:
    """The provision calls of this replica, one task each."""

    def __init__(
        self,
        core: Core,
        registry: Registry,
        on_unwanted: Callable[[Worker], None],
        on_begun: Callable[[], None],
    ) -> None:
        self._core = core
        self._registry = registry
        self._on_unwanted = on_unwanted
        self._on_begun = on_begun
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    @property
    def worker_ids(self) -> list[UUID]:
        """Workers being made here; their leases are renewed with those of the sessions."""
        return list(self._tasks)

    def start(self, held: Held, otp: str) -> None:
        """Makes the worker of a bound attempt."""
        self._spawn(held.worker, held, otp)

    def start_warm(self, worker: Worker, otp: str) -> None:
        """Makes a worker that waits for whatever job comes."""
        self._spawn(worker, None, otp)

    async def ended(self, worker_id: UUID) -> None:
        """Returns when no call for the worker is under way any more; cancels it first."""
        task = self._tasks.get(worker_id)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait([task])

    async def stop(self) -> None:
        """Cancels every call; another replica, or this one's next start, cleans up."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _spawn(self, worker: Worker, held: Held | None, otp: str) -> None:
        task = asyncio.get_running_loop().create_task(self._provision(worker, held, otp))
        self._tasks[worker.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(worker.id, None))
        self._on_begun()

    async def _provision(self, worker: Worker, held: Held | None, otp: str) -> None:
        about_worker(worker, held)
        entry = self._registry.get(worker.provider_id)
        try:
            if entry is None:
                raise ProviderError("the provider was removed")
            request = self._request(worker, held, otp)
            async with asyncio.timeout(self._core.timings.provision.total_seconds()):
                await self._make(entry, request, _Made(worker, held))
        except TimeoutError:
            await self._fail(worker, ProvisionTimeout("the worker did not come up in time"))
        except (Conflict, Unavailable) as error:
            # It is not wanted any more, or the store is away: the reconciler takes over.
            logger.info("provision given up", extra={"error": str(error)})
        except HodeiError as error:
            await self._fail(worker, error)
        except Exception as error:
            logger.exception("provider failed", extra={"worker_id": str(worker.id)})
            await self._fail(worker, ProviderError(f"{type(error).__name__}: {error}"))

    async def _make(self, entry: Entry, request: ProvisionRequest, made: _Made) -> None:
        handle: Handle | None = None
        try:
            async with aclosing(entry.provider.provision(request)) as steps:
                async for step in steps:
                    handle = step.handle
                    entry.note_image(request.spec.image, step.image_digest)
                    await self._save_step(made, step)
        except Unwanted:
            # Another server may have destroyed it before this step had made anything.
            if handle is not None:
                await entry.provider.destroy(handle, grace_s=0)
            raise

    def _request(self, worker: Worker, held: Held | None, otp: str) -> ProvisionRequest:
        spec = held.job.spec if held else None
        labels = {
            "hodei.installation": self._core.installation_id,
            "hodei.worker": str(worker.id),
        }
        if held is not None:
            labels |= {"hodei.attempt": str(held.attempt.id), "hodei.job": str(held.job.id)}
        resources = Resources(cpu=worker.cpu, memory_mb=worker.memory_mb)
        worker_spec = WorkerSpec(
            image=worker.image,
            resources=spec.resources if spec else resources,
            network=worker.network,
            labels=labels,
            reusable=worker.reusable,
            project=spec.project if spec else "",
        )
        return ProvisionRequest(
            worker_id=worker.id,
            spec=worker_spec,
            enrolment=Enrolment(
                servers=self._core.agent_servers,
                worker_id=worker.id,
                otp=enrol.password(self._core, worker.id, otp),
                ca_pem=enrol.authorities(self._core),
            ),
            deadline=worker.created_at + self._core.timings.provision,
        )

    async def _save_step(self, made: _Made, step: ProvisionStep) -> None:
        """Stores one checkpoint. Raises Unwanted when the worker is not wanted any more."""
        while True:
            try:
                await self._save_on(made, step)
            except StaleVersion:
                # The agent enrolled, or a cancel came, at the same moment.
                worker = await self._core.store.get_worker(made.worker.id)
                if worker is None or worker.target is Target.GONE:
                    raise Unwanted("the worker is not wanted any more") from None
                attempt_id = worker.attempt_id
                held = await self._core.store.held(attempt_id) if attempt_id else None
                made.worker, made.held = worker, held
                continue
            return

    async def _save_on(self, made: _Made, step: ProvisionStep) -> None:
        now, started = self._core.clock.now(), step.phase == "started"
        worker = replace(
            made.worker,
            handle=step.handle,
            image_digest=step.image_digest or made.worker.image_digest,
        )
        if started and WORKER.allows(worker.state, workers.CameUp):
            worker = workers.apply(worker, workers.CameUp(), now)
        if made.held is None:
            if worker != made.worker:
                unit = replace(worker_only(worker, now), replica=self._core.replica)
                await self._core.committer.save(unit)
                made.worker = replace(worker, version=worker.version + 1)
            return
        draft = Draft.of(replace(made.held, worker=worker), now)
        if step.image_digest:
            draft.attempt = replace(draft.attempt, image_digest=step.image_digest)
        event = _event_of(step, draft.attempt)
        if event is not None and ATTEMPT.allows(draft.attempt.phase, type(event)):
            draft.move_attempt(event)
        if (draft.attempt, draft.worker) == (made.held.attempt, made.held.worker):
            return
        if draft.attempt.phases != made.held.attempt.phases:
            last = draft.attempt.phases[-1]
            draft.note(EventKind.ATTEMPT_PHASE, phase=last.phase.value, detail=last.detail)
        await self._core.committer.save(draft.unit(replica=self._core.replica))
        made.held = draft.held()
        made.worker = made.held.worker

    async def _fail(self, worker: Worker, error: HodeiError) -> None:
        """Marks the worker for destruction and its attempt for the outcome of the error."""
        logger.warning("provision failed", extra={"worker_id": str(worker.id), "error": str(error)})
        entry = self._registry.get(worker.provider_id)
        name = entry.record.name if entry else str(worker.provider_id)
        try:
            await close_worker(self._core, worker.id, outcome_of(error, worker, name))
            closed = await self._core.store.get_worker(worker.id)
        except Unavailable:
            return  # the deadline stored with the worker brings the reconciler to it
        if closed is not None and closed.state is WorkerState.TERMINATING:
            self._on_unwanted(closed)


def _event_of(step: ProvisionStep, attempt: Attempt) -> AttemptEvent | None:
    """What a step means to the timeline of an attempt; None: nothing new."""
    match step.phase:
        case "started":
            return attempts.WorkerUp()
        case "pulling":
            return attempts.PullProgressed(percent=step.percent, reason=step.reason)
        case _ if attempt.phases and attempt.phases[-1].detail != step.reason:
            return attempts.WorkerAwaited(reason=step.reason)
        case _:
            return None


def outcome_of(error: HodeiError, worker: Worker, provider: str) -> Outcome:
    """What an attempt ends with when its worker could not be made."""
    match error:
        case ImageUnavailable():
            return image_unavailable(worker.image or "", str(error))
        case SpecRejected():
            return not_startable(str(error))
        case _:
            return provision_failed(provider, str(error))


async def close_worker(core: Core, worker_id: UUID, outcome: Outcome) -> None:
    """The worker is to be destroyed, and its attempt, if any, to end with `outcome` then.

    Harmless when it is on its way already. Raises Unavailable.
    """
    while True:
        worker = await core.store.get_worker(worker_id)
        if worker is None or not WORKER.allows(worker.state, workers.Unwanted):
            return
        held = await core.store.held(worker.attempt_id) if worker.attempt_id else None
        now = core.clock.now()
        if held is None or held.worker.id != worker.id:
            reason = workers.Unwanted(reason=outcome.message)
            unit = worker_only(workers.apply(worker, reason, now), now)
        else:
            draft = Draft.of(held, now)
            draft.close(outcome)
            unit = draft.unit()
        try:
            await core.committer.save(replace(unit, replica=core.replica))
        except StaleVersion:
            continue
        return
