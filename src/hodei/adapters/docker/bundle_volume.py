"""The agent's bundle in a volume of an engine, copied there once per version.

A volume cannot be filled without a container, and a container not made without an image, so the
image of the job at hand lends itself; nothing of it is run. The name of that container is the
lock between servers, and a second, empty volume is the mark that the first is complete.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from hodei.adapters.docker.containers import AGENT_FOLDER, INSTALLATION_LABEL, PROVIDER_LABEL, Owner
from hodei.adapters.docker.engine import Engine
from hodei.adapters.docker.errors import EngineRefusal
from hodei.adapters.docker.tarball import fingerprint, tree
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import text
from hodei.ports.provider import AgentBundle

logger = logging.getLogger(__name__)

BUNDLE_LABEL = "hodei.bundle"
LOADING_PATIENCE_S = 60.0
LOOK_EVERY_S = 0.1
TAKEN = 409


class BundleVolume:
    """The volume of one installation's agent on one engine."""

    def __init__(self, engine: Engine, bundle: AgentBundle, owner: Owner) -> None:
        self._engine = engine
        self._bundle = bundle
        self._owner = owner
        self._name = ""
        self._turn = asyncio.Lock()

    async def ensure(self, image: str) -> str:
        """Name of the filled volume. Raises EngineRefusal, OSError, ProviderUnavailable."""
        async with self._turn:
            if not self._name or not await self._exists(_mark(self._name)):
                self._name = await self._fill(image)
            return self._name

    async def _fill(self, image: str) -> str:
        archive = await asyncio.to_thread(tree, Path(await self._bundle()))
        name = f"hodei-agent-{fingerprint(archive, self._owner.installation)}"
        loader = f"{name}-loader"
        try:
            async with asyncio.timeout(LOADING_PATIENCE_S):
                while not await self._exists(_mark(name)):
                    if await self._load(name, loader, image, archive):
                        break
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError as error:
            # Whoever was at it is dead; the next try begins anew.
            await self._remove(loader)
            message = f"the agent's bundle was not copied within {LOADING_PATIENCE_S:.0f} s"
            raise ProviderUnavailable(message) from error
        return name

    async def _load(self, name: str, loader: str, image: str, archive: bytes) -> bool:
        """Fills the volume unless another server is at it."""
        mount = {
            "Type": "volume",
            "Source": name,
            "Target": AGENT_FOLDER,
            "VolumeOptions": {"Labels": self._labels(name)},
        }
        body = {
            "Image": image,
            "Entrypoint": ["/"],
            "Cmd": [],
            "Labels": self._labels(name),
            "HostConfig": {"NetworkMode": "none", "Mounts": [mount]},
        }
        try:
            await self._engine.post("/containers/create", body, {"name": loader})
        except EngineRefusal as refusal:
            if refusal.status == TAKEN:
                return False
            raise
        try:
            await self._engine.put_archive(loader, AGENT_FOLDER, archive)
            mark = {"Name": _mark(name), "Labels": self._labels(name)}
            await self._engine.post("/volumes/create", mark)
        finally:
            await self._remove(loader)
        logger.info("agent bundle copied to the engine", extra={"volume": name})
        return True

    async def _exists(self, volume: str) -> bool:
        try:
            answer = await self._engine.get(f"/volumes/{volume}")
        except EngineRefusal as refusal:
            if refusal.status == 404:
                return False
            raise
        return isinstance(answer, dict) and text(answer, "Name") == volume

    async def _remove(self, container: str) -> None:
        try:
            await self._engine.delete(f"/containers/{container}", {"force": "true"})
        except EngineRefusal as refusal:
            if refusal.status not in (404, TAKEN):
                raise

    def _labels(self, name: str) -> Mapping[str, str]:
        return {
            INSTALLATION_LABEL: self._owner.installation,
            PROVIDER_LABEL: self._owner.provider,
            BUNDLE_LABEL: name,
        }


def _mark(name: str) -> str:
    return f"{name}.complete"
