"""Bringing the agent, its password and the way to the server into a container.

Behind a unix socket the engine sees this machine's files, or the volumes of the container that the
server is in, so directories are mounted: the agent's bundle, a directory of the worker's own with
the password, and the directory of the server's socket. The directory and not the socket itself:
after a restart the server makes a new one.

Any other engine gets copies: the bundle once in a volume, the password in a volume that lives and
dies with its container.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol
from uuid import UUID

from hodei.adapters.docker.bundle_volume import BundleVolume
from hodei.adapters.docker.containers import (
    AGENT_FOLDER,
    SOCKET_FOLDER,
    WORKER_FOLDER,
    Delivered,
    Mount,
    Owner,
    as_worker_id,
)
from hodei.adapters.docker.engine import Engine
from hodei.adapters.docker.errors import translated
from hodei.adapters.docker.host_paths import HostPaths
from hodei.adapters.docker.images import Image
from hodei.adapters.docker.tarball import one_file
from hodei.domain.errors import ProviderUnavailable, SpecRejected
from hodei.domain.spec import Network
from hodei.ports.provider import AgentBundle, ProvisionRequest
from hodei.ports.threads import to_its_end

# Mounting one of these would show a job what is not meant for it.
SHARED_FOLDERS = frozenset({"/", "/tmp", "/run", "/var/run", "/var/tmp", "/var", "/home", "/root"})


class Delivery(Protocol):
    """One way to bring everything into a container."""

    async def ready(self) -> None:
        """Returns when a worker could be given all of it. Raises ProviderUnavailable."""
        ...

    async def prepare(self, request: ProvisionRequest, image: Image) -> Delivered:
        """What the container is to be created with."""
        ...

    async def complete(self, request: ProvisionRequest, container: str) -> None:
        """What is left to do between creating and starting."""
        ...

    async def clean(self, worker_id: UUID) -> None:
        """Removes what is not removed with the container."""
        ...

    async def left(self) -> set[UUID]:
        """Workers of which something is there, with or without a container."""
        ...


class BindDelivery:
    """Directories of this machine."""

    def __init__(self, bundle: AgentBundle, data_dir: Path, paths: HostPaths) -> None:
        self._bundle = bundle
        self._paths = paths
        self._workers = data_dir / "workers"

    async def ready(self) -> None:
        with translated("look at the server's own volumes"):
            await self._paths.of(await self._bundle())

    async def prepare(self, request: ProvisionRequest, image: Image) -> Delivered:
        servers, sockets = local_servers(request)
        with translated("write the one-time password"):
            folder = await to_its_end(
                write_password, self._workers, request.worker_id, request.enrolment.otp
            )
        pairs = [(await self._bundle(), AGENT_FOLDER), (str(folder), WORKER_FOLDER), *sockets]
        mounts = [await self._mount(source, target) for source, target in pairs]
        return Delivered(mounts=tuple(mounts), servers=",".join(servers))

    async def _mount(self, source: str, target: str) -> Mount:
        there = await self._paths.of(source)
        # Below the engine's own data, where volumes are, it takes no other propagation.
        return _bind(there, target, "rprivate" if there == source else "rslave")

    async def complete(self, request: ProvisionRequest, container: str) -> None:
        return

    async def clean(self, worker_id: UUID) -> None:
        with translated("remove the directory of the worker"):
            await asyncio.to_thread(remove_folder, self._workers / str(worker_id))

    async def left(self) -> set[UUID]:
        with translated("list the directories of the workers"):
            names = await asyncio.to_thread(_names, self._workers)
        return {found for name in names if (found := as_worker_id(name)) is not None}


class VolumeDelivery:
    """Copies, for an engine that does not see this machine's files."""

    def __init__(self, engine: Engine, bundle: AgentBundle, owner: Owner) -> None:
        self._engine = engine
        self._bundle = bundle
        self._volume = BundleVolume(engine, bundle, owner)

    async def ready(self) -> None:
        await self._bundle()

    async def prepare(self, request: ProvisionRequest, image: Image) -> Delivered:
        servers = [each for each in request.enrolment.servers if not each.startswith("unix:")]
        if not servers:
            raise ProviderUnavailable(
                "the agent has no address of the server that a container of another machine "
                "can reach; set HODEI_AGENT_SERVERS to tls://HOST:PORT"
            )
        with translated("take the agent's bundle"):
            bundle = await self._volume.ensure(image.id)
        mounts: tuple[Mount, ...] = (
            {"Type": "volume", "Source": bundle, "Target": AGENT_FOLDER, "ReadOnly": True},
            # Without a name: removed together with its container.
            {"Type": "volume", "Target": WORKER_FOLDER},
        )
        return Delivered(mounts=mounts, servers=",".join(servers))

    async def complete(self, request: ProvisionRequest, container: str) -> None:
        archive = one_file("otp", request.enrolment.otp.encode(), mode=0o444)
        with translated("take the one-time password"):
            await self._engine.put_archive(container, WORKER_FOLDER, archive)

    async def clean(self, worker_id: UUID) -> None:
        return

    async def left(self) -> set[UUID]:
        return set()


def local_servers(request: ProvisionRequest) -> tuple[list[str], list[tuple[str, str]]]:
    """Targets as seen from within, and the directories to mount for them.

    Raises SpecRejected for a job without a network whose server has no socket.
    """
    servers: list[str] = []
    folders: dict[str, str] = {}
    for target in request.enrolment.servers:
        if not target.startswith("unix:"):
            if request.spec.network is not Network.NONE:
                servers.append(target)
            continue
        path = PurePosixPath(target.removeprefix("unix:"))
        folder = str(path.parent)
        if not path.is_absolute() or folder in SHARED_FOLDERS:
            raise ProviderUnavailable(
                f"the server's socket {path} must lie in a directory of its own: "
                "containers get to see the directory"
            )
        inside = folders.setdefault(folder, f"{SOCKET_FOLDER}{len(folders) or ''}")
        servers.append(f"unix:{inside}/{path.name}")
    if not servers:
        raise SpecRejected(
            "a job without a network reaches the server by a unix socket only, "
            "and HODEI_AGENT_SERVERS names none"
        )
    return servers, list(folders.items())


def write_password(workers: Path, worker_id: UUID, otp: str) -> Path:
    """Writes the file that the agent reads; the directory it lies in. Blocks, raises OSError.

    Any user of the container may have to read it, so that this machine's users are kept out by
    the directory above.
    """
    workers.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(workers, 0o700)
    folder = workers / str(worker_id)
    folder.mkdir(mode=0o755, exist_ok=True)
    os.chmod(folder, 0o755)
    new = folder / f"otp.{os.getpid()}.{os.urandom(4).hex()}"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(otp)
    os.chmod(new, 0o444)
    os.replace(new, folder / "otp")
    return folder


def remove_folder(folder: Path) -> None:
    """Removes the directory of a worker; nothing happens when it is not there."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        # Another replica may be at it too.
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


def _bind(source: str, target: str, propagation: str) -> Mount:
    return {
        "Type": "bind",
        "Source": source,
        "Target": target,
        "ReadOnly": True,
        "BindOptions": {"Propagation": propagation},
    }


def _names(folder: Path) -> Sequence[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return ()
