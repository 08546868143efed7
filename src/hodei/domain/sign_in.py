"""A sign-in: what a browser holds instead of a token, for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

LIFETIME = timedelta(hours=12)
"""A sign-in that is not used for so long is over."""
RENEWAL = timedelta(minutes=10)
"""How much of its life must have passed before a use makes it longer: uses are not all stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who signed in; of the cookie's secret only the digest is kept."""

    digest: bytes
    owner: str
    created_at: datetime
    expires_at: datetime

    def needs_renewal(self, now: datetime) -> bool:
        """Whether a use at `now` should be stored."""
        return self.expires_at - now < LIFETIME - RENEWAL


def digest_of(secret: str) -> bytes:
    """What is stored of a cookie's secret."""
    return sha256(secret.encode()).digest()


def csrf_token(secret: str) -> str:
    """What a page must show besides the cookie, which browsers send along unasked.

    It follows from the secret, so that nothing more is stored, and the secret does not follow
    from it.
    """
    return sha256(f"hodei csrf {secret}".encode()).hexdigest()[:32]
