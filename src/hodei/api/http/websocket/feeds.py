"""Feeds of small states, which are sent whole when they change, and of samples."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakValueDictionary

from pydantic import BaseModel

from hodei.api.http.names import job_view
from hodei.api.http.routes_providers import all_of, view_of
from hodei.api.http.routes_queue import queue_of
from hodei.api.http.routes_system import summary_of
from hodei.api.http.routes_workers import views_of
from hodei.api.http.schemas.frames import StatsBatch
from hodei.api.http.schemas.metrics import SampleView
from hodei.api.http.websocket.channel import Channel
from hodei.api.http.websocket.jobs_feed import JobsFeed, JobsHub
from hodei.api.http.websocket.schedules_feed import SchedulesFeed
from hodei.api.http.websocket.shared import Shared
from hodei.domain.attempt import Phase
from hodei.domain.events import Event, EventKind
from hodei.engine.engine import Engine
from hodei.engine.jobs import JobDetail
from hodei.engine.live import Batch

QUEUE_ROWS = 100


@dataclass(frozen=True, slots=True)
class State:
    """A state at one moment as JSON, and whether it can still change."""

    text: str
    final: bool = False

    @classmethod
    def of(cls, model: BaseModel, *, final: bool = False) -> State:
        """A model as it is sent."""
        return cls(model.model_dump_json(), final)


class StateFeed:
    """Sends a state at once, and again when it may have changed."""

    def __init__(
        self,
        state: Shared[State],
        concerns: Callable[[Event], bool],
        *,
        pause_s: float,
        refresh_s: float,
    ) -> None:
        self._state = state
        self._concerns = concerns
        self._pause_s = pause_s
        self._refresh_s = refresh_s
        self._dirty = asyncio.Event()
        self._since = time.monotonic()
        """When it last became possible that the state is another one."""

    def notice(self, batch: Batch) -> None:
        """Marks the state as perhaps changed."""
        if not batch or any(map(self._concerns, batch)):
            self._since = time.monotonic()
            self._dirty.set()

    async def run(self, channel: Channel) -> None:
        """Until the state is final."""
        sent = ""
        while True:
            self._dirty.clear()
            state = await self._state.since(self._since)
            if state.text != sent:
                await channel.data(state.text)
                sent = state.text
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
            # Whoever waits as long as this one is content with the same look.
            self._since = time.monotonic() - self._pause_s


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
        return State.of(job_view(engine, detail.job, detail.attempts), final=_settled(detail))

    def concerns(event: Event) -> bool:
        return not known or event.job_id == known[0]

    return StateFeed(Shared(read), concerns, pause_s=0.1, refresh_s=5)


def _settled(detail: JobDetail) -> bool:
    newest = detail.attempts[-1] if detail.attempts else None
    return detail.job.finished and (newest is None or newest.phase is Phase.DONE)


def provider_feed(engine: Engine, key: str) -> StateFeed:
    """One provider."""

    async def read() -> State:
        return State.of(view_of(engine, await engine.providers.get(key)))

    return StateFeed(Shared(read), _about_providers, pause_s=0.5, refresh_s=5)


Projects = frozenset[str] | None
"""Whose jobs somebody may know of; None: all."""


class SharedFeeds:
    """Feeds of what is the same for everybody who may know of the same projects' jobs: read once,
    however many look."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hub = JobsHub(engine)
        self._states: WeakValueDictionary[tuple[str, Projects], Shared[State]] = (
            WeakValueDictionary()
        )
        """As long as some feed holds them."""

    def jobs(self, projects: Projects) -> JobsFeed:
        """Rows of jobs that changed."""
        return JobsFeed(self._hub, projects)

    def summary(self, projects: Projects) -> StateFeed:
        """The dashboard's numbers."""
        state = self._shared("summary", projects, self._read_summary)
        return StateFeed(state, lambda _: True, pause_s=1, refresh_s=5)

    def providers(self, projects: Projects) -> StateFeed:
        """All providers, whatever projects somebody may know of."""
        state = self._shared("providers", None, self._read_providers)
        return StateFeed(state, _about_providers, pause_s=0.5, refresh_s=5)

    def workers(self, projects: Projects) -> StateFeed:
        """Live workers."""
        state = self._shared("workers", projects, self._read_workers)
        return StateFeed(state, _about_workers, pause_s=0.5, refresh_s=5)

    def schedules(self, projects: Projects) -> SchedulesFeed:
        """Rows of schedules that changed."""
        return SchedulesFeed(self._engine, projects)

    def queue(self, projects: Projects) -> StateFeed:
        """The queue's numbers and its first jobs."""
        state = self._shared("queue", projects, self._read_queue)
        return StateFeed(state, _about_the_queue, pause_s=1, refresh_s=5)

    def _shared(
        self, kind: str, projects: Projects, read: Callable[[Projects], Awaitable[State]]
    ) -> Shared[State]:
        found = self._states.get((kind, projects))
        if found is None:
            found = Shared(lambda: read(projects))
            self._states[kind, projects] = found
        return found

    async def _read_summary(self, projects: Projects) -> State:
        return State.of(await summary_of(self._engine, projects))

    async def _read_providers(self, projects: Projects) -> State:
        return State.of(await all_of(self._engine))

    async def _read_workers(self, projects: Projects) -> State:
        return State.of(await views_of(self._engine, await self._engine.workers.all(), projects))

    async def _read_queue(self, projects: Projects) -> State:
        return State.of(
            await queue_of(self._engine, limit=QUEUE_ROWS, cursor=None, projects=projects)
        )


def _about_providers(event: Event) -> bool:
    return event.provider_id is not None


def _about_workers(event: Event) -> bool:
    return event.worker_id is not None


def _about_the_queue(event: Event) -> bool:
    return event.job_id is not None or event.kind is EventKind.SCHEDULER_CHANGED
