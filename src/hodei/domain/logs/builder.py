"""Gathers finished lines into segments of about one size and numbers them."""

from __future__ import annotations

from hodei.domain.logs.levels import find_levels
from hodei.domain.logs.line import NO_FLAG, Flag, Level, Stream
from hodei.domain.logs.segment import Flagged, Run, Segment


class SegmentBuilder:
    """Lines go in at the end; closed segments come out in order.

    A segment closes once it holds `target` bytes; it is larger only by one append or one line.
    """

    def __init__(self, *, first_line: int, first_byte: int, target: int) -> None:
        self._target = target
        self._closed: list[Segment] = []
        self._open(first_line, first_byte)

    @property
    def next_line(self) -> int:
        """Number that the next line will get."""
        return self._first_line + self._count

    @property
    def next_byte(self) -> int:
        """Position of the next line within the stored log."""
        return self._first_byte + self._size

    @property
    def pending(self) -> bool:
        """Whether there is anything to take."""
        return bool(self._closed) or self._size > 0

    def append(self, text: bytes, stream: Stream, time_ms: int, first: Flag = NO_FLAG) -> None:
        """Adds whole lines (each ended by a newline); `first` are flags of the first one."""
        while len(text) > 2 * self._target:
            cut = text.rfind(b"\n", 0, self._target) + 1 or text.index(b"\n") + 1
            self._add(text[:cut], stream, time_ms, first)
            text, first = text[cut:], NO_FLAG
        if text:
            self._add(text, stream, time_ms, first)

    def take(self) -> list[Segment]:
        """Everything that was added since the last call, as segments in order."""
        if self._size:
            self._close()
        taken, self._closed = self._closed, []
        return taken

    def _open(self, first_line: int, first_byte: int) -> None:
        self._first_line = first_line
        self._first_byte = first_byte
        self._parts: list[bytes] = []
        self._size = 0
        self._count = 0
        self._runs: list[Run] = []
        self._flags: list[Flagged] = []

    def _add(self, text: bytes, stream: Stream, time_ms: int, first: Flag) -> None:
        if not self._runs or self._runs[-1][1:] != (stream, time_ms):
            self._runs.append(Run(self._count, stream, time_ms))
        if first:
            self._flags.append(Flagged(self._count, first))
        self._parts.append(text)
        self._count += text.count(b"\n")
        self._size += len(text)
        if self._size >= self._target:
            self._close()

    def _close(self) -> None:
        text = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        segment = Segment(
            first_line=self._first_line,
            line_count=self._count,
            first_byte=self._first_byte,
            text=text,
            runs=tuple(self._runs),
            levels=self._levels(text),
            flags=tuple(self._flags),
        )
        self._closed.append(segment)
        self._open(segment.end_line, segment.end_byte)

    def _levels(self, text: bytes) -> bytes:
        levels = find_levels(text)
        silent = [offset for offset, flags in self._flags if flags & Flag.CONTINUATION]
        if not levels or not silent:
            return levels
        # The middle of a long line may look like the head of one.
        cleared = bytearray(levels)
        for offset in silent:
            cleared[offset] = Level.NONE
        return bytes(cleared) if any(cleared) else b""
