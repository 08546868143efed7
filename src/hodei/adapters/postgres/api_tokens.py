"""API tokens of users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean
from hodei.domain.access.api_token import FORGOTTEN_AFTER, ApiToken
from hodei.domain.access.roles import Role


class ApiTokens:
    """Implements `ApiTokenStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_token(self, token: ApiToken, *, most: int) -> bool:
        """See `ApiTokenStore.add_token`."""
        values = (
            token.id,
            token.digest,
            token.user_id,
            clean(token.name),
            token.role.value,
            token.project,
            token.created_at,
            token.expires_at,
            token.last_used_at,
            most,
        )

        async def work(session: Session) -> bool:
            async with session.transaction():
                # Held until the end, so that two at once do not make one too many.
                if await session.fetchval(sql("api_tokens.lock_user"), token.user_id) is None:
                    return False
                long_over = token.created_at - FORGOTTEN_AFTER
                await session.execute(sql("api_tokens.purge"), token.user_id, long_over)
                return await session.fetchval(sql("api_tokens.add"), *values) is not None

        return await self._database.run(work)

    async def find_token(self, digest: bytes) -> ApiToken | None:
        """See `ApiTokenStore.find_token`."""
        row = await self._database.row(sql("api_tokens.find"), digest)
        return _token(row) if row else None

    async def get_token(self, token_id: UUID) -> ApiToken | None:
        """See `ApiTokenStore.get_token`."""
        row = await self._database.row(sql("api_tokens.get"), token_id)
        return _token(row) if row else None

    async def list_tokens(self, user_id: UUID | None = None) -> Sequence[ApiToken]:
        """See `ApiTokenStore.list_tokens`."""
        if user_id is None:
            rows = await self._database.rows(sql("api_tokens.list"))
        else:
            rows = await self._database.rows(sql("api_tokens.of_user"), user_id)
        return [_token(row) for row in rows]

    async def note_token_use(self, token_id: UUID, at: datetime) -> None:
        """See `ApiTokenStore.note_token_use`."""
        await self._database.rows(sql("api_tokens.note_use"), token_id, at)

    async def delete_token(self, token_id: UUID) -> bool:
        """See `ApiTokenStore.delete_token`."""
        return await self._database.row(sql("api_tokens.delete"), token_id) is not None


def _token(row: Row) -> ApiToken:
    return ApiToken(**{**row, "role": Role(row["role"])})
