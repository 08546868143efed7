"""What a run knows from outside: what was asked for, what jobs told the witness, what was done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What a job of the load does."""

    SHORT = "short"
    """A few lines, exit code 0."""
    CHATTY = "chatty"
    """Some thousand lines at once, exit code 0."""
    LONG = "long"
    """Lines over some seconds, exit code 0."""
    FAILING = "failing"
    """A few lines, exit code 3."""
    RETRIED = "retried"
    """Exit code 3 in its first attempt, 0 later; may be tried again."""
    OVERDUE = "overdue"
    """Runs longer than its timeout."""
    CANCELLED = "cancelled"
    """Runs long; somebody asks for its end."""
    SCHEDULED = "scheduled"
    """As a short one, and a schedule submitted it."""


@dataclass(slots=True, kw_only=True)
class Accepted:
    """A job whose submission was answered."""

    job_id: str
    kind: Kind
    provider: str
    """It was sent there."""
    lines: int
    """Each attempt that comes to its own end prints so many."""
    retries: bool
    """Whether it may be tried again after a loss."""
    cancel_asked: bool = False
    """Whether its end was asked for, answered or not."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One attempt's user code, as it told the witness while it ran."""

    job_id: str
    attempt: int
    opened: float
    """Seconds of the run."""
    closed: float | None = None
    """When its last process was gone; None: it still runs."""
    done: int | None = None
    """Exit code that it announced as its last deed."""
    overlapped: bool = False
    """Another attempt of the same job ran at that moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One attempt as the public interface shows it."""

    number: int
    phase: str
    cause: str
    """Empty while it has no outcome."""
    exit_code: int | None
    lines: Sequence[str]
    numbers: Sequence[int]
    total: int | None
    """What the end mark says; None: the log is not called complete."""
    sha256: str
    """Of the log's bytes, as the end mark says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One job as the public interface shows it."""

    job_id: str
    state: str
    attempts: Sequence[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What became of a slot of a schedule, as the public interface shows it."""

    at: int
    """Milliseconds since 1970."""
    until: int
    """Of the last slot that it stands for."""
    outcome: str
    job_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A schedule: when it had to fire, in milliseconds since 1970, and what is told of it."""

    name: str
    slots: Sequence[int]
    rows: Sequence[Slot]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Everything that the checker needs; written beside the run's report."""

    seed: int
    providers: Sequence[str] = ()
    """Those that the run has."""
    accepted: dict[str, Accepted] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    reports: Mapping[str, Report] = field(default_factory=dict)
    schedules: list[Timed] = field(default_factory=list)
    strangers: Sequence[str] = ()
    """Jobs that the server has and nobody asked for."""
    leftovers: Sequence[str] = ()
    """What is left on providers after all jobs have ended, named for a person."""
    held: Sequence[str] = ()
    """Leases, slots and pool entries that the server still counts."""

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def line(job_id: str, attempt: int, number: int) -> str:
    """What a job of the load prints as its line `number`, from 1."""
    return f"line {number} of {job_id} in attempt {attempt}"
