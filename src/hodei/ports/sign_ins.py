"""Sign-ins of browsers, kept in the store so that every replica knows them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from hodei.domain.sign_in import SignIn


class SignInStore(Protocol):
    """Sign-ins by the digest of their secret."""

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """Stores a new one, and forgets those that are over."""
        ...

    async def find_sign_in(self, digest: bytes, now: datetime) -> SignIn | None:
        """The one with this digest, unless it is over at `now`."""
        ...

    async def renew_sign_in(self, digest: bytes, expires_at: datetime) -> None:
        """Makes it last until then; nothing happens when it is gone."""
        ...

    async def end_sign_in(self, digest: bytes) -> None:
        """Forgets it; a second call changes nothing."""
        ...
