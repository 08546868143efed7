"""The queue: reading and steering it."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.operations import Call, Operation, json_response, ok
from hodei.api.http.provider_body import read_flag
from hodei.api.http.query import text, whole
from hodei.api.http.schemas.queue import QueueSettings, QueueView
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import ABSENT, Report
from hodei.engine.engine import Engine
from hodei.engine.queueing import MAX_AGING_STEP_MS

LIMIT = whole("limit", "Jobs per page.", least=1, most=1000, default=100)
CURSOR = text("cursor", "next_cursor of the page before.", most=500)
_STEP = Whole(least=0, most=MAX_AGING_STEP_MS)


async def queue_of(
    engine: Engine, *, limit: int, cursor: str | None, projects: frozenset[str] | None
) -> QueueView:
    """The queue as it is shown to somebody who may know of these projects' jobs."""
    page = await engine.queue.page(limit=limit, cursor=cursor, projects=projects)
    status = await engine.queue.status()
    forecast = await engine.queue.forecast(page.items, status)
    if projects is not None:
        status = await engine.queue.status(projects)
    return QueueView.of(status, await engine.queue.settings(), page, forecast)


async def queue(call: Call) -> Response:
    """GET /queue."""
    return json_response(
        await queue_of(
            call.engine, limit=call.get(LIMIT), cursor=call.get(CURSOR), projects=call.visible
        )
    )


async def configure(call: Call) -> Response:
    """PATCH /queue/settings."""
    report = Report()
    body = await read_object(call.request, ("paused", "aging_step_ms"), report)
    given = body.get("paused") is not ABSENT
    paused = read_flag(report, body, "paused", default=False)
    step = body.whole("aging_step_ms", _STEP, 0) if body.has("aging_step_ms") else None
    report.close()
    saved = await call.engine.queue.configure(
        paused=paused if given else None, aging_step_ms=step, actor=call.actor
    )
    return json_response(QueueSettings.of(saved))


OPERATIONS = (
    Operation(
        method="GET",
        path="/queue",
        name="getQueue",
        tag="queue",
        summary="The queue in numbers, and the waiting jobs in order",
        handle=queue,
        answers=ok(QueueView, "Numbers, settings and one page."),
        query=(LIMIT, CURSOR),
    ),
    Operation(
        method="PATCH",
        path="/queue/settings",
        name="configureQueue",
        tag="queue",
        summary="Pause or resume dispatch, or change how waiting raises priority",
        handle=configure,
        answers=ok(QueueSettings, "The settings as they are now."),
        body={
            "title": "QueueChange",
            "type": "object",
            "properties": {
                "paused": {"type": "boolean"},
                "aging_step_ms": {
                    "type": "integer",
                    "minimum": _STEP.least,
                    "maximum": _STEP.most,
                },
            },
            "additionalProperties": False,
        },
        body_example={"paused": False},
        errors=(409, 413, 415),
    ),
)
