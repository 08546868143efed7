"""Rows of jobs that changed: gathered and read once, for every client that lists jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from hodei.api.http.names import names_of
from hodei.api.http.schemas.frames import JobsPatch
from hodei.api.http.schemas.jobs import JobRowView
from hodei.api.http.websocket.channel import Channel
from hodei.domain.errors import HodeiError
from hodei.engine.engine import Engine
from hodei.engine.live import Batch
from hodei.ports.store import JobRow

logger = logging.getLogger(__name__)

PAUSE_S = 0.25
"""Between two patches: at most four a second."""
MAX_ROWS = 500
"""Rows per patch; when more changed, clients are told to read again."""
BACKLOG = 8
"""Patches that a client may be behind before it is told to read again."""

Patch = str | None
"""JSON of a patch; None: something was missed."""
Projects = frozenset[str] | None
"""Whose jobs somebody may know of; None: all."""


class JobsHub:
    """Watches while somebody listens, and patches all who may know of the same jobs alike."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._listeners: dict[asyncio.Queue[Patch], Projects] = {}
        self._running: asyncio.Task[None] | None = None
        self._changed: set[UUID] = set()
        self._missed = False
        self._dirty = asyncio.Event()

    @asynccontextmanager
    async def listen(self, projects: Projects) -> AsyncIterator[asyncio.Queue[Patch]]:
        """Patches of what changes from now on in these projects."""
        queue: asyncio.Queue[Patch] = asyncio.Queue(BACKLOG)
        self._listeners[queue] = projects
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        try:
            yield queue
        finally:
            del self._listeners[queue]
            if not self._listeners and self._running is not None:
                self._running.cancel()

    async def _run(self) -> None:
        async with self._engine.live.watch() as batches:
            telling = asyncio.create_task(self._tell())
            try:
                async for batch in batches:
                    self._notice(batch)
            finally:
                telling.cancel()

    def _notice(self, batch: Batch) -> None:
        self._changed |= {event.job_id for event in batch if event.job_id is not None}
        if not batch or len(self._changed) > MAX_ROWS:
            self._missed = True
        if self._missed:
            self._changed.clear()
        if self._missed or self._changed:
            self._dirty.set()

    async def _tell(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            changed, missed = self._changed, self._missed
            self._changed, self._missed = set(), False
            if missed:
                self._resync()
            if changed:
                try:
                    self._publish(await self._engine.jobs.rows(sorted(changed)))
                except HodeiError as error:
                    logger.warning("changed jobs not read", extra={"error": str(error)})
                    self._resync()
            await asyncio.sleep(PAUSE_S)

    def _publish(self, rows: Sequence[JobRow]) -> None:
        names = names_of(self._engine)
        views = [JobRowView.of(row, names) for row in rows]
        for projects in set(self._listeners.values()):
            seen = [view for view in views if projects is None or view.project in projects]
            if not seen and projects is not None:
                continue  # not even that something happened
            patch = JobsPatch(rows=seen).model_dump_json()
            for queue, theirs in self._listeners.items():
                if theirs == projects:
                    _put(queue, patch)

    def _resync(self) -> None:
        for queue in self._listeners:
            _put(queue, None)


def _put(queue: asyncio.Queue[Patch], patch: Patch) -> None:
    if not queue.full():
        queue.put_nowait(patch)
        return
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)


class JobsFeed:
    """One client's share of the hub."""

    def __init__(self, hub: JobsHub, projects: Projects) -> None:
        self._hub = hub
        self._projects = projects

    def notice(self, batch: Batch) -> None:
        """The hub watches by itself."""

    async def run(self, channel: Channel) -> None:
        """Until the client goes. What it read before it was listened for may be older than that."""
        async with self._hub.listen(self._projects) as patches:
            await channel.resync()
            while True:
                patch = await patches.get()
                if patch is None:
                    await channel.resync()
                else:
                    await channel.data(patch)
