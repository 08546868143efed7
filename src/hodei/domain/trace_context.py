"""Trace context as W3C Trace Context has it: which trace a request belongs to, and which traces are
recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?\Z")
_SAMPLED = 1
_RANDOM_DIGITS = 14
"""Of the end of a trace id: the bits that are random in every kind of id."""
_DRAWS = 1 << 4 * _RANDOM_DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceContext:
    """A place in a trace: what comes next is a child of that span."""

    trace_id: str
    """32 hex digits."""
    span_id: str
    """16 hex digits."""
    sampled: bool = True
    """Whether whoever is above records it."""

    def __str__(self) -> str:
        """As `traceparent` has it."""
        return f"00-{self.trace_id}-{self.span_id}-{_SAMPLED if self.sampled else 0:02x}"


def parse_traceparent(text: str | None) -> TraceContext | None:
    """What a `traceparent` says; None for one that is to be passed over, as the standard has it."""
    found = _PARENT.match(text.strip()) if text is not None else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    # What later versions append may be passed over; the first version has no more.
    if version == "ff" or (version == "00" and more is not None):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    sampled = bool(int(flags, 16) & _SAMPLED)
    return TraceContext(trace_id=trace_id, span_id=span_id, sampled=sampled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """Which traces are recorded. It depends on nothing but its arguments, so that all replicas with
    the same settings say the same of a trace."""

    follows: bool = True
    """A trace that comes from outside is recorded when whoever is above records it."""
    share: float = 1.0
    """Of all other traces, from 0 to 1."""

    def samples(self, trace_id: str, parent: TraceContext | None = None) -> bool:
        """Whether the trace is recorded; `parent` is where it comes from outside."""
        if parent is not None and self.follows:
            return parent.sampled
        drawn = int(trace_id[-_RANDOM_DIGITS:], 16)
        return drawn < self.share * _DRAWS
