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
    """One line. `c`, `d`, `u` and `h` are there only when they are true."""

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
    lines: list[LineView]
    """At most `limit`, and at most about 4 MiB of text: ask again from the last number + 1."""


class FoundView(Model):
    """Numbers of the lines that fit a query."""

    attempt: int | None
    line_numbers: list[int]
    total: int
    """How many fit in all."""
    truncated: bool
    """The search stopped at its time limit."""


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
        "lines": [],
    }


def compact(data: object) -> str:
    """JSON without spaces; text stays UTF-8."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
