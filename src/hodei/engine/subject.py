"""What the running task is about: its log lines carry the ids."""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from hodei.domain.tracing import trace_id
from hodei.domain.worker import Worker
from hodei.ports.store import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Ids, as far as they are known."""

    job_id: UUID | None = None
    attempt_id: UUID | None = None
    worker_id: UUID | None = None
    trace_id: str = ""


WHOLE = 36
"""Characters of an id."""
NOTHING = Subject()
_current: ContextVar[Subject] = ContextVar("subject", default=NOTHING)


def current_subject() -> Subject:
    """That of the running task."""
    return _current.get()


def about_job(key: str) -> None:
    """The running task is about a job; of the beginning of an id it is not known yet which."""
    if len(key) == WHOLE:
        with suppress(ValueError):
            _current.set(Subject(job_id=UUID(key)))


def about_worker(worker: Worker, held: Held | None = None) -> None:
    """The running task is about a worker, and the attempt that it holds."""
    if held is None:
        _current.set(Subject(worker_id=worker.id, attempt_id=worker.attempt_id))
    else:
        _current.set(
            Subject(
                job_id=held.job.id,
                attempt_id=held.attempt.id,
                worker_id=worker.id,
                trace_id=trace_id(held.job),
            )
        )
