r"""Turns the raw chunks of one attempt into numbered, stored text.

A line gets its number when it is completed, over both streams. What is stored does not depend
on where the chunks were cut, and after a crash the same chunks, sent again from the saved
head on, give the same lines:

- A newline ends a line; `\r\n` is a newline. Of the pieces between carriage returns within a
  line the last non-empty one stays, so a progress bar becomes its last state, also while it is
  being drawn: a carried tail holds one piece only.
- A piece that grows over `max_line_bytes` is stored as a line with the flag CONTINUED, and
  what follows it has CONTINUATION; stored pieces are not taken back by a later `\r`.
- Redaction comes first, per stream, on the bytes as they were written.
- At `max_bytes` of stored text a marker line is written and the rest is counted, not kept.

A tail (at most `max_line_bytes` per stream) is part of the head. An engine that saves a head
for every small chunk would write it again and again: save when `take` gave segments, and
otherwise once in a while.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from hodei.domain.logs.builder import SegmentBuilder
from hodei.domain.logs.head import Carried, LogHead, extend_chain
from hodei.domain.logs.line import (
    NO_FLAG,
    ChunkGap,
    EndMark,
    Flag,
    LogClosed,
    RawChunk,
    Stream,
)
from hodei.domain.logs.segment import Segment
from hodei.domain.redaction import Redactor

_RETURNS_BEFORE_NEWLINE = re.compile(rb"\r+\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLimits:
    """Sizes in bytes. They must stay the same for all replicas that serve one attempt."""

    max_line_bytes: int = 1024 * 1024
    """A longer line is stored in pieces of this size."""
    max_bytes: int = 1024 * 1024 * 1024
    """Stored text of one attempt; the marker line comes on top."""
    segment_bytes: int = 60_000
    """A segment closes at this size: one full chunk of the agent makes one segment."""


DEFAULT_LIMITS = LogLimits()


class _Lane:
    """One stream's unfinished line and its redactor."""

    def __init__(self, carried: Carried, redactor: Redactor | None) -> None:
        self.stream = carried.stream
        self.tail = bytearray(carried.tail)
        self.rewind = carried.rewind
        self.continuing = carried.continuing
        self.time_ms = carried.time_ms
        own = (redactor or Redactor(())).fork(carried.held)
        self.redactor = own if own.active else None

    def carried(self) -> Carried:
        return Carried(
            stream=self.stream,
            tail=bytes(self.tail),
            rewind=self.rewind,
            continuing=self.continuing,
            time_ms=self.time_ms,
            held=self.redactor.state() if self.redactor else None,
        )

    def drop(self) -> int:
        """Forgets everything carried; returns how many bytes that were."""
        size = len(self.tail) + (len(self.redactor.flush()) if self.redactor else 0)
        self.tail.clear()
        self.rewind = False
        return size


