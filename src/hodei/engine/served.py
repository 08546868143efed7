"""The place in a trace of what is being served: what it submits goes on from there."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from hodei.domain.trace_context import TraceContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A request: its own span, or that of its caller where nothing is recorded here."""

    place: TraceContext
    joined: bool
    """Whether the caller was in a trace already, and this is the same one."""


_current: ContextVar[Served | None] = ContextVar("served", default=None)


def serve_in(served: Served | None) -> None:
    """Makes this the place of the running task."""
    _current.set(served)


def joined_trace() -> TraceContext | None:
    """Where a job that is submitted now goes on; None: it begins a trace of its own."""
    served = _current.get()
    return served.place if served is not None and served.joined else None


def served_trace_id() -> str:
    """Trace of the request that is being served; empty where there is none."""
    served = _current.get()
    return "" if served is None else served.place.trace_id
