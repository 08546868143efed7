"""Jobs: submitting, listing and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from hodei.api.http.body import BODY, BULK_BYTES, read_json
from hodei.api.http.names import job_view, names_of
from hodei.api.http.operations import PREFIX, Answer, Call, Operation, json_response, ok
from hodei.api.http.query import (
    choice,
    choices,
    flag,
    identifier,
    moment,
    optional,
    pairs,
    text,
    whole,
    words_of,
)
from hodei.api.http.schemas.jobs import (
    Events,
    EventView,
    ExplanationView,
    JobIds,
    JobPage,
    JobRowView,
    JobView,
    PlanView,
    counts_of,
)
from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.job import JobState
from hodei.domain.parsing import limits, parse_idempotency_key, parse_spec
from hodei.domain.parsing.reader import describe
from hodei.domain.schema import HELLO
from hodei.domain.spec import CommandType, Priority
from hodei.engine.jobs import MAX_BULK, Submission
from hodei.ports.store import JobFilter, JobSort

SORTS = {
    "-created": JobSort.NEWEST,
    "created": JobSort.OLDEST,
    **{sort.value: sort for sort in JobSort},
}
MAX_PAGE = 1000

STATUS = choices("status", "States, separated by commas.", words_of(JobState))
Q = text("q", "Part of the name in any case, or the beginning of the id.", most=200)
FROM = moment("from", "Submitted at this time or later.")
TO = moment("to", "Submitted before this time.")
PROVIDER = text("provider", "Id or name of the provider that ran it last.", most=200)
BY = text("by", "Who submitted it.", most=200)
LABEL = pairs("label", "A label, as name:value; may be given several times.", most=16)
PROJECT = text("project", "Project.", most=63)
PRIORITY = choice("priority", "Priority.", words_of(Priority), default=None)
TYPE = choice("type", "How the command is given.", words_of(CommandType), default=None)
IMAGE = text("image", "Image reference, exactly.", most=limits.IMAGE.most)
SORT = choice("sort", "Newest first (-created) or oldest first.", SORTS, default=JobSort.NEWEST)
CURSOR = text("cursor", "next_cursor of the page before.", most=500)
LIMIT = whole("limit", "Jobs per page.", least=1, most=MAX_PAGE, default=50)
COUNTS = flag("counts", "Whether counts per state are wanted.", default=True)

TEMPLATE = identifier("template", "Id of the template that it was made from.")
TEMPLATE_VERSION = optional(
    whole("template_version", "Version of the template.", least=1, most=10**9, default=1)
)
SCHEDULE = identifier("schedule", "Id of the schedule that made it.")

FILTERS = (
    STATUS,
    Q,
    FROM,
    TO,
    PROVIDER,
    BY,
    LABEL,
    PROJECT,
    PRIORITY,
    TYPE,
    IMAGE,
    TEMPLATE,
    TEMPLATE_VERSION,
    SCHEDULE,
)

IDEMPOTENCY = {
    "Idempotency-Key": {
        "type": "string",
        "description": "The same key with the same job gives the same job, however often it is "
        "sent; with another job it is refused. In bulk, job i (from 0) has the key KEY:i.",
        "minLength": 1,
        "maxLength": limits.IDEMPOTENCY_KEY.most,
        "pattern": f"^{limits.IDEMPOTENCY_KEY.pattern.pattern}$",
    }
}
SPEC = {"$ref": "#/components/schemas/JobSpec"}


async def submit(call: Call) -> Response:
    """POST /jobs."""
    key = idempotency_key(call)
    spec = parse_spec(await read_json(call.request))
    call.grant.in_project(spec.project)
    submission = Submission(spec=spec, idempotency_key=key)
    [one] = await call.engine.jobs.submit_noting([submission], actor=call.actor)
    call.grant.target = str(one.job.id)
    view = job_view(call.engine, one.job, one.attempts)
    if one.created:
        return json_response(view, 201, Location=f"{PREFIX}/jobs/{one.job.id}")
    return json_response(view, 200, Content_Location=f"{PREFIX}/jobs/{one.job.id}")


async def submit_bulk(call: Call) -> Response:
    """POST /jobs:bulk."""
    key = idempotency_key(call)
    data = await read_json(call.request, limit=BULK_BYTES)
    submissions = _submissions(data, key)
    for project in {submission.spec.project for submission in submissions}:
        call.grant.in_project(project)
    call.grant.detail = f"{len(submissions)} jobs"
    jobs = await call.engine.jobs.submit_many(submissions, actor=call.actor)
    return json_response(JobIds(job_ids=[job.id for job in jobs]), 201)


def idempotency_key(call: Call) -> str | None:
    """What the header says. Raises InvalidRequest."""
    raw = call.request.headers.get("idempotency-key")
    return None if raw is None else parse_idempotency_key(raw)


def _submissions(data: object, key: str | None) -> list[Submission]:
    """All parsed, or every violation of all of them, each with its index."""
    items = _jobs_field(data)
    made: list[Submission] = []
    violations: list[Violation] = []
    for index, item in enumerate(items):
        try:
            spec = parse_spec(item)
        except InvalidRequest as error:
            violations += error.under(f"jobs[{index}]").violations
            continue
        own = parse_idempotency_key(f"{key}:{index}") if key is not None else None
        made.append(Submission(spec=spec, idempotency_key=own))
    if violations:
        raise InvalidRequest(violations)
    return made


def _jobs_field(data: object) -> list[Any]:
    if not isinstance(data, Mapping) or "jobs" not in data:
        raise InvalidRequest.of(BODY, "must be an object with the field jobs", describe(data))
    for name in data:
        if name != "jobs":
            raise InvalidRequest.of(describe(name), "unknown field; the fields here are jobs")
    items = data["jobs"]
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_BULK:
        count = len(items) if isinstance(items, list) else describe(items)
        raise InvalidRequest.of("jobs", f"must hold 1 to {MAX_BULK} jobs", count)
    return items


async def plan(call: Call) -> Response:
    """POST /jobs:plan."""
    spec = parse_spec(await read_json(call.request))
    call.grant.in_project(spec.project)
    return json_response(PlanView.of(await call.engine.explainer.plan(spec)))


async def listing(call: Call) -> Response:
    """GET /jobs."""
    where = await filter_of(call)
    page = await call.engine.jobs.page(
        where, sort=call.get(SORT), limit=call.get(LIMIT), cursor=call.get(CURSOR)
    )
    counts = await call.engine.jobs.counts(where) if call.get(COUNTS) else None
    names = names_of(call.engine)
    return json_response(
        JobPage(
            items=[JobRowView.of(row, names) for row in page.items],
            next_cursor=page.cursor,
            counts=counts_of(counts) if counts is not None else None,
        )
    )


async def filter_of(call: Call) -> JobFilter:
    """The filter that the query asks for. Raises NotFound for an unknown provider."""
    key = call.get(PROVIDER)
    provider_id = (await call.engine.providers.get(key)).record.id if key else None
    return JobFilter(
        project=call.get(PROJECT),
        projects=call.visible,
        states=call.get(STATUS),
        name=call.get(Q),
        owner=call.get(BY),
        provider_id=provider_id,
        priority=call.get(PRIORITY),
        command_type=call.get(TYPE),
        image=call.get(IMAGE),
        labels=call.get(LABEL),
        submitted_from=call.get(FROM),
        submitted_before=call.get(TO),
        template=call.get(TEMPLATE),
        template_version=call.get(TEMPLATE_VERSION),
        schedule=call.get(SCHEDULE),
    )


async def detail(call: Call) -> Response:
    """GET /jobs/{key}."""
    found = await call.engine.jobs.get(call.key("job"))
    return json_response(job_view(call.engine, found.job, found.attempts))


async def explain(call: Call) -> Response:
    """GET /jobs/{key}/explain."""
    job_id = await call.engine.jobs.resolve(call.key("job"))
    return json_response(ExplanationView.of(await call.engine.explainer.explain(job_id)))


async def events(call: Call) -> Response:
    """GET /jobs/{key}/events."""
    found = await call.engine.jobs.get(call.key("job"))
    rows = await call.engine.jobs.events(str(found.job.id))
    return json_response(Events(items=[EventView.of(event) for event in rows]))


_SUBMITTED = {
    201: Answer(
        description="Stored; nothing depends on the client any more.",
        model=JobView,
        headers={"Location": "Path of the new job."},
    ),
    200: Answer(
        description="The idempotency key is known: the job that was stored then.", model=JobView
    ),
}
_BULK = {
    "title": "BulkSubmission",
    "type": "object",
    "properties": {"jobs": {"type": "array", "items": SPEC, "minItems": 1, "maxItems": MAX_BULK}},
    "required": ["jobs"],
    "additionalProperties": False,
}

OPERATIONS = (
    Operation(
        method="POST",
        path="/jobs",
        name="submitJob",
        tag="jobs",
        summary="Submit a job",
        handle=submit,
        answers=_SUBMITTED,
        body=SPEC,
        body_example=HELLO,
        headers=IDEMPOTENCY,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="GET",
        path="/jobs",
        name="listJobs",
        tag="jobs",
        summary="List jobs",
        handle=listing,
        answers=ok(JobPage, "One page, with counts per state."),
        query=(*FILTERS, SORT, CURSOR, LIMIT, COUNTS),
        errors=(404,),
    ),
    Operation(
        method="POST",
        path="/jobs:bulk",
        name="submitJobs",
        tag="jobs",
        summary="Submit many jobs in one transaction",
        description=f"All of them or none; at most {MAX_BULK} jobs and {BULK_BYTES} bytes.",
        handle=submit_bulk,
        answers={201: Answer(description="All are stored.", model=JobIds)},
        body=_BULK,
        body_example={"jobs": [HELLO]},
        headers=IDEMPOTENCY,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/jobs:plan",
        name="planJob",
        tag="jobs",
        summary="What a spec would do now; nothing is stored",
        handle=plan,
        answers=ok(PlanView, "Which provider, why not the others, or why it would be refused."),
        body=SPEC,
        body_example=HELLO,
        errors=(404, 413, 415),
    ),
    Operation(
        method="GET",
        path="/jobs/{key}",
        name="getJob",
        tag="jobs",
        summary="A job with its attempts and their timelines",
        handle=detail,
        answers=ok(JobView, "The job."),
        errors=(404, 409),
    ),
    Operation(
        method="GET",
        path="/jobs/{key}/explain",
        name="explainJob",
        tag="jobs",
        summary="Why a job waits, or where it is, in one sentence",
        handle=explain,
        answers=ok(ExplanationView, "The reason."),
        errors=(404, 409),
    ),
    Operation(
        method="GET",
        path="/jobs/{key}/events",
        name="listJobEvents",
        tag="jobs",
        summary="What happened to a job",
        handle=events,
        answers=ok(Events, "Oldest first."),
        errors=(404, 409),
    ),
)
