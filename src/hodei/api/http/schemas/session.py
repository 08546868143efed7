"""Who calls, how one signs in, and where somebody is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from hodei.api.http.schemas.model import Model
from hodei.domain.access.principal import Via
from hodei.domain.access.roles import Role
from hodei.domain.sign_in import Method


class OidcWay(Model):
    """The identity provider that one can sign in at."""

    name: str
    """For people."""
    url: str
    """Path to begin at; takes `next`, a path of this server to end at."""


class SignInWays(Model):
    """How one signs in at this server."""

    required: bool
    """Whether whoever shows no credential may do nothing."""
    methods: list[Literal["password", "token", "oidc"]]
    """Empty: there is no sign-in, and whoever reaches the server may use it."""
    oidc: OidcWay | None


class UserRef(Model):
    """A user by id and name."""

    id: str
    name: str


class Me(Model):
    """Who calls, and what that person may do."""

    owner: str
    """Name that jobs are submitted under; empty for whoever must sign in first."""
    user: UserRef | None
    """null: no user of this installation (nobody yet, or development mode)."""
    dev_mode: bool
    via: Via
    csrf_token: str | None
    """What has to come as X-CSRF-Token with every change; null: nothing."""
    expires_at: datetime | None
    """When the sign-in is over unless it is used; null without one."""
    sign_in: SignInWays
    setup_needed: bool
    """Whether there is no user yet: POST /setup makes the first administrator."""
    setup_code_needed: bool
    """Whether that takes the code that the server printed at its start."""
    roles: dict[str, Role]
    """By project; `*` counts for each."""
    permissions: list[str]
    """Held in at least one project."""


class SessionView(Model):
    """One of the caller's sign-ins."""

    id: str
    method: Method
    current: bool
    """Whether the request itself came with it."""
    created_at: datetime
    last_used_at: datetime
    """To about ten minutes."""
    expires_at: datetime
    agent: str
    """What the browser calls itself."""
    source: str
    """The address that it signed in from."""


class SessionList(Model):
    """The caller's sign-ins, newest first."""

    items: list[SessionView]
