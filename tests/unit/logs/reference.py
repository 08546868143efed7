"""The slow, obvious way to make lines of output: one byte at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from hodei.domain.logs import Flag, RawChunk, Stream


@dataclass
class ReferenceLane:
    """One stream: the current piece, and the one before it while a return came last."""

    piece: bytes = b""
    rewind: bool = False
    continuing: bool = False


@dataclass
class Reference:
    """Lines as (text, stream, flags) in order of completion."""

    limit: int
    lines: list[tuple[bytes, Stream, Flag]] = field(default_factory=list)
    lanes: dict[Stream, ReferenceLane] = field(
        default_factory=lambda: {stream: ReferenceLane() for stream in Stream}
    )

    def write(self, stream: Stream, data: bytes) -> None:
        lane = self.lanes[stream]
        for code in data:
            if code == ord("\n"):
                self._line(stream, Flag(0))
            elif code == ord("\r"):
                lane.rewind = bool(lane.piece)
            else:
                if lane.rewind:
                    lane.piece, lane.rewind = b"", False
                if len(lane.piece) == self.limit:
                    self._line(stream, Flag.CONTINUED)
                lane.piece += bytes([code])

    def end(self) -> None:
        for stream in Stream:
            if self.lanes[stream].piece:
                self._line(stream, Flag.UNTERMINATED)

    def _line(self, stream: Stream, flag: Flag) -> None:
        lane = self.lanes[stream]
        flags = flag | (Flag.CONTINUATION if lane.continuing else Flag(0))
        self.lines.append((lane.piece, stream, flags))
        lane.piece, lane.rewind = b"", False
        lane.continuing = bool(flag & Flag.CONTINUED)


def reference_lines(chunks: list[RawChunk], limit: int) -> list[tuple[bytes, Stream, Flag]]:
    """What the log of these chunks must be."""
    reference = Reference(limit)
    for chunk in chunks:
        reference.write(chunk.stream, chunk.data)
    reference.end()
    return reference.lines
