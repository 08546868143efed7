"""Jobs: cancelling and repeating them, one by one and in bulk."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_object, text_field
from hodei.api.http.names import job_view
from hodei.api.http.operations import PREFIX, Answer, Call, Operation, json_response, ok
from hodei.api.http.query import Schema
from hodei.api.http.schemas.jobs import JobView, Results, ResultView
from hodei.domain.parsing.overrides import OVERRIDES
from hodei.domain.parsing.reader import ABSENT, Report, Section, one_of
from hodei.domain.schema import overrides_schema
from hodei.domain.spec import Priority
from hodei.engine.jobs import MAX_BULK

MAX_REASON = 500
MAX_KEY = 36


async def cancel(call: Call) -> Response:
    """POST /jobs/{key}:cancel."""
    report = Report()
    body = await read_object(call.request, ("reason",), report, optional=True)
    reason = text_field(report, body, "reason", most=MAX_REASON)
    report.close()
    found = await call.engine.jobs.cancel(call.key("job"), actor=call.actor, reason=reason)
    return json_response(job_view(call.engine, found.job, found.attempts))


async def rerun(call: Call) -> Response:
    """POST /jobs/{key}:rerun."""
    report = Report()
    body = await read_object(call.request, OVERRIDES, report, optional=True)
    report.close()
    overrides = {name: body.get(name) for name in OVERRIDES if body.has(name)}
    job = await call.engine.jobs.rerun(call.key("job"), actor=call.actor, overrides=overrides)
    view = job_view(call.engine, job)
    return json_response(view, 201, Location=f"{PREFIX}/jobs/{job.id}")


async def change(call: Call) -> Response:
    """PATCH /jobs/{key}."""
    report = Report()
    body = await read_object(call.request, ("priority",), report)
    if not body.has("priority"):
        report.add("priority", f"is required: {one_of(Priority, '')}")
    priority = body.choice("priority", Priority, Priority.NORMAL)
    report.close()
    found = await call.engine.jobs.reprioritise(call.key("job"), priority, actor=call.actor)
    return json_response(job_view(call.engine, found.job, found.attempts))


async def cancel_many(call: Call) -> Response:
    """POST /jobs:cancel."""
    report = Report()
    body = await read_object(call.request, ("job_ids", "reason"), report)
    keys = _keys(report, body)
    reason = text_field(report, body, "reason", most=MAX_REASON)
    report.close()
    call.grant.detail = f"{len(keys)} jobs"
    found = await call.engine.jobs.cancel_many(
        keys, actor=call.actor, reason=reason, admit=call.grant.each
    )
    pairs = zip(keys, found, strict=True)
    return json_response(Results(results=[ResultView.of(key, one) for key, one in pairs]))


async def rerun_many(call: Call) -> Response:
    """POST /jobs:rerun."""
    report = Report()
    body = await read_object(call.request, ("job_ids",), report)
    keys = _keys(report, body)
    report.close()
    call.grant.detail = f"{len(keys)} jobs"
    found = await call.engine.jobs.rerun_many(keys, actor=call.actor, admit=call.grant.each)
    pairs = zip(keys, found, strict=True)
    return json_response(Results(results=[ResultView.of(key, one) for key, one in pairs]))


def _keys(report: Report, body: Section) -> list[str]:
    raw = body.get("job_ids")
    if raw is ABSENT:
        report.add("job_ids", f"is required: a list of 1 to {MAX_BULK} ids")
        return []
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_BULK:
        report.add("job_ids", f"must hold 1 to {MAX_BULK} ids", raw)
        return []
    keys: list[str] = []
    for index, key in enumerate(raw):
        if isinstance(key, str) and 1 <= len(key) <= MAX_KEY:
            keys.append(key)
        else:
            report.add(
                f"job_ids[{index}]", f"must be an id: text of 1 to {MAX_KEY} characters", key
            )
    return keys


_REASON: Schema = {"type": "string", "description": "Why.", "maxLength": MAX_REASON}
_PRIORITY: Schema = {"type": "string", "enum": [priority.value for priority in Priority]}
_IDS: Schema = {
    "type": "array",
    "description": "Ids, or unique beginnings of ids.",
    "items": {"type": "string", "minLength": 1, "maxLength": MAX_KEY},
    "minItems": 1,
    "maxItems": MAX_BULK,
}


def _body(title: str, required: tuple[str, ...], **properties: Schema) -> Schema:
    schema: Schema = {
        "title": title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return {**schema, "required": list(required)} if required else schema


OPERATIONS = (
    Operation(
        method="POST",
        path="/jobs/{key}:cancel",
        name="cancelJob",
        tag="jobs",
        summary="Cancel a job",
        description="Final at once for a waiting job. For any other the wish is stored; the job "
        "is CANCELLED when its processes are gone. A second cancel changes nothing.",
        handle=cancel,
        answers=ok(JobView, "The job as it is now."),
        body=_body("Cancellation", (), reason=_REASON),
        body_required=False,
        body_example={"reason": "no longer needed"},
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/jobs/{key}:rerun",
        name="rerunJob",
        tag="jobs",
        summary="Submit the spec of a job again, as a new job",
        description="Fields of the body take the place of the job's own; of resources, "
        "preferences and retry those that are not given stay. Command, environment and project "
        "are always the job's own; so are secret values.",
        handle=rerun,
        answers={
            201: Answer(
                description="The new job.",
                model=JobView,
                headers={"Location": "Path of the new job."},
            )
        },
        body=overrides_schema(),
        body_required=False,
        body_example={"resources": {"memory_mb": 1024}},
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="PATCH",
        path="/jobs/{key}",
        name="changeJob",
        tag="jobs",
        summary="Change the priority of a waiting job",
        handle=change,
        answers=ok(JobView, "The job as it is now."),
        body=_body("JobChange", ("priority",), priority=_PRIORITY),
        body_example={"priority": "HIGH"},
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/jobs:cancel",
        name="cancelJobs",
        tag="jobs",
        summary="Cancel many jobs",
        handle=cancel_many,
        answers=ok(Results, "One result per job."),
        body=_body("BulkCancellation", ("job_ids",), job_ids=_IDS, reason=_REASON),
        body_example={"job_ids": ["0123abcd"], "reason": "wrong input"},
        errors=(413, 415),
    ),
    Operation(
        method="POST",
        path="/jobs:rerun",
        name="rerunJobs",
        tag="jobs",
        summary="Submit the specs of many jobs again, as new jobs",
        handle=rerun_many,
        answers=ok(Results, "One result per job, with the id of the new one."),
        body=_body("BulkRerun", ("job_ids",), job_ids=_IDS),
        body_example={"job_ids": ["0123abcd"]},
        errors=(413, 415),
    ),
)
