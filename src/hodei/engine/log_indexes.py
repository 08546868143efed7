"""Searches, filtered views and landmarks of logs, each kept and extended while somebody asks.

A log only grows, so what was searched once is never searched again: the next page, the next
match and the next look at a running job cost what is new since then. What is kept is bounded;
an index that was dropped is made again.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hodei.domain.attempt import Attempt
from hodei.domain.logs import (
    BUCKETS,
    LogIndex,
    LogLine,
    LogMarks,
    LogQuery,
    MarksCounter,
    Segment,
)
from hodei.engine.core import Core

SEARCH_SECONDS = 10.0
"""Time one search may take; what it did not reach is said, and reached by asking again."""
KEPT_INDEXES = 64
KEPT_BYTES = 64 << 20
_BATCH = 64
"""Segments per step of a search, about 4 MiB of text."""
_PIECE = 32
"""Segments per step of a view."""

_Key = tuple[UUID, LogQuery, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Lines that fit a query."""

    attempt: Attempt
    line_numbers: tuple[int, ...]
    offset: int
    """How many fit before the first one listed."""
    total: int
    bucket_lines: int
    """Lines per bucket."""
    buckets: tuple[int, ...]
    """How many fit in each bucket; bucket i begins at line 1 + i * bucket_lines."""
    truncated: bool
    """The search stopped at its time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """Consecutive rows of a filtered log."""

    attempt: Attempt
    lines: tuple[LogLine, ...]
    around: frozenset[int]
    """Numbers of the lines that do not fit and are there as context."""
    offset: int
    """Place of the first row given."""
    rows: int
    """Rows of the whole view."""
    matches: int
    """Rows that fit."""
    total: int
    """Lines that were looked at, fitting or not."""
    truncated: bool
    """The search stopped at its time limit."""


@dataclass(slots=True)
class _Growing:
    """An index and whoever extends it."""

    index: LogIndex
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class _Counting:
    """Landmarks so far and whoever counts on."""

    counter: MarksCounter = field(default_factory=MarksCounter)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class LogIndexes:
    """What fits which query, per attempt."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._indexes: OrderedDict[_Key, _Growing] = OrderedDict()
        self._marks: OrderedDict[UUID, _Counting] = OrderedDict()

    async def search(
        self,
        attempt: Attempt,
        query: LogQuery,
        *,
        from_line: int,
        offset: int | None,
        limit: int,
    ) -> Found:
        """See `Logs.search`."""
        index, truncated = await self._searched(attempt, query, 0)
        total = len(index.lines)
        begin = index.rank(from_line) if offset is None else _place(offset, total)
        width, buckets = index.density(BUCKETS)
        return Found(
            attempt=attempt,
            line_numbers=tuple(index.lines[begin : begin + limit]),
            offset=begin,
            total=total,
            bucket_lines=width,
            buckets=tuple(buckets),
            truncated=truncated,
        )

    async def view(
        self,
        attempt: Attempt,
        query: LogQuery,
        *,
        context: int,
        after: int,
        at_line: int | None,
        offset: int,
        limit: int,
        most_bytes: int,
    ) -> LogView:
        """See `Logs.view`."""
        index, truncated = await self._searched(attempt, query, context)
        hidden = index.row(after + 1)
        rows, matches, total = len(index.rows), len(index.lines), index.next_line - 1
        if at_line is None:
            begin = hidden + _place(offset, rows - hidden)
        else:
            begin = max(hidden, index.row(at_line))
        wanted = index.rows[begin : min(begin + limit, rows)]
        lines = await self._lines(attempt.id, index, wanted, most_bytes)
        return LogView(
            attempt=attempt,
            lines=tuple(lines),
            around=frozenset(line.n for line in lines if context and not index.fits(line.n)),
            offset=begin - hidden,
            rows=rows - hidden,
            matches=matches - index.rank(after + 1),
            total=total,
            truncated=truncated,
        )

    async def marks(self, attempt: Attempt) -> LogMarks:
        """Landmarks as far as the log is stored."""
        counting = self._marks.setdefault(attempt.id, _Counting())
        self._marks.move_to_end(attempt.id)
        while len(self._marks) > KEPT_INDEXES:
            self._marks.popitem(last=False)
        counter = counting.counter
        async with counting.lock:
            while segments := await self._unseen(attempt.id, counter.next_line):
                for segment in segments:
                    counter.add(segment)
                await asyncio.sleep(0)
            return counter.marks()

    # ---- indexes

    async def _searched(
        self, attempt: Attempt, query: LogQuery, context: int
    ) -> tuple[LogIndex, bool]:
        """The index over everything stored; True when the time was up before that."""
        key = (attempt.id, query, context)
        state = await self._core.store.log_state(attempt.id)
        known = self._indexes.get(key)
        if known and (state is None or state.head.next_line < known.index.next_line):
            # Retention removed the log.
            del self._indexes[key]
        growing = self._indexes.setdefault(key, _Growing(LogIndex(query, context)))
        self._indexes.move_to_end(key)
        until = time.monotonic() + SEARCH_SECONDS
        async with growing.lock:
            truncated = not await self._extend(attempt.id, growing.index, until)
        self._forget()
        return growing.index, truncated

    async def _extend(self, attempt_id: UUID, index: LogIndex, until: float) -> bool:
        if index.next_line == 1 and not index.query.text:
            # Levels and streams are in the descriptions: no text has to be read.
            metas = await self._core.store.segment_metas(attempt_id)
            if metas and metas[0].first_line == 1:
                index.extend(metas, await asyncio.to_thread(index.found_in, metas))
        while segments := await self._unseen(attempt_id, index.next_line):
            # In slices, so that the loop stays live; in a thread when a regular expression
            # may take long.
            if index.query.plain:
                found = index.found_in(segments)
            else:
                found = await asyncio.to_thread(index.found_in, segments)
            index.extend(segments, found)
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0)
        return True

    async def _unseen(self, attempt_id: UUID, line: int) -> Sequence[Segment]:
        return await self._core.store.segments(attempt_id, from_line=line, limit=_BATCH)

    def _forget(self) -> None:
        size = sum(growing.index.size for growing in self._indexes.values())
        while len(self._indexes) > KEPT_INDEXES or (size > KEPT_BYTES and len(self._indexes) > 1):
            _, growing = self._indexes.popitem(last=False)
            size -= growing.index.size

    async def _lines(
        self, attempt_id: UUID, index: LogIndex, wanted: Sequence[int], most_bytes: int
    ) -> list[LogLine]:
        """The wanted lines in order, fewer when they are long, at least one."""
        lines: list[LogLine] = []
        size, at = 0, 0
        starts = index.starts(wanted)
        for begin in range(0, len(starts), _PIECE):
            piece = starts[begin : begin + _PIECE]
            for segment in await self._core.store.segments_at(attempt_id, piece):
                first = at
                while at < len(wanted) and wanted[at] < segment.end_line:
                    at += 1
                for line in _picked(segment, wanted[first:at]):
                    if size >= most_bytes:
                        return lines
                    lines.append(line)
                    size += len(line.text)
        return lines


def _picked(segment: Segment, numbers: Sequence[int]) -> list[LogLine]:
    if not numbers:
        return []
    lines = segment.lines(numbers[0], numbers[-1] - numbers[0] + 1)
    return [lines[number - numbers[0]] for number in numbers]


def _place(offset: int, length: int) -> int:
    return min(offset, length) if offset >= 0 else max(0, length + offset)
