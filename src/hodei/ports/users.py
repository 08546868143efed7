"""Users of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from hodei.domain.access.user import User


class UserVerdict(StrEnum):
    """What became of a change to a user."""

    SAVED = "saved"
    STALE = "stale"
    """Somebody else saved first."""
    GONE = "gone"
    TAKEN = "taken"
    """Another user has the name, or the subject at the identity provider."""
    LAST_ADMIN = "last_admin"
    """Nobody would be left who administers all projects."""
    NOT_FIRST = "not_first"
    """There is a user already."""


class UserStore(Protocol):
    """Users by id and by name. Changes see one another: each is decided after the one before."""

    async def has_users(self) -> bool:
        """Whether there is any, disabled ones included."""
        ...

    async def add_user(self, user: User, *, first: bool = False) -> UserVerdict:
        """SAVED or TAKEN; with `first` also NOT_FIRST. The stored version is one higher."""
        ...

    async def get_user(self, key: str) -> User | None:
        """By id or name."""
        ...

    async def user_by_subject(self, oidc_subject: str) -> User | None: ...

    async def list_users(self) -> Sequence[User]:
        """By name."""
        ...

    async def save_user(self, user: User) -> UserVerdict:
        """By compare-and-set on the version: SAVED, STALE, GONE, TAKEN or LAST_ADMIN.
        `last_sign_in_at` stays as it is stored."""
        ...

    async def delete_user(self, user_id: UUID) -> UserVerdict:
        """SAVED, GONE or LAST_ADMIN; sign-ins and tokens of the user go as well."""
        ...

    async def note_sign_in(self, user_id: UUID, at: datetime) -> None:
        """Stores when the user last signed in; no new version."""
        ...

    async def replace_hash(self, user_id: UUID, old: str, new: str) -> bool:
        """The same password under newer parameters; False when it was changed meanwhile."""
        ...
