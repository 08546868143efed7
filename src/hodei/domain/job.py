"""The job: its state machine and the entity that carries the state.

The seven states are public. What happens between ASSIGNED and the end is told by the phases
of the attempts (`hodei.domain.attempt`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hodei.domain.change import changed
from hodei.domain.machine import Machine
from hodei.domain.origin import Origin
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.spec import JobSpec
from hodei.domain.trace_context import TraceContext

SHORTEST_ID = 4
"""Characters of the beginning of an id by which a job can be found, at least."""


class JobState(StrEnum):
    """Public states, as the product's guide names them."""

    PENDING = "PENDING"
    ASSIGNED = "ASSIGNED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMEOUT = "TIMEOUT"


# ---- events: facts that move a job


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The dispatcher gave the job an attempt on a worker."""

    attempt_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The agent reported that the user's process exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """The attempt is over and another one will follow, not before the given time."""

    not_before: datetime
    reason: str
    free: bool = False
    """True when no user code ran and the attempt is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The attempt ended with exit code 0."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The attempt, or the whole request, ended badly and will not be repeated."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    """The run time or the queue time is over, and no process is left."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelConfirmed:
    """The job was cancelled and no process is left."""

    outcome: Outcome


JobEvent = Bound | Started | Requeued | Succeeded | Failed | TimedOut | CancelConfirmed

_J = JobState
JOB: Machine[JobState] = Machine(
    "job",
    JobState,
    JobState.PENDING,
    {
        # The dispatcher found room and wrote the intent, before any provider was called.
        (_J.PENDING, Bound): _J.ASSIGNED,
        # A person cancelled while nothing was running: final at once.
        (_J.PENDING, CancelConfirmed): _J.CANCELLED,
        # The queue timeout passed before a worker was found.
        (_J.PENDING, TimedOut): _J.TIMEOUT,
        # No provider can ever serve the job any more (the only fitting one was deleted).
        (_J.PENDING, Failed): _J.FAILED,
        # The agent says that the user's process exists.
        (_J.ASSIGNED, Started): _J.RUNNING,
        # Provisioning failed or the worker was lost before user code ran; try again.
        (_J.ASSIGNED, Requeued): _J.PENDING,
        # The process was over before its start was saved (both came in one batch).
        (_J.ASSIGNED, Succeeded): _J.SUCCEEDED,
        # Image missing, provisioning failed for good, or the process could not be started.
        (_J.ASSIGNED, Failed): _J.FAILED,
        # The run timeout passed before the start was saved.
        (_J.ASSIGNED, TimedOut): _J.TIMEOUT,
        # Cancelled while the worker was being provisioned; the worker is gone.
        (_J.ASSIGNED, CancelConfirmed): _J.CANCELLED,
        # The agent reported exit code 0 and the whole log is stored.
        (_J.RUNNING, Succeeded): _J.SUCCEEDED,
        # The agent reported a failure, or the worker was lost, and no retry is left.
        (_J.RUNNING, Failed): _J.FAILED,
        # The agent (or, if it hangs, the provider) confirmed that the timeout ended it.
        (_J.RUNNING, TimedOut): _J.TIMEOUT,
        # The agent (or, if it hangs, the provider) confirmed that nothing runs any more.
        (_J.RUNNING, CancelConfirmed): _J.CANCELLED,
        # The attempt failed or was lost and the retry policy grants another one.
        (_J.RUNNING, Requeued): _J.PENDING,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to run one command. `version` is that of the stored row; 0 means new."""

    id: UUID
    spec: JobSpec
    owner: str
    state: JobState = JobState.PENDING
    version: int = 0
    submitted_at: datetime
    queued_at: datetime
    """When the job last entered the queue (submission or requeue)."""
    not_before: datetime
    queue_deadline: datetime | None = None
    idempotency_key: str | None = None
    spec_digest: str = ""
    """sha256 of the canonical spec, to tell a repeat from a clash of idempotency keys."""
    attempt_id: UUID | None = None
    attempts: int = 0
    """Attempts bound so far, free ones included: the number of the newest attempt."""
    counted_attempts: int = 0
    """Attempts that count against the retry policy."""
    provider_id: UUID | None = None
    cancel_requested_at: datetime | None = None
    cancel_reason: str = ""
    started_at: datetime | None = None
    """Start of the user's process in the newest attempt that had one."""
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    warn_count: int = 0
    error_count: int = 0
    rerun_of: UUID | None = None
    origin: Origin | None = None
    """None: somebody submitted the spec itself."""
    trace: TraceContext | None = None
    """Where in a trace from outside it was submitted; None: it is a trace of its own."""

    @property
    def finished(self) -> bool:
        """Whether the state is terminal."""
        return self.state in JOB.terminal


def apply(job: Job, event: JobEvent, now: datetime) -> Job:
    """`job` after `event`. Raises IllegalTransition; the version is the store's business."""
    state = JOB.next(job.state, event)
    match event:
        case Bound():
            return changed(
                job,
                state=state,
                attempt_id=event.attempt_id,
                provider_id=event.provider_id,
                attempts=job.attempts + 1,
                counted_attempts=job.counted_attempts + 1,
                outcome=None,
            )
        case Started():
            return changed(job, state=state, started_at=max(now, job.submitted_at))
        case Requeued():
            return changed(
                job,
                state=state,
                queued_at=now,
                not_before=event.not_before,
                attempt_id=None,
                counted_attempts=job.counted_attempts - (1 if event.free else 0),
            )
        case Succeeded() | Failed() | TimedOut() | CancelConfirmed():
            # The wall clock may have been set back meanwhile.
            end = max(now, job.started_at or job.submitted_at)
            return changed(job, state=state, finished_at=end, outcome=event.outcome)


def request_cancel(job: Job, reason: str, now: datetime) -> Job:
    """Records the wish to cancel an active job; the first wish stays. Not a transition."""
    if job.cancel_requested_at is not None:
        return job
    return changed(job, cancel_requested_at=now, cancel_reason=reason)


def ending(outcome: Outcome) -> Succeeded | Failed | TimedOut | CancelConfirmed:
    """The job event that a final outcome stands for."""
    if outcome.succeeded:
        return Succeeded(outcome=outcome)
    if outcome.cause is Cause.TIMEOUT:
        return TimedOut(outcome=outcome)
    if outcome.cause is Cause.CANCELLED:
        return CancelConfirmed(outcome=outcome)
    return Failed(outcome=outcome)
