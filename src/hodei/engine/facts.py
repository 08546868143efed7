"""Units of the engine: which entities and events belong to one fact.

Pure functions from entities to the unit that saves them. They are the only code that combines
the three state machines, so that job, attempt and worker can never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hodei.domain import attempt as attempts
from hodei.domain import job as jobs
from hodei.domain import worker as workers
from hodei.domain.attempt import ATTEMPT, Attempt, Phase
from hodei.domain.change import changed
from hodei.domain.events import Event, EventKind
from hodei.domain.job import Job, JobState
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.retry import RetryDecision
from hodei.domain.serial import outcome_to_dict
from hodei.domain.worker import WORKER, Worker, WorkerState
from hodei.ports.store import Held, Unit

_NOT_ITS_OWN_END = frozenset({Cause.LOST, Cause.PROVISION, Cause.IMAGE})
"""Ends that the job's own process did not choose; a cancel that was asked for outweighs them."""


@dataclass(slots=True)
class Draft:
    """Entities on their way to a unit; every change goes through a state machine."""

    job: Job
    attempt: Attempt
    worker: Worker
    now: datetime
    events: list[Event]

    @classmethod
    def of(cls, held: Held, now: datetime) -> Draft:
        """A draft that has changed nothing yet."""
        return cls(held.job, held.attempt, held.worker, now, [])

    def held(self) -> Held:
        """The entities as they would be read after the save."""
        return Held(
            job=changed(self.job, version=self.job.version + 1),
            attempt=changed(self.attempt, version=self.attempt.version + 1),
            worker=changed(self.worker, version=self.worker.version + 1),
        )

    def unit(self, *, replica: str | None = None, max_live: int | None = None) -> Unit:
        """Everything, saved together."""
        return Unit(
            jobs=(self.job,),
            attempts=(self.attempt,),
            workers=(self.worker,),
            events=tuple(self.events),
            replica=replica,
            max_live=max_live,
        )

    def note(self, kind: EventKind, **data: object) -> None:
        """Adds an event about the job and its attempt."""
        self.events.append(
            Event(
                kind=kind,
                at=self.now,
                job_id=self.job.id,
                attempt_id=self.attempt.id,
                worker_id=self.worker.id,
                provider_id=self.attempt.provider_id,
                project=self.job.spec.project,
                data=data,
            )
        )

    def move_attempt(self, event: attempts.AttemptEvent) -> None:
        """Moves the attempt."""
        self.attempt = attempts.apply(self.attempt, event, self.now)

    def move_worker(self, event: workers.WorkerEvent) -> None:
        """Moves the worker."""
        self.worker = workers.apply(self.worker, event, self.now)

    def hand_over(self, patience: timedelta) -> None:
        """The enrolled worker gets the attempt; it must start within `patience`."""
        self.move_attempt(attempts.Dispatched())
        self.move_worker(workers.Assigned(attempt_id=self.attempt.id))
        self.attempt = changed(self.attempt, run_deadline=self.now + patience)

    def started(self, at: datetime) -> None:
        """The user's process exists since `at`, by the agent's clock."""
        if self.attempt.started_at is not None and self.attempt.phase is Phase.RUNNING:
            return
        # An agent's clock may be wrong, but not before it was told and not after now.
        at = min(max(at, self.attempt.entered(Phase.STARTING) or self.now), self.now)
        if ATTEMPT.allows(self.attempt.phase, attempts.ProcessStarted):
            # A start that is told only after a silence is a later row of the timeline.
            told = max([at, *(mark.at for mark in self.attempt.phases[-1:])])
            moved = attempts.apply(self.attempt, attempts.ProcessStarted(), told)
            limit = timedelta(milliseconds=self.job.spec.timeout_ms)
            began = self.attempt.started_at or at
            self.attempt = changed(moved, started_at=began, run_deadline=self.now + limit)
            self.note(EventKind.ATTEMPT_PHASE, phase=self.attempt.phase.value)
        elif self.attempt.started_at is None:
            # It started while a cancel was on its way: the fact is kept, the phase stays.
            self.attempt = changed(self.attempt, started_at=at)
        if self.job.state is JobState.ASSIGNED:
            # The queue timeout is for the time before the first start only.
            self.job = changed(jobs.apply(self.job, jobs.Started(), at), queue_deadline=None)
            self.note(EventKind.JOB_STARTED, state=self.job.state.value)

    def end(self, outcome: Outcome, decision: RetryDecision) -> None:
        """No process of the attempt is left: the attempt ends, the job ends or is queued again."""
        self.move_attempt(attempts.Ended(outcome=outcome))
        if self.job.attempt_id != self.attempt.id or self.job.finished:
            return
        if decision.again and self.job.cancel_requested_at is None:
            later = self.now + timedelta(milliseconds=decision.delay_ms)
            self.job = jobs.apply(
                self.job,
                jobs.Requeued(not_before=later, reason=decision.reason, free=decision.free),
                self.now,
            )
            self.note(
                EventKind.JOB_REQUEUED,
                state=self.job.state.value,
                reason=decision.reason,
                outcome=outcome_to_dict(outcome),
            )
            return
        final = outcome
        if self.job.cancel_requested_at is not None and outcome.cause in _NOT_ITS_OWN_END:
            final = _cancelled(outcome)
        self.job = jobs.apply(self.job, jobs.ending(final), self.now)
        self.note(
            EventKind.JOB_FINISHED,
            state=self.job.state.value,
            reason=decision.reason,
            outcome=outcome_to_dict(final),
        )

    def release_worker(self) -> None:
        """After the end: a reusable worker is ready again, any other is not wanted any more."""
        if self.worker.reusable and self.worker.state is WorkerState.BUSY:
            self.move_worker(workers.Released())
            self.move_attempt(attempts.CleanedUp())
            return
        self.unwant("its job is over")

    def unwant(self, reason: str) -> None:
        """The worker is to be destroyed; harmless when it already is."""
        if WORKER.allows(self.worker.state, workers.Unwanted):
            self.move_worker(workers.Unwanted(reason=reason))
            self.note(EventKind.WORKER_CHANGED, state=self.worker.state.value, reason=reason)

    def close(self, outcome: Outcome) -> None:
        """The attempt is to end with `outcome`, once the provider says that nothing is left."""
        if self.attempt.outcome is None and self.attempt.closing is None:
            self.attempt = changed(self.attempt, closing=outcome)
        self.unwant(outcome.message or outcome.cause.value)

    def destroyed(self, decision: RetryDecision | None) -> None:
        """The provider says that nothing of the worker is left."""
        self.move_worker(workers.Destroyed())
        self.note(EventKind.WORKER_CHANGED, state=self.worker.state.value)
        if self.attempt.outcome is None and self.attempt.closing is not None and decision:
            self.end(self.attempt.closing, decision)
        if ATTEMPT.allows(self.attempt.phase, attempts.CleanedUp):
            self.move_attempt(attempts.CleanedUp())
            self.note(EventKind.ATTEMPT_PHASE, phase=self.attempt.phase.value)


