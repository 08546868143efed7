"""API tokens of users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.domain.access.api_token import FORGOTTEN_AFTER, ApiToken


class ApiTokens(Part):
    """ApiTokenStore."""

    async def add_token(self, token: ApiToken, *, most: int) -> bool:
        """See ApiTokenStore."""
        await self._begin()
        if token.user_id not in self._tables.users:
            return False
        kept, now = self._tables.tokens, token.created_at
        mine = [one for one in kept.values() if one.user_id == token.user_id]
        for old in (one for one in mine if one.over(now - FORGOTTEN_AFTER)):
            del kept[old.id]
        mine = [one for one in mine if one.id in kept]
        if sum(not one.over(now) for one in mine) >= most:
            return False
        if any(one.name == token.name for one in mine):
            return False
        self._tables.tokens[token.id] = token
        return True

    async def find_token(self, digest: bytes) -> ApiToken | None:
        """See ApiTokenStore."""
        await self._begin()
        tokens = self._tables.tokens.values()
        return next((self._named(one) for one in tokens if one.digest == digest), None)

    async def get_token(self, token_id: UUID) -> ApiToken | None:
        """See ApiTokenStore."""
        await self._begin()
        found = self._tables.tokens.get(token_id)
        return self._named(found) if found is not None else None

    async def list_tokens(self, user_id: UUID | None = None) -> Sequence[ApiToken]:
        """See ApiTokenStore."""
        await self._begin()
        found = [
            self._named(one)
            for one in self._tables.tokens.values()
            if user_id in (None, one.user_id)
        ]
        return sorted(found, key=lambda one: (-one.created_at.timestamp(), one.id))

    async def note_token_use(self, token_id: UUID, at: datetime) -> None:
        """See ApiTokenStore."""
        await self._begin()
        found = self._tables.tokens.get(token_id)
        if found is not None and (found.last_used_at is None or found.last_used_at < at):
            self._tables.tokens[token_id] = replace(found, last_used_at=at)

    async def delete_token(self, token_id: UUID) -> bool:
        """See ApiTokenStore."""
        await self._begin()
        return self._tables.end_token(token_id)

    def _named(self, token: ApiToken) -> ApiToken:
        return replace(token, owner=self._tables.users[token.user_id].name)