class LogAssembler:
    """The log of one attempt while it grows. Feed, then take and save with `head()`.

    `head()` describes everything that was fed, so segments and head must be saved together.
    Not thread-safe. After an exception other than ChunkGap, LogClosed and ValueError the
    assembler is to be thrown away and built again from the saved head.
    """

    def __init__(
        self,
        *,
        redactor: Redactor | None = None,
        limits: LogLimits = DEFAULT_LIMITS,
        head: LogHead | None = None,
    ) -> None:
        head = head or LogHead()
        self._limits = limits
        self._acked = head.acked_seq
        self._chain = head.transport_chain
        self._received = head.received_bytes
        self._warn = head.warn_count
        self._error = head.error_count
        self._first_error = head.first_error_line
        self._discarded = head.discarded_bytes
        self._capped = head.capped
        self._finished = head.finished
        self._complete = head.complete
        self._known_hash = head.sha256
        self._hash = sha256() if head.next_byte == 0 else None
        self._builder = SegmentBuilder(
            first_line=head.next_line, first_byte=head.next_byte, target=limits.segment_bytes
        )
        self._taken_bytes = head.next_byte
        saved = {carried.stream: carried for carried in head.carried}
        self._lanes = {
            stream: _Lane(saved.get(stream, Carried(stream=stream)), redactor) for stream in Stream
        }

    @classmethod
    def from_head(
        cls,
        head: LogHead,
        *,
        redactor: Redactor | None = None,
        limits: LogLimits = DEFAULT_LIMITS,
        prior_text: Iterable[bytes] | None = None,
    ) -> LogAssembler:
        """Goes on from a saved head, with the same limits and the same secrets as before.

        `prior_text` is the stored text in order; it may be given later with `rehash`.
        """
        assembler = cls(redactor=redactor, limits=limits, head=head)
        if prior_text is not None:
            assembler.rehash(prior_text)
        return assembler

    # ---- what is known so far

    @property
    def acked_seq(self) -> int:
        """Number of the newest chunk that was fed."""
        return self._acked

    @property
    def finished(self) -> bool:
        """Whether the log takes no further chunk."""
        return self._finished

    @property
    def carried_bytes(self) -> int:
        """Size of the tails that the next head will hold."""
        return sum(len(lane.tail) for lane in self._lanes.values())

    @property
    def needs_rehash(self) -> bool:
        """Whether `rehash` must be called before the head can show the hash of the text."""
        return self._hash is None and not self._known_hash

    # ---- chunks in

    def feed(self, chunk: RawChunk) -> bool:
        """Adds a chunk; False when it is a duplicate, which changes nothing.

        Raises ChunkGap when an earlier chunk is missing, LogClosed after `finish`.
        """
        if chunk.seq <= self._acked:
            return False
        if chunk.seq != self._acked + 1:
            raise ChunkGap(self._acked + 1, chunk.seq)
        if self._finished:
            raise LogClosed(chunk.seq)
        self._acked = chunk.seq
        self._chain = extend_chain(self._chain, chunk)
        self._received += len(chunk.data)
        if self._capped:
            self._discarded += len(chunk.data)
            return True
        lane = self._lanes[chunk.stream]
        lane.time_ms = chunk.time_ms
        data = chunk.data if lane.redactor is None else lane.redactor.feed(chunk.data)
        self._split(lane, data)
        return True

    def finish(self, end: EndMark | None = None) -> None:
        """Stores the tails as last lines and closes the log; a second call changes nothing.

        Without an end mark (the worker was lost) or with another count or chain than the
        agent's, the log stays incomplete.
        """
        if self._finished:
            return
        for lane in self._lanes.values():
            self._split(lane, lane.redactor.flush() if lane.redactor else b"")
            if lane.tail:
                tail = bytes(lane.tail) + b"\n"
                lane.tail.clear()
                self._store(lane, tail, Flag.UNTERMINATED)
                self._drop_if_capped()
            lane.rewind = False
        self._finished = True
        self._complete = (
            end is not None
            and not end.lost_bytes
            and (end.last_seq, end.chain) == (self._acked, self._chain)
        )

    # ---- text out

    def take(self) -> list[Segment]:
        """The segments completed since the last call, in order; often empty or one."""
        taken = self._builder.take()
        for segment in taken:
            if self._hash is not None:
                self._hash.update(segment.text)
            if segment.levels:
                self._warn += segment.warn_count
                self._error += segment.error_count
                self._first_error = self._first_error or segment.first_error_line
            self._taken_bytes = segment.end_byte
        return taken

    def head(self) -> LogHead:
        """The state to save with what was taken. Raises RuntimeError before `take`."""
        if self._builder.pending:
            raise RuntimeError("the head of a log is read before its segments were taken")
        done = self._finished and self._hash is not None
        return LogHead(
            acked_seq=self._acked,
            next_line=self._builder.next_line,
            next_byte=self._builder.next_byte,
            received_bytes=self._received,
            carried=tuple(lane.carried() for lane in self._lanes.values()),
            warn_count=self._warn,
            error_count=self._error,
            first_error_line=self._first_error,
            discarded_bytes=self._discarded,
            capped=self._capped,
            transport_chain=self._chain,
            finished=self._finished,
            complete=self._complete,
            sha256=self._hash.hexdigest() if done and self._hash else self._known_hash,
        )

    def rehash(self, prior_text: Iterable[bytes]) -> None:
        """Reads all text taken so far again, to know its hash after a restart.

        Raises ValueError when the text has not the length that the head names.
        """
        running, size = sha256(), 0
        for text in prior_text:
            running.update(text)
            size += len(text)
        if size != self._taken_bytes:
            raise ValueError(f"the stored log has {size} bytes, not {self._taken_bytes}")
        self._hash = running

    # ---- lines

    def _split(self, lane: _Lane, data: bytes) -> None:
        limit = self._limits.max_line_bytes
        while data and not self._capped:
            if lane.rewind and data[:1] not in (b"\n", b"\r"):
                lane.tail.clear()
                lane.rewind = False
            room = limit - len(lane.tail)
            if len(data) <= room:
                self._split_short(lane, data)
                data = b""
                break
            if room == 0 and not lane.rewind and data[:1] not in (b"\n", b"\r"):
                piece = bytes(lane.tail) + b"\n"
                lane.tail.clear()
                self._store(lane, piece, Flag.CONTINUED)
                continue
            # With a full tail the one byte that ends or rewinds it goes through alone.
            part, data = data[: room or 1], data[room or 1 :]
            self._split_short(lane, part)
        self._discarded += len(data)
        self._drop_if_capped()

    def _drop_if_capped(self) -> None:
        if self._capped:
            self._discarded += sum(lane.drop() for lane in self._lanes.values())

    def _split_short(self, lane: _Lane, data: bytes) -> None:
        """Splits data that cannot make any line too long."""
        if lane.rewind or b"\r" in data:
            data = self._rewound(lane, data)
        last = data.rfind(b"\n") + 1
        if not last:
            lane.tail += data
            return
        body = bytes(lane.tail) + data[:last] if lane.tail else data[:last]
        lane.tail[:] = data[last:]
        self._store(lane, body, NO_FLAG)

    def _rewound(self, lane: _Lane, data: bytes) -> bytes:
        """`data` with carriage returns acted upon; may empty the tail before it."""
        if lane.rewind:
            data, lane.rewind = b"\r" + data, False
        data = data.replace(b"\r\n", b"\n")
        if b"\r" not in data:
            return data
        data = _RETURNS_BEFORE_NEWLINE.sub(b"\n", data)
        if data.endswith(b"\r"):
            data = data.rstrip(b"\r")
            # Nothing to take back: a return at the start of a line is no change.
            last = data[data.rfind(b"\n") + 1 :]
            lane.rewind = bool(last) or (b"\n" not in data and bool(lane.tail))
        kept: list[bytes] = []
        position = 0
        while (found := data.find(b"\r", position)) >= 0:
            start = data.rfind(b"\n", position, found) + 1
            end = data.find(b"\n", found)
            kept.append(data[position:start])
            if not start and not position:
                lane.tail.clear()
            position = data.rfind(b"\r", found, end if end >= 0 else len(data)) + 1
        kept.append(data[position:])
        return b"".join(kept)

    def _store(self, lane: _Lane, body: bytes, flag: Flag) -> None:
        room = self._limits.max_bytes - self._builder.next_byte
        whole = len(body)
        if whole > room:
            body = body[: body.rfind(b"\n", 0, max(room, 0)) + 1]
        if body:
            first = flag | Flag.CONTINUATION if lane.continuing else flag
            self._builder.append(body, lane.stream, lane.time_ms, first)
            lane.continuing = bool(flag & Flag.CONTINUED)
        if whole > room:
            marker = (
                f"[hodei] log limit of {self._limits.max_bytes} bytes reached; "
                "the rest of the output was discarded\n"
            )
            self._builder.append(marker.encode(), lane.stream, lane.time_ms, Flag.MARKER)
            self._capped = True
            self._discarded += whole - len(body)
