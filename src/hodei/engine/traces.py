"""Which spans a saved unit ends."""

from __future__ import annotations

from collections.abc import Sequence

from hodei.domain.attempt import Phase
from hodei.domain.events import EventKind
from hodei.domain.tracing import Span, span_of_job, spans_of_attempt
from hodei.ports.store import Unit


def spans_of(unit: Unit) -> Sequence[Span]:
    """Of jobs that ended by it, and of attempts of which nothing is left since."""
    spans = list[Span]()
    for attempt in unit.attempts:
        if attempt.phase is Phase.DONE:
            spans += spans_of_attempt(attempt)
    ended = {event.job_id for event in unit.events if event.kind is EventKind.JOB_FINISHED}
    for job in unit.jobs:
        if job.id in ended and (span := span_of_job(job)) is not None:
            spans.append(span)
    return spans
