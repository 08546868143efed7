"""Reading logs: what is stored, in pages, and what comes, as server-sent events.

A follower's whole state is a place: attempt and line. Every event carries its place as its id,
so after a broken connection the stream is asked to go on right there, and what it repeats all
the same is dropped by number.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from hodei.client.errors import Unavailable, Unreachable, from_problem
from hodei.client.transport import Backoff, Transport
from hodei.client.values import LogLine, line_from

PAGE = 1000
"""Lines per request."""
STATUS_UNAVAILABLE = 503


@dataclass(slots=True)
class _Place:
    """The last line that was handed on."""

    attempt: int
    line: int
    finished: bool = False

    def take(self, attempt: int, lines: Sequence[Any]) -> Sequence[LogLine]:
        """The lines after this place, which becomes that of the last one."""
        if attempt < self.attempt:
            return ()
        after = self.line if attempt == self.attempt else 0
        fresh = [line_from(attempt, line) for line in lines if line["n"] > after]
        if fresh:
            self.attempt, self.line = attempt, fresh[-1].n
        return fresh


async def stored(
    transport: Transport, job_id: str, *, attempt: int, from_line: int, outage_s: float
) -> AsyncGenerator[Sequence[LogLine], None]:
    """The lines that one attempt (0: the newest) has now, in pages."""
    del outage_s  # pages are ordinary requests; it keeps the shape of `follow`
    path = f"/jobs/{quote(job_id, safe='')}/logs"
    first, last = from_line, None
    while last is None or 0 < first <= last:
        params = {"attempt": attempt, "from": first, "limit": PAGE}
        raw = await transport.call("GET", path, params=params)
        if not raw["lines"]:
            return
        attempt = raw["attempt"]
        last = raw["total"] if last is None else last
        first = raw["lines"][-1]["n"] + 1
        yield [line_from(attempt, line) for line in raw["lines"]]


async def follow(
    transport: Transport, job_id: str, *, attempt: int, from_line: int, outage_s: float
) -> AsyncGenerator[Sequence[LogLine], None]:
    """Lines as they come: of one attempt until its end, or (0) of all until the job's.

    Raises Unreachable when the server stays away for longer than `outage_s`.
    """
    place = await _start(transport, job_id, attempt, from_line)
    backoff = Backoff(outage_s)
    while True:
        try:
            async with aclosing(_connection(transport, job_id, attempt, place)) as batches:
                async for batch in batches:
                    backoff.reset()
                    if batch:
                        yield batch
            if place.finished:
                return
            gone = Unreachable(transport.url, "the stream ended early")
        except Unavailable as error:
            gone = (
                error
                if isinstance(error, Unreachable)
                else Unreachable(transport.url, error.detail)
            )
        if not await backoff.wait():
            raise gone


async def _start(transport: Transport, job_id: str, attempt: int, from_line: int) -> _Place:
    if from_line > 0:
        return _Place(attempt or 1, from_line - 1)
    path = f"/jobs/{quote(job_id, safe='')}/logs"
    params = {"attempt": attempt, "from": from_line, "limit": 1}
    raw = await transport.call("GET", path, params=params)
    before = raw["lines"][0]["n"] - 1 if raw["lines"] else raw["total"]
    return _Place(raw["attempt"] or 1, before)


async def _connection(
    transport: Transport, job_id: str, attempt: int, place: _Place
) -> AsyncGenerator[Sequence[LogLine], None]:
    """One connection's batches; an empty one shows that the server is there."""
    async with transport.stream(
        f"/jobs/{quote(job_id, safe='')}/logs/stream",
        # Naming the attempt asks for its end to be the end of the stream.
        params={"attempt": attempt or None},
        headers={"Last-Event-ID": f"{place.attempt}:{place.line}"},
    ) as response:
        yield ()
        async with aclosing(_events(response)) as events:
            async for kind, data in events:
                if kind == "lines":
                    yield place.take(data["attempt"], data["lines"])
                elif kind == "error":
                    raise from_problem(STATUS_UNAVAILABLE, data)
                elif kind == "done":
                    place.finished = True
                    return


async def _events(response: httpx.Response) -> AsyncGenerator[tuple[str, Any], None]:
    """Kind and data of each event. Bytes are split at line feeds only: text may hold others."""
    waiting = b""
    async for chunk in response.aiter_bytes():
        *whole, waiting = (waiting + chunk).split(b"\n\n")
        for block in whole:
            fields = dict(_field(line) for line in block.split(b"\n"))
            if b"data" in fields:
                kind = fields.get(b"event", b"message").decode()
                yield kind, json.loads(fields[b"data"])


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")
