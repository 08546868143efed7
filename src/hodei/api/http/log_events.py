"""A log as server-sent events, for where a WebSocket cannot pass."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from starlette.responses import Response

from hodei.api.access.streams import while_allowed
from hodei.api.http.event_stream import EVENT_SCHEMA, event, stream_of
from hodei.api.http.following import follow_from
from hodei.api.http.log_query import ATTEMPT
from hodei.api.http.operations import Answer, Call, Operation
from hodei.api.http.query import whole
from hodei.api.http.schemas.logs import compact, lines_to_json
from hodei.domain.errors import HodeiError, InvalidRequest
from hodei.engine.logs import Followed

EVENT_LINES = 500
EVENT_BYTES = 1 << 18
_LAST_ID = re.compile(r"([0-9]{1,7}):([0-9]{1,15})\Z")

FROM = whole("from", "Number of the first line.", least=1, most=10**15, default=1)


async def stream(call: Call) -> Response:
    """GET /jobs/{key}/logs/stream."""
    job_id = (await call.engine.jobs.get(call.key("job"))).job.id
    attempt, line = call.get(ATTEMPT), call.get(FROM)
    pinned = attempt > 0
    resumed = call.request.headers.get("last-event-id")
    if resumed is not None:
        attempt, line = _place(resumed)
    parts = follow_from(
        call.engine, job_id, attempt=attempt, from_line=line, tail=None, pinned=pinned
    )
    allowed = while_allowed(parts, call.lost)
    return stream_of(_events(allowed, job_id), call.api.stopping)


def _place(last_id: str) -> tuple[int, int]:
    found = _LAST_ID.match(last_id)
    if not found:
        raise InvalidRequest.of("Last-Event-ID", "must be ATTEMPT:LINE, as it was sent", last_id)
    return int(found[1]), int(found[2]) + 1


async def _events(parts: AsyncGenerator[Followed, None], job_id: UUID) -> AsyncGenerator[str, None]:
    yield "retry: 1000\n\n"
    try:
        async with aclosing(parts):
            async for part in parts:
                for one in _part_events(part):
                    yield one
    except HodeiError as error:
        yield event("error", compact({"code": error.code, "detail": str(error)}))
        return
    yield event("done", compact({"job_id": str(job_id)}))


def _part_events(part: Followed) -> list[str]:
    events: list[str] = []
    number = part.attempt.number
    for segment in part.segments:
        line = max(part.from_line, segment.first_line)
        while line < segment.end_line:
            lines = segment.lines(line, EVENT_LINES)
            size = 0
            for count, each in enumerate(lines, start=1):
                size += len(each.text)
                if size > EVENT_BYTES:
                    lines = lines[:count]
                    break
            line = lines[-1].n + 1
            data = compact({"attempt": number, "lines": lines_to_json(lines)})
            events.append(event("lines", data, f"{number}:{lines[-1].n}"))
    if part.end is not None:
        end = {
            "attempt": number,
            "total": part.end.total_lines,
            "complete": part.end.complete,
            "sha256": part.end.sha256,
        }
        events.append(event("end", compact(end), f"{number}:{part.end.total_lines}"))
    return events


STREAM = Operation(
    method="GET",
    path="/jobs/{key}/logs/stream",
    name="streamLogs",
    tag="logs",
    summary="A log as server-sent events",
    description="Events `lines` {attempt, lines}, `end` {attempt, total, complete, sha256} after "
    "each attempt, `done` when the job is finished, `error` {code, detail}. The id of an event "
    "is ATTEMPT:LINE; Last-Event-ID resumes after it.",
    handle=stream,
    answers={200: Answer(description="Events.", content={"text/event-stream": EVENT_SCHEMA})},
    query=(ATTEMPT, FROM),
    headers={
        "Last-Event-ID": {
            "type": "string",
            "description": "Id of the last event that was seen.",
            "pattern": "^[0-9]{1,7}:[0-9]{1,15}$",
        }
    },
    errors=(404, 409),
)
