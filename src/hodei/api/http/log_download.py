"""Downloads of logs: the whole text byte by byte, or the lines that fit a query."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Sequence

from starlette.responses import Response, StreamingResponse

from hodei.api.http.log_query import ATTEMPT, CASE, LEVEL, RE, STREAM_NAME, Q, query_of
from hodei.api.http.operations import Answer, Call, Operation
from hodei.api.http.query import choice, flag
from hodei.api.http.schemas.logs import compact, line_to_json
from hodei.domain.attempt import Attempt
from hodei.domain.logs import LogQuery, Segment, matches

Render = Callable[[Segment, Sequence[int]], bytes]

FORMAT = choice(
    "format",
    "txt: the text as stored; ndjson: one object per line.",
    {"txt": "txt", "ndjson": "ndjson"},
    default="txt",
)
GZ = flag("gz", "A gzip file, whatever the request accepts.")
_TYPES = {"txt": "text/plain; charset=utf-8", "ndjson": "application/x-ndjson"}
GZIP = 31
"""zlib's window size for the gzip format."""


async def download(call: Call) -> Response:
    """GET /jobs/{key}/logs/download."""
    query = query_of(call)
    job_id = (await call.engine.jobs.get(call.key("job"))).job.id
    state = await call.engine.logs.range(job_id, attempt=call.get(ATTEMPT), limit=1)
    kind = call.get(FORMAT)
    whole = not (query.text or query.levels or query.stream)
    segments = call.engine.logs.download(state.attempt)
    content = _content(segments, query, whole=whole, kind=kind)
    packed = call.get(GZ)
    headers = _headers(str(job_id), state.attempt, kind, whole=whole, packed=packed)
    if state.sha256:
        headers["X-Hodei-Sha256"] = state.sha256
    headers["X-Hodei-Total-Lines"] = str(state.total)
    headers["X-Hodei-Complete"] = "true" if state.complete else "false"
    if packed:
        content = _gzip(content)
    elif _takes_gzip(call.request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        content = _gzip(content)
    media_type = "application/gzip" if packed else _TYPES[kind]
    return StreamingResponse(content, headers=headers, media_type=media_type)


def _headers(
    job_id: str, attempt: Attempt, kind: str, *, whole: bool, packed: bool
) -> dict[str, str]:
    part = "" if whole else "-part"
    name = f"job-{job_id[:8]}-attempt-{attempt.number}{part}.{'log' if kind == 'txt' else kind}"
    if packed:
        name += ".gz"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Accept-Encoding",
    }


async def _content(
    segments: AsyncIterator[Segment], query: LogQuery, *, whole: bool, kind: str
) -> AsyncIterator[bytes]:
    async for segment in segments:
        if whole and kind == "txt":
            yield segment.text
            continue
        if whole:
            numbers: Sequence[int] = range(segment.first_line, segment.end_line)
        elif query.plain:
            numbers = matches(segment, query)
        else:
            numbers = await asyncio.to_thread(matches, segment, query)
        if numbers:
            yield _text(segment, numbers) if kind == "txt" else _ndjson(segment, numbers)
        await asyncio.sleep(0)


def _text(segment: Segment, numbers: Sequence[int]) -> bytes:
    texts = segment.text.split(b"\n")
    return b"".join(texts[number - segment.first_line] + b"\n" for number in numbers)


def _ndjson(segment: Segment, numbers: Sequence[int]) -> bytes:
    wanted = set(numbers)
    rows = [compact(line_to_json(line)) for line in segment.lines() if line.n in wanted]
    return ("\n".join(rows) + "\n").encode("utf-8", "replace")


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def _gzip(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    async for piece in content:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


DOWNLOAD = Operation(
    method="GET",
    path="/jobs/{key}/logs/download",
    name="downloadLogs",
    tag="logs",
    summary="A log as a file, whole or filtered",
    description="The whole txt is the stored text byte by byte: its SHA-256 is X-Hodei-Sha256. "
    "Packed with gzip when the request accepts that.",
    handle=download,
    answers={
        200: Answer(
            description="The file.",
            content={
                "text/plain": {"type": "string"},
                "application/x-ndjson": {"type": "string", "description": "Lines of LineView."},
                "application/gzip": {"type": "string", "format": "binary"},
            },
            headers={
                "X-Hodei-Sha256": "Hash of the whole log, when it has ended.",
                "X-Hodei-Total-Lines": "Lines of the whole log.",
                "X-Hodei-Complete": "true when everything that the agent sent is there.",
            },
        )
    },
    query=(ATTEMPT, FORMAT, GZ, Q, RE, CASE, LEVEL, STREAM_NAME),
    errors=(404, 409),
)
