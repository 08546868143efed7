"""How an attempt's end is judged: from a report to an outcome, from an outcome to a decision."""

from __future__ import annotations

from hodei.domain.job import Job
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.outcomes import (
    cancelled,
    exited,
    killed,
    not_startable,
    out_of_memory,
    timed_out,
)
from hodei.domain.retry import RetryDecision, decide_retry
from hodei.engine.reports import ExitReport
from hodei.ports.clock import Chance
from hodei.ports.store import Held


def outcome_of(report: ExitReport, job: Job) -> Outcome:
    """What the agent's report means, in words for a person."""
    match report.cause:
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
