"""The words of the log: streams, levels, flags, raw chunks from an agent, lines for a reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import NamedTuple

from hodei.domain.errors import Conflict


class Stream(IntEnum):
    """Where a line was written; the numbers are those of the wire and of the hash chain."""

    STDOUT = 1
    STDERR = 2

    @property
    def label(self) -> str:
        """`stdout` or `stderr`, as every interface shows it."""
        return self.name.lower()


class Level(IntEnum):
    """How grave a line says it is; NONE when it does not say."""

    NONE = 0
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4

    @property
    def label(self) -> str:
        """The public name; empty for NONE."""
        return self.name if self else ""


class Flag(IntFlag):
    """What is unusual about a stored line."""

    CONTINUED = 1
    """The output went on without a newline: the next piece of the same stream belongs to it."""
    UNTERMINATED = 2
    """The log ended before the newline."""
    MARKER = 4
    """Written by Hodei, not by the job."""
    CONTINUATION = 8
    """The line goes on where the last CONTINUED piece of its stream stopped; it has no level."""


NO_FLAG = Flag(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawChunk:
    """Output as the agent read it; chunks are numbered from 1 over both streams."""

    seq: int
    stream: Stream
    time_ms: int
    """Unix time in milliseconds at which the agent read the bytes."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMark:
    """What the agent says about the whole log when the process tree is gone."""

    last_seq: int
    """Number of the last chunk; 0 when nothing was written."""
    chain: bytes
    """The agent's own hash chain over all chunks (see `head.extend_chain`)."""
    lost_bytes: int = 0
    """Output the agent had to discard while the server was away."""


class LogLine(NamedTuple):
    """One numbered line as a reader gets it; `n` counts from 1 over both streams.

    A tuple and not a dataclass because a reader of a whole log makes a million of them.
    """

    n: int
    time_ms: int
    level: Level
    stream: Stream
    text: str
    """UTF-8 with replacement characters; control characters, NUL included, are kept."""
    flags: Flag = NO_FLAG


class ChunkGap(Conflict):
    """A chunk is missing; the agent must send again from `expected` on."""

    code = "chunk_gap"

    def __init__(self, expected: int, got: int) -> None:
        self.expected = expected
        self.got = got
        super().__init__(f"log chunk {expected} was expected, chunk {got} came")


class LogClosed(Conflict):
    """The log was finished; it takes no further chunk."""

    code = "log_closed"

    def __init__(self, got: int) -> None:
        self.got = got
        super().__init__(f"log chunk {got} came after the end of the log")
