"""Users of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import dumps, loads
from hodei.domain.access.roles import Role
from hodei.domain.access.user import User
from hodei.ports.users import UserVerdict


class Users:
    """Implements `UserStore`. Changes lock the table, so that each sees the one before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_users(self) -> bool:
        """See `UserStore.has_users`."""
        return bool(await self._database.value(sql("users.any")))

    async def add_user(self, user: User, *, first: bool = False) -> UserVerdict:
        """See `UserStore.add_user`."""

        async def work(session: Session) -> UserVerdict:
            async with session.transaction():
                await session.execute(sql("users.lock"))
                if first and await session.fetchval(sql("users.any")):
                    return UserVerdict.NOT_FIRST
                values = (*_values(user), user.created_at, user.last_sign_in_at, user.version + 1)
                added = await session.fetchval(sql("users.add"), *values)
                return UserVerdict.SAVED if added is not None else UserVerdict.TAKEN

        return await self._database.run(work)

    async def get_user(self, key: str) -> User | None:
        """See `UserStore.get_user`."""
        row = await self._database.row(sql("users.get"), key, _as_id(key))
        return _user(row) if row else None

    async def user_by_subject(self, oidc_subject: str) -> User | None:
        """See `UserStore.user_by_subject`."""
        row = await self._database.row(sql("users.by_subject"), oidc_subject)
        return _user(row) if row else None

    async def list_users(self) -> Sequence[User]:
        """See `UserStore.list_users`."""
        return [_user(row) for row in await self._database.rows(sql("users.list"))]

    async def save_user(self, user: User) -> UserVerdict:
        """See `UserStore.save_user`."""

        async def work(session: Session) -> UserVerdict:
            async with session.transaction():
                stored = await _locked(session, user.id)
                if stored is None:
                    return UserVerdict.GONE
                if stored.version != user.version:
                    return UserVerdict.STALE
                taken = (user.id, user.name, user.oidc_subject)
                if await session.fetchval(sql("users.taken"), *taken):
                    return UserVerdict.TAKEN
                if not user.administers and await _last_admin(session, stored):
                    return UserVerdict.LAST_ADMIN
                await session.execute(sql("users.save"), *_values(user))
                return UserVerdict.SAVED

        return await self._database.run(work)

    async def delete_user(self, user_id: UUID) -> UserVerdict:
        """See `UserStore.delete_user`."""

        async def work(session: Session) -> UserVerdict:
            async with session.transaction():
                stored = await _locked(session, user_id)
                if stored is None:
                    return UserVerdict.GONE
                if await _last_admin(session, stored):
                    return UserVerdict.LAST_ADMIN
                await session.execute(sql("users.delete"), user_id)
                return UserVerdict.SAVED

        return await self._database.run(work)

    async def note_sign_in(self, user_id: UUID, at: datetime) -> None:
        """See `UserStore.note_sign_in`."""
        await self._database.rows(sql("users.note_sign_in"), user_id, at)

    async def replace_hash(self, user_id: UUID, old: str, new: str) -> bool:
        """See `UserStore.replace_hash`."""
        return await self._database.row(sql("users.replace_hash"), user_id, old, new) is not None


async def _locked(session: Session, user_id: UUID) -> User | None:
    await session.execute(sql("users.lock"))
    row = await session.fetchrow(sql("users.get"), "", user_id)
    return _user(row) if row else None


async def _last_admin(session: Session, user: User) -> bool:
    return user.administers and not await session.fetchval(sql("users.another_admin"), user.id)


def _values(user: User) -> tuple[object, ...]:
    roles = dumps({project: role.value for project, role in user.roles.items()})
    return user.id, user.name, user.enabled, roles, user.password_hash, user.oidc_subject


def _user(row: Row) -> User:
    roles = {project: Role(value) for project, value in loads(row["roles"]).items()}
    return User(**{**row, "roles": roles})


def _as_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
