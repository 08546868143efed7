"""Everything that is remembered of who enters."""

from __future__ import annotations

from typing import Protocol

from hodei.ports.api_tokens import ApiTokenStore
from hodei.ports.sign_ins import SignInStore, TriesStore
from hodei.ports.users import UserStore


class IdentityStore(UserStore, ApiTokenStore, SignInStore, TriesStore, Protocol):
    """Users, tokens, sign-ins and tries together."""
