"""Sign-ins of browsers."""

from __future__ import annotations

from datetime import datetime

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean
from hodei.domain.sign_in import SignIn


class SignIns:
    """Implements `SignInStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """See `SignInStore.add_sign_in`."""
        await self._database.rows(
            sql("sign_ins.add"),
            sign_in.digest,
            clean(sign_in.owner),
            sign_in.created_at,
            sign_in.expires_at,
        )

    async def find_sign_in(self, digest: bytes, now: datetime) -> SignIn | None:
        """See `SignInStore.find_sign_in`."""
        row = await self._database.row(sql("sign_ins.find"), digest, now)
        return SignIn(**row) if row else None

    async def renew_sign_in(self, digest: bytes, expires_at: datetime) -> None:
        """See `SignInStore.renew_sign_in`."""
        await self._database.rows(sql("sign_ins.renew"), digest, expires_at)

    async def end_sign_in(self, digest: bytes) -> None:
        """See `SignInStore.end_sign_in`."""
        await self._database.rows(sql("sign_ins.end"), digest)
