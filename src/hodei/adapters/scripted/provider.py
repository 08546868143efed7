"""The scripted provider: workers in memory that fail, hang or die at the named step."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from hodei.adapters.scripted.cloud import KILLED, Cloud, CloudWorker, Script
from hodei.adapters.scripted.script import (
    At,
    Do,
    ScriptedSettings,
    parse_settings,
    settings_schema,
)
from hodei.domain.errors import ProviderUnavailable, SpecRejected
from hodei.domain.provider import Capabilities, Health, Observation, ObservedState
from hodei.domain.spec import Network
from hodei.domain.worker import Handle
from hodei.ports.deadline import require_time
from hodei.ports.provider import ProviderContext, ProvisionRequest, ProvisionStep, WorkerSpec


class ScriptedProvider:
    """Implements the provider port over a cloud."""

    def __init__(self, settings: ScriptedSettings, context: ProviderContext, cloud: Cloud) -> None:
        self._settings = settings
        self._name = context.name
        self._id = str(context.provider_id)
        self._owner = (context.installation_id, self._id)
        self._cloud = cloud
        self._script = Script(settings.steps)

    @property
    def capabilities(self) -> Capabilities:
        """As the settings claim."""
        settings = self._settings
        return Capabilities(
            isolation=settings.isolation,
            images=settings.images,
            architectures=settings.architectures,
            gpus=settings.gpus,
            networks_none=settings.networks_none,
            storage_limit=settings.storage_limit,
            max_workers=settings.max_workers,
            regions=settings.regions,
            reusable_workers=settings.reusable_workers,
            survives_restart=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    async def check(self) -> Health:
        """Well unless the script says otherwise."""
        rule = await self._cloud.reach(At.CHECK, None, self._script)
        reason = str(rule.exception()) if rule is not None else ""
        return Health(ok=not reason, reason=reason, checked_at=datetime.now(UTC))

    async def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """Intent, creation, pull of the image if there is one, start."""
        image = request.spec.image
        require_time(request)
        self._reject(request.spec)
        await self._step(At.INTENT, request)
        yield self._report(request.worker_id, "provisioning")
        await self._step(At.PROVISIONING, request)
        worker = self._make(request.worker_id)
        yield self._report(request.worker_id, "provisioning", created=True)
        if image is not None:
            yield self._report(request.worker_id, "pulling", percent=0)
            await self._step(At.PULLING, request)
            yield self._report(request.worker_id, "pulling", percent=100, image=image)
        dies = await self._come_up(worker, request)
        yield self._report(request.worker_id, "started", image=image)
        if dies:
            worker.end(KILLED)

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """What the cloud holds."""
        rule = await self._cloud.reach(At.OBSERVE, None, self._script)
        found = {}
        for handle in handles:
            worker = self._find(handle.worker_id)
            if rule is not None and rule.do is Do.DIE and worker is not None:
                worker.end(KILLED)
            blind = rule is not None and rule.do is not Do.DIE
            if blind or (worker is not None and worker.hidden):
                found[handle.worker_id] = Observation(
                    state=ObservedState.UNKNOWN, reason="the script hides it"
                )
            elif worker is None:
                found[handle.worker_id] = Observation(state=ObservedState.GONE)
            else:
                found[handle.worker_id] = Observation(
                    state=worker.state,
                    exit_code=worker.exit_code,
                    reason=worker.reason,
                    out_of_memory=worker.out_of_memory,
                )
        return found

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """Forgets the worker; its agent's task is cancelled."""
        rule = await self._cloud.reach(At.DESTROY, handle.worker_id, self._script)
        if rule is not None:
            raise rule.exception()
        worker = self._find(handle.worker_id)
        if worker is not None:
            worker.end(0 if grace_s else KILLED)
            del self._cloud.workers[handle.worker_id]

    async def list_owned(self) -> Sequence[Handle]:
        """The cloud's workers of this installation and provider."""
        return [
            self._handle(worker.worker_id, created=True)
            for worker in self._cloud.workers.values()
            if worker.owner == self._owner
        ]

    async def image_digests(self, images: Sequence[str]) -> Mapping[str, str]:
        """What the cloud's images are called now."""
        return {image: self._cloud.image_digest(image) for image in images}

    async def _step(self, at: At, request: ProvisionRequest) -> None:
        rule = await self._cloud.reach(at, request.worker_id, self._script)
        if rule is not None and rule.do is Do.DIE:
            worker = self._find(request.worker_id)
            if worker is not None:
                worker.end(KILLED)
            raise ProviderUnavailable(rule.message or f"the worker died at {at}")
        if rule is not None:
            raise rule.exception()
        require_time(request)

    async def _come_up(self, worker: CloudWorker, request: ProvisionRequest) -> bool:
        """Starts the worker and its agent; whether it shall die once it is reported."""
        started = await self._cloud.reach(At.STARTED, request.worker_id, self._script)
        if started is not None and started.do is Do.FAIL:
            worker.state = ObservedState.RUNNING
            raise started.exception()
        require_time(request)
        enrol = await self._cloud.reach(At.ENROL, request.worker_id, self._script)
        if not worker.alive or self._find(request.worker_id) is not worker:
            raise ProviderUnavailable("the worker died before it was up")
        if enrol is None and started is None:
            self._cloud.run(worker, request)
            return False
        worker.state = ObservedState.RUNNING
        if enrol is not None and enrol.do is Do.FAIL:
            worker.end(1)
        return started is not None or (enrol is not None and enrol.do is Do.DIE)

    def _make(self, worker_id: UUID) -> CloudWorker:
        worker = self._find(worker_id)
        if worker is None or not worker.alive:
            worker = CloudWorker(owner=self._owner, worker_id=worker_id)
            self._cloud.workers[worker_id] = worker
        return worker

    def _find(self, worker_id: UUID) -> CloudWorker | None:
        worker = self._cloud.workers.get(worker_id)
        return worker if worker is not None and worker.owner == self._owner else None

    def _handle(self, worker_id: UUID, created: bool) -> Handle:
        data = {"created": True} if created else {}
        return Handle(provider=self._id, worker_id=worker_id, data=data)

    def _report(
        self,
        worker_id: UUID,
        phase: str,
        *,
        created: bool = False,
        percent: int | None = None,
        image: str | None = None,
    ) -> ProvisionStep:
        made = created or phase != "provisioning"
        digest = self._cloud.image_digest(image) if image else ""
        return ProvisionStep(
            handle=self._handle(worker_id, made),
            phase=phase,
            percent=percent,
            image_digest=digest,
        )

    def _reject(self, spec: WorkerSpec) -> None:
        able, wanted = self.capabilities, spec.resources
        reason = ""
        if spec.image is not None and not able.images:
            reason = f"cannot use the image {spec.image!r}"
        elif wanted.gpus > able.gpus:
            reason = f"has {able.gpus} GPUs; {wanted.gpus} were asked for"
        elif wanted.storage_mb and not able.storage_limit:
            reason = "cannot limit storage"
        elif spec.network is Network.NONE and not able.networks_none:
            reason = "cannot cut a job off the network"
        elif wanted.architecture is not None and wanted.architecture not in able.architectures:
            reason = f"has no {wanted.architecture} machine"
        if reason:
            raise SpecRejected(f"the scripted provider {self._name!r} {reason}")


class ScriptedFactory:
    """Makes scripted providers over one cloud; found by its entry point."""

    type = "scripted"

    def __init__(self, cloud: Cloud | None = None) -> None:
        self.cloud = cloud or Cloud()

    def settings_schema(self) -> Mapping[str, object]:
        """JSON Schema (2020-12) of the settings."""
        return settings_schema()

    def create(self, settings: Mapping[str, object], context: ProviderContext) -> ScriptedProvider:
        """A provider that has not been opened. Raises InvalidRequest for bad settings."""
        return ScriptedProvider(parse_settings(settings), context, self.cloud)


FACTORY = ScriptedFactory()
