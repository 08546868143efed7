"""Users put into the database itself, when nobody can ask a server to do it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from hodei.adapters.postgres import PostgresStore
from hodei.adapters.security.passwords import Argon2Passwords
from hodei.app.database import upgraded
from hodei.app.settings import Settings
from hodei.app.wiring import reached_database
from hodei.domain.access.user import User, check_name, check_password, check_roles
from hodei.domain.audit import Entry, Interface
from hodei.domain.errors import Conflict
from hodei.domain.parsing.reader import Report
from hodei.ports.store import Store
from hodei.ports.users import UserVerdict


async def put_user(
    settings: Settings, name: str, password: str | None, roles: Mapping[str, str]
) -> str:
    """Makes a user, or enables one with a new password and the roles that are given; says what
    was done. Running servers know within seconds.

    Raises InvalidRequest, Conflict and Unavailable.
    """
    report = Report()
    checked = check_name(report, name)
    fresh = check_password(report, password, name=checked) if password is not None else None
    held = check_roles(report, roles)
    report.close()
    hashed = await Argon2Passwords().hash(fresh) if fresh is not None else None
    async with reached_database(settings) as dsn:
        await upgraded(settings, dsn)
        async with PostgresStore.open(dsn, pool_size=2) as store:
            found = await store.get_user(checked)
            if found is None or found.name != checked:
                user = User(
                    id=uuid4(),
                    name=checked,
                    roles=held,
                    password_hash=hashed,
                    created_at=datetime.now(UTC),
                )
                verdict, done = await store.add_user(user), "created"
            else:
                user = replace(
                    found,
                    enabled=True,
                    password_hash=hashed or found.password_hash,
                    roles={**found.roles, **held},
                )
                verdict, done = await store.save_user(user), "changed"
            if verdict is not UserVerdict.SAVED:
                raise Conflict(f"nothing was changed: {verdict.value}")
            await store.end_sign_ins_of(user.id)
            await _note(store, done, user)
            return done


async def _note(store: Store, done: str, user: User) -> None:
    await store.add_audit(
        [
            Entry(
                at=datetime.now(UTC),
                actor=_whoever(),
                action=f"user.{done.removesuffix('d')}",
                target_kind="user",
                target=user.name,
                source="local",
                interface=Interface.CLI,
                detail="in the database itself",
            ).bounded()
        ]
    )


def _whoever() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container often runs as a number that nobody has given a name.
        return f"user {os.getuid()}"
