"""A booted guest is written down while its init waits, and others go on from there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from hodei.adapters.firecracker import machine
from hodei.adapters.firecracker.api import ANSWER_S, Api
from hodei.adapters.firecracker.errors import NotRestored, Refusal
from hodei.adapters.firecracker.locking import locked
from hodei.adapters.firecracker.orders import First
from hodei.adapters.firecracker.places import Place
from hodei.adapters.firecracker.snapshots import MEMORY, SCRATCH, STATE, Snapshots, sparse_copy
from hodei.ports.threads import to_its_end

logger = logging.getLogger(__name__)

ASKS_S = 60.0
"""How long a restored guest may take until it asks for its orders."""
LOOK_S = 0.02
MB_PER_S = 20
"""That a disk writes of a guest's memory at least."""


class Freezer:
    """Makes the snapshots of one provider."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._claims: dict[Path, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def claim(self, place: Place, key: str, memory_mb: int) -> First | None:
        """What is to be done when the guest first asks for its orders; None: nothing."""
        if not key or not self._snapshots.claim(key):
            return None
        self._claims[place.folder] = key

        async def first() -> None:
            task = asyncio.create_task(self._freeze(place, key, memory_mb))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.shield(task)

        return first

    def release(self, place: Place) -> None:
        """The guest is gone, whether it was written down or not."""
        key = self._claims.pop(place.folder, None)
        if key is not None:
            self._snapshots.release(key)

    async def close(self) -> None:
        """Waits for what is being written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _freeze(self, place: Place, key: str, memory_mb: int) -> None:
        try:
            # Whoever destroys the worker waits: no guest is left standing still.
            async with locked(place.folder, make=False) as there:
                if there and place.pid() is not None:
                    await self._write(place, key, memory_mb)
        except (Refusal, OSError) as error:
            logger.warning("no snapshot made", extra={"error": str(error)})
            await asyncio.to_thread(self._snapshots.failed, key)
        finally:
            self.release(place)

    async def _write(self, place: Place, key: str, memory_mb: int) -> None:
        root = place.root
        new = (root / machine.NEW_STATE, root / machine.NEW_MEMORY)
        with self._snapshots.new(key) as work:
            async with Api(root, lambda: place.pid() is not None) as api:
                await api.send(machine.pausing())
                try:
                    await api.send(machine.freezing(), ANSWER_S + memory_mb / MB_PER_S)
                    # As it is at this moment: the guest's memory knows what is on it.
                    await to_its_end(sparse_copy, root / machine.SCRATCH, work / SCRATCH)
                finally:
                    await api.send(machine.resuming())
            try:
                # Copies, since the monitor may still have its own open for writing.
                for source, name in zip(new, (STATE, MEMORY), strict=True):
                    await to_its_end(sparse_copy, source, work / name)
            finally:
                for path in new:
                    path.unlink(missing_ok=True)
        logger.info("snapshot made", extra={"worker_id": str(place.worker_id)})


async def restore(place: Place, asked: asyncio.Event) -> None:
    """Lets a monitor that was just started go on with a snapshot. Raises NotRestored."""

    def lives() -> bool:
        return place.pid() is not None

    try:
        async with Api(place.root, lives) as api:
            await api.listening()
            await api.send(machine.restoring())
        await _asks(asked, lives)
    except Refusal as refusal:
        words = "" if lives() else f"; firecracker ended: {place.last_words()}"
        raise NotRestored(f"{refusal}{words}") from refusal


async def go_on(place: Place) -> None:
    """A guest that a server left standing still, when it ended meanwhile. Raises Refusal."""
    async with Api(place.root, lambda: place.pid() is not None) as api:
        await api.listening()
        if await api.state() == "Paused":
            await api.send(machine.resuming())


async def _asks(asked: asyncio.Event, lives: Callable[[], bool]) -> None:
    until = asyncio.get_running_loop().time() + ASKS_S
    while not asked.is_set():
        if not lives():
            raise Refusal("it ended before it asked for its orders")
        if asyncio.get_running_loop().time() > until:
            raise Refusal(f"it did not ask for its orders within {ASKS_S:g} s")
        try:
            async with asyncio.timeout(LOOK_S):
                await asked.wait()
        except TimeoutError:
            continue
