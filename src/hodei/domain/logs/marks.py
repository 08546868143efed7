"""What a viewer shows around a log: counts, the first error, density and fold groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hodei.domain.logs.line import Level
from hodei.domain.logs.segment import Segment

BUCKETS = 200
MAX_GROUPS = 10_000
"""Later groups are not listed; a viewer with more would help nobody."""
_FOLDS = {b"--- ": "-", b"+++ ": "+", b"~~~ ": "~", b"::group::": "g", b"::endgroup::": "e"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Grave lines within `width` consecutive lines (see LogMarks)."""

    warn: int
    error: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMarks:
    """Landmarks of a whole log."""

    total_lines: int
    counts: tuple[tuple[Level, int], ...]
    """Lines of each level, NONE included, in the order of Level."""
    first_error: int | None
    first_warn: int | None
    bucket_lines: int
    """Lines per bucket; bucket i begins at line 1 + i * bucket_lines."""
    buckets: tuple[Bucket, ...]
    """At most 200, without the empty ones after the last line."""
    groups: tuple[int, ...]
    """Numbers of lines that begin or end a fold group, at most 10,000."""
    group_kinds: str = ""
    """One character for each: `-` `+` `~` as written, `g` ::group::, `e` ::endgroup::."""


class MarksCounter:
    """Adds up segments, given in order, while the log may still grow."""

    def __init__(self) -> None:
        self._total = 0
        self._counts = [0] * len(Level)
        self._first: dict[Level, int] = {}
        # Buckets double in width when the log outgrows them, so one pass is enough.
        self._width = 1
        self._warn = [0] * BUCKETS
        self._error = [0] * BUCKETS
        self._groups: list[tuple[int, str]] = []

    def add(self, segment: Segment) -> None:
        """Counts one segment; it must begin where the last one ended. Raises ValueError."""
        if segment.first_line != self._total + 1:
            raise ValueError(f"line {self._total + 1} was expected, not {segment.first_line}")
        self._total += segment.line_count
        while self._total > self._width * BUCKETS:
            self._widen()
        if segment.levels:
            self._count_levels(segment)
        else:
            self._counts[Level.NONE] += segment.line_count
        if len(self._groups) < MAX_GROUPS:
            self._groups += _groups(segment)
            del self._groups[MAX_GROUPS:]

    @property
    def next_line(self) -> int:
        """Number of the first line that was not counted."""
        return self._total + 1

    def marks(self) -> LogMarks:
        """The landmarks of everything added so far."""
        used = -(-self._total // self._width)
        return LogMarks(
            total_lines=self._total,
            counts=tuple((level, self._counts[level]) for level in Level),
            first_error=self._first.get(Level.ERROR),
            first_warn=self._first.get(Level.WARN),
            bucket_lines=self._width,
            buckets=tuple(
                Bucket(warn=warn, error=error)
                for warn, error in zip(self._warn[:used], self._error[:used], strict=True)
            ),
            groups=tuple(line for line, _ in self._groups),
            group_kinds="".join(kind for _, kind in self._groups),
        )

    def _count_levels(self, segment: Segment) -> None:
        for level in Level:
            self._counts[level] += segment.levels.count(level)
        for level, sums in ((Level.WARN, self._warn), (Level.ERROR, self._error)):
            offset = segment.levels.find(level)
            if offset >= 0:
                self._first.setdefault(level, segment.first_line + offset)
            while offset >= 0:
                bucket = (segment.first_line + offset - 1) // self._width
                end = (bucket + 1) * self._width + 1 - segment.first_line
                sums[bucket] += segment.levels.count(level, offset, end)
                offset = segment.levels.find(level, end)

    def _widen(self) -> None:
        self._width *= 2
        for sums in (self._warn, self._error):
            halved = [sum(sums[at : at + 2]) for at in range(0, BUCKETS, 2)]
            sums[:] = halved + [0] * (BUCKETS - len(halved))


def marks(segments: Iterable[Segment]) -> LogMarks:
    """The landmarks of a whole log, its segments given in order from line 1."""
    counter = MarksCounter()
    for segment in segments:
        counter.add(segment)
    return counter.marks()


def _groups(segment: Segment) -> list[tuple[int, str]]:
    text = segment.text
    starts: list[tuple[int, str]] = []
    for fold, kind in _FOLDS.items():
        if text.startswith(fold):
            starts.append((0, kind))
        sought = b"\n" + fold
        at = text.find(sought)
        while at >= 0:
            starts.append((at + 1, kind))
            at = text.find(sought, at + 1)
    groups = []
    position, line = 0, segment.first_line
    for start, kind in sorted(starts):
        line += text.count(b"\n", position, start)
        position = start
        groups.append((line, kind))
    return groups
