"""How an attempt's end is judged: from a report to an outcome, from an outcome to a decision."""

from __future__ import annotations

from hodei.domain.outcome import Cause, Outcome
from hodei.domain.outcomes import (
    cancelled,
    exited,
    killed,
    lost,
    not_startable,
    out_of_memory,
    timed_out,
)
from hodei.domain.retry import RetryDecision, decide_retry
from hodei.engine.reports import ExitReport
from hodei.ports.clock import Chance
from hodei.ports.store import Held


def is_unexplained(report: ExitReport, held: Held) -> bool:
    """Whether somebody else than Hodei told the worker to stop."""
    nobody = held.job.cancel_requested_at is None and held.attempt.closing is None
    return report.cause is Cause.CANCELLED and nobody


def outcome_of(report: ExitReport, held: Held) -> Outcome:
    """What the agent's report means, in words for a person."""
    job = held.job
    match report.cause:
        case Cause.CANCELLED if job.cancel_requested_at is None:
            # Nobody cancelled the job: its worker was told to stop, by us or by the machine.
            return held.attempt.closing or lost(
                report.message or "it was told to stop", user_code_ran=True
            )
        case Cause.TIMEOUT:
            return timed_out(job.spec.timeout_ms)
        case Cause.CANCELLED:
            return cancelled("", job.cancel_reason or report.message)
        case Cause.OOM:
            return out_of_memory(job.spec.resources.memory_mb)
        case Cause.SIGNAL:
            return killed(report.signal or 0)
        case Cause.SPEC:
            return not_startable(report.message, exit_code=report.exit_code)
        case _:
            return exited(report.exit_code if report.exit_code is not None else 1)


def decide(held: Held, outcome: Outcome, chance: Chance, *, ran: bool) -> RetryDecision:
    """Whether the job gets another attempt. `ran`: user code of this attempt may have run."""
    job = held.job
    return decide_retry(
        job.spec.retry,
        counted_attempts=job.counted_attempts,
        outcome=outcome,
        user_code_ran=ran,
        free_requeues=job.attempts - job.counted_attempts,
        random_share=chance.share(),
    )
