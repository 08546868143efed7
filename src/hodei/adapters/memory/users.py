"""Users of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.domain.access.user import User
from hodei.ports.users import UserVerdict


class Users(Part):
    """UserStore."""

    async def has_users(self) -> bool:
        """See UserStore."""
        await self._begin()
        return bool(self._tables.users)

    async def add_user(self, user: User, *, first: bool = False) -> UserVerdict:
        """See UserStore."""
        await self._begin()
        if first and self._tables.users:
            return UserVerdict.NOT_FIRST
        if user.id in self._tables.users or self._taken(user):
            return UserVerdict.TAKEN
        self._tables.users[user.id] = replace(user, version=user.version + 1)
        return UserVerdict.SAVED

    async def get_user(self, key: str) -> User | None:
        """See UserStore."""
        await self._begin()
        users = self._tables.users.values()
        by_id = next((one for one in users if str(one.id) == key.lower()), None)
        return by_id or next((one for one in users if one.name == key), None)

    async def user_by_subject(self, oidc_subject: str) -> User | None:
        """See UserStore."""
        await self._begin()
        users = self._tables.users.values()
        return next((one for one in users if one.oidc_subject == oidc_subject), None)

    async def list_users(self) -> Sequence[User]:
        """See UserStore."""
        await self._begin()
        return sorted(self._tables.users.values(), key=lambda one: one.name)

    async def save_user(self, user: User) -> UserVerdict:
        """See UserStore."""
        await self._begin()
        stored = self._tables.users.get(user.id)
        if stored is None:
            return UserVerdict.GONE
        if stored.version != user.version:
            return UserVerdict.STALE
        if self._taken(user):
            return UserVerdict.TAKEN
        if not user.administers and self._last_admin(stored):
            return UserVerdict.LAST_ADMIN
        self._tables.users[user.id] = replace(
            user,
            version=user.version + 1,
            created_at=stored.created_at,
            last_sign_in_at=stored.last_sign_in_at,
        )
        return UserVerdict.SAVED

    async def delete_user(self, user_id: UUID) -> UserVerdict:
        """See UserStore."""
        await self._begin()
        stored = self._tables.users.get(user_id)
        if stored is None:
            return UserVerdict.GONE
        if self._last_admin(stored):
            return UserVerdict.LAST_ADMIN
        del self._tables.users[user_id]
        for token_id, token in list(self._tables.tokens.items()):
            if token.user_id == user_id:
                del self._tables.tokens[token_id]
        for digest, sign_in in list(self._tables.sign_ins.items()):
            if sign_in.user_id == user_id:
                del self._tables.sign_ins[digest]
        return UserVerdict.SAVED

    async def note_sign_in(self, user_id: UUID, at: datetime) -> None:
        """See UserStore."""
        await self._begin()
        if (stored := self._tables.users.get(user_id)) is not None:
            self._tables.users[user_id] = replace(stored, last_sign_in_at=at)

    async def replace_hash(self, user_id: UUID, old: str, new: str) -> bool:
        """See UserStore."""
        await self._begin()
        stored = self._tables.users.get(user_id)
        if stored is None or stored.password_hash != old:
            return False
        self._tables.users[user_id] = replace(stored, password_hash=new)
        return True

    def _taken(self, user: User) -> bool:
        return any(
            other.name == user.name
            or (user.oidc_subject is not None and other.oidc_subject == user.oidc_subject)
            for other in self._tables.users.values()
            if other.id != user.id
        )

    def _last_admin(self, user: User) -> bool:
        others = (one for one in self._tables.users.values() if one.id != user.id)
        return user.administers and not any(one.administers for one in others)
