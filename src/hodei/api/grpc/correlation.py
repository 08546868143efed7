"""The correlation id of a call: taken from its metadata, or made; given back in the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hodei.domain.errors import InvalidRequest
from hodei.engine.correlation import current_id, fits, serve_under

if TYPE_CHECKING:
    import grpc

KEY = "x-correlation-id"


def begin(context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Serves this call under its id. Raises InvalidRequest for one that does not fit."""
    given = next((value for key, value in context.invocation_metadata() or () if key == KEY), None)
    text = given if isinstance(given, str) else None
    serve_under(text)
    # Sent with the status, which is when a call is over: an answer of its own would cost a frame.
    context.set_trailing_metadata(told())
    if text is not None and not fits(text):
        message = "must be 1 to 64 letters, digits, '.', '_' or '-'"
        raise InvalidRequest.of(KEY, message, text)


def told() -> tuple[tuple[str, str], ...]:
    """What the caller is told."""
    return ((KEY, current_id()),) if current_id() else ()
