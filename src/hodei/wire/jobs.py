"""Jobs, attempts and outcomes as messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hodei.domain.attempt import Attempt
from hodei.domain.job import Job, JobState
from hodei.domain.outcome import Outcome
from hodei.domain.tracing import ShownTrace
from hodei.wire.gen import jobs_pb2 as pb
from hodei.wire.origins import origin_to_pb
from hodei.wire.specs import spec_from_domain
from hodei.wire.times import to_timestamp

STATES: Mapping[JobState, pb.JobState.ValueType] = {
    state: pb.JobState.Value(f"JOB_STATE_{state.value}") for state in JobState
}
STATES_BACK: Mapping[int, JobState] = {number: state for state, number in STATES.items()}


def outcome_to_pb(outcome: Outcome | None) -> pb.Outcome | None:
    """None stays unset."""
    if outcome is None:
        return None
    return pb.Outcome(
        cause=outcome.cause.value,
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        message=outcome.message,
        suggestion=outcome.suggestion,
    )


def attempt_to_pb(attempt: Attempt) -> pb.Attempt:
    """One attempt with its timeline."""
    return pb.Attempt(
        id=str(attempt.id),
        number=attempt.number,
        worker_id=str(attempt.worker_id),
        provider_id=str(attempt.provider_id),
        phase=attempt.phase.value,
        phases=[
            pb.PhaseMark(phase=mark.phase.value, at=to_timestamp(mark.at), detail=mark.detail)
            for mark in attempt.phases
        ],
        placement_reason=attempt.placement_reason,
        warm=attempt.warm,
        image_digest=attempt.image_digest,
        started_at=to_timestamp(attempt.started_at),
        ended_at=to_timestamp(attempt.ended_at),
        outcome=outcome_to_pb(attempt.outcome),
        cpu_ms=attempt.cpu_ms,
        memory_peak_bytes=attempt.memory_peak_bytes,
    )


def job_to_pb(job: Job, trace: ShownTrace, attempts: Sequence[Attempt] = ()) -> pb.Job:
    """A job; `attempts` oldest first."""
    return pb.Job(
        id=str(job.id),
        spec=spec_from_domain(job.spec),
        state=STATES[job.state],
        owner=job.owner,
        submitted_at=to_timestamp(job.submitted_at),
        queued_at=to_timestamp(job.queued_at),
        not_before=to_timestamp(job.not_before),
        started_at=to_timestamp(job.started_at),
        finished_at=to_timestamp(job.finished_at),
        cancel_requested_at=to_timestamp(job.cancel_requested_at),
        outcome=outcome_to_pb(job.outcome),
        attempts=[attempt_to_pb(attempt) for attempt in attempts],
        phase=attempts[-1].phase.value if attempts else "",
        provider_id=str(job.provider_id) if job.provider_id else "",
        attempt_count=job.attempts,
        warn_count=job.warn_count,
        error_count=job.error_count,
        rerun_of=str(job.rerun_of) if job.rerun_of else "",
        origin=origin_to_pb(job.origin),
        trace_id=trace.trace_id,
        trace_url=trace.url,
    )
