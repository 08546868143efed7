"""The correlation id of what is being served: one for an answer, its log lines and audit rows."""

from __future__ import annotations

import re
from contextvars import ContextVar
from uuid import uuid4

_FITS = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_current: ContextVar[str] = ContextVar("correlation_id", default="")


def current_id() -> str:
    """That of the request being served; empty where there is none."""
    return _current.get()


def fits(given: str) -> bool:
    """Whether a caller may choose this one: 1 to 64 letters, digits, '.', '_' or '-'."""
    return _FITS.match(given) is not None


def serve_under(given: str | None) -> str:
    """Makes `given`, or a new one where it does not fit, the one of this task; gives it."""
    chosen = given if given is not None and fits(given) else uuid4().hex
    _current.set(chosen)
    return chosen
