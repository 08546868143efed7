"""Sign-ins of browsers, and tries to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean
from hodei.domain.access.tries import Tries
from hodei.domain.errors import Conflict
from hodei.domain.sign_in import Method, SignIn


class SignIns:
    """Implements `SignInStore` and `TriesStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """See `SignInStore.add_sign_in`."""

        async def work(session: Session) -> None:
            try:
                await session.execute(sql("sign_ins.add"), *_values(sign_in))
            except asyncpg.ForeignKeyViolationError as error:
                raise Conflict("whoever signed in is no user any more") from error

        await self._database.run(work)

    async def find_sign_in(self, digest: bytes, now: datetime) -> SignIn | None:
        """See `SignInStore.find_sign_in`."""
        row = await self._database.row(sql("sign_ins.find"), digest, now)
        return _sign_in(row) if row else None

    async def sign_ins_of(self, user_id: UUID, now: datetime) -> Sequence[SignIn]:
        """See `SignInStore.sign_ins_of`."""
        rows = await self._database.rows(sql("sign_ins.of_user"), user_id, now)
        return [_sign_in(row) for row in rows]

    async def renew_sign_in(self, digest: bytes, expires_at: datetime) -> None:
        """See `SignInStore.renew_sign_in`."""
        await self._database.rows(sql("sign_ins.renew"), digest, expires_at)

    async def end_sign_in(self, digest: bytes) -> None:
        """See `SignInStore.end_sign_in`."""
        await self._database.rows(sql("sign_ins.end"), digest)

    async def end_sign_in_of(self, user_id: UUID, sign_in_id: UUID) -> bool:
        """See `SignInStore.end_sign_in_of`."""
        return await self._database.row(sql("sign_ins.end_one"), user_id, sign_in_id) is not None

    async def end_sign_ins_of(self, user_id: UUID, *, but: UUID | None = None) -> None:
        """See `SignInStore.end_sign_ins_of`."""
        await self._database.rows(sql("sign_ins.end_all"), user_id, but)

    async def count_tries(
        self, keys: Sequence[bytes], *, now: datetime, window: timedelta
    ) -> Sequence[Tries]:
        """See `TriesStore.count_tries`."""
        rows = await self._database.rows(sql("sign_ins.count_tries"), list(keys), now, window)
        return [Tries(**row) for row in rows]

    async def forgive(self, *, all_of: bytes, one_of: bytes) -> None:
        """See `TriesStore.forgive`."""
        await self._database.rows(sql("sign_ins.forgive_all"), all_of)
        await self._database.rows(sql("sign_ins.forgive_one"), one_of)


def _values(sign_in: SignIn) -> tuple[object, ...]:
    return (
        sign_in.id,
        sign_in.digest,
        clean(sign_in.owner),
        sign_in.method.value,
        sign_in.created_at,
        sign_in.expires_at,
        sign_in.user_id,
        sign_in.token_id,
        clean(sign_in.agent),
        clean(sign_in.source),
    )


def _sign_in(row: Row) -> SignIn:
    return SignIn(**{**row, "method": Method(row["method"])})
