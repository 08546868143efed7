"""Making and unmaking one microVM, in steps that can be repeated and undone."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hodei.adapters.firecracker import machine, network
from hodei.adapters.firecracker.api import Api
from hodei.adapters.firecracker.assets import empty_image, link
from hodei.adapters.firecracker.errors import NotRestored, Refusal
from hodei.adapters.firecracker.freezing import Freezer, go_on, restore
from hodei.adapters.firecracker.guest import AGENT_PORT
from hodei.adapters.firecracker.orders import Orders, Record, addresses, store
from hodei.adapters.firecracker.places import (
    Place,
    Slots,
    cgroup_folders,
    cgroup_version,
    kill,
    members,
    weigh,
)
from hodei.adapters.firecracker.programs import run_apart
from hodei.adapters.firecracker.settings import FirecrackerSettings
from hodei.adapters.firecracker.snapshots import Snapshot, Snapshots, sparse_copy
from hodei.domain.errors import CapacityExhausted
from hodei.domain.spec import Network, Resources
from hodei.ports.threads import to_its_end

GONE_S = 20.0
LOOK_S = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Everything that a microVM is made of."""

    resources: Resources
    network: Network
    kernel: Path
    system: Path
    image: Path
    storage_mb: int
    sockets: Sequence[str]
    """Unix sockets of the server, which the agent reaches by ports from AGENT_PORT on."""
    orders: Sequence[Record]
    firecracker: str
    jailer: str
    key: str = ""
    """Of the snapshot that it may be restored from; empty: it is booted."""
    keep: bool = False
    """Whether a snapshot of it is made where there is none: others of its kind will come."""


