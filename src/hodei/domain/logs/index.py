"""Which lines of a growing log fit a query, kept so that only what is new is ever searched.

Two lists of line numbers, both only ever appended to: the lines that fit, and the rows of a
view that shows some lines around each of them. So a position in either list means the same
line for ever.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from hodei.domain.logs.search import LogQuery, matches
from hodei.domain.logs.segment import Segment

MAX_CONTEXT = 5
"""Lines around a fitting line."""
_WIDE = "Q"


class LogIndex:
    """The lines of one attempt that fit `query`, as far as segments were added."""

    def __init__(self, query: LogQuery, context: int = 0) -> None:
        self.query = query
        self.lines = array(_WIDE)
        """Numbers of the lines that fit."""
        self.rows = array(_WIDE) if context else self.lines
        """The same with `context` lines before and after each."""
        self.next_line = 1
        """Number of the first line that was not searched."""
        self._context = context
        self._owed = 0
        """Up to this line the context after the last fitting line goes."""
        self._starts = array(_WIDE)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        both = len(self.lines) + (len(self.rows) if self._context else 0)
        return (both + len(self._starts)) * self.lines.itemsize

    def found_in(self, segments: Sequence[Segment]) -> list[Sequence[int]]:
        """The fitting lines of each segment; pure, so that it may run in a thread."""
        return [matches(segment, self.query) for segment in segments]

    def extend(self, segments: Sequence[Segment], found: Sequence[Sequence[int]]) -> None:
        """Adds segments in order, with what `found_in` said. Raises ValueError for a gap."""
        for segment, numbers in zip(segments, found, strict=True):
            if segment.first_line != self.next_line:
                raise ValueError(f"line {self.next_line} is next, not {segment.first_line}")
            self._starts.append(segment.first_line)
            self.lines.extend(numbers)
            if self._context:
                self._surround(numbers, segment.end_line - 1)
            self.next_line = segment.end_line

    def rank(self, line: int) -> int:
        """How many fitting lines come before `line`."""
        return bisect_left(self.lines, line)

    def row(self, line: int) -> int:
        """How many rows come before `line`."""
        return bisect_left(self.rows, line)

    def fits(self, line: int) -> bool:
        """Whether a line, already searched, fits."""
        at = bisect_left(self.lines, line)
        return at < len(self.lines) and self.lines[at] == line

    def starts(self, lines: Sequence[int]) -> list[int]:
        """First lines of the segments that hold `lines` (ascending), each once."""
        found: list[int] = []
        for line in lines:
            start = self._starts[bisect_right(self._starts, line) - 1]
            if not found or found[-1] != start:
                found.append(start)
        return found

    def density(self, buckets: int) -> tuple[int, list[int]]:
        """Lines per bucket, and how many fit in each; the widths are those of `LogMarks`."""
        width = 1
        while self.next_line - 1 > width * buckets:
            width *= 2
        used = -(-(self.next_line - 1) // width)
        edges = [bisect_left(self.lines, 1 + at * width) for at in range(used + 1)]
        return width, [after - before for before, after in pairwise(edges)]

    def _surround(self, numbers: Sequence[int], last: int) -> None:
        for number in numbers:
            self._append_rows(min(self._owed, last))
            self._append_rows(number, first=number - self._context)
            self._owed = number + self._context
        self._append_rows(min(self._owed, last))

    def _append_rows(self, until: int, *, first: int = 1) -> None:
        begin = max(first, self.rows[-1] + 1 if self.rows else 1)
        self.rows.extend(range(begin, until + 1))
