"""A sign-in: what a browser holds instead of a password or a token, for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

LIFETIME = timedelta(hours=12)
"""A sign-in that is not used for so long is over."""
RENEWAL = timedelta(minutes=10)
"""How much of its life must have passed before a use makes it longer: uses are not all stored."""
LONGEST_AGENT = 200
"""Characters kept of what a browser calls itself."""


class Method(StrEnum):
    """What somebody showed to sign in."""

    PASSWORD = "password"
    TOKEN = "token"
    """An API token, to whose rights the sign-in is limited."""
    OIDC = "oidc"
    DEV = "dev"
    """A `dev-NAME` token of development mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who signed in; of the cookie's secret only the digest is kept."""

    id: UUID
    digest: bytes = field(repr=False)
    owner: str
    """Name of the user, or of who showed the `dev-NAME` token."""
    method: Method
    user_id: UUID | None = None
    token_id: UUID | None = None
    created_at: datetime
    expires_at: datetime
    agent: str = ""
    """What the browser calls itself."""
    source: str = ""
    """The address that it came from."""

    @property
    def last_used_at(self) -> datetime:
        """When it was last used, to about RENEWAL."""
        return self.expires_at - LIFETIME

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