class MicroVms:
    """Those of one provider on this machine. The caller holds the lock of the place."""

    def __init__(self, settings: FirecrackerSettings, orders: Orders, snapshots: Snapshots) -> None:
        self._settings = settings
        self._orders = orders
        self._snapshots = snapshots
        self._freezer = Freezer(snapshots)
        self._restoring = asyncio.Semaphore(max(2, os.cpu_count() or 1))
        self._slots = Slots(settings.slots)

    async def make(self, place: Place, wanted: Wanted, still: Callable[[], bool]) -> str:
        """A started guest; what was half made before is made anew.

        Returns why it was booted though there was a snapshot; empty in all other cases. Raises
        Refusal, OSError, CapacityExhausted. Stops early when nobody wants it any more; `unmake`
        removes whatever there is.
        """
        if place.started.exists():
            return ""
        snapshot = None
        if wanted.key:
            snapshot = await asyncio.to_thread(self._snapshots.find, wanted.key)
        if snapshot is not None:
            try:
                await self._make(place, wanted, still, snapshot)
            except NotRestored as refusal:
                await asyncio.to_thread(self._snapshots.failed, wanted.key)
                await self._make(place, wanted, still, None)
                return f"the snapshot could not be restored, so it was booted: {refusal}"
            return ""
        await self._make(place, wanted, still, None)
        return ""

    async def close(self) -> None:
        """Waits for what is still being written."""
        await self._freezer.close()

    async def _make(
        self,
        place: Place,
        wanted: Wanted,
        still: Callable[[], bool],
        snapshot: Snapshot | None,
    ) -> None:
        await self._undo(place)
        slot = self._slots.take(place.folder)
        if slot is None:
            raise CapacityExhausted(
                f"all {self._settings.slots} uids and networks of microVMs are in use here"
            )
        uid = self._settings.uid_base + slot
        nets = network.names(place.worker_id, slot, self._settings.network_pool)
        steps: Sequence[Callable[[], Awaitable[None]]] = (
            lambda: self._files(place, wanted, uid, snapshot),
            lambda: self._network(nets, wanted.network, uid),
            lambda: self._jail(place, wanted, uid, nets.netns),
            lambda: self._start(place, wanted, uid, nets, snapshot, still),
        )
        for step in steps:
            if not still():
                return
            await step()
        if still():
            place.started.touch()

    async def unmake(self, place: Place) -> None:
        """Nothing is left of it but its directory, which goes last. Raises Refusal, OSError."""
        await self._undo(place)
        await asyncio.to_thread(shutil.rmtree, place.folder)

    async def resume(self, place: Place) -> None:
        """After a restart: a guest that was not told its orders yet can still be told."""
        slot = self._slots.of(place.folder)
        if slot is not None and place.orders.exists() and place.pid() is not None:
            await self._orders.serve(place, self._settings.uid_base + slot)
            await go_on(place)

    # ------------------------------------------------------------------ steps

    async def _files(
        self, place: Place, wanted: Wanted, uid: int, snapshot: Snapshot | None
    ) -> None:
        root = place.root
        root.mkdir(mode=0o700, parents=True)
        (root / machine.AGENTS).mkdir(mode=0o755)
        link(wanted.system, root / machine.SYSTEM)
        link(wanted.image, root / machine.IMAGE)
        scratch = root / machine.SCRATCH
        if snapshot is None:
            link(wanted.kernel, root / machine.KERNEL)
            await empty_image(scratch, wanted.storage_mb)
        else:
            try:
                link(snapshot.state, root / machine.STATE)
                link(snapshot.memory, root / machine.MEMORY)
                await to_its_end(sparse_copy, snapshot.scratch, scratch)
            except FileNotFoundError as error:
                raise NotRestored(f"{error.filename or error} is gone") from error
        scratch.chmod(0o600)
        os.chown(scratch, uid, uid)
        for port, path in enumerate(wanted.sockets, AGENT_PORT):
            way = f"{machine.AGENTS}/{Path(path).name}"
            os.symlink(way, root / f"{machine.VSOCK}_{port}")

    async def _network(self, nets: network.Names, kind: Network, uid: int) -> None:
        if kind is Network.NONE:
            await network.make_empty(nets)
        else:
            await network.make(nets, uid)

    async def _jail(self, place: Place, wanted: Wanted, uid: int, netns: str) -> None:
        version = cgroup_version()
        jail = machine.Jail(
            worker_id=place.worker_id,
            base=str(place.jails),
            uid=uid,
            netns=f"{network.NETNS_FOLDER}/{netns}",
            cgroups=machine.cgroup_values(wanted.resources, version),
            cgroup_version=version,
        )
        argv = machine.jailer_argv(wanted.jailer, wanted.firecracker, jail)
        if wanted.sockets:
            folder = str(Path(wanted.sockets[0]).parent)
            argv = machine.mounting_argv(folder, str(place.root / machine.AGENTS), argv)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        console = os.open(place.console, flags, 0o600)
        try:
            code = await run_apart(argv, console)
        finally:
            os.close(console)
        if code != 0:
            raise Refusal(f"the jailer failed: {place.last_words() or f'exit code {code}'}")
        weigh()

    async def _start(
        self,
        place: Place,
        wanted: Wanted,
        uid: int,
        nets: network.Names,
        snapshot: Snapshot | None,
        still: Callable[[], bool],
    ) -> None:
        own = [] if wanted.network is Network.NONE else addresses(nets)
        store(place, [*own, *wanted.orders])
        if snapshot is not None:
            asked = await self._orders.serve(place, uid)
            # Not all at once: whether one hangs can be told only where it has a CPU to run on.
            async with self._restoring:
                if still():
                    await restore(place, asked)
            return
        first = None
        if wanted.keep:
            first = self._freezer.claim(place, wanted.key, wanted.resources.memory_mb)
        await self._orders.serve(place, uid, first)
        await self._boot(place, wanted, nets.mac)

    async def _boot(self, place: Place, wanted: Wanted, mac: str) -> None:
        def lives() -> bool:
            return place.pid() is not None

        try:
            async with Api(place.root, lives) as api:
                await api.listening()
                for call in machine.calls(wanted.resources, wanted.network, self._settings, mac):
                    await api.send(call)
        except Refusal as refusal:
            if lives():
                raise
            words = place.last_words()
            raise Refusal(f"{refusal}; firecracker ended: {words}") from refusal

    # ------------------------------------------------------------------ undoing

    async def _undo(self, place: Place) -> None:
        self._orders.stop(place)
        self._freezer.release(place)
        await self._end(place)
        slot = self._slots.of(place.folder)
        if slot is not None:
            nets = network.names(place.worker_id, slot, self._settings.network_pool)
            await network.remove(nets, known=True)
        for folder in cgroup_folders(place.worker_id):
            await self._remove_group(folder)
        self._slots.give_back(place.folder)
        place.started.unlink(missing_ok=True)
        if place.jails.exists():
            await asyncio.to_thread(shutil.rmtree, place.jails)
        place.console.unlink(missing_ok=True)

    async def _end(self, place: Place) -> None:
        """Every process of the worker, the monitor and whatever else its group holds."""
        until = asyncio.get_running_loop().time() + GONE_S
        while True:
            pid = place.pid()
            left = members(cgroup_folders(place.worker_id)) | ({pid} if pid else set())
            if not left:
                return
            kill(left)
            if asyncio.get_running_loop().time() > until:
                raise Refusal(f"processes {sorted(left)} outlive SIGKILL")
            await asyncio.sleep(LOOK_S)

    async def _remove_group(self, folder: Path) -> None:
        until = asyncio.get_running_loop().time() + GONE_S
        while True:
            try:
                folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                # The kernel needs a moment after the last process.
                if asyncio.get_running_loop().time() > until:
                    raise
                await asyncio.sleep(LOOK_S)
            else:
                return
