"""Jobs of templates: making them, looking at what would be made, and how they went."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response

from hodei.api.http import template_body as bodies
from hodei.api.http.names import job_view
from hodei.api.http.operations import PREFIX, Answer, Call, Operation, json_response, ok
from hodei.api.http.query import moment, whole
from hodei.api.http.routes_jobs import IDEMPOTENCY, idempotency_key
from hodei.api.http.routes_metrics import LONGEST
from hodei.api.http.routes_templates import KEY, PROJECT, VERSION, located
from hodei.api.http.schemas.jobs import JobView
from hodei.api.http.schemas.templates import RenderedView, TemplateStats
from hodei.domain.errors import InvalidRequest
from hodei.engine.stats import MAX_BUCKETS

USUAL = timedelta(days=30)
FROM = moment("from", "Submitted at this time or later; 30 days before `to` when not given.")
TO = moment("to", "Submitted before this time; now when not given.")
BUCKETS = whole("buckets", "Stretches of time.", least=1, most=MAX_BUCKETS, default=30)


async def run(call: Call) -> Response:
    """POST /templates/{key}:run."""
    template = await located(call)
    call.grant.target = str(template.id)
    key = idempotency_key(call)
    body = await bodies.read_body(call.request, bodies.RUN_FIELDS)
    version, changes = bodies.taken_version(body), bodies.taken_changes(body)
    templates = call.engine.templates
    submission = await templates.submission(
        template.project,
        str(template.id),
        version,
        body.get("parameters"),
        changes=changes,
        idempotency_key=key,
    )
    one = await templates.run(submission, actor=call.actor)
    call.grant.detail = f"job {one.job.id}"
    view = job_view(call.engine, one.job, one.attempts)
    if one.created:
        return json_response(view, 201, Location=f"{PREFIX}/jobs/{one.job.id}")
    return json_response(view, 200, Content_Location=f"{PREFIX}/jobs/{one.job.id}")


async def render(call: Call) -> Response:
    """POST /templates/{key}:render."""
    template = await located(call)
    body = await bodies.read_body(call.request, ("parameters", "version"))
    version = bodies.taken_version(body)
    wanted = await call.engine.templates.runnable(str(template.id), None, version)
    rendered = await call.engine.templates.render(wanted, body.get("parameters"))
    return json_response(RenderedView.of(rendered))


async def stats(call: Call) -> Response:
    """GET /templates/{key}/stats."""
    template = await located(call)
    start, end = _range(call)
    found = await call.engine.templates.stats(
        template, version=call.get(VERSION), start=start, end=end, buckets=call.get(BUCKETS)
    )
    return json_response(TemplateStats.of(start, end, found))


def _range(call: Call) -> tuple[datetime, datetime]:
    end = call.get(TO) or call.engine.core.clock.now()
    start = call.get(FROM) or end - USUAL
    if end - start > LONGEST:
        raise InvalidRequest.of("from", f"must be at most {LONGEST.days} days before to")
    return start, end


OPERATIONS = (
    Operation(
        method="POST",
        path="/templates/{key}:run",
        name="runTemplate",
        tag="templates",
        summary="Submit a job of a template",
        handle=run,
        answers={
            201: Answer(
                description="Stored; the job says which version it was made from.",
                model=JobView,
                headers={"Location": "Path of the new job."},
            ),
            200: Answer(
                description="The idempotency key is known: the job that was stored then.",
                model=JobView,
            ),
        },
        key=KEY,
        query=(PROJECT,),
        body=bodies.RUN,
        body_required=False,
        body_example={"parameters": {"city": "Málaga", "days": 3}},
        headers=IDEMPOTENCY,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/templates/{key}:render",
        name="renderTemplate",
        tag="templates",
        summary="What a run would submit; nothing is stored",
        handle=render,
        answers=ok(RenderedView, "The spec; secret values are null."),
        key=KEY,
        query=(PROJECT,),
        body=bodies.RENDER,
        body_required=False,
        body_example={"parameters": {"city": "Málaga"}},
        errors=(404, 413, 415),
    ),
    Operation(
        method="GET",
        path="/templates/{key}/stats",
        name="getTemplateStats",
        tag="templates",
        summary="How the jobs of a template went over a range of time",
        handle=stats,
        answers=ok(TemplateStats, "Numbers over all, and a trend."),
        key=KEY,
        query=(PROJECT, VERSION, FROM, TO, BUCKETS),
        errors=(404,),
    ),
)