def _cancelled(outcome: Outcome) -> Outcome:
    """A cancelled job whose worker failed first is cancelled, and says what happened."""
    return changed(outcome, cause=Cause.CANCELLED, message=f"cancelled; {outcome.message}")


def joined(end: Unit, following: Unit) -> Unit:
    """The end of one attempt and the binding of the next on the same worker, saved together.

    `following` began from the worker as `end` leaves it, so that only its form is stored.
    """
    return changed(
        following,
        jobs=end.jobs + following.jobs,
        attempts=end.attempts + following.attempts,
        events=end.events + following.events,
        logs=end.logs,
        samples=end.samples,
    )


def worker_only(worker: Worker, now: datetime, **data: object) -> Unit:
    """A unit for a worker that holds no attempt."""
    return Unit(
        workers=(worker,),
        events=(worker_event(worker, now, **data),),
    )


def worker_event(worker: Worker, now: datetime, **data: object) -> Event:
    """The event of a worker's change."""
    return Event(
        kind=EventKind.WORKER_CHANGED,
        at=now,
        worker_id=worker.id,
        provider_id=worker.provider_id,
        attempt_id=worker.attempt_id,
        data={"state": worker.state.value, **data},
    )


def job_event(
    kind: EventKind, job: Job, now: datetime, *, actor: str = "system", **data: object
) -> Event:
    """An event of a job that has no attempt just then."""
    return Event(
        kind=kind,
        at=now,
        job_id=job.id,
        project=job.spec.project,
        actor=actor,
        data={"state": job.state.value, **data},
    )
