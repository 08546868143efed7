"""Who calls, and how one signs in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from hodei.api.http.schemas.model import Model
from hodei.domain.access.principal import Via


class SignInWays(Model):
    """How one signs in at this server."""

    required: bool
    """Whether nobody may do anything before."""
    methods: list[Literal["token"]]
    """Empty: there is no sign-in, and whoever reaches the server may use it."""


class Me(Model):
    """Who calls, and what that person may do."""

    owner: str
    dev_mode: bool
    via: Via
    csrf_token: str | None
    """What has to come as X-CSRF-Token with every change; null: nothing."""
    expires_at: datetime | None
    """When the sign-in is over unless it is used; null without one."""
    sign_in: SignInWays
    permissions: list[str]
