"""Users and API tokens."""

from __future__ import annotations

from datetime import datetime

from hodei.api.http.schemas.model import Model
from hodei.domain.access.roles import Role


class UserView(Model):
    """A user."""

    id: str
    name: str
    enabled: bool
    roles: dict[str, Role]
    """By project; `*` counts for each."""
    password_set: bool
    oidc_subject: str | None
    """Issuer and subject at the identity provider that this user signs in at."""
    created_at: datetime
    last_sign_in_at: datetime | None


class UserList(Model):
    """Users by name."""

    items: list[UserView]


class TokenView(Model):
    """An API token, without its text."""

    id: str
    name: str
    owner: str
    """Name of its user."""
    role: Role
    """The most that it may be; never more than its user is at the moment."""
    project: str | None
    """The only project that it is good for; null: all of its user's."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """To about a minute."""


class TokenList(Model):
    """API tokens, newest first."""

    items: list[TokenView]


class NewToken(TokenView):
    """An API token that was just made."""

    token: str
    """Its text, which is shown this once."""
