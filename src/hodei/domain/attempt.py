"""The attempt: one try at a job, with its own worker, log, phases and outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hodei.domain.change import changed
from hodei.domain.machine import Machine
from hodei.domain.outcome import Outcome


class Phase(StrEnum):
    """Where an attempt is. The timeline of the job page is these, with their times."""

    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    PULLING = "PULLING"
    REGISTERING = "REGISTERING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    LOST = "LOST"
    CLEANUP = "CLEANUP"
    DONE = "DONE"


# ---- events


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionBegun:
    """A replica calls the provider for a new worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAwaited:
    """The provider says what the worker waits for, or that it waits no more."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgressed:
    """The provider is fetching the image."""

    percent: int | None = None
    reason: str = ""
    """Why it does not come, while its provider goes on trying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerUp:
    """The provider says that the worker runs; its agent has not called yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """An enrolled worker was handed the attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStarted:
    """The agent reported that the user's process exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBegun:
    """A person's cancel reached the attempt; its processes are being ended."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSilent:
    """Nothing was heard from the worker for the lost-after time."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHeard:
    """A silent worker came back on a new stream, its process still running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The outcome is known and no process of the attempt is left."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedUp:
    """The worker is destroyed, or given back to be used again."""


AttemptEvent = (
    ProvisionBegun
    | WorkerAwaited
    | PullProgressed
    | WorkerUp
    | Dispatched
    | ProcessStarted
    | CancelBegun
    | WorkerSilent
    | WorkerHeard
    | Ended
    | CleanedUp
)

