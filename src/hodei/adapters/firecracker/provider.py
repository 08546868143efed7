"""The Firecracker provider: one microVM per worker, used once, made from the job's own image."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from hodei.adapters.firecracker import host, machine
from hodei.adapters.firecracker.agent_start import agent_program, dns_of, local_servers
from hodei.adapters.firecracker.assets import Assets
from hodei.adapters.firecracker.errors import Refusal, translated
from hodei.adapters.firecracker.images.archives import FolderSource
from hodei.adapters.firecracker.images.cache import Images, RootFs
from hodei.adapters.firecracker.images.engine import EngineSource
from hodei.adapters.firecracker.images.model import Source
from hodei.adapters.firecracker.images.registry import RegistrySource
from hodei.adapters.firecracker.locking import locked
from hodei.adapters.firecracker.microvm import MicroVms, Wanted
from hodei.adapters.firecracker.orders import Orders, records
from hodei.adapters.firecracker.places import Place, observation
from hodei.adapters.firecracker.settings import FirecrackerSettings
from hodei.adapters.firecracker.snapshots import Snapshots, key_of, program_key
from hodei.domain.errors import ProviderError, WorkerElsewhere
from hodei.domain.provider import Capabilities, Health, Observation, ObservedState
from hodei.domain.spec import Network
from hodei.domain.worker import Handle
from hodei.ports.deadline import in_time
from hodei.ports.making import Makings
from hodei.ports.provider import ProviderContext, ProvisionRequest, ProvisionStep, WorkerSpec

logger = logging.getLogger(__name__)

HANDLE_VERSION = 1
BUNDLE_PATIENCE_S = 4.0
PULL_STEP_S = 0.2


class FirecrackerProvider:
    """Implements the provider port with the microVMs of this machine."""

    def __init__(self, settings: FirecrackerSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._name = context.name
        self._id = str(context.provider_id)
        self._bundle = context.agent_bundle
        self._folder = Path(context.data_dir).absolute()
        self._machine = machine_name()
        self._capabilities = host.capabilities(settings)
        self._orders = Orders()
        snapshots = Snapshots(self._folder / "snapshots", settings.snapshot_mb << 20)
        self._vms = MicroVms(settings, self._orders, snapshots)
        self._assets = Assets(self._folder / "assets", host.architecture())
        self._images = Images(
            self._folder / "images",
            _sources(settings),
            host.architecture(),
            most_bytes=settings.max_image_mb << 20,
            budget_bytes=settings.cache_mb << 20,
        )
        self._makings = Makings[None]()
        self._system = asyncio.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """What this machine offers within the settings."""
        return self._capabilities

    async def __aenter__(self) -> Self:
        for worker_id in self._workers():
            place = self._place(worker_id)
            try:
                async with locked(place.folder, make=False) as there:
                    if there:
                        await self._vms.resume(place)
            except (OSError, Refusal) as error:
                # The worker ends by its deadline.
                logger.warning("guest not resumed", extra={"error": str(error)})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._makings.close()
        await self._vms.close()
        self._orders.close()

    async def check(self) -> Health:
        """Whether a guest could be started here, and everything that is missing."""
        shown, lacking = await host.examine(self._settings)
        self._capabilities = host.capabilities(self._settings)
        if not lacking:
            try:
                async with asyncio.timeout(BUNDLE_PATIENCE_S):
                    await self._bundle()
            except TimeoutError:
                lacking.append("the agent's bundle for images is still being made")
            except ProviderError as error:
                lacking.append(str(error))
        return Health(
            ok=not lacking,
            reason="; ".join(lacking),
            details={"isolation": "microvm", **shown},
            checked_at=datetime.now(UTC),
        )

    async def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """The names of what will be, the root file system, the started guest."""
        host.reject(request.spec, self._name, self._capabilities, self._settings)
        handle = self._handle(request.worker_id)
        image = request.spec.image or ""
        found = await in_time(request, lambda: self._images.find(image))
        root = self._images.cached(found)
        digest = found.digest
        yield ProvisionStep(handle=handle, phase="provisioning", image_digest=digest)
        if root is None:
            yield ProvisionStep(handle=handle, phase="pulling", percent=0)
            shown_at = asyncio.get_running_loop().time()
            async with aclosing(self._images.make(image, found)) as steps:
                while not isinstance(step := await in_time(request, partial(_next, steps)), RootFs):
                    if asyncio.get_running_loop().time() - shown_at >= PULL_STEP_S:
                        shown_at = asyncio.get_running_loop().time()
                        yield ProvisionStep(handle=handle, phase="pulling", percent=step)
                root = step
            yield ProvisionStep(handle=handle, phase="pulling", percent=100)
        fault = await in_time(request, partial(self._made, request, root))
        if fault:
            yield ProvisionStep(handle=handle, phase="provisioning", reason=fault)
        logger.info("microVM started", extra={"worker_id": str(request.worker_id)})
        yield ProvisionStep(handle=handle, phase="started", image_digest=digest)

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """By their directories and processes."""
        seen = {}
        for handle in handles:
            reason = self._elsewhere(handle)
            if reason:
                seen[handle.worker_id] = Observation(state=ObservedState.UNKNOWN, reason=reason)
            else:
                seen[handle.worker_id] = observation(self._place(handle.worker_id))
        return seen

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """Ends the guest at once: a polite end is what its agent is asked for over its session."""
        reason = self._elsewhere(handle)
        if reason:
            raise WorkerElsewhere(f"cannot end the worker {handle.worker_id}: {reason}")
        await self._makings.settle(handle.worker_id)
        place = self._place(handle.worker_id)
        with translated("remove the microVM"):
            async with locked(place.folder, make=False) as there:
                if there:
                    await self._vms.unmake(place)

    async def list_owned(self) -> Sequence[Handle]:
        """Workers with a directory; it is made first and goes last."""
        with translated("list the microVMs"):
            return [self._handle(worker_id) for worker_id in self._workers()]

    async def image_digests(self, images: Sequence[str]) -> Mapping[str, str]:
        """What the sources have under these names now."""
        found = {}
        for name in images:
            try:
                found[name] = (await self._images.find(name)).digest
            except ProviderError as error:
                logger.info("image not looked up", extra={"image": name, "error": str(error)})
        return found

    # ------------------------------------------------------------------ provisioning

    async def _made(self, request: ProvisionRequest, root: RootFs) -> str:
        """Why it was booted though there was a snapshot, if so."""
        faults: list[str] = []
        with translated("make ready what a guest needs"):
            wanted = await self._wanted(request, root)

        async def work(still: Callable[[], bool]) -> None:
            if not still():
                return
            place = self._place(request.worker_id)
            with translated("start the microVM"):
                async with locked(place.folder, make=True):
                    faults.append(await self._vms.make(place, wanted, still))

        await self._makings.make(request.worker_id, work)
        for fault in filter(None, faults):
            logger.warning(fault, extra={"worker_id": str(request.worker_id)})
        return faults[0] if faults else ""

    async def _wanted(self, request: ProvisionRequest, root: RootFs) -> Wanted:
        spec = request.spec
        programs = host.programs(self._settings)
        bundle = Path(await self._bundle())
        async with self._system:
            kernel = await asyncio.to_thread(self._assets.kernel, Path(self._settings.kernel))
            system = await self._assets.system(bundle)
        networked = spec.network is not Network.NONE
        sockets, servers = local_servers(request)
        program = agent_program(request, root, bundle, servers, self._settings.guest_env)
        hostname = f"hodei-{str(request.worker_id)[:8]}"
        storage_mb = spec.resources.storage_mb or self._settings.storage_mb
        return Wanted(
            resources=spec.resources,
            network=spec.network,
            kernel=kernel,
            system=system,
            image=root.path,
            storage_mb=storage_mb,
            sockets=sockets,
            orders=records(program, hostname, network=networked, dns=dns_of(self._settings)),
            firecracker=programs.firecracker,
            jailer=programs.jailer,
            key=self._key(kernel, system, root.path, storage_mb, spec, programs.firecracker),
            # A pool's, which are made again and again, and not of one job.
            keep=not spec.project,
        )

    def _key(
        self,
        kernel: Path,
        system: Path,
        image: Path,
        storage_mb: int,
        spec: WorkerSpec,
        firecracker: str,
    ) -> str:
        """Of the snapshot from which such a guest may be restored; empty: none are made."""
        if not self._settings.snapshot_mb:
            return ""
        calls = machine.calls(spec.resources, spec.network, self._settings, "")
        files = (kernel.name, system.name, image.name, storage_mb)
        return key_of(*files, program_key(firecracker), calls)

    # ------------------------------------------------------------------ where

    def _place(self, worker_id: UUID) -> Place:
        program = Path(os.path.realpath(self._settings.firecracker)).name
        return Place(
            worker_id=worker_id, folder=self._folder / "vms" / str(worker_id), program=program
        )

    def _workers(self) -> list[UUID]:
        try:
            names = os.listdir(self._folder / "vms")
        except FileNotFoundError:
            return []
        return sorted(found for name in names if (found := _as_worker_id(name)) is not None)

    def _handle(self, worker_id: UUID) -> Handle:
        data = {"machine": self._machine, "folder": str(self._folder)}
        return Handle(provider=self._id, worker_id=worker_id, version=HANDLE_VERSION, data=data)

    def _elsewhere(self, handle: Handle) -> str:
        """Why nothing can be said about the worker from here; empty when it can."""
        if handle.version > HANDLE_VERSION:
            return f"its handle has version {handle.version}; this server knows {HANDLE_VERSION}"
        machine, folder = handle.data.get("machine"), handle.data.get("folder")
        if machine and machine != self._machine:
            return f"the worker is on the machine {machine}"
        if folder and folder != str(self._folder):
            return f"the worker's directory is {folder}, of another data directory"
        return ""


def machine_name() -> str:
    """Names this machine among those that share a database."""
    try:
        found = Path("/etc/machine-id").read_text("ascii").strip()
    except OSError:
        found = ""
    return found or os.uname().nodename


def _sources(settings: FirecrackerSettings) -> list[Source]:
    machine = host.architecture()
    found: list[Source] = []
    if settings.image_folders:
        found.append(FolderSource(settings.image_folders, machine))
    if settings.docker_host:
        found.append(EngineSource(settings.docker_host))
    if settings.registry:
        found.append(RegistrySource(settings.registries, machine))
    return found


async def _next(steps: AsyncGenerator[int | RootFs, None]) -> int | RootFs:
    return await anext(steps)


def _as_worker_id(name: str) -> UUID | None:
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name else None
