"""The feed of a log: every line in order while the client keeps up, the newest when it lags.

A client lags when the socket took long to accept a batch and the log is far ahead by then. It
is then told how many lines there are and given the last of them; the rest it can read by range.
"""

from __future__ import annotations

import time
from contextlib import aclosing
from uuid import UUID

from hodei.api.http.following import follow_from
from hodei.api.http.schemas.logs import Line, compact, line_to_json, lines_to_json
from hodei.api.http.websocket.channel import Channel
from hodei.domain.logs import LogHead
from hodei.engine.engine import Engine
from hodei.engine.live import Batch
from hodei.engine.logs import Followed

TAIL = 200
BATCH_LINES = 1000
BATCH_BYTES = 64 << 10
SLOW_S = 0.25
FAR_BEHIND = 2000
"""Lines; a client that is closer catches up by itself."""


class LogFeed:
    """Lines of one attempt, or of the newest and the ones after it."""

    def __init__(self, engine: Engine, key: str, attempt: int, since: int | None) -> None:
        self._engine = engine
        self._key = key
        self._pinned = attempt > 0
        self._attempt = attempt
        self._line = since or 1
        self._tail = TAIL if since is None else None
        self._end: LogHead | None = None
        self._slow = False

    def notice(self, batch: Batch) -> None:
        """New lines are no events."""

    async def run(self, channel: Channel) -> None:
        """Until the log, and with it the job, has ended."""
        job_id = (await self._engine.jobs.get(self._key)).job.id
        while await self._follow(channel, job_id):
            pass
        if self._end is None:
            await channel.end(attempt=None, total=0, complete=False, sha256="")
            return
        await channel.end(attempt=self._attempt, **_how(self._end))

    async def _follow(self, channel: Channel, job_id: UUID) -> bool:
        """True when it must begin again further on, because lines were skipped."""
        parts = follow_from(
            self._engine,
            job_id,
            attempt=self._attempt,
            from_line=self._line,
            tail=self._tail,
            pinned=self._pinned,
        )
        self._tail = None
        async with aclosing(parts):
            async for part in parts:
                self._attempt = part.attempt.number
                await self._send(channel, part)
                if self._slow and part.end is None:
                    self._slow = False
                    if await self._skip(channel, job_id):
                        return True
        return False

    async def _send(self, channel: Channel, part: Followed) -> None:
        known = part.segments[-1].end_line - 1 if part.segments else 0
        batch: list[Line] = []
        size = 0
        for segment in part.segments:
            for line in segment.lines(part.from_line):
                batch.append(line_to_json(line))
                size += len(line.text)
                if size >= BATCH_BYTES or len(batch) == BATCH_LINES:
                    await self._data(channel, {"total": known, "lines": batch})
                    batch, size = [], 0
                    if self._slow:
                        self._line = line.n + 1
                        return
        if batch:
            await self._data(channel, {"total": known, "lines": batch})
        if part.segments:
            self._line = known + 1
        if part.end is not None:
            self._end = part.end
            self._line = 1
            ended = {"total": part.end.total_lines, "lines": [], "ended": _how(part.end)}
            await self._data(channel, ended)

    async def _data(self, channel: Channel, data: dict[str, object]) -> None:
        begun = time.monotonic()
        await channel.data(compact({"attempt": self._attempt, **data}))
        self._slow = self._slow or time.monotonic() - begun > SLOW_S

    async def _skip(self, channel: Channel, job_id: UUID) -> bool:
        """After a slow batch: whether to begin again, at the tail when it is far away."""
        newest = await self._engine.logs.range(
            job_id, attempt=self._attempt, from_line=-TAIL, limit=TAIL
        )
        first = newest.lines[0].n if newest.lines else newest.total + 1
        if newest.total - self._line > FAR_BEHIND:
            tick = {
                "total": newest.total,
                "lines": lines_to_json(newest.lines),
                "skipped": first - self._line,
            }
            await self._data(channel, tick)
            self._slow = False
            self._line = newest.lines[-1].n + 1 if newest.lines else first
        return True


def _how(end: LogHead) -> dict[str, object]:
    return {"total": end.total_lines, "complete": end.complete, "sha256": end.sha256}
