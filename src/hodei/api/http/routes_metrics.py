"""Metrics: aggregates over jobs, with the period before to compare with, and over machines."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response

from hodei.api.http.names import names_of
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.query import choice, moment, text, whole
from hodei.api.http.schemas.hosts import HostMetricsView
from hodei.api.http.schemas.metrics import JobMetricsView, metrics_csv
from hodei.domain.errors import InvalidRequest
from hodei.engine.stats import MAX_BUCKETS

RANGES = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
LONGEST = timedelta(days=400)

RANGE = choice("range", "Length of time up to now.", RANGES, default=None)
FROM = moment("from", "Begin of a range of your own.")
TO = moment("to", "End of it; now when not given.")
BUCKETS = whole("buckets", "Stretches of time.", least=1, most=MAX_BUCKETS, default=60)
HOST_BUCKETS = whole("buckets", "Stretches of time.", least=1, most=MAX_BUCKETS, default=288)
FORMAT = choice(
    "format",
    "json, or csv: the series alone, as a file.",
    {"json": "json", "csv": "csv"},
    default="json",
)
CSV = "text/csv; charset=utf-8"
PROJECT = text("project", "Only jobs of this project.", most=63)


async def job_metrics(call: Call) -> Response:
    """GET /metrics/jobs."""
    start, end = _range(call)
    projects, buckets = call.grant.within(call.get(PROJECT)), call.get(BUCKETS)
    stats = call.engine.stats
    found = await stats.metrics(start=start, end=end, buckets=buckets, projects=projects)
    if call.get(FORMAT) == "csv":
        name = f"hodei-jobs-{start:%Y%m%dT%H%M}-{end:%Y%m%dT%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(metrics_csv(found), headers=headers, media_type=CSV)
    previous = await stats.metrics(
        start=start - (end - start), end=start, buckets=1, projects=projects
    )
    use = await stats.use(start=start, end=end, buckets=buckets, projects=projects)
    names = names_of(call.engine)
    return json_response(JobMetricsView.of(start, end, found, previous, use, names))


async def host_metrics(call: Call) -> Response:
    """GET /metrics/hosts."""
    start, end = _range(call)
    buckets = call.get(HOST_BUCKETS)
    found = await call.engine.hosts.history(start=start, end=end, buckets=buckets)
    return json_response(HostMetricsView.of(start, end, buckets, found))


def _range(call: Call) -> tuple[datetime, datetime]:
    length = call.get(RANGE)
    begin, end = call.get(FROM), call.get(TO)
    if length is not None and (begin or end):
        raise InvalidRequest.of("range", "does not go with from and to; give one or the other")
    now = call.engine.core.clock.now()
    if end is not None and begin is None:
        raise InvalidRequest.of("from", "is required with to")
    end = end or now
    start = begin or end - (length or RANGES["24h"])
    if end <= start:
        raise InvalidRequest.of("to", "must be after from", end.isoformat())
    if end - start > LONGEST:
        raise InvalidRequest.of("from", f"must be at most {LONGEST.days} days before to")
    return start, end


OPERATIONS = (
    Operation(
        method="GET",
        path="/metrics/jobs",
        name="getJobMetrics",
        tag="metrics",
        summary="Jobs by state, durations and use by provider over a range of time",
        handle=job_metrics,
        answers={
            200: Answer(
                description="Totals, the period before, and a series.",
                model=JobMetricsView,
                content={"text/csv": {"type": "string"}},
            )
        },
        query=(RANGE, FROM, TO, BUCKETS, PROJECT, FORMAT),
    ),
    Operation(
        method="GET",
        path="/metrics/hosts",
        name="getHostMetrics",
        tag="metrics",
        summary="How busy the servers' machines were over a range of time",
        handle=host_metrics,
        answers=ok(HostMetricsView, "One series per machine."),
        query=(RANGE, FROM, TO, HOST_BUCKETS),
    ),
)
