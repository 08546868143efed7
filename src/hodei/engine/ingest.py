"""Ingest: raw chunks of one attempt become numbered segments, ready to be stored."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hodei.domain.logs import EndMark, LogAssembler, LogHead, LogLimits, RawChunk, Segment, Stream
from hodei.domain.redaction import Redactor
from hodei.engine.core import Core
from hodei.engine.reports import ExitReport
from hodei.ports.peer import RunOrder
from hodei.ports.store import Held, LogAppend, LogStore

TAIL_DELAY_S = 0.25
"""How long output without a newline may wait for more before its head is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEnd:
    """How the log of an attempt ended."""

    head: LogHead
    last: bool
    """Whether the job is finished: no further attempt has a log."""


class LogIngest:
    """The log of one attempt on its way to the store.

    What `take` gave stays here until `stored` says that it was saved, so that a save which
    turned out stale is simply taken again.
    """

    def __init__(self, held: Held, assembler: LogAssembler) -> None:
        self._attempt_id = held.attempt.id
        self._assembler = assembler
        self._segments: list[Segment] = []
        self._fed_bytes = 0
        self.head: LogHead = assembler.head()
        self.acked_seq = self.head.acked_seq
        self.unstored_bytes = 0

    @property
    def fed_seq(self) -> int:
        """Number of the last chunk taken in."""
        return self._assembler.acked_seq

    def feed(self, seq: int, stderr: bool, time_ms: int, data: bytes) -> None:
        """Takes a chunk in; one that is known already is passed over. Raises ChunkGap."""
        stream = Stream.STDERR if stderr else Stream.STDOUT
        if self._assembler.feed(RawChunk(seq=seq, stream=stream, time_ms=time_ms, data=data)):
            self._fed_bytes += len(data)
            self.unstored_bytes += len(data)

    def take(self, *, end: ExitReport | None, tails: bool = True) -> LogAppend | None:
        """What is to be stored now, or None when there is nothing new.

        Without `tails` a head that only carries an unfinished line is left for later.
        """
        if end is not None and not self._assembler.finished:
            self._assembler.finish(
                EndMark(
                    last_seq=end.last_chunk_seq,
                    chain=end.log_chain,
                    lost_bytes=end.log_lost_bytes,
                )
            )
        self._segments.extend(self._assembler.take())
        moved = self._assembler.acked_seq != self.acked_seq
        if end is None and not self._segments and not (moved and tails):
            return None
        self.head = self._assembler.head()
        self._fed_bytes = 0
        return LogAppend(
            attempt_id=self._attempt_id,
            after_seq=self.acked_seq,
            head=self.head,
            segments=tuple(self._segments),
        )

    def stored(self, append: LogAppend) -> None:
        """The append was saved; what was fed meanwhile stays."""
        del self._segments[: len(append.segments)]
        self.acked_seq = append.head.acked_seq
        self.unstored_bytes = self._fed_bytes


async def open_ingest(core: Core, held: Held, order: RunOrder) -> LogIngest:
    """Begins a log, or goes on from where its stored part ends."""
    state = await core.store.log_state(held.attempt.id) if held.attempt.version > 1 else None
    head = state.head if state else LogHead()
    prior = await _stored_text(core.store, held.attempt.id) if head.next_byte else None
    assembler = LogAssembler.from_head(
        head,
        redactor=Redactor(list(order.secret_env.values())) if order.secret_env else None,
        limits=LogLimits(max_bytes=core.max_log_bytes),
        prior_text=prior,
    )
    return LogIngest(held, assembler)


async def closed_log(store: LogStore, attempt_id: UUID) -> LogAppend | None:
    """What ends the log of an attempt whose agent will send no more: its unfinished lines
    become readable, and it is marked as ended and not complete. None when it has ended, or
    never begun."""
    state = await store.log_state(attempt_id)
    if state is None or state.head.finished:
        return None
    prior = await _stored_text(store, attempt_id) if state.head.next_byte else None
    assembler = LogAssembler.from_head(state.head, prior_text=prior)
    assembler.finish()
    segments = tuple(assembler.take())
    return LogAppend(
        attempt_id=attempt_id,
        after_seq=state.head.acked_seq,
        head=assembler.head(),
        segments=segments,
    )


async def _stored_text(store: LogStore, attempt_id: UUID) -> list[bytes]:
    """The stored text of an attempt, to go on with the hash of the whole log."""
    text: list[bytes] = []
    line = 1
    while segments := await store.segments(attempt_id, from_line=line, limit=64):
        text.extend(segment.text for segment in segments)
        line = segments[-1].end_line
    return text
