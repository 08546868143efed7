"""Predicts when a waiting job will run, from how the last jobs went.

The model is one sentence: while `running` jobs of `run_ms` each are under way, one of them ends
every `run_ms / running`, and lets the next one in. It knows nothing of what the jobs ahead are
like, and says nothing where it has seen nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from hodei.domain.placement import Blocked, Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the installation works through its queue."""

    running: int
    """Jobs that hold a worker now."""
    run_ms: float | None
    """Average run time of the last jobs; None: none ran."""
    start_ms: float | None
    """Median time from the assignment to the process of the last jobs."""


def predicted_wait_ms(pace: Pace, verdict: Placement | Blocked, ahead: int) -> int | None:
    """Milliseconds until the process of a job runs that has `ahead` jobs before it.

    None when nothing is known to predict from, or when neither time nor load but a person has
    to change something.
    """
    if pace.start_ms is None:
        return None
    if isinstance(verdict, Placement):
        return round(pace.start_ms)
    if not _only_busy(verdict) or pace.run_ms is None or not pace.running:
        return None
    return round(pace.start_ms + (ahead + 1) * pace.run_ms / pace.running)


def _only_busy(verdict: Blocked) -> bool:
    """Whether some provider would take the job as soon as others have ended."""
    return any(rejection.kind.busy for rejection in verdict.rejections)
