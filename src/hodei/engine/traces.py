"""Which spans are recorded, and when: of jobs that are stored, and of units that are saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from hodei.domain.attempt import Phase
from hodei.domain.events import EventKind
from hodei.domain.job import Job
from hodei.domain.trace_context import Sampler, TraceContext
from hodei.domain.tracing import (
    ShownTrace,
    Span,
    run_context,
    span_of_job,
    span_of_submission,
    spans_of_attempt,
    trace_id,
)
from hodei.ports.store import Unit

Sink = Callable[[Iterable[Span]], None]
"""Takes spans in and returns at once."""


class Tracer:
    """Records what this replica serves, stores and saves."""

    def __init__(self, sink: Sink, sampler: Sampler | None = None) -> None:
        self.record = sink
        self.sampler = sampler or Sampler()

    def samples(self, job: Job) -> bool:
        """Whether the trace of a job is recorded."""
        return self.sampler.samples(trace_id(job), job.trace)

    def submitted(self, jobs: Iterable[Job], now: datetime) -> None:
        """These are stored."""
        self.record([span_of_submission(job, now) for job in jobs if self.samples(job)])

    def saved(self, unit: Unit) -> None:
        """Everything in the unit is stored."""
        self.record(spans_of([job for job in unit.jobs if self.samples(job)], unit))


def spans_of(jobs: Sequence[Job], unit: Unit) -> Sequence[Span]:
    """Of those of the unit's `jobs` that ended by it, and of their attempts of which nothing is
    left since; a unit that moves an attempt holds its job."""
    by_id = {job.id: job for job in jobs}
    spans = list[Span]()
    for attempt in unit.attempts:
        if attempt.phase is Phase.DONE and attempt.job_id in by_id:
            spans += spans_of_attempt(by_id[attempt.job_id], attempt)
    ended = {event.job_id for event in unit.events if event.kind is EventKind.JOB_FINISHED}
    for job in jobs:
        if job.id in ended and (span := span_of_job(job)) is not None:
            spans.append(span)
    return spans


def place_of_run(tracer: Tracer | None, job: Job, attempt_id: UUID) -> TraceContext | None:
    """Where the user's process goes on; None: it is in no trace. What is not recorded here is
    passed on as it came."""
    if tracer is not None and tracer.samples(job):
        return run_context(job, attempt_id, sampled=True)
    return job.trace


def shown_trace(tracer: Tracer | None, url: str, job: Job) -> ShownTrace:
    """How people find the trace of a job: one that is recorded, or that came with it. `url` is a
    page with `{trace_id}` in it, or empty."""
    if job.trace is None and (tracer is None or not tracer.samples(job)):
        return ShownTrace()
    found = trace_id(job)
    return ShownTrace(trace_id=found, url=url.replace("{trace_id}", found))
