"""A segment: some consecutive lines of one attempt's log, the unit that is stored and read."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hodei.domain.logs.line import NO_FLAG, Flag, Level, LogLine, Stream

_VERSION = 1
_LEVELS = tuple(Level)


class Run(NamedTuple):
    """From the line at `offset` on, lines have this stream and this time."""

    offset: int
    stream: Stream
    time_ms: int


class Flagged(NamedTuple):
    """The line at `offset` has these flags."""

    offset: int
    flags: Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Consecutive lines. Offsets count lines from 0 within the segment."""

    first_line: int
    """Number of the first line within the attempt, from 1."""
    line_count: int
    first_byte: int
    """Where the text begins within the stored log, in bytes from 0."""
    text: bytes
    """The lines, each ended by a newline; raw bytes, not always valid UTF-8."""
    runs: tuple[Run, ...]
    levels: bytes = b""
    """One byte per line, the value of its Level; empty when no line has one."""
    flags: tuple[Flagged, ...] = ()
    """Only of the lines that have any, in order."""

    @property
    def end_line(self) -> int:
        """Number of the first line after the segment."""
        return self.first_line + self.line_count

    @property
    def end_byte(self) -> int:
        """Where the next segment begins within the stored log."""
        return self.first_byte + len(self.text)

    @property
    def warn_count(self) -> int:
        """Lines of level WARN."""
        return self.levels.count(Level.WARN)

    @property
    def error_count(self) -> int:
        """Lines of level ERROR."""
        return self.levels.count(Level.ERROR)

    @property
    def first_error_line(self) -> int | None:
        """Number of the first line of level ERROR."""
        offset = self.levels.find(Level.ERROR)
        return None if offset < 0 else self.first_line + offset

    def level(self, n: int) -> Level:
        """The level of line number `n`, which must lie in the segment."""
        return Level(self.levels[n - self.first_line]) if self.levels else Level.NONE

    def lines(self, from_n: int = 1, limit: int | None = None) -> list[LogLine]:
        """At most `limit` lines from number `from_n` on; empty when they lie elsewhere."""
        low = max(from_n - self.first_line, 0)
        high = self.line_count if limit is None else min(low + limit, self.line_count)
        if low >= high:
            return []
        flags = dict(self.flags)
        levels = self.levels[low:high] or bytes(high - low)
        texts = self._texts(low, high)
        made = []
        for begin, end, run in self._runs_within(low, high):
            for offset in range(begin, end):
                line = LogLine(
                    n=self.first_line + offset,
                    time_ms=run.time_ms,
                    level=_LEVELS[levels[offset - low]],
                    stream=run.stream,
                    text=texts[offset - low].decode("utf-8", "replace"),
                    flags=flags.get(offset, NO_FLAG),
                )
                made.append(line)
        return made

    def stream_spans(self) -> Iterator[tuple[int, int, Stream]]:
        """(first offset, end offset, stream) of every stretch of equal stream and time."""
        for begin, end, run in self._runs_within(0, self.line_count):
            yield begin, end, run.stream

    def _texts(self, low: int, high: int) -> list[bytes]:
        # Splitting from the nearer end leaves the rest of the text in one piece.
        if high <= self.line_count // 2:
            return self.text.split(b"\n", high)[low:high]
        tail = self.line_count - low
        return self.text[:-1].rsplit(b"\n", tail)[-tail:][: high - low]

    def _runs_within(self, low: int, high: int) -> Iterator[tuple[int, int, Run]]:
        index = bisect_right(self.runs, low, key=lambda run: run.offset) - 1
        begin = low
        while begin < high:
            run = self.runs[index]
            index += 1
            end = min(high, self.runs[index].offset) if index < len(self.runs) else high
            yield begin, end, run
            begin = end

    def encode_meta(self) -> bytes:
        """Everything but the text, compactly; `decode_meta` is the inverse."""
        out = bytearray([_VERSION])
        for number in (self.first_line, self.line_count, self.first_byte, len(self.text)):
            _put(out, number)
        _put(out, len(self.runs))
        before = Run(0, Stream.STDOUT, 0)
        for run in self.runs:
            _put(out, run.offset - before.offset)
            _put(out, run.stream)
            # Clocks step back at times: zigzag keeps small negative differences small.
            step = run.time_ms - before.time_ms
            _put(out, step * 2 if step >= 0 else -step * 2 - 1)
            before = run
        _put(out, len(self.flags))
        for flagged in self.flags:
            _put(out, flagged.offset)
            _put(out, flagged.flags)
        if self.levels:
            out += zlib.compress(self.levels, 1)
        return bytes(out)


def decode_meta(meta: bytes, text: bytes) -> Segment:
    """The segment of `encode_meta()` and its text. Raises ValueError when they do not fit."""
    try:
        segment, size = _decode(meta, text)
    except (IndexError, zlib.error) as error:
        raise ValueError("the description of a log segment is damaged") from error
    if size != len(text) or len(segment.levels) not in (0, segment.line_count):
        raise ValueError("a log segment and its description do not belong together")
    return segment


def _decode(meta: bytes, text: bytes) -> tuple[Segment, int]:
    if meta[0] != _VERSION:
        raise ValueError(f"a log segment has the unknown format {meta[0]}")
    reader = _Reader(meta, 1)
    first_line, line_count, first_byte, size = (reader.number() for _ in range(4))
    runs: list[Run] = []
    offset = time_ms = 0
    for _ in range(reader.number()):
        offset += reader.number()
        stream = Stream(reader.number())
        step = reader.number()
        time_ms += -(step + 1) // 2 if step & 1 else step // 2
        runs.append(Run(offset, stream, time_ms))
    flags = [Flagged(reader.number(), Flag(reader.number())) for _ in range(reader.number())]
    rest = meta[reader.position :]
    segment = Segment(
        first_line=first_line,
        line_count=line_count,
        first_byte=first_byte,
        text=text,
        runs=tuple(runs),
        levels=zlib.decompress(rest) if rest else b"",
        flags=tuple(flags),
    )
    return segment, size


class _Reader:
    """Reads numbers of seven bits a byte, the lowest first."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self.position = position

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self._data[self.position]
            self.position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7


def _put(out: bytearray, number: int) -> None:
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
