"""The one place where errors of the system become errors of a provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hodei.adapters.process.launch import NO_ROOM
from hodei.domain.errors import CapacityExhausted, ProviderUnavailable


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns OSError into CapacityExhausted or ProviderUnavailable."""
    try:
        yield
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        sentence = f"cannot {doing}{where}: {error.strerror or error}"
        if error.errno in NO_ROOM:
            raise CapacityExhausted(sentence) from error
        raise ProviderUnavailable(sentence) from error
