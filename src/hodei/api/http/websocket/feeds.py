"""Feeds of small states (sent whole when they change), of job rows and of samples."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel

from hodei.api.http.names import names_of
from hodei.api.http.routes_providers import all_of, view_of
from hodei.api.http.routes_queue import queue_of
from hodei.api.http.routes_system import summary_of
from hodei.api.http.routes_workers import views_of
from hodei.api.http.schemas.frames import JobsPatch, StatsBatch
from hodei.api.http.schemas.jobs import JobRowView, JobView
from hodei.api.http.schemas.metrics import SampleView
from hodei.api.http.websocket.channel import Channel
from hodei.domain.attempt import Phase
from hodei.domain.events import Event, EventKind
from hodei.engine.engine import Engine
from hodei.engine.jobs import JobDetail
from hodei.engine.live import Batch

JOBS_PAUSE_S = 0.25
"""Between two patches of job rows: at most four a second."""
MAX_ROWS = 500
"""Rows per patch; when more changed the client is told to read again."""
QUEUE_ROWS = 100


@dataclass(frozen=True, slots=True)
class State:
    """A state at one moment, and whether it can still change."""

    model: BaseModel
    final: bool = False


class StateFeed:
    """Sends a state at once, and again when it may have changed."""

    def __init__(
        self,
        read: Callable[[], Awaitable[State]],
        concerns: Callable[[Event], bool],
        *,
        pause_s: float,
        refresh_s: float,
    ) -> None:
        self._read = read
        self._concerns = concerns
        self._pause_s = pause_s
        self._refresh_s = refresh_s
        self._dirty = asyncio.Event()

    def notice(self, batch: Batch) -> None:
        """Marks the state as perhaps changed."""
        if not batch or any(map(self._concerns, batch)):
            self._dirty.set()

    async def run(self, channel: Channel) -> None:
        """Until the state is final."""
        sent = ""
        while True:
            self._dirty.clear()
            state = await self._read()
            text = state.model.model_dump_json()
            if text != sent:
                await channel.data(text)
                sent = text
            if state.final:
                await channel.end()
                return
            await self._change()
            await asyncio.sleep(self._pause_s)

    async def _change(self) -> None:
        try:
            async with asyncio.timeout(self._refresh_s):
                await self._dirty.wait()
        except TimeoutError:
            return


class JobsFeed:
    """Sends the rows of jobs that changed, a few times a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed: set[UUID] = set()
        self._missed = False
        self._dirty = asyncio.Event()

    def notice(self, batch: Batch) -> None:
        """Remembers which jobs to look at."""
        self._changed |= {event.job_id for event in batch if event.job_id is not None}
        if not batch or len(self._changed) > MAX_ROWS:
            self._missed = True
        if self._missed:
            self._changed.clear()
        if self._missed or self._changed:
            self._dirty.set()

    async def run(self, channel: Channel) -> None:
        """Until the socket closes."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            changed, missed = self._changed, self._missed
            self._changed, self._missed = set(), False
            if missed:
                await channel.resync()
            if changed:
                names = names_of(self._engine)
                rows = await self._engine.jobs.rows(sorted(changed))
                patch = JobsPatch(rows=[JobRowView.of(row, names) for row in rows])
                await channel.data(patch.model_dump_json())
            await asyncio.sleep(JOBS_PAUSE_S)


class StatsFeed:
    """Sends the samples of a job as they come, until it is finished."""

    def __init__(self, engine: Engine, key: str) -> None:
        self._engine = engine
        self._key = key

    def notice(self, batch: Batch) -> None:
        """Samples are no events."""

    async def run(self, channel: Channel) -> None:
        """Until the job is finished."""
        job = (await self._engine.jobs.get(self._key)).job
        async for sample in self._engine.stats.follow(job.id):
            points = StatsBatch(points=[SampleView.of(sample)])
            await channel.data(points.model_dump_json())
        await channel.end()


# ---- the states


def job_feed(engine: Engine, key: str) -> StateFeed:
    """One job with its attempts; ends when the job is finished and cleaned up."""
    known: list[UUID] = []

    async def read() -> State:
        detail = await engine.jobs.get(str(known[0]) if known else key)
        known[:] = [detail.job.id]
        return State(JobView.of_detail(detail, names_of(engine)), final=_settled(detail))

    def concerns(event: Event) -> bool:
        return not known or event.job_id == known[0]

    return StateFeed(read, concerns, pause_s=0.1, refresh_s=5)


def _settled(detail: JobDetail) -> bool:
    newest = detail.attempts[-1] if detail.attempts else None
    return detail.job.finished and (newest is None or newest.phase is Phase.DONE)


def summary_feed(engine: Engine) -> StateFeed:
    """The dashboard's numbers."""

    async def read() -> State:
        return State(await summary_of(engine))

    return StateFeed(read, lambda _: True, pause_s=1, refresh_s=5)


def providers_feed(engine: Engine) -> StateFeed:
    """All providers."""

    async def read() -> State:
        return State(await all_of(engine))

    return StateFeed(read, _about_providers, pause_s=0.5, refresh_s=5)


def provider_feed(engine: Engine, key: str) -> StateFeed:
    """One provider."""

    async def read() -> State:
        return State(view_of(engine, await engine.providers.get(key)))

    return StateFeed(read, _about_providers, pause_s=0.5, refresh_s=5)


def workers_feed(engine: Engine) -> StateFeed:
    """Live workers."""

    async def read() -> State:
        return State(await views_of(engine, await engine.workers.all()))

    return StateFeed(read, lambda event: event.worker_id is not None, pause_s=0.5, refresh_s=5)


def queue_feed(engine: Engine) -> StateFeed:
    """The queue's numbers and its first jobs."""

    async def read() -> State:
        return State(await queue_of(engine, limit=QUEUE_ROWS, cursor=None))

    def concerns(event: Event) -> bool:
        return event.job_id is not None or event.kind is EventKind.SCHEDULER_CHANGED

    return StateFeed(read, concerns, pause_s=1, refresh_s=5)


def _about_providers(event: Event) -> bool:
    return event.provider_id is not None
