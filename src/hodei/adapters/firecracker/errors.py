"""The one place where what Firecracker, a program or the system says becomes a provider's error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EMFILE, ENFILE, ENOMEM, ENOSPC

from hodei.domain.errors import (
    CapacityExhausted,
    ProviderError,
    ProviderUnavailable,
    SpecRejected,
    shorten,
)

MOST_WORDS = 500
_FULL = frozenset({ENOSPC, EDQUOT, ENOMEM, EMFILE, ENFILE})
_NO_ROOM = re.compile(
    r"no space left|cannot allocate memory|too many open files|resource temporarily", re.IGNORECASE
)


class Refusal(Exception):
    """Firecracker, or a program of the system, said no; `str()` are its own words."""

    def __init__(self, words: str, *, ours: bool = False) -> None:
        super().__init__(shorten(" ".join(words.split()) or "without a word", MOST_WORDS))
        self.ours = ours
        """What was asked for is at fault, and asking again is of no use."""


class NotRestored(Refusal):
    """A guest could not be restored from its snapshot; it can still be booted."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns a refusal, or an OSError of this machine, into an error of a provider."""
    try:
        yield
    except Refusal as refusal:
        raise provider_error(doing, refusal) from refusal
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        sentence = f"cannot {doing}{where}: {error.strerror or error}"
        if error.errno in _FULL:
            raise CapacityExhausted(sentence) from error
        raise ProviderUnavailable(sentence) from error


def provider_error(doing: str, refusal: Refusal) -> ProviderError:
    """What a refusal means to a job."""
    sentence = f"cannot {doing}: {refusal}"
    if _NO_ROOM.search(str(refusal)):
        return CapacityExhausted(sentence)
    if refusal.ours:
        return SpecRejected(sentence)
    return ProviderUnavailable(sentence)
