"""How an attempt ended, in values and in a sentence for a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why an attempt ended."""

    EXIT = "exit"
    SIGNAL = "signal"
    OOM = "oom"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    LOST = "lost"
    IMAGE = "image"
    PROVISION = "provision"
    SPEC = "spec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one attempt. A failed job is a result, never an exception."""

    cause: Cause
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    """One sentence: what happened."""
    suggestion: str = ""
    """One sentence: what the person can change; empty when there is nothing to suggest."""

    @property
    def succeeded(self) -> bool:
        """True for exit code 0 and for nothing else."""
        return self.cause is Cause.EXIT and self.exit_code == 0
