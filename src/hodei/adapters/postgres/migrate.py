"""Migrations: numbered SQL files, forward only, one at a time over all replicas.

Other replicas, of the release before this one too, go on meanwhile. A step that has to wait for
a table keeps all who come later waiting behind it, so it gives way after a moment and begins
again; whoever waited goes first.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources

import asyncpg

from hodei.adapters.postgres.columns import Columns
from hodei.adapters.postgres.errors import translated
from hodei.adapters.postgres.parts import row_columns
from hodei.domain.errors import Unavailable

logger = logging.getLogger(__name__)

_LOCK = 0x686F646569
"""Key of the advisory lock that one upgrade at a time holds."""
_GIVE_WAY_S = 1.0
"""For how long a step stands in a table's way at most."""
_PAUSE_S = 0.5
_TRIES = 200
"""Of a step that finds its tables taken: five minutes."""
_BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
_AHEAD = """SELECT EXISTS (SELECT FROM events WHERE tx >= pg_snapshot_xmax(pg_current_snapshot()))
    OR EXISTS (SELECT FROM webhook_feed
        WHERE tx >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    OR EXISTS (SELECT FROM webhooks
        WHERE since_tx >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"""
"""Whether numbers of transactions are in the rows that this server has not given yet."""
_PLACE = """UPDATE webhook_feed f SET tx = 1, seq = (
    SELECT coalesce(max(e.seq), 0) FROM events e
    WHERE (e.tx::text::bigint, e.seq) <= (f.tx, f.seq)
        OR e.tx::text::bigint < coalesce(
            (SELECT min(w.since_tx) FROM webhooks w WHERE w.enabled), 9223372036854775807))"""
_NAME = re.compile(r"^(\d{4})_(\w+)\.sql$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    sql: str


def migrations() -> Sequence[Migration]:
    """All of them, in order."""
    folder = resources.files(__package__) / "migrations"
    found = [
        Migration(number=int(match[1]), name=match[2], sql=entry.read_text())
        for entry in folder.iterdir()
        if (match := _NAME.match(entry.name))
    ]
    return sorted(found, key=lambda migration: migration.number)


def newest_version() -> int:
    """The version of the schema that this code needs."""
    return migrations()[-1].number


async def current_version(dsn: str) -> int:
    """The version of the schema in the database; 0 when there is none."""
    async with connected(dsn) as session:
        return await stored_version(session)


async def upgrade(dsn: str) -> Sequence[int]:
    """Brings the schema to `newest_version`; the versions that were new to the database.

    Safe to call from many processes at once. Raises Unavailable when the database does not
    answer, or is newer than this code.
    """
    async with connected(dsn) as session:
        await session.execute("SELECT pg_advisory_lock($1)", _LOCK)
        stored = await stored_version(session)
        if stored > newest_version():
            raise _too_new(stored)
        applied = []
        for migration in migrations():
            if migration.number > stored:
                await _apply(session, migration)
                applied.append(migration.number)
        for columns in await _missing_types(session):
            await session.execute(f"CREATE TYPE {columns.row_type} AS ({columns.definition})")
        await _rebase_feed(session)
        return applied


async def check_version(dsn: str) -> None:
    """Raises Unavailable unless the database has exactly the schema this code needs."""
    async with connected(dsn) as session:
        stored = await stored_version(session)
        incomplete = bool(await _missing_types(session))
    if stored > newest_version():
        raise _too_new(stored)
    if stored < newest_version() or incomplete:
        raise Unavailable(
            f"the database has schema version {stored} and this Hodei needs "
            f"{newest_version()}: run `hodei db upgrade`"
        )


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A session of its own. Raises Unavailable."""
    with translated():
        session = await asyncpg.connect(dsn, server_settings={"application_name": "hodei"})
        try:
            yield session
        finally:
            # Closing the session also gives the advisory lock back.
            await session.close()


async def stored_version(session: asyncpg.Connection[asyncpg.Record]) -> int:
    """The version of the schema; 0 when there is none."""
    if await session.fetchval("SELECT to_regclass('hodei_migrations')") is None:
        return 0
    newest = await session.fetchval("SELECT coalesce(max(number), 0) FROM hodei_migrations")
    return int(newest)


async def _apply(session: asyncpg.Connection[asyncpg.Record], migration: Migration) -> None:
    for _ in range(_TRIES):
        try:
            await _attempt(session, migration)
        except _BUSY as error:
            logger.warning(
                "schema upgrade gives way to others and begins again",
                extra={"version": migration.number, "reason": str(error)},
            )
            await asyncio.sleep(_PAUSE_S)
        else:
            logger.info("schema upgraded", extra={"version": migration.number})
            return
    raise Unavailable(
        f"step {migration.number} of the schema found its tables taken {_TRIES} times: end the "
        f"transactions that hold them{await _oldest(session)}, then start again"
    )


async def _attempt(session: asyncpg.Connection[asyncpg.Record], migration: Migration) -> None:
    async with session.transaction():
        await session.execute(f"SET LOCAL lock_timeout = {int(_GIVE_WAY_S * 1000)}")
        await session.execute(
            "CREATE TABLE IF NOT EXISTS hodei_migrations ("
            "number integer PRIMARY KEY, name text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        await session.execute(migration.sql)
        await session.execute(
            "INSERT INTO hodei_migrations (number, name) VALUES ($1, $2)",
            migration.number,
            migration.name,
        )


async def _oldest(session: asyncpg.Connection[asyncpg.Record]) -> str:
    """The transaction of others that is open for longest, for a person to find it."""
    row = await session.fetchrow(
        "SELECT pid, application_name AS name, date_trunc('second', now() - xact_start) AS age"
        " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 1"
    )
    if row is None:
        return ""
    return f" (open for longest: pid {row['pid']}, {row['name'] or 'unnamed'}, {row['age']})"


async def _missing_types(session: asyncpg.Connection[asyncpg.Record]) -> Sequence[Columns]:
    """Row types that this code writes with and the database does not have yet."""
    by_name = {columns.row_type: columns for columns in row_columns()}
    rows = await session.fetch(
        "SELECT name FROM unnest($1::text[]) AS t (name) WHERE to_regtype(name) IS NULL",
        list(by_name),
    )
    return [by_name[row["name"]] for row in rows]


async def _rebase_feed(session: asyncpg.Connection[asyncpg.Record]) -> None:
    """Moves events from another server's future into this server's past.

    Transaction numbers begin anew when a dump is restored into a new server; events that
    carry the old, higher numbers would stay invisible. They then all get the number 1 and are
    ordered by `seq`, and what webhooks were told, or need not be told, is behind their place.
    """
    async with session.transaction():
        if await session.fetchval(_AHEAD):
            await session.execute(_PLACE)
            await session.execute("UPDATE events SET tx = '1'")
            await session.execute("UPDATE webhooks SET since_tx = 1, since = '1:1:'")


def _too_new(stored: int) -> Unavailable:
    return Unavailable(
        f"the database has schema version {stored}, newer than this Hodei knows "
        f"({newest_version()}): start the newer release, or restore an older backup"
    )
