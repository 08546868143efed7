"""ScheduleService."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hodei.api.grpc.guard import granted
from hodei.api.schedules import admitted
from hodei.domain.access.roles import Permission
from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing import schedule as parsing
from hodei.domain.parsing.reader import Report, Section, one_of, open_section, pick
from hodei.domain.project import DEFAULT
from hodei.domain.schedules.rule import seed_of
from hodei.domain.schedules.schedule import Outcome, Schedule
from hodei.engine.engine import Engine
from hodei.engine.schedules.catalog import ScheduleView
from hodei.engine.schedules.preview import preview, words_of
from hodei.ports.schedules import FiringRow, ScheduleFilter
from hodei.wire.gen import schedules_pb2 as pb
from hodei.wire.gen import schedules_pb2_grpc as pb_grpc
from hodei.wire.schedules import (
    config_from_domain,
    config_to_data,
    firing_to_pb,
    slot_to_pb,
    words_to_pb,
)
from hodei.wire.times import to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

MAX_PAGE = 200
MOST_SHOWN = 50


class Schedules(pb_grpc.ScheduleServiceServicer):
    """Schedules over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ListSchedules(
        self, request: pb.ListSchedulesRequest, context: Context
    ) -> pb.ListSchedulesResponse:
        seen = granted().principal.projects_with(Permission.SCHEDULES_READ)
        if request.project:
            seen = frozenset({request.project} if seen is None else {request.project} & seen)
        page = await self._engine.schedules.page(
            ScheduleFilter(projects=seen),
            limit=_size(request.page_size),
            cursor=request.page_token or None,
        )
        return pb.ListSchedulesResponse(
            schedules=[_view(one) for one in page.items], next_page_token=page.cursor or ""
        )

    async def GetSchedule(self, request: pb.ScheduleKey, context: Context) -> pb.Schedule:
        found = await self._found(request.schedule, request.project)
        return _view(await self._engine.schedules.view(found.id))

    async def CreateSchedule(
        self, request: pb.CreateScheduleRequest, context: Context
    ) -> pb.Schedule:
        grant = granted()
        draft = await self._draft(config_to_data(request.config))
        grant.in_project(draft.project)
        view = await self._engine.schedules.create(draft, actor=grant.principal.name)
        grant.target = str(view.schedule.id)
        return _view(view)

    async def UpdateSchedule(
        self, request: pb.UpdateScheduleRequest, context: Context
    ) -> pb.Schedule:
        found = await self._found(request.schedule, request.project)
        data = {"project": found.project, **config_to_data(request.config)}
        if request.HasField("version"):
            data["version"] = request.version
        draft = await self._draft(data)
        view = await self._engine.schedules.update(found.id, draft, actor=granted().principal.name)
        return _view(view)

    async def DeleteSchedule(
        self, request: pb.ScheduleKey, context: Context
    ) -> pb.DeleteScheduleResponse:
        found = await self._found(request.schedule, request.project)
        await self._engine.schedules.delete(found.id, actor=granted().principal.name)
        return pb.DeleteScheduleResponse()

    async def PauseSchedule(self, request: pb.ScheduleKey, context: Context) -> pb.Schedule:
        return await self._switch(request, True)

    async def ResumeSchedule(self, request: pb.ScheduleKey, context: Context) -> pb.Schedule:
        return await self._switch(request, False)

    async def RunSchedule(self, request: pb.ScheduleKey, context: Context) -> pb.Firing:
        found = await self._found(request.schedule, request.project)
        return _firing(await self._engine.schedules.run(found.id, actor=granted().principal.name))

    async def ListFirings(
        self, request: pb.ListFiringsRequest, context: Context
    ) -> pb.ListFiringsResponse:
        found = await self._found(request.schedule, request.project)
        page = await self._engine.schedules.firings(
            found.id,
            outcomes=frozenset(_outcome(name) for name in request.outcomes),
            limit=_size(request.page_size),
            cursor=request.page_token or None,
        )
        return pb.ListFiringsResponse(
            firings=[_firing(row) for row in page.items], next_page_token=page.cursor or ""
        )

    async def ValidateCron(
        self, request: pb.ValidateCronRequest, context: Context
    ) -> pb.ValidateCronResponse:
        now = self._engine.core.clock.now()
        data: dict[str, object] = {"rule": {"kind": "cron", "expression": request.expression}}
        if request.zone:
            data["zone"] = request.zone
        report = Report()
        times = parsing.read_timing(_section(report, data), report, self._engine.core.zones, now)
        if request.count > MOST_SHOWN:
            raise InvalidRequest.of("count", f"must be at most {MOST_SHOWN}", request.count)
        told = preview(times, after=now, count=request.count or 5)
        return pb.ValidateCronResponse(
            words=words_to_pb(told.words),
            next=[slot_to_pb(slot) for slot in told.next],
            warnings=[
                pb.ValidateCronResponse.Warning(code=one.code, words=words_to_pb(one.words))
                for one in told.warnings
            ],
        )

    # ---- parts

    async def _found(self, key: str, project: str) -> Schedule:
        return await admitted(self._engine, granted(), key, project or DEFAULT)

    async def _draft(self, data: Mapping[str, Any]) -> parsing.ScheduleDraft:
        report, now = Report(), await self._engine.schedules.now()
        body = _section(report, data)
        return parsing.read_schedule(body, report, self._engine.core.zones, now)

    async def _switch(self, request: pb.ScheduleKey, paused: bool) -> pb.Schedule:
        found = await self._found(request.schedule, request.project)
        view = await self._engine.schedules.set_paused(
            found.id, paused, actor=granted().principal.name
        )
        return _view(view)


def _section(report: Report, data: Mapping[str, Any]) -> Section:
    return open_section(report, "", data, parsing.FIELDS, {})


def _size(asked: int) -> int:
    size = asked or 50
    if size > MAX_PAGE:
        raise InvalidRequest.of("page_size", f"must be at most {MAX_PAGE}", size)
    return size


def _outcome(name: str) -> Outcome:
    found = pick(name, Outcome)
    if found is None:
        raise InvalidRequest.of("outcomes", f"must be {one_of(Outcome, name)}", name)
    return found


def _firing(row: FiringRow) -> pb.Firing:
    return firing_to_pb(row.firing, row.job_state)


def _view(view: ScheduleView) -> pb.Schedule:
    schedule, row = view.schedule, view.row
    return pb.Schedule(
        id=str(schedule.id),
        config=config_from_domain(schedule),
        words=words_to_pb(words_of(schedule.rule, view.timing.zone, seed_of(schedule.id))),
        version=schedule.version,
        next=[slot_to_pb(slot) for slot in view.next],
        next_fire_at=to_timestamp(schedule.next_at),
        last_firing=_firing(row.last_firing) if row.last_firing else None,
        running_jobs=row.running_jobs,
        created_at=to_timestamp(schedule.created_at),
        created_by=schedule.created_by,
        updated_at=to_timestamp(schedule.updated_at),
        updated_by=schedule.updated_by,
        paused_by=schedule.paused_by,
    )
