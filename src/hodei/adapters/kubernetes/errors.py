"""The one place where what an API server says becomes an error of a provider."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from hodei.domain.errors import (
    CapacityExhausted,
    ProviderError,
    ProviderUnavailable,
    SpecRejected,
    shorten,
    system_error,
)

MOST_WORDS = 500
UNAUTHORIZED, FORBIDDEN, MISSING, TAKEN, EXPIRED = 401, 403, 404, 409, 410
TOO_MANY = 429
_QUOTA = re.compile(r"exceeded quota|failed quota|maximum .* usage per|quota exceeded", re.I)
_ENDING = re.compile(r"being terminated", re.I)
_MISSING_RIGHT = re.compile(r'cannot (\S+) resource "([^"]+)"')


class ApiRefusal(Exception):
    """The API server answered, and said no; `str()` are its own words."""

    def __init__(self, status: int, words: str, reason: str = "", retry_after_s: float = 0) -> None:
        super().__init__(shorten(words.strip() or f"HTTP status {status}", MOST_WORDS))
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns a refusal into an error of a provider."""
    try:
        yield
    except ApiRefusal as refusal:
        raise provider_error(doing, refusal) from refusal


def provider_error(doing: str, refusal: ApiRefusal) -> ProviderError:
    """What a refusal means to a job."""
    words = str(refusal)
    sentence = f"the cluster does not {doing}: {words}"
    if refusal.status == FORBIDDEN and _QUOTA.search(words):
        return CapacityExhausted(sentence)
    if refusal.status == UNAUTHORIZED:
        return ProviderUnavailable(f"{sentence}; the credentials are wrong or have ended")
    if refusal.status == FORBIDDEN and (right := _MISSING_RIGHT.search(words)):
        verb, resource = right.groups()
        return ProviderUnavailable(f"{sentence}; grant the right to {verb} {resource}")
    if refusal.status in (400, 422) and not _ENDING.search(words):
        return SpecRejected(sentence)
    return ProviderUnavailable(sentence)


def unreachable(server: str, error: BaseException) -> ProviderUnavailable:
    """Why the API server cannot be talked to."""
    cause = system_error(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = (
            f"its certificate is not believed ({cause.verify_message}); "
            "check certificate-authority-data and the server's address"
        )
    elif isinstance(cause, ssl.SSLError):
        why = f"TLS fails: {cause.reason or cause}"
    elif isinstance(cause, ConnectionRefusedError):
        why = "nobody listens there"
    elif isinstance(cause, OSError):
        why = cause.strerror or str(cause)
    else:
        why = str(error) or type(error).__name__
    return ProviderUnavailable(f"the API server {server} does not answer: {why}")
