"""Traces: the spans that a job and its attempts are, and which ids they have.

All ids are derived, so that every replica knows them, also after a restart. A job is one trace
whose id is the job's own, unless whoever submitted it was in a trace already: that place is stored
with the job, and its spans are below it. The ids of spans are digests of what they tell of. Spans
are made of the rows of the timeline once an attempt, or the job, is over: they carry no command, no
environment and no text of a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from uuid import UUID

from hodei.domain.attempt import Attempt, Phase
from hodei.domain.job import Job, JobState
from hodei.domain.trace_context import TraceContext

NAMES = {Phase.QUEUED: "queue", Phase.RUNNING: "run"}
"""Of phases whose span is called otherwise than they are."""
JOB = "job"
RUN = "run"


class Kind(StrEnum):
    """Of a span: within Hodei, or the answer to a call from outside."""

    INTERNAL = "internal"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time in a trace."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    begun: datetime
    ended: datetime
    failed: bool = False
    kind: Kind = Kind.INTERNAL
    attributes: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrace:
    """How people find the trace of a job; both are empty where there is none."""

    trace_id: str = ""
    url: str = ""
    """Page of the trace in whatever shows traces here."""


def trace_id(job: Job) -> str:
    """That of a job: 32 hex digits."""
    return job.id.hex if job.trace is None else job.trace.trace_id


def span_id(subject: UUID, name: str) -> str:
    """That of what happened to a job or an attempt under this name: 16 hex digits."""
    return sha256(subject.bytes + name.encode()).hexdigest()[:16]


def run_context(job: Job, attempt_id: UUID, *, sampled: bool) -> TraceContext:
    """By which the user's process joins the trace, below the span of its run."""
    return TraceContext(trace_id=trace_id(job), span_id=span_id(attempt_id, RUN), sampled=sampled)


def span_of_submission(job: Job, ended: datetime) -> Span:
    """From when a job was taken in until it was stored."""
    return Span(
        trace_id=trace_id(job),
        span_id=span_id(job.id, "submit"),
        parent_id=span_id(job.id, JOB),
        name="submit",
        begun=job.submitted_at,
        ended=max(ended, job.submitted_at),
    )


def span_of_job(job: Job) -> Span | None:
    """The whole of a job, once it is over."""
    if job.finished_at is None:
        return None
    known: dict[str, str | int] = {
        "hodei.job.id": str(job.id),
        "hodei.project": job.spec.project,
        "hodei.job.state": job.state.value,
        "hodei.job.attempts": job.attempts,
    }
    if job.outcome is not None:
        known["hodei.cause"] = job.outcome.cause.value
    return Span(
        trace_id=trace_id(job),
        span_id=span_id(job.id, JOB),
        parent_id=None if job.trace is None else job.trace.span_id,
        name=JOB,
        begun=job.submitted_at,
        ended=job.finished_at,
        failed=job.state in (JobState.FAILED, JobState.TIMEOUT),
        attributes=known,
    )


def spans_of_attempt(job: Job, attempt: Attempt) -> list[Span]:
    """The attempt and each of its phases, once nothing of it is left."""
    marks = attempt.phases
    if attempt.phase is not Phase.DONE or len(marks) < 2:
        return []
    known: dict[str, str | int] = {
        "hodei.attempt.id": str(attempt.id),
        "hodei.attempt.number": attempt.number,
        "hodei.worker.id": str(attempt.worker_id),
        "hodei.provider.id": str(attempt.provider_id),
    }
    outcome = attempt.outcome
    if outcome is not None:
        known["hodei.cause"] = outcome.cause.value
        if outcome.exit_code is not None:
            known["hodei.exit_code"] = outcome.exit_code
    whole = Span(
        trace_id=trace_id(job),
        span_id=span_id(attempt.id, "attempt"),
        parent_id=span_id(job.id, JOB),
        name="attempt",
        begun=marks[0].at,
        ended=marks[-1].at,
        failed=outcome is not None and not outcome.succeeded,
        attributes=known,
    )
    return [whole, *_phases(attempt, whole)]


def _phases(attempt: Attempt, whole: Span) -> list[Span]:
    spans = list[Span]()
    seen = dict[str, int]()
    for mark, following in pairwise(attempt.phases):
        name = NAMES.get(mark.phase, mark.phase.value.lower())
        times = seen[name] = seen.get(name, 0) + 1
        spans.append(
            Span(
                trace_id=whole.trace_id,
                # A silent worker that came back has run twice.
                span_id=span_id(attempt.id, name if times == 1 else f"{name} {times}"),
                parent_id=whole.span_id,
                name=name,
                begun=mark.at,
                ended=following.at,
            )
        )
    return spans