_P = Phase
ATTEMPT: Machine[Phase] = Machine(
    "attempt",
    Phase,
    Phase.QUEUED,
    {
        # The replica that holds the worker's lease calls the provider.
        (_P.QUEUED, ProvisionBegun): _P.PROVISIONING,
        # A warm worker was waiting: no provisioning at all.
        (_P.QUEUED, Dispatched): _P.STARTING,
        # A person cancelled before the provider was called.
        (_P.QUEUED, CancelBegun): _P.CANCELLING,
        # The replica died before it called the provider.
        (_P.QUEUED, Ended): _P.CLEANUP,
        # The infrastructure has no place for the worker yet, or has one again.
        (_P.PROVISIONING, WorkerAwaited): _P.PROVISIONING,
        # The provider is fetching the image.
        (_P.PROVISIONING, PullProgressed): _P.PULLING,
        # The provider says that the worker runs.
        (_P.PROVISIONING, WorkerUp): _P.REGISTERING,
        # The agent enrolled before the provider had answered.
        (_P.PROVISIONING, Dispatched): _P.STARTING,
        # A person cancelled while the worker was being made.
        (_P.PROVISIONING, CancelBegun): _P.CANCELLING,
        # The provider refused, failed, or its deadline passed.
        (_P.PROVISIONING, Ended): _P.CLEANUP,
        # More of the image has arrived, or a pull is tried again.
        (_P.PULLING, PullProgressed): _P.PULLING,
        # The image is complete and the worker runs.
        (_P.PULLING, WorkerUp): _P.REGISTERING,
        # The agent enrolled before the provider had answered.
        (_P.PULLING, Dispatched): _P.STARTING,
        # A person cancelled during the pull.
        (_P.PULLING, CancelBegun): _P.CANCELLING,
        # The image cannot be had, or the deadline passed.
        (_P.PULLING, Ended): _P.CLEANUP,
        # The agent used its one-time password and got the attempt.
        (_P.REGISTERING, Dispatched): _P.STARTING,
        # A person cancelled while the agent was starting.
        (_P.REGISTERING, CancelBegun): _P.CANCELLING,
        # The agent never called, or its worker died.
        (_P.REGISTERING, Ended): _P.CLEANUP,
        # The agent started the user's process.
        (_P.STARTING, ProcessStarted): _P.RUNNING,
        # A person cancelled just then.
        (_P.STARTING, CancelBegun): _P.CANCELLING,
        # The stream broke before the agent reported a start.
        (_P.STARTING, WorkerSilent): _P.LOST,
        # The process could not be started, or was over at once.
        (_P.STARTING, Ended): _P.CLEANUP,
        # A person cancelled the running job.
        (_P.RUNNING, CancelBegun): _P.CANCELLING,
        # Nothing was heard for the lost-after time.
        (_P.RUNNING, WorkerSilent): _P.LOST,
        # The agent reported the end.
        (_P.RUNNING, Ended): _P.CLEANUP,
        # The agent or the provider confirmed that nothing runs any more.
        (_P.CANCELLING, Ended): _P.CLEANUP,
        # The worker came back within the grace, its process running.
        (_P.LOST, WorkerHeard): _P.RUNNING,
        # It came back and had never started the process: the start is reported now.
        (_P.LOST, ProcessStarted): _P.RUNNING,
        # A person cancelled a lost attempt; the provider ends it.
        (_P.LOST, CancelBegun): _P.CANCELLING,
        # The provider confirmed that the worker is gone, or ended it.
        (_P.LOST, Ended): _P.CLEANUP,
        # Nothing of the worker is left, or it waits for its next job.
        (_P.CLEANUP, CleanedUp): _P.DONE,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseMark:
    """One row of the timeline: the attempt entered `phase` at `at`."""

    phase: Phase
    at: datetime
    detail: str = ""
    """Pull percent, what it waits for, or why it was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a job. The id is the fencing token that every worker message carries."""

    id: UUID
    job_id: UUID
    number: int
    """1 for the first attempt of the job."""
    worker_id: UUID
    provider_id: UUID
    phase: Phase = Phase.QUEUED
    version: int = 0
    phases: tuple[PhaseMark, ...] = ()
    placement_reason: str = ""
    """Why this provider was chosen, in one sentence."""
    warm: bool = False
    """Whether a waiting worker was used."""
    image_digest: str = ""
    started_at: datetime | None = None
    run_deadline: datetime | None = None
    """started_at + timeout; the agent enforces it, the server is the backstop."""
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    closing: Outcome | None = None
    """The outcome it will have once its provider confirms that nothing of it is left."""
    cancel_requested_at: datetime | None = None
    cpu_ms: int = 0
    memory_peak_bytes: int = 0

    @property
    def ended(self) -> bool:
        """Whether the outcome is known."""
        return self.outcome is not None

    def entered(self, phase: Phase) -> datetime | None:
        """When the attempt first entered `phase`, if it did."""
        return next((mark.at for mark in self.phases if mark.phase is phase), None)


def apply(attempt: Attempt, event: AttemptEvent, now: datetime) -> Attempt:
    """`attempt` after `event`, with its new row of the timeline. Raises IllegalTransition.

    A wall clock that was set back moves no row before the one above it.
    """
    phase = ATTEMPT.next(attempt.phase, event)
    now = max([now, *(mark.at for mark in attempt.phases[-1:])])
    marks = _marked(attempt, phase, event, now)
    match event:
        case ProcessStarted():
            began = attempt.started_at or now
            return changed(attempt, phase=phase, phases=marks, started_at=began)
        case CancelBegun():
            return changed(attempt, phase=phase, phases=marks, cancel_requested_at=now)
        case Ended():
            return changed(attempt, phase=phase, phases=marks, outcome=event.outcome, ended_at=now)
        case _:
            return changed(attempt, phase=phase, phases=marks)


def _marked(
    attempt: Attempt, phase: Phase, event: AttemptEvent, now: datetime
) -> tuple[PhaseMark, ...]:
    detail = ""
    match event:
        case PullProgressed(percent=int(percent), reason=""):
            detail = f"{percent}%"
        case (
            WorkerAwaited(reason=reason)
            | PullProgressed(reason=reason)
            | CancelBegun(reason=reason)
            | WorkerSilent(reason=reason)
        ):
            detail = reason
        case _:
            pass
    if phase is attempt.phase and attempt.phases:
        # Progress within one phase replaces the row, so that a long pull stays one row.
        last = attempt.phases[-1]
        return (*attempt.phases[:-1], changed(last, detail=detail))
    return (*attempt.phases, PhaseMark(phase=phase, at=now, detail=detail))
