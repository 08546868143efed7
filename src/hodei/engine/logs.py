"""Logs for readers: ranges, live following, search, landmarks and downloads.

A follower is a position. New segments wake it; it takes them from memory when they were
stored through this replica, and from the store otherwise, so a slow follower slows nobody and
every follower sees every line once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from hodei.domain.attempt import Attempt
from hodei.domain.errors import InvalidRequest, NotFound
from hodei.domain.job import Job
from hodei.domain.logs import LogHead, LogLine, LogMarks, LogQuery, Segment
from hodei.engine.core import Core
from hodei.engine.ingest import LogEnd
from hodei.engine.log_indexes import Found, LogIndexes, LogView

T = TypeVar("T")
NO_ATTEMPT_YET = "attempt yet of the job"
"""What is not found of a job that has no worker so far, and may have one a moment later."""
MAX_LINES = 1000
"""Lines per range."""
RANGE_BYTES = 4 << 20
"""Text per range; a range of long lines ends early, after at least one line."""
RECENT_BYTES = 4 << 20
"""Text kept in memory per attempt that somebody follows."""
FOLLOW_SEGMENTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRange:
    """Consecutive lines and where the whole log stands."""

    attempt: Attempt
    lines: tuple[LogLine, ...]
    total: int
    ended: bool
    """No further line will come."""
    complete: bool
    """Ended, and everything that the agent sent is there."""
    sha256: str
    """Of the whole log as downloaded; empty until it has ended."""
    warn_count: int
    error_count: int
    first_error: int | None
    expired: bool
    """The attempt ran and its log is not kept any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The next part of a followed log; the last part has `end`."""

    attempt: Attempt
    segments: tuple[Segment, ...]
    from_line: int
    """Lines of the first segment before this one were not asked for."""
    end: LogHead | None = None
    last: bool = False
    """With `end`: the job is known to be finished."""


class _Channel:
    """What this replica just stored of one attempt, for its followers."""

    def __init__(self) -> None:
        self.recent: deque[Segment] = deque()
        self.bytes = 0
        self.changed = asyncio.Event()
        self.followers = 0
        self.end: LogEnd | None = None
        self.from_the_first = False
        """Whether it was open before the attempt could print anything."""

    def add(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            if self.recent and self.recent[-1].end_line != segment.first_line:
                self.recent.clear()
                self.bytes = 0
            self.recent.append(segment)
            self.bytes += len(segment.text)
        while self.bytes > RECENT_BYTES:
            self.bytes -= len(self.recent.popleft().text)
        self.changed.set()

    def after(self, line: int) -> list[Segment]:
        """Segments from `line` on; none when memory does not reach back that far."""
        if not self.recent or line < self.recent[0].first_line:
            return []
        return [segment for segment in self.recent if segment.end_line > line]


class _Waiting:
    """Followers of one job that wait for its next attempt."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.followers = 0
        self.begun: Attempt | None = None
        """The attempt that was handed over here meanwhile; its channel is open from then on."""


