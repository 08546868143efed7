"""The Docker provider: one container per worker, used once, made from the job's own image."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from hodei.adapters.docker.containers import (
    Owner,
    by_worker,
    container_body,
    container_name,
    ended,
    ending,
    is_killed,
    observation,
    own_filter,
)
from hodei.adapters.docker.delivery import BindDelivery, Delivery, VolumeDelivery
from hodei.adapters.docker.engine import Engine, segment
from hodei.adapters.docker.errors import EngineRefusal, translated
from hodei.adapters.docker.facts import (
    Facts,
    capabilities,
    details,
    guessed,
    reject,
    unfit,
)
from hodei.adapters.docker.host_paths import HostPaths, own_container
from hodei.adapters.docker.images import Image, Images, require_machine
from hodei.adapters.docker.settings import DockerSettings, PullPolicy
from hodei.adapters.docker.worker_calls import MISSING, Calls
from hodei.domain.errors import (
    ImageUnavailable,
    ProviderError,
    WorkerElsewhere,
)
from hodei.domain.parsing.answers import Answer
from hodei.domain.provider import Capabilities, Health, Observation, ObservedState
from hodei.domain.worker import Handle
from hodei.ports.deadline import in_time
from hodei.ports.making import Makings
from hodei.ports.provider import ProviderContext, ProvisionRequest, ProvisionStep

logger = logging.getLogger(__name__)

HANDLE_VERSION = 1
INSPECTED_AT_ONCE = 8
# The first start of a server makes it, which nobody's start shall wait for.
BUNDLE_PATIENCE_S = 4.0
SECOND_LOOK_S = 0.2
# Each step is stored; a person does not read faster.
PULL_STEP_S = 0.2


class DockerProvider:
    """Implements the provider port with the containers of one Docker Engine."""

    def __init__(self, settings: DockerSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._name = context.name
        self._id = str(context.provider_id)
        self._bundle = context.agent_bundle
        self._owner = Owner(installation=context.installation_id, provider=self._id)
        self._engine = Engine(settings)
        self._images = Images(self._engine, settings.registries)
        self._calls = Calls(self._engine, self._owner)
        self._delivery = self._new_delivery(Path(context.data_dir).absolute())
        self._capabilities = guessed(settings)
        self._makings = Makings[None]()

    @property
    def capabilities(self) -> Capabilities:
        """What the engine offers within the settings, as last seen."""
        return self._capabilities

    async def __aenter__(self) -> Self:
        await self._engine.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._makings.close()
        await self._engine.__aexit__(kind, error, trace)

    async def check(self) -> Health:
        """Asks the engine what it is; whether jobs can run there, and why not."""
        now = datetime.now(UTC)
        shown = {"isolation": "container", "host": self._settings.host}
        try:
            facts = await self._engine.facts(fresh=True)
            self._capabilities = capabilities(self._settings, facts)
            shown |= details(facts)
            reason = unfit(facts, self._settings) or await self._lacking()
        except ProviderError as error:
            reason = str(error)
        return Health(ok=not reason, reason=reason, details=shown, checked_at=now)

    async def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """The names of what will be, the pull where one is needed, the running container."""
        facts = await in_time(request, self._engine.facts)
        self._capabilities = capabilities(self._settings, facts)
        reject(request.spec, self._name, self._capabilities)
        handle = self._handle(request.worker_id, facts)
        name = request.spec.image or ""
        image = None
        if self._settings.pull_policy is not PullPolicy.ALWAYS:
            image = await in_time(request, lambda: self._images.find(name))
        digest = image.digest if image else ""
        yield ProvisionStep(handle=handle, phase="provisioning", image_digest=digest)
        if image is None:
            async with aclosing(self._pull(request, handle)) as steps:
                async for step in steps:
                    yield step
            image = await in_time(request, lambda: self._images.find(name))
        if image is None:
            raise ImageUnavailable(f"the image {name} was pulled, but the engine has it no more")
        require_machine(name, image, self._capabilities.architectures)
        work = partial(self._make, request, image)
        await in_time(request, lambda: self._makings.make(request.worker_id, work))
        logger.info("container started", extra={"worker_id": str(request.worker_id)})
        yield ProvisionStep(handle=handle, phase="started", image_digest=image.digest)

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """One list for all, and a closer look at those that ended."""
        if not handles:
            return {}
        try:
            with translated("list the containers"):
                facts = await self._engine.facts()
                params = own_filter(self._owner, any_provider=True)
                rows = by_worker(await self._engine.get("/containers/json", params))
                seen = await self._endings([h.worker_id for h in handles], rows)
        except ProviderError as error:
            unknown = Observation(state=ObservedState.UNKNOWN, reason=str(error))
            return {handle.worker_id: unknown for handle in handles}
        for handle in handles:
            reason = self._elsewhere(handle, facts)
            if reason:
                seen[handle.worker_id] = Observation(state=ObservedState.UNKNOWN, reason=reason)
        return seen

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """Stops the container if there is time to, removes it, then what it was given."""
        reason = self._elsewhere(handle, await self._engine.facts())
        if reason:
            raise WorkerElsewhere(f"cannot end the worker {handle.worker_id}: {reason}")
        await self._makings.settle(handle.worker_id)
        with translated("remove the container"):
            if grace_s > 0:
                await self._calls.stop(handle.worker_id, grace_s)
            await self._calls.remove(handle.worker_id)
            await self._delivery.clean(handle.worker_id)

    async def list_owned(self) -> Sequence[Handle]:
        """Workers with a container, or with a directory of their own."""
        with translated("list the containers"):
            facts = await self._engine.facts()
            rows = by_worker(await self._engine.get("/containers/json", own_filter(self._owner)))
        found = sorted(rows.keys() | await self._delivery.left())
        return [self._handle(worker_id, facts) for worker_id in found]

    async def image_digests(self, images: Sequence[str]) -> Mapping[str, str]:
        """What the engine has under these names, after a pull where every job would pull."""
        found = {}
        for name in images:
            if self._settings.pull_policy is PullPolicy.ALWAYS:
                # A registry that is down now says nothing about what the engine has.
                with suppress(ProviderError):
                    async for _ in self._images.pull(name):
                        continue
            image = await self._images.find(name)
            if image is not None:
                found[name] = image.digest
        return found

    # ------------------------------------------------------------------ provisioning

    async def _pull(
        self, request: ProvisionRequest, handle: Handle
    ) -> AsyncGenerator[ProvisionStep, None]:
        name = request.spec.image or ""
        if self._settings.pull_policy is PullPolicy.NEVER:
            raise ImageUnavailable(
                f"the engine does not have the image {name}, and pull_policy never forbids to pull"
            )
        yield ProvisionStep(handle=handle, phase="pulling", percent=0)
        loop = asyncio.get_running_loop()
        shown_at = loop.time()
        async with aclosing(self._images.pull(name)) as progress:
            while (percent := await in_time(request, partial(_next, progress))) is not None:
                if loop.time() - shown_at >= PULL_STEP_S:
                    shown_at = loop.time()
                    yield ProvisionStep(handle=handle, phase="pulling", percent=percent)
        yield ProvisionStep(handle=handle, phase="pulling", percent=100)

    async def _make(
        self, request: ProvisionRequest, image: Image, wanted: Callable[[], bool]
    ) -> None:
        with translated("start the container"):
            delivered = await self._delivery.prepare(request, image)
            body = container_body(request, image, delivered, self._settings, self._owner)
            await self._calls.make(
                request.worker_id,
                body,
                lambda name: self._delivery.complete(request, name),
                wanted,
            )

    # ------------------------------------------------------------------ observing

    async def _endings(
        self, wanted: Sequence[UUID], rows: Mapping[UUID, Answer]
    ) -> dict[UUID, Observation]:
        gone = Observation(state=ObservedState.GONE, reason="there is no such container")
        seen = {
            worker_id: observation(rows[worker_id]) if worker_id in rows else gone
            for worker_id in wanted
        }
        over = [each for each in seen if each in rows and ended(rows[each])]
        turn = asyncio.Semaphore(INSPECTED_AT_ONCE)

        async def look(worker_id: UUID) -> None:
            async with turn:
                inspected = await self._calls.inspect(worker_id)
                if inspected is not None and is_killed(ending(inspected)):
                    # That memory was the reason reaches the engine by another way, maybe later.
                    await asyncio.sleep(SECOND_LOOK_S)
                    inspected = await self._calls.inspect(worker_id)
            seen[worker_id] = gone if inspected is None else ending(inspected)

        await asyncio.gather(*(look(worker_id) for worker_id in over))
        return seen

    def _handle(self, worker_id: UUID, facts: Facts) -> Handle:
        data = {
            "engine": facts.engine_id,
            "host": self._settings.host,
            "container": container_name(worker_id),
        }
        return Handle(provider=self._id, worker_id=worker_id, version=HANDLE_VERSION, data=data)

    def _elsewhere(self, handle: Handle, facts: Facts) -> str:
        """Why nothing can be said about the worker from here; empty when it can."""
        if handle.version > HANDLE_VERSION:
            return f"its handle has version {handle.version}; this server knows {HANDLE_VERSION}"
        engine, host = handle.data.get("engine"), handle.data.get("host")
        # Another engine at the same address took the place of the old one, with all it had.
        if engine and engine != facts.engine_id and host != self._settings.host:
            return f"the worker is on the engine at {host}, the settings name another by now"
        return ""

    # ------------------------------------------------------------------ health

    async def _lacking(self) -> str:
        """What else a job would need; empty when all is there."""
        try:
            async with asyncio.timeout(BUNDLE_PATIENCE_S):
                await self._delivery.ready()
        except TimeoutError:
            return "the agent's bundle for images is still being made"
        network = self._settings.network
        with translated("look at its networks"):
            try:
                await self._engine.get(f"/networks/{segment(network)}")
            except EngineRefusal as refusal:
                if refusal.status != MISSING:
                    raise
                return f"the engine has no network {network!r}"
        return ""

    def _new_delivery(self, data_dir: Path) -> Delivery:
        if self._settings.binds:
            return BindDelivery(self._bundle, data_dir, HostPaths(self._engine, own_container()))
        return VolumeDelivery(self._engine, self._bundle, self._owner)


async def _next(progress: AsyncGenerator[int, None]) -> int | None:
    return await anext(progress, None)
