"""Logs: ranges, search, landmarks and samples."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from starlette.responses import Response

from hodei.api.http.log_download import DOWNLOAD
from hodei.api.http.log_events import STREAM
from hodei.api.http.log_query import ATTEMPT, CASE, LEVEL, RE, STREAM_NAME, Q, query_of
from hodei.api.http.operations import Call, Operation, json_response, ok
from hodei.api.http.query import moment, optional, whole
from hodei.api.http.schemas.logs import (
    FoundView,
    LogRangeView,
    LogViewView,
    MarksView,
    compact,
    empty_range,
    empty_view,
    range_to_json,
    view_to_json,
)
from hodei.api.http.schemas.metrics import Samples, SampleView
from hodei.domain.attempt import Attempt
from hodei.domain.job import Job
from hodei.domain.logs import MAX_CONTEXT, LogMarks, marks
from hodei.engine.logs import MAX_LINES

MAX_FOUND = 10_000
MAX_SAMPLES = 3600
FAR = 10**15

FROM = whole(
    "from",
    "Number of the first line; -100: the last 100 lines.",
    least=-FAR,
    most=FAR,
    default=1,
    without=0,
)
LIMIT = whole("limit", "Lines at most.", least=1, most=MAX_LINES, default=500)
FOUND_FROM = whole(
    "from", "Only numbers from here on; the total counts all.", least=1, most=FAR, default=1
)
FOUND_LIMIT = whole("limit", "Numbers at most.", least=1, most=MAX_FOUND, default=1000)
FOUND_OFFSET = optional(
    whole(
        "offset",
        "In place of `from`: only numbers from this place on; -10: the last ten.",
        least=-FAR,
        most=FAR,
        default=0,
    )
)
OFFSET = whole(
    "offset", "Place of the first row; -500: the last 500 rows.", least=-FAR, most=FAR, default=0
)
AT = whole(
    "at",
    "In place of `offset`: begin with the first row at or after this line.",
    least=0,
    most=FAR,
    default=0,
)
AFTER = whole("after", "Leave out this line and all before it.", least=0, most=FAR, default=0)
CONTEXT = whole("context", "Lines around each that fits.", least=0, most=MAX_CONTEXT, default=0)
SINCE = moment("since", "Only samples after this time.")
SAMPLES = whole("limit", "Samples at most.", least=1, most=MAX_SAMPLES, default=MAX_SAMPLES)


def _attempt(call: Call, job_id: UUID) -> Callable[[], Awaitable[Attempt]]:
    return partial(call.engine.logs.attempt, job_id, call.get(ATTEMPT))


async def log_range(call: Call) -> Response:
    """GET /jobs/{key}/logs."""
    job_id = await call.engine.jobs.resolve(call.key("job"))
    reading = partial(
        call.engine.logs.range,
        job_id,
        attempt=call.get(ATTEMPT),
        from_line=call.get(FROM),
        limit=call.get(LIMIT),
    )
    found = await call.engine.logs.unless_waiting(job_id, reading)
    data = empty_range(ended=found.finished) if isinstance(found, Job) else range_to_json(found)
    return Response(compact(data).encode("utf-8", "replace"), media_type="application/json")


async def search(call: Call) -> Response:
    """GET /jobs/{key}/logs/search."""
    query = query_of(call)
    job_id = await call.engine.jobs.resolve(call.key("job"))
    searching = partial(
        call.engine.logs.search,
        job_id,
        query,
        attempt=call.get(ATTEMPT),
        from_line=call.get(FOUND_FROM),
        offset=call.get(FOUND_OFFSET),
        limit=call.get(FOUND_LIMIT),
    )
    found = await call.engine.logs.unless_waiting(job_id, searching)
    return json_response(FoundView.nothing() if isinstance(found, Job) else FoundView.of(found))


async def view(call: Call) -> Response:
    """GET /jobs/{key}/logs/view."""
    query = query_of(call)
    job_id = await call.engine.jobs.resolve(call.key("job"))
    reading = partial(
        call.engine.logs.view,
        job_id,
        query,
        attempt=call.get(ATTEMPT),
        context=call.get(CONTEXT),
        after=call.get(AFTER),
        at_line=call.get(AT) or None,
        offset=call.get(OFFSET),
        limit=call.get(LIMIT),
    )
    found = await call.engine.logs.unless_waiting(job_id, reading)
    data = empty_view() if isinstance(found, Job) else view_to_json(found)
    return Response(compact(data).encode("utf-8", "replace"), media_type="application/json")


async def landmarks(call: Call) -> Response:
    """GET /jobs/{key}/logs/marks."""
    job_id = await call.engine.jobs.resolve(call.key("job"))
    which = await call.engine.logs.unless_waiting(job_id, _attempt(call, job_id))
    if isinstance(which, Job):
        return json_response(MarksView.of(None, marks([])))
    found: LogMarks = await call.engine.logs.marks(job_id, attempt=which.number)
    return json_response(MarksView.of(which.number, found))


async def samples(call: Call) -> Response:
    """GET /jobs/{key}/stats."""
    job_id = await call.engine.jobs.resolve(call.key("job"))
    which = await call.engine.logs.unless_waiting(job_id, _attempt(call, job_id))
    if isinstance(which, Job):
        return json_response(Samples(attempt=None, items=[]))
    found = await call.engine.stats.samples(
        which.id, since=call.get(SINCE), limit=call.get(SAMPLES)
    )
    views = [SampleView.of(sample) for sample in found]
    return json_response(Samples(attempt=which.number, items=views))


OPERATIONS = (
    Operation(
        method="GET",
        path="/jobs/{key}/logs",
        name="getLogs",
        tag="logs",
        summary="Lines of a log by their numbers",
        handle=log_range,
        answers=ok(LogRangeView, "Lines, and where the whole log stands."),
        query=(ATTEMPT, FROM, LIMIT),
        errors=(404, 409),
    ),
    Operation(
        method="GET",
        path="/jobs/{key}/logs/search",
        name="searchLogs",
        tag="logs",
        summary="Numbers of the lines that fit, over the whole log",
        handle=search,
        answers=ok(FoundView, "Line numbers."),
        query=(ATTEMPT, Q, RE, CASE, LEVEL, STREAM_NAME, FOUND_FROM, FOUND_OFFSET, FOUND_LIMIT),
        errors=(404, 409),
    ),
    Operation(
        method="GET",
        path="/jobs/{key}/logs/view",
        name="viewLogs",
        tag="logs",
        summary="Rows of a log reduced to the lines that fit",
        handle=view,
        answers=ok(LogViewView, "Rows, and where the whole view stands."),
        query=(
            *(ATTEMPT, Q, RE, CASE, LEVEL, STREAM_NAME),
            *(CONTEXT, AFTER, OFFSET, AT, LIMIT),
        ),
        errors=(404, 409),
    ),
    Operation(
        method="GET",
        path="/jobs/{key}/logs/marks",
        name="getLogMarks",
        tag="logs",
        summary="First error, counts per level, density and fold groups",
        handle=landmarks,
        answers=ok(MarksView, "Landmarks."),
        query=(ATTEMPT,),
        errors=(404, 409),
    ),
    DOWNLOAD,
    STREAM,
    Operation(
        method="GET",
        path="/jobs/{key}/stats",
        name="getStats",
        tag="metrics",
        summary="Samples of what an attempt used",
        handle=samples,
        answers=ok(Samples, "Oldest first."),
        query=(ATTEMPT, SINCE, SAMPLES),
        errors=(404, 409),
    ),
)
