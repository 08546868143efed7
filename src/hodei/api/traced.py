"""Spans of the calls that this server answers, and the place in a trace that they come with."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

from hodei.domain.trace_context import TraceContext, parse_traceparent
from hodei.domain.tracing import Kind, Span
from hodei.engine.served import Served, serve_in
from hodei.engine.traces import Tracer

TRACEPARENT = "traceparent"
"""Header, or key of the metadata, that says where in a trace a call is made."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call from outside, from its beginning to its end."""

    tracer: Tracer
    place: TraceContext
    parent_id: str | None
    at: datetime
    begun: float

    def ended(self, name: str, *, failed: bool, attributes: Mapping[str, str | int]) -> None:
        """It was answered. `name` is one of a fixed set."""
        span = Span(
            trace_id=self.place.trace_id,
            span_id=self.place.span_id,
            parent_id=self.parent_id,
            name=name,
            begun=self.at,
            ended=self.at + timedelta(seconds=perf_counter() - self.begun),
            failed=failed,
            kind=Kind.SERVER,
            attributes=attributes,
        )
        self.tracer.record([span])


def begin_request(tracer: Tracer | None, traceparent: str | None) -> Request | None:
    """The running task serves a call from now on, which came with this `traceparent`; None: there
    is nothing to tell when it has ended."""
    parent = parse_traceparent(traceparent)
    if tracer is None:
        serve_in(None if parent is None else Served(place=parent, joined=True))
        return None
    found = secrets.token_hex(16) if parent is None else parent.trace_id
    recorded = tracer.sampler.samples(found, parent)
    if parent is not None and not recorded:
        # What is below goes on from the caller's own span: there is none between.
        place = parent
    else:
        sampled = recorded if parent is None else parent.sampled
        place = TraceContext(trace_id=found, span_id=secrets.token_hex(8), sampled=sampled)
    serve_in(Served(place=place, joined=parent is not None))
    if not recorded:
        return None
    parent_id = None if parent is None else parent.span_id
    return Request(tracer, place, parent_id, datetime.now(UTC), perf_counter())
