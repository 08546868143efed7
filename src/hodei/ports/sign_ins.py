"""Sign-ins of browsers, kept in the store so that every replica knows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from hodei.domain.access.tries import Tries
from hodei.domain.sign_in import SignIn


class SignInStore(Protocol):
    """Sign-ins by the digest of their secret. They go with their user, and with their token."""

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """Stores a new one, and forgets those that are over. Raises Conflict when its user or
        its token is gone."""
        ...

    async def find_sign_in(self, digest: bytes, now: datetime) -> SignIn | None:
        """The one with this digest, unless it is over at `now`."""
        ...

    async def sign_ins_of(self, user_id: UUID, now: datetime) -> Sequence[SignIn]:
        """Those of a user that are not over, newest first."""
        ...

    async def renew_sign_in(self, digest: bytes, expires_at: datetime) -> None:
        """Makes it last until then; nothing happens when it is gone."""
        ...

    async def end_sign_in(self, digest: bytes) -> None:
        """Forgets it; a second call changes nothing."""
        ...

    async def end_sign_in_of(self, user_id: UUID, sign_in_id: UUID) -> bool:
        """Forgets one of this user's; False when there is none."""
        ...

    async def end_sign_ins_of(self, user_id: UUID, *, but: UUID | None = None) -> None:
        """Forgets all of this user's, except one."""
        ...


class TriesStore(Protocol):
    """Counts tries to sign in, for all replicas together."""

    async def count_tries(
        self, keys: Sequence[bytes], *, now: datetime, window: timedelta
    ) -> Sequence[Tries]:
        """Counts one more for each of the keys, which differ, and gives the counts in any
        order. A window begins with the first try after the last window; old ones go."""
        ...

    async def forgive(self, *, all_of: bytes, one_of: bytes) -> None:
        """The try was a good one: forgets every try of a key, and one of another."""
        ...
