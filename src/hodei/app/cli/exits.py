"""Exit codes: those of the command line itself, and what a finished job turns into."""

from __future__ import annotations

from hodei.domain.job import JobState
from hodei.domain.outcome import Cause, Outcome

OK = 0
ERROR = 1
"""The command failed: server unreachable, not found, conflict."""
USAGE = 2
"""The input is wrong: unknown option, bad field, unreadable file."""
TIMEOUT = 124
INFRASTRUCTURE = 125
"""The job's command did not fail, Hodei did: worker lost, image or provider unavailable."""
CANCELLED = 130
BROKEN_PIPE = 141
SIGNAL_BASE = 128
KILLED = 9


def of_job(state: JobState, outcome: Outcome | None) -> int:
    """The exit code that stands for a finished job, as a shell would say it."""
    match state:
        case JobState.SUCCEEDED:
            return OK
        case JobState.TIMEOUT:
            return TIMEOUT
        case JobState.CANCELLED:
            return CANCELLED
        case _:
            return _failed(outcome)


def _failed(outcome: Outcome | None) -> int:
    if outcome is None:
        return INFRASTRUCTURE
    match outcome.cause:
        case Cause.EXIT:
            return outcome.exit_code if outcome.exit_code is not None else ERROR
        case Cause.SIGNAL | Cause.OOM:
            return SIGNAL_BASE + (outcome.signal or KILLED)
        case Cause.SPEC:
            return outcome.exit_code or INFRASTRUCTURE
        case _:
            return INFRASTRUCTURE
