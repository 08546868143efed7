"""How often somebody may try to sign in: per name, and per address that the tries come from.

Tries are counted before a password is looked at, so that many at once gain nothing, and a good
one is taken back. Whoever is signed in already, or has a token, is not concerned by the limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from hodei.domain.errors import TooManyRequests

WINDOW = timedelta(minutes=5)
PER_NAME = 10
PER_SOURCE = 50
"""More people than one may sit behind an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How many there were in the present window."""

    key: bytes
    since: datetime
    count: int


def name_key(name: str) -> bytes:
    """What the tries for a name, known or not, are counted under."""
    return sha256(f"name {name}".encode()).digest()


def source_key(source: str) -> bytes:
    """What the tries from an address are counted under."""
    return sha256(f"source {source}".encode()).digest()


def check(tries: Sequence[Tries], *, name: bytes, now: datetime) -> None:
    """Raises TooManyRequests when there were too many, the newest included."""
    waits = [
        (one.since + WINDOW - now).total_seconds()
        for one in tries
        if one.count > (PER_NAME if one.key == name else PER_SOURCE)
    ]
    if waits:
        seconds = max(1, math.ceil(max(waits)))
        raise TooManyRequests(
            f"too many tries to sign in; try again in {seconds} s", retry_after_s=seconds
        )
