"""Decides whether an attempt that ended is followed by another one, when, and why.

Two rules meet here. Attempts that never ran user code are the platform's own failures: they are
repeated without being counted, a few times. Everything else is the person's policy: so many
attempts, after the causes it names. Nothing here knows the clock or draws random numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hodei.domain.outcome import Cause, Outcome
from hodei.domain.spec import Backoff, RetryCause, RetryPolicy
from hodei.domain.units import format_duration

FREE_REQUEUES = 5
"""How many attempts without user code a job gets for nothing."""
FREE_INITIAL_MS = 1_000
FREE_MAX_MS = 30_000

_POLICY_CAUSES: Mapping[Cause, RetryCause] = {
    Cause.EXIT: RetryCause.FAILED,
    Cause.SIGNAL: RetryCause.FAILED,
    Cause.OOM: RetryCause.OOM,
    Cause.TIMEOUT: RetryCause.TIMEOUT,
    Cause.LOST: RetryCause.LOST,
    Cause.PROVISION: RetryCause.PROVISION,
}
"""What a cause is called in a policy. Image, spec and cancelled are never repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDecision:
    """Whether there will be another attempt."""

    again: bool
    delay_ms: int = 0
    free: bool = False
    """True when the attempt that ended is not counted against the policy."""
    reason: str
    """A sentence for the job page and the log."""


def decide_retry(
    policy: RetryPolicy,
    *,
    counted_attempts: int,
    outcome: Outcome,
    user_code_ran: bool,
    free_requeues: int,
    random_share: float,
) -> RetryDecision:
    """What follows an attempt that ended with `outcome`.

    `counted_attempts` includes that attempt, `free_requeues` those that were not counted.
    `random_share` (0..1) is the caller's random number for the jitter.
    """
    if outcome.succeeded:
        return RetryDecision(again=False, reason="the job succeeded")
    cause = _POLICY_CAUSES.get(outcome.cause)
    if cause is None:
        return RetryDecision(again=False, reason=_NEVER[outcome.cause])
    if _is_free(cause, user_code_ran=user_code_ran) and free_requeues < FREE_REQUEUES:
        return _free(cause, free_requeues, random_share)
    return _by_policy(policy, cause, counted_attempts, outcome, random_share)


def backoff_ms(backoff: Backoff, failures: int, random_share: float) -> int:
    """Waiting time after the `failures`-th failure (1, 2, …): never above `backoff.max_ms`.

    The share `jitter` of the time is random and the rest is fixed.
    """
    full = min(backoff.initial_ms * backoff.factor ** (failures - 1), float(backoff.max_ms))
    return round(full * (1 - backoff.jitter * (1 - random_share)))


_NEVER: Mapping[Cause, str] = {
    Cause.CANCELLED: "the job was cancelled; cancelled jobs are not repeated",
    Cause.IMAGE: "the image cannot be had; another attempt would not change that",
    Cause.SPEC: "the command cannot be started as specified; another attempt would not change that",
}
_FREE_STORY: Mapping[RetryCause, str] = {
    RetryCause.LOST: "the worker was lost before the process started",
    RetryCause.PROVISION: "no worker could be provisioned",
}


def _is_free(cause: RetryCause, *, user_code_ran: bool) -> bool:
    return cause in _FREE_STORY and not user_code_ran


def _free(cause: RetryCause, free_requeues: int, random_share: float) -> RetryDecision:
    backoff = Backoff(initial_ms=FREE_INITIAL_MS, max_ms=FREE_MAX_MS)
    # Jitter only shortens, so the first delay is kept at its full second.
    delay = max(FREE_INITIAL_MS, backoff_ms(backoff, free_requeues + 1, random_share))
    return RetryDecision(
        again=True,
        delay_ms=delay,
        free=True,
        reason=f"{_FREE_STORY[cause]}; next try in {_seconds(delay)}, not counted "
        f"({free_requeues + 1} of {FREE_REQUEUES})",
    )


def _by_policy(
    policy: RetryPolicy,
    cause: RetryCause,
    counted_attempts: int,
    outcome: Outcome,
    random_share: float,
) -> RetryDecision:
    story = f"attempt {counted_attempts} of {policy.max_attempts} {_told(outcome)}"
    if counted_attempts >= policy.max_attempts:
        end = "; no attempt is left" if policy.max_attempts > 1 else "; the job allows no retry"
        return RetryDecision(again=False, reason=story + end)
    if cause not in policy.on:
        return RetryDecision(
            again=False, reason=f"{story}; the retry policy does not cover {cause.value!r}"
        )
    delay = backoff_ms(policy.backoff, counted_attempts, random_share)
    return RetryDecision(
        again=True, delay_ms=delay, reason=f"{story}; next try in {_seconds(delay)}"
    )


def _told(outcome: Outcome) -> str:
    match outcome.cause:
        case Cause.EXIT:
            return f"failed with exit code {outcome.exit_code}"
        case Cause.SIGNAL:
            return f"was ended by signal {outcome.signal}"
        case Cause.OOM:
            return "ran out of memory"
        case Cause.TIMEOUT:
            return "ran into its timeout"
        case Cause.LOST:
            return "lost its worker"
        case _:
            return "got no worker"


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s" if ms < 60_000 else format_duration(ms // 1000 * 1000)
