"""LogStreamService."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from hodei.domain.errors import InvalidRequest
from hodei.domain.job import Job
from hodei.domain.logs import Flag, Level, LogLine, LogQuery, Stream
from hodei.engine.engine import Engine
from hodei.engine.logs import Followed
from hodei.wire.gen import logs_pb2 as pb
from hodei.wire.gen import logs_pb2_grpc as pb_grpc
from hodei.wire.times import to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

MAX_FOUND = 10_000
BATCH_LINES = 2000
"""Lines per message of a subscription; a line may be as long as 1 MiB."""
BATCH_BYTES = 1 << 20


class LogStream(pb_grpc.LogStreamServiceServicer):
    """Logs over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def SubscribeLogs(
        self, request: pb.SubscribeLogsRequest, context: Context
    ) -> AsyncIterator[pb.LogBatch]:
        parts = self._engine.logs.follow_job(
            await self._engine.jobs.resolve(request.job_id),
            attempt=request.attempt,
            from_line=request.from_line or 1,
            tail=request.tail if request.HasField("tail") else None,
        )
        async for part in parts:
            for batch in _batches(part):
                yield batch

    async def GetLogs(self, request: pb.GetLogsRequest, context: Context) -> pb.LogRange:
        logs, job_id = self._engine.logs, await self._engine.jobs.resolve(request.job_id)
        reading = partial(
            logs.range,
            job_id,
            attempt=request.attempt,
            from_line=request.from_line or 1,
            limit=request.limit or 500,
        )
        found = await logs.unless_waiting(job_id, reading)
        if isinstance(found, Job):
            return pb.LogRange(complete=found.finished)
        return pb.LogRange(
            attempt=found.attempt.number,
            lines=[_line(line) for line in found.lines],
            total_lines=found.total,
            complete=found.complete,
            sha256=found.sha256,
        )

    async def SearchLogs(
        self, request: pb.SearchLogsRequest, context: Context
    ) -> pb.SearchLogsResponse:
        limit = request.limit or 1000
        if limit > MAX_FOUND:
            raise InvalidRequest.of("limit", f"must be at most {MAX_FOUND}", limit)
        logs, job_id = self._engine.logs, await self._engine.jobs.resolve(request.job_id)
        searching = partial(
            logs.search,
            job_id,
            LogQuery(
                text=request.text,
                regex=request.regex,
                case_sensitive=request.case_sensitive,
                levels=levels_of(request.levels),
                stream=stream_of(request.stream),
            ),
            attempt=request.attempt,
            from_line=request.from_line or 1,
            limit=limit,
        )
        found = await logs.unless_waiting(job_id, searching)
        if isinstance(found, Job):
            return pb.SearchLogsResponse()
        return pb.SearchLogsResponse(
            attempt=found.attempt.number,
            line_numbers=found.line_numbers,
            total=found.total,
            truncated=found.truncated,
        )


def levels_of(names: Sequence[str]) -> frozenset[Level]:
    """Raises InvalidRequest for a level that there is not."""
    known = {level.label: level for level in Level if level}
    for name in names:
        if name not in known:
            raise InvalidRequest.of("levels", f"must be any of {', '.join(known)}", name)
    return frozenset(known[name] for name in names)


def stream_of(name: str) -> Stream | None:
    """Raises InvalidRequest; empty means both."""
    if not name:
        return None
    known = {stream.label: stream for stream in Stream}
    if name not in known:
        raise InvalidRequest.of("stream", f"must be {' or '.join(known)}", name)
    return known[name]


def _batches(part: Followed) -> list[pb.LogBatch]:
    batches: list[pb.LogBatch] = []
    lines: list[pb.LogLine] = []
    size = 0
    for segment in part.segments:
        for line in segment.lines(part.from_line):
            if lines and (len(lines) == BATCH_LINES or size + len(line.text) > BATCH_BYTES):
                batches.append(pb.LogBatch(attempt=part.attempt.number, lines=lines))
                lines, size = [], 0
            lines.append(_line(line))
            size += len(line.text)
    if lines:
        batches.append(pb.LogBatch(attempt=part.attempt.number, lines=lines))
    if part.end is not None:
        end = pb.LogEnd(
            total_lines=part.end.total_lines,
            complete=part.end.complete,
            sha256=part.end.sha256,
        )
        batches.append(pb.LogBatch(attempt=part.attempt.number, end=end))
    return batches


def _line(line: LogLine) -> pb.LogLine:
    return pb.LogLine(
        number=line.n,
        time=to_timestamp(datetime.fromtimestamp(line.time_ms / 1000, UTC)),
        level=line.level.label,
        stream=line.stream.label,
        text=line.text,
        continued=bool(line.flags & Flag.CONTINUED),
    )
