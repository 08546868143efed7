"""Jobs as rows and back."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hodei.adapters.postgres.columns import Columns
from hodei.adapters.postgres.database import Row
from hodei.adapters.postgres.text import clean, dumps, loads, storable
from hodei.domain.attempt import Phase
from hodei.domain.job import Job, JobState
from hodei.domain.origin import Origin
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.placement import placement_class
from hodei.domain.serial import origin_from_dict, origin_to_dict, spec_from_dict, spec_text
from hodei.domain.spec import CommandType, Priority
from hodei.domain.trace_context import parse_traceparent
from hodei.ports.store import JobRow

_MUTABLE = (
    "unit int4, id uuid, version int4, project text, state text, priority text,"
    " queued_at timestamptz, not_before timestamptz, queue_deadline timestamptz,"
    " attempt_id uuid, attempts int4, counted_attempts int4, provider_id uuid,"
    " cancel_requested_at timestamptz, cancel_reason text, started_at timestamptz,"
    " finished_at timestamptz, cause text, exit_code int4, exit_signal int4, message text,"
    " suggestion text, warn_count int4, error_count int4"
)
JOB_MOD = Columns("job_mod", _MUTABLE)
JOB_NEW = Columns(
    "job_new",
    _MUTABLE
    + ", submitted_at timestamptz, placement_class text, name text, name_key text, owner text,"
    " command_type text, image text, labels jsonb, max_attempts int4, idempotency_key text,"
    " rerun_of uuid, digest text, spec jsonb, origin jsonb, template_id uuid,"
    " template_version int4, schedule_id uuid, trace text",
)

OriginColumns = tuple[str | None, UUID | None, int | None, UUID | None]
OutcomeColumns = tuple[str | None, int | None, int | None, str | None, str | None]


def outcome_columns(outcome: Outcome | None) -> OutcomeColumns:
    """cause, exit_code, exit_signal, message, suggestion."""
    if outcome is None:
        return (None, None, None, None, None)
    return (
        outcome.cause.value,
        outcome.exit_code,
        outcome.signal,
        clean(outcome.message),
        clean(outcome.suggestion),
    )


def outcome_of(row: Row, prefix: str = "") -> Outcome | None:
    """The inverse of `outcome_columns`."""
    cause = row[prefix + "cause"]
    if cause is None:
        return None
    return Outcome(
        cause=Cause(cause),
        exit_code=row[prefix + "exit_code"],
        signal=row[prefix + "exit_signal"],
        message=row[prefix + "message"],
        suggestion=row[prefix + "suggestion"],
    )


def job_mod_row(unit: int, job: Job) -> tuple[object, ...]:
    """Values of JOB_MOD."""
    return (
        unit,
        job.id,
        job.version,
        job.spec.project,
        job.state.value,
        job.spec.priority.value,
        job.queued_at,
        job.not_before,
        job.queue_deadline,
        job.attempt_id,
        job.attempts,
        job.counted_attempts,
        job.provider_id,
        job.cancel_requested_at,
        clean(job.cancel_reason),
        job.started_at,
        job.finished_at,
        *outcome_columns(job.outcome),
        job.warn_count,
        job.error_count,
    )


def job_new_row(unit: int, job: Job) -> tuple[object, ...]:
    """Values of JOB_NEW."""
    spec = job.spec
    return (
        *job_mod_row(unit, job),
        job.submitted_at,
        placement_class(spec),
        clean(spec.name),
        name_key(spec.name),
        clean(job.owner),
        spec.command.type.value,
        spec.image,
        dumps(dict(spec.labels)),
        spec.retry.max_attempts,
        job.idempotency_key,
        job.rerun_of,
        job.spec_digest,
        storable(spec_text(spec)),
        *origin_columns(job.origin),
        None if job.trace is None else str(job.trace),
    )


def origin_columns(origin: Origin | None) -> OriginColumns:
    """origin, template_id, template_version, schedule_id."""
    if origin is None:
        return (None, None, None, None)
    template, schedule = origin.template, origin.schedule
    return (
        dumps(origin_to_dict(origin)),
        template.id if template else None,
        template.version if template else None,
        schedule.id if schedule else None,
    )


def origin_of(row: Row) -> Origin | None:
    """What the column `origin` tells."""
    text = row["origin"]
    return origin_from_dict(loads(text)) if text else None


def name_key(name: str) -> str:
    """The form in which names are searched."""
    return clean(name).lower()


def job_of(row: Row) -> Job:
    """The job in a row that has the columns of the fragment `job`."""
    spec = spec_from_dict(loads(row["spec"]))
    priority = Priority(row["priority"])
    if priority is not spec.priority:
        # The only part of a spec that can change after submission lives in the row.
        spec = replace(spec, priority=priority)
    return Job(
        id=row["id"],
        spec=spec,
        owner=row["owner"],
        state=JobState(row["state"]),
        version=row["version"],
        submitted_at=row["submitted_at"],
        queued_at=row["queued_at"],
        not_before=row["not_before"],
        queue_deadline=row["queue_deadline"],
        idempotency_key=row["idempotency_key"],
        spec_digest=row["digest"],
        attempt_id=row["attempt_id"],
        attempts=row["attempts"],
        counted_attempts=row["counted_attempts"],
        provider_id=row["provider_id"],
        cancel_requested_at=row["cancel_requested_at"],
        cancel_reason=row["cancel_reason"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        outcome=outcome_of(row),
        warn_count=row["warn_count"],
        error_count=row["error_count"],
        rerun_of=row["rerun_of"],
        origin=origin_of(row),
        trace=parse_traceparent(row["trace"]),
    )


def job_row_of(row: Row) -> JobRow:
    """The list's row in a row that has the columns of the fragment `listed`."""
    phase = row["phase"]
    return JobRow(
        id=row["id"],
        name=row["name"],
        project=row["project"],
        owner=row["owner"],
        state=JobState(row["state"]),
        version=row["version"],
        phase=Phase(phase).value if phase else None,
        priority=Priority(row["priority"]),
        command_type=CommandType(row["command_type"]),
        image=row["image"],
        provider_id=row["provider_id"],
        labels=loads(row["labels"]),
        attempts=row["attempts"],
        max_attempts=row["max_attempts"],
        submitted_at=row["submitted_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        exit_code=row["exit_code"],
        cause=row["cause"],
        warn_count=row["warn_count"],
        error_count=row["error_count"],
        cancel_requested_at=row["cancel_requested_at"],
        origin=origin_of(row),
    )


def job_ids(rows: list[Row]) -> list[UUID]:
    """The column `id`."""
    return [row["id"] for row in rows]
