"""Making and ending one container on an engine, whatever state an earlier try left it in."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from uuid import UUID

from hodei.adapters.docker.containers import Owner, container_name, is_owned
from hodei.adapters.docker.engine import WORK_S, Engine
from hodei.adapters.docker.errors import EngineRefusal
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import Answer, inner, text

logger = logging.getLogger(__name__)

MISSING, TAKEN = 404, 409
MOST_TRIES = 5
REMOVE_PATIENCE_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.25


class Calls:
    """Orders about containers. Raises EngineRefusal and ProviderUnavailable."""

    def __init__(self, engine: Engine, owner: Owner) -> None:
        self._engine = engine
        self._owner = owner

    async def make(
        self,
        worker_id: UUID,
        body: Mapping[str, object],
        complete: Callable[[str], Awaitable[None]],
        wanted: Callable[[], bool],
    ) -> None:
        """Creates and starts the container, or finishes what an earlier call began.

        `complete` is called between the two; nothing more is done once `wanted` says no.
        """
        name = container_name(worker_id)
        for _ in range(MOST_TRIES):
            if not wanted():
                return
            state = await self._create(name, body, worker_id)
            if state == "running":
                return
            if state != "created" or not wanted():
                continue
            try:
                await complete(name)
                if wanted():
                    await self._engine.post(f"/containers/{name}/start")
            except EngineRefusal as refusal:
                # Another server removed it, and may make it anew.
                if refusal.status == MISSING and await self.inspect(worker_id) is None:
                    continue
                raise
            return
        if wanted():
            raise ProviderUnavailable(f"the container {name} does not stay as it was made")

    async def inspect(self, worker_id: UUID) -> Answer | None:
        """All about the worker's container; None when there is none."""
        try:
            answer = await self._engine.get(f"/containers/{container_name(worker_id)}/json")
        except EngineRefusal as refusal:
            if refusal.status == MISSING:
                return None
            raise
        return answer if isinstance(answer, dict) else None

    async def stop(self, worker_id: UUID, grace_s: float) -> None:
        """The polite signal, and the kill when the grace is over; returns when it has ended."""
        path = f"/containers/{container_name(worker_id)}/stop"
        seconds = math.ceil(grace_s)
        try:
            await self._engine.post(path, None, {"t": str(seconds)}, limit_s=seconds + WORK_S)
        except EngineRefusal as refusal:
            # Not there, or on its way out already; what else there is, removing will tell.
            if refusal.status not in (MISSING, TAKEN):
                logger.warning(
                    "container not stopped",
                    extra={"worker_id": str(worker_id), "reason": str(refusal)},
                )

    async def remove(self, worker_id: UUID) -> None:
        """Kills and removes the container with its own volumes; returns when it is gone."""
        until = monotonic() + REMOVE_PATIENCE_S
        pause = FIRST_PAUSE_S
        while (words := await self._try_to_remove(worker_id)) is not None:
            if monotonic() > until:
                raise ProviderUnavailable(f"the engine does not remove the container: {words}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _try_to_remove(self, worker_id: UUID) -> str | None:
        """What is in the way; None when it is gone."""
        path = f"/containers/{container_name(worker_id)}"
        try:
            await self._engine.delete(path, {"force": "true", "v": "true"})
        except EngineRefusal as refusal:
            # Busy: another call removes it, or the kernel still holds its file system.
            return None if refusal.status == MISSING else str(refusal)
        return None

    async def _create(self, name: str, body: Mapping[str, object], worker_id: UUID) -> str:
        """State of the container by that name; empty when it has to be tried again."""
        try:
            await self._engine.post("/containers/create", body, {"name": name})
        except EngineRefusal as refusal:
            if refusal.status != TAKEN:
                raise
        else:
            return "created"
        found = await self.inspect(worker_id)
        if found is None:
            return ""
        if not is_owned(found, self._owner, worker_id):
            raise ProviderUnavailable(f"the name {name} is taken by a container of somebody else")
        state = text(inner(found, "State"), "Status")
        if state not in ("created", "running"):
            # It ended before its handle was known to anybody.
            await self.remove(worker_id)
            return ""
        return state
