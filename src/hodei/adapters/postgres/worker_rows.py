"""Attempts and workers as rows and back."""

from __future__ import annotations

from hodei.adapters.postgres.columns import Columns
from hodei.adapters.postgres.database import Row
from hodei.adapters.postgres.job_rows import outcome_columns, outcome_of
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.attempt import Attempt, Phase
from hodei.domain.serial import (
    handle_from_dict,
    handle_to_dict,
    outcome_from_dict,
    outcome_to_dict,
    phases_from_list,
    phases_to_list,
)
from hodei.domain.spec import Network
from hodei.domain.worker import Handle, Target, Worker, WorkerState

_ATTEMPT_MUTABLE = (
    "unit int4, id uuid, version int4, phase text, open bool, phases jsonb, image_digest text,"
    " started_at timestamptz, run_deadline timestamptz, ended_at timestamptz,"
    " bound_at timestamptz, cause text, exit_code int4, exit_signal int4, message text,"
    " suggestion text, cancel_requested_at timestamptz, cpu_ms int8, memory_peak_bytes int8,"
    " worker_id uuid, provider_id uuid, placement_reason text, warm bool, closing jsonb"
)
ATTEMPT_MOD = Columns("attempt_mod", _ATTEMPT_MUTABLE)
ATTEMPT_NEW = Columns("attempt_new", _ATTEMPT_MUTABLE + ", job_id uuid, number int4")

WORKER = Columns(
    "worker",
    "unit int4, id uuid, version int4, provider_id uuid, state text, live bool, target text,"
    " reusable bool, image text, cpu float8, memory_mb int4, network text, image_digest text,"
    " revision text, attempt_id uuid, handle jsonb,"
    " otp_digest bytea, otp_expires_at timestamptz, session_digest bytea, agent_version text,"
    " architecture text, created_at timestamptz, enrolled_at timestamptz, ready_at timestamptz,"
    " silent_at timestamptz, ended_at timestamptz, reason text, replica text, max_live int4",
)


def attempt_mod_row(unit: int, attempt: Attempt) -> tuple[object, ...]:
    """Values of ATTEMPT_MOD."""
    return (
        unit,
        attempt.id,
        attempt.version,
        attempt.phase.value,
        attempt.phase is not Phase.DONE,
        dumps(phases_to_list(attempt.phases)),
        clean(attempt.image_digest),
        attempt.started_at,
        attempt.run_deadline,
        attempt.ended_at,
        attempt.phases[0].at if attempt.phases else None,
        *outcome_columns(attempt.outcome),
        attempt.cancel_requested_at,
        attempt.cpu_ms,
        attempt.memory_peak_bytes,
        attempt.worker_id,
        attempt.provider_id,
        clean(attempt.placement_reason),
        attempt.warm,
        dumps(outcome_to_dict(attempt.closing)) if attempt.closing else None,
    )


def attempt_new_row(unit: int, attempt: Attempt) -> tuple[object, ...]:
    """Values of ATTEMPT_NEW."""
    return (*attempt_mod_row(unit, attempt), attempt.job_id, attempt.number)


def attempt_of(row: Row) -> Attempt:
    """The attempt in a row that has the columns of the fragment `attempt`."""
    return Attempt(
        id=row["a_id"],
        job_id=row["a_job_id"],
        number=row["a_number"],
        worker_id=row["a_worker_id"],
        provider_id=row["a_provider_id"],
        phase=Phase(row["a_phase"]),
        version=row["a_version"],
        phases=phases_from_list(loads(row["a_phases"])),
        placement_reason=row["a_placement_reason"],
        warm=row["a_warm"],
        image_digest=row["a_image_digest"],
        started_at=row["a_started_at"],
        run_deadline=row["a_run_deadline"],
        ended_at=row["a_ended_at"],
        outcome=outcome_of(row, "a_"),
        closing=outcome_from_dict(loads(row["a_closing"])) if row["a_closing"] else None,
        cancel_requested_at=row["a_cancel_requested_at"],
        cpu_ms=row["a_cpu_ms"],
        memory_peak_bytes=row["a_memory_peak_bytes"],
    )


def worker_row(
    unit: int, worker: Worker, replica: str | None, max_live: int | None
) -> tuple[object, ...]:
    """Values of WORKER."""
    return (
        unit,
        worker.id,
        worker.version,
        worker.provider_id,
        worker.state.value,
        worker.state is not WorkerState.GONE,
        worker.target.value,
        worker.reusable,
        worker.image,
        worker.cpu,
        worker.memory_mb,
        worker.network.value,
        clean(worker.image_digest),
        worker.revision,
        worker.attempt_id,
        dumps(handle_to_dict(worker.handle)) if worker.handle else None,
        worker.otp_digest,
        worker.otp_expires_at,
        worker.session_digest,
        clean(worker.agent_version),
        clean(worker.architecture),
        worker.created_at,
        worker.enrolled_at,
        worker.ready_at,
        worker.silent_at,
        worker.ended_at,
        clean(worker.reason),
        replica,
        max_live,
    )


def worker_of(row: Row) -> Worker:
    """The worker in a row that has the columns of the fragment `worker`."""
    return Worker(
        id=row["w_id"],
        provider_id=row["w_provider_id"],
        state=WorkerState(row["w_state"]),
        target=Target(row["w_target"]),
        version=row["w_version"],
        reusable=row["w_reusable"],
        image=row["w_image"],
        cpu=row["w_cpu"],
        memory_mb=row["w_memory_mb"],
        network=Network(row["w_network"]),
        image_digest=row["w_image_digest"],
        revision=row["w_revision"],
        attempt_id=row["w_attempt_id"],
        handle=handle_of(row["w_handle"]),
        otp_digest=row["w_otp_digest"],
        otp_expires_at=row["w_otp_expires_at"],
        session_digest=row["w_session_digest"],
        agent_version=row["w_agent_version"],
        architecture=row["w_architecture"],
        created_at=row["w_created_at"],
        enrolled_at=row["w_enrolled_at"],
        ready_at=row["w_ready_at"],
        silent_at=row["w_silent_at"],
        ended_at=row["w_ended_at"],
        reason=row["w_reason"],
    )


def handle_of(text: str | None) -> Handle | None:
    """The handle in a JSON column."""
    return handle_from_dict(loads(text)) if text else None
