"""Rows of schedules that changed, or whose newest job did."""

from __future__ import annotations

import asyncio
from uuid import UUID

from hodei.api.http.schemas.frames import SchedulesPatch
from hodei.api.http.schemas.schedules import ScheduleView
from hodei.api.http.websocket.channel import Channel
from hodei.domain.errors import NotFound
from hodei.domain.events import Event, EventKind
from hodei.engine.engine import Engine
from hodei.engine.live import Batch
from hodei.engine.schedules.catalog import ScheduleView as View
from hodei.ports.schedules import ScheduleFilter

PAUSE_S = 0.5
MAX_ROWS = 100
"""Rows per patch; when more changed, the client is told to read again."""
_FOLLOWED = 1000
"""Schedules whose newest jobs are followed from the beginning."""


class SchedulesFeed:
    """One client's rows."""

    def __init__(self, engine: Engine, projects: frozenset[str] | None) -> None:
        self._engine = engine
        self._projects = projects
        self._changed: set[UUID] = set()
        self._missed = False
        self._dirty = asyncio.Event()
        self._jobs: dict[UUID, UUID] = {}
        """Schedules by the jobs that they wait for."""

    def notice(self, batch: Batch) -> None:
        """Gathers what is to be read again."""
        for event in batch:
            schedule_id = self._schedule_of(event)
            if schedule_id is not None:
                self._changed.add(schedule_id)
        if not batch or len(self._changed) > MAX_ROWS:
            self._missed = True
            self._changed.clear()
        if self._missed or self._changed:
            self._dirty.set()

    def _schedule_of(self, event: Event) -> UUID | None:
        if event.kind is EventKind.SCHEDULE_CHANGED:
            known = self._projects is None or event.project in self._projects
            return UUID(str(event.data["schedule_id"])) if known else None
        return self._jobs.get(event.job_id) if event.job_id else None

    async def run(self, channel: Channel) -> None:
        """Until the client goes. What it read before it was listened for may be older than that."""
        await channel.resync()
        where = ScheduleFilter(projects=self._projects)
        page = await self._engine.schedules.page(where, limit=_FOLLOWED, cursor=None)
        for view in page.items:
            self._follow(view)
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            changed, missed = sorted(self._changed), self._missed
            self._changed, self._missed = set(), False
            if missed:
                await channel.resync()
            if changed:
                await channel.data((await self._patch(changed)).model_dump_json())
            await asyncio.sleep(PAUSE_S)

    async def _patch(self, changed: list[UUID]) -> SchedulesPatch:
        rows: list[ScheduleView] = []
        deleted: list[UUID] = []
        for schedule_id in changed:
            try:
                view = await self._engine.schedules.view(schedule_id)
            except NotFound:
                deleted.append(schedule_id)
                continue
            self._follow(view)
            rows.append(ScheduleView.of(view))
        return SchedulesPatch(rows=rows, deleted=deleted)

    def _follow(self, view: View) -> None:
        last = view.row.last_firing
        self._jobs = {job: one for job, one in self._jobs.items() if one != view.schedule.id}
        if last is not None and last.firing.job_id is not None:
            self._jobs[last.firing.job_id] = view.schedule.id
