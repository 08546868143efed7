"""Jobs, attempts and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from hodei.api.http.schemas.model import Model, ProviderRef
from hodei.api.http.schemas.origin import OriginRowView, OriginView
from hodei.domain.attempt import Attempt, Phase
from hodei.domain.events import Event, EventKind
from hodei.domain.job import Job, JobState
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.placement import Rejection
from hodei.domain.serial import shown_spec
from hodei.domain.spec import CommandType, Priority
from hodei.domain.tracing import ShownTrace
from hodei.engine.explain import Explanation, Plan
from hodei.engine.jobs import Result
from hodei.ports.store import JobRow

Names = Callable[[UUID | None], ProviderRef | None]
"""Finds the name of a provider."""
StoredSpec = Annotated[
    dict[str, Any],
    Field(
        description="The spec as stored: every field of JobSpec with its value. Secret values "
        "of the environment are never shown: {secret: NAME} or {secret_value: null}."
    ),
]


class OutcomeView(Model):
    """How an attempt, or the whole job, ended."""

    cause: Cause
    exit_code: int | None
    signal: int | None
    message: str
    suggestion: str

    @classmethod
    def of(cls, outcome: Outcome | None) -> OutcomeView | None:
        """None stays None."""
        if outcome is None:
            return None
        return cls(
            cause=outcome.cause,
            exit_code=outcome.exit_code,
            signal=outcome.signal,
            message=outcome.message,
            suggestion=outcome.suggestion,
        )


class PhaseView(Model):
    """One row of the timeline."""

    phase: Phase
    at: datetime
    detail: str


class AttemptView(Model):
    """One try, with its timeline."""

    id: UUID
    number: int
    worker_id: UUID
    provider: ProviderRef | None
    phase: Phase
    phases: list[PhaseView]
    placement_reason: str
    warm: bool
    image_digest: str
    started_at: datetime | None
    run_deadline: datetime | None
    ended_at: datetime | None
    cancel_requested_at: datetime | None
    outcome: OutcomeView | None
    cpu_ms: int
    memory_peak_bytes: int

    @classmethod
    def of(cls, attempt: Attempt, names: Names) -> AttemptView:
        """An attempt as it is shown."""
        return cls(
            id=attempt.id,
            number=attempt.number,
            worker_id=attempt.worker_id,
            provider=names(attempt.provider_id),
            phase=attempt.phase,
            phases=[
                PhaseView(phase=mark.phase, at=mark.at, detail=mark.detail)
                for mark in attempt.phases
            ],
            placement_reason=attempt.placement_reason,
            warm=attempt.warm,
            image_digest=attempt.image_digest,
            started_at=attempt.started_at,
            run_deadline=attempt.run_deadline,
            ended_at=attempt.ended_at,
            cancel_requested_at=attempt.cancel_requested_at,
            outcome=OutcomeView.of(attempt.outcome),
            cpu_ms=attempt.cpu_ms,
            memory_peak_bytes=attempt.memory_peak_bytes,
        )


class JobRowView(Model):
    """A job as lists show it."""

    id: UUID
    version: int
    name: str
    project: str
    owner: str
    state: JobState
    phase: Phase | None
    """Phase of the newest attempt."""
    priority: Priority
    type: CommandType
    image: str | None
    provider: ProviderRef | None
    labels: dict[str, str]
    attempts: int
    max_attempts: int
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    exit_code: int | None
    cause: Cause | None
    warn_count: int
    error_count: int
    origin: OriginRowView | None
    """Null: somebody submitted the spec itself."""

    @classmethod
    def of(cls, row: JobRow, names: Names) -> JobRowView:
        """A row as it is shown."""
        return cls(
            id=row.id,
            version=row.version,
            name=row.name,
            project=row.project,
            owner=row.owner,
            state=row.state,
            phase=Phase(row.phase) if row.phase else None,
            priority=row.priority,
            type=row.command_type,
            image=row.image,
            provider=names(row.provider_id),
            labels=dict(row.labels),
            attempts=row.attempts,
            max_attempts=row.max_attempts,
            submitted_at=row.submitted_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            cancel_requested_at=row.cancel_requested_at,
            exit_code=row.exit_code,
            cause=Cause(row.cause) if row.cause else None,
            warn_count=row.warn_count,
            error_count=row.error_count,
            origin=OriginRowView.of_row(row.origin),
        )


class JobPage(Model):
    """One page of the job list."""

    items: list[JobRowView]
    next_cursor: str | None
    counts: dict[JobState, int] | None
    """Jobs per state under the same filters, the state filter left out; null when not wanted."""


class JobView(Model):
    """A job with everything that is known of it."""

    id: UUID
    version: int
    spec: StoredSpec
    name: str
    project: str
    owner: str
    state: JobState
    phase: Phase | None
    provider: ProviderRef | None
    submitted_at: datetime
    queued_at: datetime
    not_before: datetime
    queue_deadline: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    cancel_reason: str
    outcome: OutcomeView | None
    cause: Cause | None
    exit_code: int | None
    warn_count: int
    error_count: int
    attempt_count: int
    attempts: list[AttemptView]
    """Oldest first."""
    rerun_of: UUID | None
    origin: OriginView | None
    """Null: somebody submitted the spec itself."""
    trace_id: str | None
    """Of its trace, 32 hex digits; null: it is in none."""
    trace_url: str | None
    """Where people look at that trace; null: the server was told of no such place."""

    @classmethod
    def of(cls, job: Job, attempts: Sequence[Attempt], names: Names, trace: ShownTrace) -> JobView:
        """A job as it is shown."""
        return cls(
            id=job.id,
            version=job.version,
            spec=shown_spec(job.spec),
            name=job.spec.name,
            project=job.spec.project,
            owner=job.owner,
            state=job.state,
            phase=attempts[-1].phase if attempts else None,
            provider=names(job.provider_id),
            submitted_at=job.submitted_at,
            queued_at=job.queued_at,
            not_before=job.not_before,
            queue_deadline=job.queue_deadline,
            started_at=job.started_at,
            finished_at=job.finished_at,
            cancel_requested_at=job.cancel_requested_at,
            cancel_reason=job.cancel_reason,
            outcome=OutcomeView.of(job.outcome),
            cause=job.outcome.cause if job.outcome else None,
            exit_code=job.outcome.exit_code if job.outcome else None,
            warn_count=job.warn_count,
            error_count=job.error_count,
            attempt_count=job.attempts,
            attempts=[AttemptView.of(attempt, names) for attempt in attempts],
            rerun_of=job.rerun_of,
            origin=OriginView.of(job.origin),
            trace_id=trace.trace_id or None,
            trace_url=trace.url or None,
        )


class JobIds(Model):
    """Ids of the jobs of a bulk submission, in its order."""

    job_ids: list[UUID]


class ResultView(Model):
    """What became of one job of a bulk request."""

    key: str
    """As it was given."""
    ok: bool
    job_id: UUID | None
    """The job; after a re-run the new one."""
    state: JobState | None
    error: str

    @classmethod
    def of(cls, key: str, result: Result) -> ResultView:
        """The zero id of an unknown job is not shown."""
        return cls(
            key=key,
            ok=result.ok,
            job_id=result.job_id if result.job_id.int else None,
            state=result.state,
            error=result.error,
        )


class Results(Model):
    """One result per job, in the order asked."""

    results: list[ResultView]


class EventView(Model):
    """One row of what happened."""

    kind: EventKind
    at: datetime
    actor: str
    attempt_id: UUID | None
    worker_id: UUID | None
    provider_id: UUID | None
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> EventView:
        """An event as it is shown."""
        return cls(
            kind=event.kind,
            at=event.at,
            actor=event.actor,
            attempt_id=event.attempt_id,
            worker_id=event.worker_id,
            provider_id=event.provider_id,
            data=dict(event.data),
        )


class Events(Model):
    """What happened to a job, oldest first."""

    items: list[EventView]


class RejectionView(Model):
    """Why one provider is not used."""

    provider: ProviderRef
    kind: str
    reason: str
    forever: bool
    """Whether only a change of configuration would help."""

    @classmethod
    def of(cls, rejection: Rejection) -> RejectionView:
        """A rejection as it is shown."""
        return cls(
            provider=ProviderRef(id=str(rejection.provider_id), name=rejection.provider),
            kind=rejection.kind.value,
            reason=rejection.reason,
            forever=rejection.forever,
        )


class ExplanationView(Model):
    """Where a job is and why."""

    job_id: UUID
    state: JobState
    phase: Phase | None
    reason: str
    position: int | None
    """Place in the queue, from 1; null when the job does not wait."""
    rejections: list[RejectionView]
    predicted_wait_ms: int | None
    """Until its process runs; null when the job does not wait or nothing is known."""

    @classmethod
    def of(cls, found: Explanation) -> ExplanationView:
        """An explanation as it is shown."""
        return cls(
            job_id=found.job_id,
            state=found.state,
            phase=Phase(found.phase) if found.phase else None,
            reason=found.reason,
            position=found.position,
            rejections=[RejectionView.of(rejection) for rejection in found.rejections],
            predicted_wait_ms=found.predicted_wait_ms,
        )


class ViolationView(Model):
    """One thing that is wrong: which field, what is allowed, what was given."""

    field: str
    message: str
    value: str


class PlanView(Model):
    """What a spec would do if it were submitted now."""

    accepted: bool
    violations: list[ViolationView]
    provider: ProviderRef | None
    """The provider that would be used now; null when none can take it now."""
    warm: bool
    reason: str
    rejections: list[RejectionView]
    ahead: int
    predicted_wait_ms: int | None

    @classmethod
    def of(cls, plan: Plan) -> PlanView:
        """A plan as it is shown."""
        provider = (
            ProviderRef(id=str(plan.provider_id), name=plan.provider) if plan.provider_id else None
        )
        return cls(
            accepted=plan.accepted,
            violations=[
                ViolationView(field=v.field, message=v.message, value=v.value)
                for v in plan.violations
            ],
            provider=provider,
            warm=plan.warm,
            reason=plan.reason,
            rejections=[RejectionView.of(rejection) for rejection in plan.rejections],
            ahead=plan.ahead,
            predicted_wait_ms=plan.predicted_wait_ms,
        )


def counts_of(counts: Mapping[JobState, int]) -> dict[JobState, int]:
    """Counts in the order of the states."""
    return {state: counts.get(state, 0) for state in JobState}
