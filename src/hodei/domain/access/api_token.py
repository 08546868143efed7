"""API tokens: what programs show instead of a password; of its text only the digest is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from hodei.domain.access.principal import Principal, Via
from hodei.domain.access.roles import Role
from hodei.domain.access.user import User

PREFIX = "hodei_"
"""Lets people, and scanners of source code, tell what it is."""
TEXT_CHARACTERS = 40
MOST_TOKENS = 200
"""Of one user; those that are over do not count."""
FORGOTTEN_AFTER = timedelta(days=30)
"""So long after its time a token goes out of its user's list, when a new one is made."""
USE_NOTED = timedelta(minutes=1)
"""A use is written down at most this often."""
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{{TEXT_CHARACTERS}}}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token of a user: never more than the user may at the moment of the call."""

    id: UUID
    digest: bytes = field(repr=False)
    user_id: UUID
    owner: str
    """Name of the user."""
    name: str
    """What its user calls it."""
    role: Role
    """The most that it may be, in any project."""
    project: str | None = None
    """The only project that it is good for; None: every project of its user."""
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def over(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.expires_at is not None and self.expires_at <= now

    def use_is_news(self, now: datetime) -> bool:
        """Whether a use at `now` should be written down."""
        return self.last_used_at is None or now - self.last_used_at >= USE_NOTED

    def principal(self, user: User, via: Via = Via.TOKEN) -> Principal:
        """Who calls with it."""
        whole = user.principal(via)
        return Principal(
            name=user.name,
            via=via,
            roles=whole.limited(most=self.role, project=self.project),
            user_id=user.id,
            token_id=self.id,
        )


def token_text(secret: str) -> str:
    """The token of a random secret of at least 40 URL-safe characters."""
    return PREFIX + secret[:TEXT_CHARACTERS]


def is_token(text: str) -> bool:
    """Whether `text` has the form of a token of ours."""
    return _TOKEN.match(text) is not None


def token_digest(text: str) -> bytes:
    """What is stored of a token."""
    return sha256(text.encode()).digest()