class Logs:
    """The logs of all attempts, as every interface reads them."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._indexes = LogIndexes(core)
        self._channels: dict[UUID, _Channel] = {}
        self._waiting: dict[UUID, _Waiting] = {}

    # ---- from the sessions and the bus

    def publish(self, attempt_id: UUID, segments: Sequence[Segment], end: LogEnd | None) -> None:
        """Segments that were just stored through this replica; `end`: there will be no more."""
        channel = self._channels.get(attempt_id)
        if channel is not None and (segments or end):
            channel.end = end
            channel.add(segments)

    def begun(self, attempt: Attempt) -> None:
        """The attempt is about to be handed to its agent through this replica."""
        waiting = self._waiting.get(attempt.job_id)
        if waiting is not None:
            # Whoever waits misses nothing from now on and need not look into the store.
            self._channels.setdefault(attempt.id, _Channel()).from_the_first = True
            waiting.begun = attempt
            waiting.changed.set()

    def wake(self, attempt_ids: set[UUID] | None) -> None:
        """Logs that grew somewhere; None: any of them."""
        for attempt_id, channel in self._channels.items():
            if attempt_ids is None or attempt_id in attempt_ids:
                channel.changed.set()

    def wake_jobs(self, job_ids: Sequence[str]) -> None:
        """Jobs that changed; whoever waits for their attempts looks again."""
        for job_id, waiting in self._waiting.items():
            if not job_ids or str(job_id) in job_ids:
                waiting.changed.set()

    # ---- reading

    async def attempt(self, job_id: UUID, number: int = 0) -> Attempt:
        """An attempt of a job by number; 0: the newest. Raises NotFound, of `NO_ATTEMPT_YET` when
        the newest was asked for and there is none."""
        attempts = await self._core.store.attempts(job_id)
        if not number and attempts:
            return attempts[-1]
        for attempt in attempts:
            if attempt.number == number:
                return attempt
        if not attempts and await self._core.store.get_job(job_id) is None:
            raise NotFound("job", job_id)
        if not number:
            raise NotFound(NO_ATTEMPT_YET, job_id)
        raise NotFound("attempt", number)

    async def unless_waiting(self, job_id: UUID, find: Callable[[], Awaitable[T]]) -> T | Job:
        """What is found, or the job while it has no attempt yet."""
        try:
            return await find()
        except NotFound as missing:
            if missing.kind != NO_ATTEMPT_YET:
                raise
        # In this order: of what is read as ended here, an attempt would be there afterwards.
        job = await self._core.store.get_job(job_id)
        if job is not None and not await self._core.store.attempts(job_id):
            return job
        return await find()  # it got its worker in between

    async def range(
        self, job_id: UUID, *, attempt: int = 0, from_line: int = 1, limit: int = 500
    ) -> LogRange:
        """Lines from `from_line` on; a negative one counts from the end."""
        if not 1 <= limit <= MAX_LINES:
            raise InvalidRequest.of("limit", f"must be between 1 and {MAX_LINES}", limit)
        which = await self.attempt(job_id, attempt)
        state = await self._core.store.log_state(which.id)
        head = state.head if state else LogHead()
        first = from_line if from_line > 0 else max(1, head.total_lines + 1 + from_line)
        lines = await self._lines(which, first, min(limit, head.total_lines + 1 - first))
        return LogRange(
            attempt=which,
            lines=tuple(lines),
            total=head.total_lines,
            ended=head.finished or which.ended,
            complete=head.complete,
            sha256=head.sha256,
            warn_count=head.warn_count,
            error_count=head.error_count,
            first_error=head.first_error_line,
            expired=state is None and which.ended and which.started_at is not None,
        )

    async def _lines(self, attempt: Attempt, first: int, limit: int) -> list[LogLine]:
        lines: list[LogLine] = []
        size = 0
        while len(lines) < limit and size < RANGE_BYTES:
            at = first + len(lines)
            segments = await self._core.store.segments(attempt.id, from_line=at, limit=8)
            if not segments:
                break
            for segment in segments:
                for line in segment.lines(first + len(lines), limit - len(lines)):
                    if size >= RANGE_BYTES:
                        break
                    lines.append(line)
                    size += len(line.text)
        return lines

    async def search(
        self,
        job_id: UUID,
        query: LogQuery,
        *,
        attempt: int = 0,
        from_line: int = 1,
        offset: int | None = None,
        limit: int = 1000,
    ) -> Found:
        """Numbers of the fitting lines, at most `limit`, and how many fit in all.

        From `from_line` on, or from place `offset` on (a negative one counts from the end).
        """
        which = await self.attempt(job_id, attempt)
        return await self._indexes.search(
            which, query, from_line=from_line, offset=offset, limit=limit
        )

    async def view(
        self,
        job_id: UUID,
        query: LogQuery,
        *,
        attempt: int = 0,
        context: int = 0,
        after: int = 0,
        at_line: int | None = None,
        offset: int = 0,
        limit: int = 500,
    ) -> LogView:
        """Rows of the log that fit a query or lie within `context` lines of one that does.

        Rows are counted from 0 behind line `after`. The first row given is the one at
        `offset` (a negative one counts from the end), or the first at or after `at_line`.
        """
        if not 1 <= limit <= MAX_LINES:
            raise InvalidRequest.of("limit", f"must be between 1 and {MAX_LINES}", limit)
        which = await self.attempt(job_id, attempt)
        return await self._indexes.view(
            which,
            query,
            context=context,
            after=after,
            at_line=at_line,
            offset=offset,
            limit=limit,
            most_bytes=RANGE_BYTES,
        )

    async def marks(self, job_id: UUID, *, attempt: int = 0) -> LogMarks:
        """Landmarks of the log as far as it is stored."""
        return await self._indexes.marks(await self.attempt(job_id, attempt))

    async def download(self, attempt: Attempt) -> AsyncIterator[Segment]:
        """All stored segments in order."""
        line = 1
        while segments := await self._core.store.segments(attempt.id, from_line=line, limit=32):
            for segment in segments:
                yield segment
            line = segments[-1].end_line

    # ---- following

    async def follow(self, attempt: Attempt, *, from_line: int = 1) -> AsyncIterator[Followed]:
        """Lines as they are stored, from `from_line` on, until the log has ended."""
        channel = self._channels.setdefault(attempt.id, _Channel())
        channel.followers += 1
        try:
            async for part in self._follow(channel, attempt, max(1, from_line)):
                yield part
        finally:
            channel.followers -= 1
            self._close(attempt.id)

    async def follow_job(
        self, job_id: UUID, *, attempt: int = 0, from_line: int = 1, tail: int | None = None
    ) -> AsyncIterator[Followed]:
        """Follows one attempt, or the newest and every later one until the job is finished.

        Raises NotFound for a job that there is not.
        """
        number, known = attempt, False
        while True:
            which = await self._begun(job_id, number, known=known)
            if which is None:
                return
            known = True
            begin = from_line
            if tail is not None:
                begin = max(1, (await self._head(which)).total_lines + 1 - tail)
            last = False
            async for part in self.follow(which, from_line=begin):
                yield part
                last = part.last
            if attempt or last:
                return
            number, from_line, tail = which.number + 1, 1, None

    async def _begun(self, job_id: UUID, number: int, *, known: bool) -> Attempt | None:
        """Waits for an attempt; None when the job is finished without having it."""
        finished = False
        while True:
            attempts = await self._core.store.attempts(job_id)
            if attempts and number <= attempts[-1].number:
                return attempts[-1] if not number else attempts[number - 1]
            if finished:
                return None
            job = await self._core.store.get_job(job_id)
            if job is None and not known:
                raise NotFound("job", job_id)
            if job is None:
                return None
            known, finished = True, job.finished
            begun = None if finished else await self._job_change(job_id)
            if begun is not None and number <= begun.number:
                return begun
            # Of a job that is finished, the attempts are read once more: it may have had one
            # since they were read before.

    async def _job_change(self, job_id: UUID) -> Attempt | None:
        """Waits until the job may have another attempt; that attempt, when it begins here."""
        waiting = self._waiting.setdefault(job_id, _Waiting())
        waiting.followers += 1
        begun = None
        try:
            async with asyncio.timeout(self._core.timings.sweep.total_seconds()):
                await waiting.changed.wait()
            begun = waiting.begun
        except TimeoutError:
            pass
        finally:
            waiting.followers -= 1
            over = waiting.changed.is_set() or not waiting.followers
            if over and self._waiting.get(job_id) is waiting:
                del self._waiting[job_id]
            if begun is None and waiting.begun is not None and not waiting.followers:
                self._close(waiting.begun.id)
        return begun

    def _close(self, attempt_id: UUID) -> None:
        channel = self._channels.get(attempt_id)
        if channel is not None and not channel.followers:
            del self._channels[attempt_id]

    async def _follow(
        self, channel: _Channel, attempt: Attempt, line: int
    ) -> AsyncIterator[Followed]:
        ended, patient = False, channel.from_the_first
        while True:
            channel.changed.clear()
            segments = channel.after(line)
            end = channel.end
            if patient and not segments and end is None:
                patient = False
                await self._change(channel)
                continue
            if not segments and end is not None and end.head.total_lines < line:
                yield Followed(
                    attempt=attempt, segments=(), from_line=line, end=end.head, last=end.last
                )
                return
            if not segments:
                # Memory has nothing newer; another replica may have stored something.
                segments = list(
                    await self._core.store.segments(
                        attempt.id, from_line=line, limit=FOLLOW_SEGMENTS
                    )
                )
                segments = [segment for segment in segments if segment.end_line > line]
            if segments:
                yield Followed(attempt=attempt, segments=tuple(segments), from_line=line)
                line = segments[-1].end_line
                continue
            if ended:
                head = await self._head(attempt)
                if head.total_lines < line:
                    yield Followed(attempt=attempt, segments=(), from_line=line, end=head)
                    return
            ended = await self._has_ended(attempt)
            if not ended:
                await self._change(channel)

    async def _has_ended(self, attempt: Attempt) -> bool:
        if (await self._head(attempt)).finished:
            return True
        fresh = await self._core.store.get_attempt(attempt.id)
        return fresh is None or fresh.ended

    async def _change(self, channel: _Channel) -> None:
        try:
            async with asyncio.timeout(self._core.timings.sweep.total_seconds()):
                await channel.changed.wait()
        except TimeoutError:
            return

    async def _head(self, attempt: Attempt) -> LogHead:
        state = await self._core.store.log_state(attempt.id)
        return state.head if state else LogHead()
