"""API tokens of users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hodei.domain.access.api_token import ApiToken


class ApiTokenStore(Protocol):
    """Tokens by id, and by the digest of their text. They go with their user."""

    async def add_token(self, token: ApiToken, *, most: int) -> bool:
        """False when the user has `most` already that are not over, or one of this name, or is
        gone. Forgets the user's tokens that are over for FORGOTTEN_AFTER."""
        ...

    async def find_token(self, digest: bytes) -> ApiToken | None:
        """The token with this digest, over or not."""
        ...

    async def get_token(self, token_id: UUID) -> ApiToken | None: ...

    async def list_tokens(self, user_id: UUID | None = None) -> Sequence[ApiToken]:
        """Newest first, of one user or of all."""
        ...

    async def note_token_use(self, token_id: UUID, at: datetime) -> None:
        """Stores its last use; nothing happens when it is gone or was used later."""
        ...

    async def delete_token(self, token_id: UUID) -> bool:
        """False when it was gone."""
        ...
