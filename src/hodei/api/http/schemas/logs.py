"""Log lines, searches and landmarks.

Lines are made as plain dictionaries and not as models: a viewer asks for thousands of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ConfigDict

from hodei.api.http.schemas.model import Model
from hodei.domain.logs import Flag, Level, LogLine, LogMarks
from hodei.engine.log_indexes import Found, LogView
from hodei.engine.logs import LogRange

Line = dict[str, Any]
_FLAGS = (
    ("c", Flag.CONTINUED),
    ("d", Flag.CONTINUATION),
    ("u", Flag.UNTERMINATED),
    ("h", Flag.MARKER),
)
_LEVELS = {level: level.label for level in Level}


class LineView(Model):
    """One line. `c`, `d`, `u`, `h` and `x` are there only when they are true."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    n: int
    """Number within the attempt, from 1; it never changes."""
    t: int
    """Unix time in milliseconds at which it was read."""
    l: str  # noqa: E741
    """DEBUG, INFO, WARN or ERROR; empty when the line does not say."""
    s: str
    """stdout or stderr."""
    m: str
    """The text, without its newline."""
    c: bool = False
    """It goes on in the next piece of the same stream: the line was too long for one."""
    d: bool = False
    """It goes on where the last piece of its stream stopped."""
    u: bool = False
    """The output ended without a newline."""
    h: bool = False
    """Written by Hodei, not by the job."""
    x: bool = False
    """Only in a view: it does not fit and is there as context."""


class LogRangeView(Model):
    """Consecutive lines, and where the whole log stands."""

    attempt: int | None
    """Number of the attempt; null while the job has none."""
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
    lines: list[LineView]
    """At most `limit`, and at most about 4 MiB of text: ask again from the last number + 1."""


class FoundView(Model):
    """Numbers of the lines that fit a query."""

    attempt: int | None
    line_numbers: list[int]
    offset: int
    """How many fit before the first one listed."""
    total: int
    """How many fit in all."""
    bucket_lines: int
    """Lines per bucket; bucket i begins at line 1 + i * bucket_lines."""
    buckets: list[int]
    """How many fit in each bucket."""
    truncated: bool
    """The search stopped at its time limit; asking again goes on from there."""

    @classmethod
    def of(cls, found: Found) -> FoundView:
        """What was found as it is shown."""
        return cls(
            attempt=found.attempt.number,
            line_numbers=list(found.line_numbers),
            offset=found.offset,
            total=found.total,
            bucket_lines=found.bucket_lines,
            buckets=list(found.buckets),
            truncated=found.truncated,
        )

    @classmethod
    def nothing(cls) -> FoundView:
        """In the log of a job that has no attempt."""
        return cls(
            attempt=None,
            line_numbers=[],
            offset=0,
            total=0,
            bucket_lines=1,
            buckets=[],
            truncated=False,
        )


class LogViewView(Model):
    """Consecutive rows of a log reduced to what fits a query, and some lines around that."""

    attempt: int | None
    offset: int
    """Place of the first row given, from 0. A place means the same line for ever."""
    rows: int
    """Rows of the whole view."""
    matches: int
    """Rows that fit."""
    total: int
    """Lines that were looked at, fitting or not."""
    truncated: bool
    """The search stopped at its time limit; asking again goes on from there."""
    lines: list[LineView]
    """At most `limit`, and at most about 4 MiB of text: ask again from offset + length."""


class MarkBucket(Model):
    """Grave lines within `bucket_lines` consecutive lines."""

    warn: int
    error: int


class MarksView(Model):
    """Landmarks of a whole log."""

    attempt: int | None
    total: int
    counts: dict[str, int]
    """Lines per level; NONE: the line does not say."""
    first_error: int | None
    first_warn: int | None
    bucket_lines: int
    """Lines per bucket; bucket i begins at line 1 + i * bucket_lines."""
    buckets: list[MarkBucket]
    groups: list[int]
    """Lines that begin or end a fold group."""
    group_kinds: str
    """One character for each: `-` `+` `~` as written, `g` ::group::, `e` ::endgroup::."""

    @classmethod
    def of(cls, attempt: int | None, marks: LogMarks) -> MarksView:
        """Landmarks as they are shown."""
        return cls(
            attempt=attempt,
            total=marks.total_lines,
            counts={level.name: count for level, count in marks.counts},
            first_error=marks.first_error,
            first_warn=marks.first_warn,
            bucket_lines=marks.bucket_lines,
            buckets=[MarkBucket(warn=b.warn, error=b.error) for b in marks.buckets],
            groups=list(marks.groups),
            group_kinds=marks.group_kinds,
        )


def line_to_json(line: LogLine) -> Line:
    """A line as plain data (see LineView)."""
    made: Line = {
        "n": line.n,
        "t": line.time_ms,
        "l": _LEVELS[line.level],
        "s": "stderr" if line.stream == 2 else "stdout",
        "m": line.text,
    }
    if line.flags:
        made |= {name: True for name, flag in _FLAGS if line.flags & flag}
    return made


def lines_to_json(lines: Iterable[LogLine]) -> list[Line]:
    """Lines as plain data."""
    return [line_to_json(line) for line in lines]


def range_to_json(found: LogRange) -> Line:
    """A range as plain data (see LogRangeView)."""
    return {
        "attempt": found.attempt.number,
        "total": found.total,
        "ended": found.ended,
        "complete": found.complete,
        "sha256": found.sha256,
        "warn_count": found.warn_count,
        "error_count": found.error_count,
        "first_error": found.first_error,
        "expired": found.expired,
        "lines": lines_to_json(found.lines),
    }


def empty_range(*, ended: bool) -> Line:
    """The log of a job that has no attempt."""
    return {
        "attempt": None,
        "total": 0,
        "ended": ended,
        "complete": False,
        "sha256": "",
        "warn_count": 0,
        "error_count": 0,
        "first_error": None,
        "expired": False,
        "lines": [],
    }


def view_to_json(found: LogView) -> Line:
    """A view as plain data (see LogViewView)."""
    lines = lines_to_json(found.lines)
    if found.around:
        for line in lines:
            if line["n"] in found.around:
                line["x"] = True
    return {
        "attempt": found.attempt.number,
        "offset": found.offset,
        "rows": found.rows,
        "matches": found.matches,
        "total": found.total,
        "truncated": found.truncated,
        "lines": lines,
    }


def empty_view() -> Line:
    """A view of the log of a job that has no attempt."""
    return {
        "attempt": None,
        "offset": 0,
        "rows": 0,
        "matches": 0,
        "total": 0,
        "truncated": False,
        "lines": [],
    }


def compact(data: object) -> str:
    """JSON without spaces; text stays UTF-8."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
