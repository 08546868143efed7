"""What an agent reports over its stream, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hodei.domain.outcome import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloReport:
    """What the agent holds when its stream begins."""

    attempt_id: UUID | None
    started: bool
    exited: bool
    started_at: datetime | None
    last_chunk_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitReport:
    """The process tree is gone and its whole output has been sent."""

    attempt_id: UUID
    cause: Cause
    exit_code: int | None
    signal: int | None
    message: str
    started_at: datetime | None
    last_chunk_seq: int
    log_chain: bytes
    cpu_ms: int
    memory_peak_bytes: int
    log_lost_bytes: int
