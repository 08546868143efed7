"""The one place where what an engine says becomes an error of a provider."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, ECONNREFUSED, ENOENT, EPERM

from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    ProviderError,
    ProviderUnavailable,
    SpecRejected,
    shorten,
    system_error,
)

MOST_WORDS = 500
# What an engine or its runtime says when the machine is full.
_NO_ROOM = re.compile(
    r"no space left on device|cannot allocate memory|resource temporarily unavailable|"
    r"too many open files|disk quota exceeded|address pools have been",
    re.IGNORECASE,
)
_NO_DEVICE = re.compile(r"could not select device driver|unknown or invalid runtime", re.IGNORECASE)
_BAD_IMAGE = re.compile(
    r"unable to find (user|group)|no matching entries in (passwd|group)|exec format error|"
    r"no such image|chdir to cwd",
    re.IGNORECASE,
)
# What passes by itself when a registry is asked again later.
_PASSING = re.compile(
    r"connection refused|connection reset|i/o timeout|tls handshake timeout|unexpected eof|\beof$|"
    r"deadline exceeded|toomanyrequests|server misbehaving|network is unreachable|"
    r"no route to host|received unexpected http status: 5\d\d|temporary failure|"
    r"status(?: code)? 5\d\d|client.timeout exceeded|context canceled",
    re.IGNORECASE,
)


class EngineRefusal(Exception):
    """The engine answered, and said no; `str()` are its own words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(shorten(words.strip() or f"HTTP status {status}", MOST_WORDS))
        self.status = status


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns an engine's refusal, or an OSError of this machine, into an error of a provider."""
    try:
        yield
    except EngineRefusal as refusal:
        raise provider_error(doing, refusal) from refusal
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise ProviderUnavailable(f"cannot {doing}{where}: {error.strerror or error}") from error


def provider_error(doing: str, refusal: EngineRefusal) -> ProviderError:
    """What a refusal of the engine means to a job."""
    words = str(refusal)
    sentence = f"the engine cannot {doing}: {words}"
    if _NO_ROOM.search(words):
        return CapacityExhausted(sentence)
    if _BAD_IMAGE.search(words):
        return ImageUnavailable(sentence)
    if _NO_DEVICE.search(words) or refusal.status == 400:
        return SpecRejected(sentence)
    return ProviderUnavailable(sentence)


def pull_error(image: str, words: str) -> ProviderError:
    """What it means that an image cannot be pulled; the registry's own words are kept."""
    shown = shorten(words.strip(), MOST_WORDS)
    sentence = f"the image {image} cannot be pulled: {shown}"
    if _NO_ROOM.search(words):
        return CapacityExhausted(sentence)
    if _PASSING.search(words.strip()):
        return ProviderUnavailable(sentence)
    return ImageUnavailable(sentence)


def unreachable(host: str, error: BaseException) -> ProviderUnavailable:
    """Why the engine cannot be talked to, with what a person can do about it."""
    cause = system_error(error)
    path = host.removeprefix("unix://")
    if isinstance(cause, ssl.SSLError):
        why = f"TLS fails: {cause.reason or cause}"
    elif cause is None:
        why = str(error) or type(error).__name__
    elif cause.errno == ENOENT:
        why = "there is no such socket; is Docker installed and running?"
    elif cause.errno in (EACCES, EPERM):
        why = f"permission denied; the server's user needs the right to open {path}"
    elif cause.errno == ECONNREFUSED:
        why = "nobody listens there; is Docker running?"
    else:
        why = cause.strerror or str(cause)
    return ProviderUnavailable(f"the Docker Engine at {host} does not answer: {why}")
