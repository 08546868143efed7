"""Schedules: making, changing, pausing, running and explaining them."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from hodei.api.http import schedule_body as bodies
from hodei.api.http.body import read_object
from hodei.api.http.operations import PREFIX, Answer, Call, Operation, json_response, ok
from hodei.api.http.query import choice, choices, optional, text, whole, words_of
from hodei.api.http.schemas.schedules import (
    FiringPage,
    FiringView,
    SchedulePage,
    SchedulePreview,
    ScheduleView,
    TimeZones,
)
from hodei.api.schedules import admitted
from hodei.domain.access.roles import Permission
from hodei.domain.parsing import schedule as parsing
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import Report, Section
from hodei.domain.project import DEFAULT
from hodei.domain.schedules.schedule import Outcome, Schedule
from hodei.engine.schedules.preview import preview as explained
from hodei.ports.schedules import ScheduleFilter

KEY = "Id of the schedule, or its name in the project."
PROJECT = text("project", "The project of a schedule given by name.", most=63, default=DEFAULT)
OF_PROJECT = optional(text("project", "Only those of this project.", most=63))
Q = text("q", "Part of the name in any case.", most=100)
PAUSED = choice("paused", "Only those that are, or are not.", {"1": True, "0": False}, default=None)
OUTCOME = choices("outcome", "Outcomes, separated by commas.", words_of(Outcome))
CURSOR = text("cursor", "next_cursor of the page before.", most=500)
LIMIT = whole("limit", "Rows per page.", least=1, most=200, default=50)
_PREVIEW = (*parsing.TIMING_FIELDS, "from", "count", "schedule")
_CREATE = tuple(name for name in parsing.FIELDS if name != "version")


async def listing(call: Call) -> Response:
    """GET /schedules."""
    seen = call.caller.principal.projects_with(Permission.SCHEDULES_READ)
    project = call.get(OF_PROJECT)
    if project is not None:
        seen = frozenset({project} if seen is None else {project} & seen)
    where = ScheduleFilter(projects=seen, text=call.get(Q), paused=call.get(PAUSED))
    page = await call.engine.schedules.page(where, limit=call.get(LIMIT), cursor=call.get(CURSOR))
    return json_response(SchedulePage.of(page))


async def create(call: Call) -> Response:
    """POST /schedules."""
    report = Report()
    body = await read_object(call.request, _CREATE, report)
    draft = parsing.read_schedule(
        body, report, call.engine.core.zones, await call.engine.schedules.now()
    )
    call.grant.in_project(draft.project)
    view = await call.engine.schedules.create(draft, actor=call.actor)
    call.grant.target = str(view.schedule.id)
    place = f"{PREFIX}/schedules/{view.schedule.id}"
    return json_response(ScheduleView.of(view), 201, Location=place)


async def detail(call: Call) -> Response:
    """GET /schedules/{key}."""
    return await _view(call, (await _found(call)).id)


async def update(call: Call) -> Response:
    """PUT /schedules/{key}."""
    stored = await _found(call)
    report = Report()
    body = await read_object(call.request, parsing.FIELDS, report)
    if not body.has("project"):
        body = Section(report, "", {**_given(body), "project": stored.project})
    draft = parsing.read_schedule(
        body, report, call.engine.core.zones, await call.engine.schedules.now()
    )
    view = await call.engine.schedules.update(stored.id, draft, actor=call.actor)
    return json_response(ScheduleView.of(view))


def _given(body: Section) -> dict[object, object]:
    return {name: body.get(name) for name in parsing.FIELDS if body.has(name)}


async def delete(call: Call) -> Response:
    """DELETE /schedules/{key}."""
    await call.engine.schedules.delete((await _found(call)).id, actor=call.actor)
    return Response(status_code=204)


async def pause(call: Call) -> Response:
    """POST /schedules/{key}:pause."""
    return await _switch(call, True)


async def resume(call: Call) -> Response:
    """POST /schedules/{key}:resume."""
    return await _switch(call, False)


async def run(call: Call) -> Response:
    """POST /schedules/{key}:run."""
    found = await _found(call)
    await _no_fields(call)
    row = await call.engine.schedules.run(found.id, actor=call.actor)
    return json_response(FiringView.of(row))


async def firings(call: Call) -> Response:
    """GET /schedules/{key}/firings."""
    found = await _found(call)
    page = await call.engine.schedules.firings(
        found.id, outcomes=call.get(OUTCOME), limit=call.get(LIMIT), cursor=call.get(CURSOR)
    )
    return json_response(FiringPage.of(page))


async def preview(call: Call) -> Response:
    """POST /schedules:preview."""
    report, zones, now = Report(), call.engine.core.zones, call.engine.core.clock.now()
    body = await read_object(call.request, _PREVIEW, report)
    count = body.whole("count", Whole(least=1, most=bodies.MOST_SHOWN), 5)
    schedule_id = _schedule_id(report, body)
    times = parsing.read_timing(body, report, zones, now)
    after = parsing.read_moment(report, "from", body.get("from"), times.timing.zone) or now
    report.close()
    told = explained(times, after=after, count=count, schedule_id=schedule_id)
    return json_response(SchedulePreview.of(told))


async def time_zones(call: Call) -> Response:
    """GET /time-zones."""
    return json_response(TimeZones(items=list(call.engine.core.zones.names())))


# ---- parts


async def _found(call: Call) -> Schedule:
    """The schedule in the path. Raises NotFound, Forbidden."""
    return await admitted(call.engine, call.grant, call.key("schedule"), call.get(PROJECT))


async def _view(call: Call, schedule_id: UUID) -> Response:
    return json_response(ScheduleView.of(await call.engine.schedules.view(schedule_id)))


async def _switch(call: Call, paused: bool) -> Response:
    found = await _found(call)
    await _no_fields(call)
    view = await call.engine.schedules.set_paused(found.id, paused, actor=call.actor)
    return json_response(ScheduleView.of(view))


async def _no_fields(call: Call) -> None:
    report = Report()
    await read_object(call.request, (), report, optional=True)
    report.close()


def _schedule_id(report: Report, body: Section) -> UUID | None:
    value = body.get("schedule") if body.has("schedule") else None
    if value is None:
        return None
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        report.add("schedule", "must be the id of a schedule", value)
        return None


_NOW = Answer(description="The schedule as it is now.", model=ScheduleView)
_NAMED = (404,)

OPERATIONS = (
    Operation(
        method="GET",
        path="/schedules",
        name="listSchedules",
        tag="schedules",
        summary="Schedules with what they did last and do next",
        handle=listing,
        answers=ok(SchedulePage, "By project and name."),
        query=(OF_PROJECT, Q, PAUSED, CURSOR, LIMIT),
    ),
    Operation(
        method="POST",
        path="/schedules",
        name="createSchedule",
        tag="schedules",
        summary="Make a schedule",
        handle=create,
        answers={
            201: Answer(
                description="It is stored and will fire.",
                model=ScheduleView,
                headers={"Location": "Where it is."},
            )
        },
        body=bodies.CREATE,
        body_example=bodies.EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/schedules:preview",
        name="previewSchedule",
        tag="schedules",
        summary="A rule in words, and when it would fire",
        handle=preview,
        answers=ok(SchedulePreview, "Nothing is stored."),
        body=bodies.PREVIEW,
        body_example=bodies.PREVIEW_EXAMPLE,
        errors=(413, 415),
    ),
    Operation(
        method="GET",
        path="/schedules/{key}",
        name="getSchedule",
        tag="schedules",
        summary="One schedule",
        handle=detail,
        answers=ok(ScheduleView, "The schedule."),
        key=KEY,
        query=(PROJECT,),
        errors=_NAMED,
    ),
    Operation(
        method="PUT",
        path="/schedules/{key}",
        name="updateSchedule",
        tag="schedules",
        summary="Change a schedule",
        handle=update,
        answers={200: _NOW},
        description="What is left out is as for a new one, except `paused`, and the anchor of an "
        "interval that stays the same. Slots that have come keep what became of them; those to "
        "come follow the new rule.",
        key=KEY,
        query=(PROJECT,),
        body=bodies.UPDATE,
        body_example=bodies.EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/schedules/{key}",
        name="deleteSchedule",
        tag="schedules",
        summary="Remove a schedule and its history; its jobs stay",
        handle=delete,
        answers={204: Answer(description="It is gone.")},
        key=KEY,
        query=(PROJECT,),
        errors=_NAMED,
    ),
    *(
        Operation(
            method="POST",
            path=f"/schedules/{{key}}:{verb}",
            name=f"{verb}Schedule",
            tag="schedules",
            summary=summary,
            handle=handle,
            answers={200: _NOW},
            description=description,
            key=KEY,
            query=(PROJECT,),
            errors=(404, 409, 413, 415),
        )
        for verb, summary, handle, description in (
            ("pause", "Let no slot fire", pause, "Slots that wait are given up."),
            ("resume", "Let slots fire again", resume, "What passed meanwhile does not fire."),
        )
    ),
    Operation(
        method="POST",
        path="/schedules/{key}:run",
        name="runSchedule",
        tag="schedules",
        summary="Fire once now",
        handle=run,
        answers=ok(FiringView, "What came of it; `refused` says why no job was made."),
        description="Whatever runs, and even when it is paused.",
        key=KEY,
        query=(PROJECT,),
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="GET",
        path="/schedules/{key}/firings",
        name="listFirings",
        tag="schedules",
        summary="What became of its slots",
        handle=firings,
        answers=ok(FiringPage, "Newest slot first."),
        key=KEY,
        query=(PROJECT, OUTCOME, CURSOR, LIMIT),
        errors=_NAMED,
    ),
    Operation(
        method="GET",
        path="/time-zones",
        name="listTimeZones",
        tag="schedules",
        summary="Names of time zones",
        handle=time_zones,
        answers=ok(TimeZones, "IANA names, as this release knows them."),
    ),
)
