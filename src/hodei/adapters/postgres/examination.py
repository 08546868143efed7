"""What an operator asks of a PostgreSQL: its version, schema, clock, room and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hodei.adapters.postgres.migrate import connected, stored_version

OLDEST_TRANSACTION = (
    "SELECT coalesce(max(now() - xact_start), interval '0') FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend'"
    " AND pid <> pg_backend_pid()"
)
SETTINGS = (
    "server_version",
    "server_version_num",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "autovacuum",
    "max_connections",
    "default_transaction_read_only",
    "statement_timeout",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One look at a database."""

    settings: Mapping[str, str]
    schema: int
    """Version; 0 when there is none."""
    skew: timedelta
    """How far its clock is ahead of this machine's."""
    size_bytes: int
    connections: int
    """Of all its users, in all its databases."""
    oldest_transaction: timedelta
    transactions_left: int
    """Until it stops taking writes for want of a vacuum."""


async def examine(dsn: str) -> Examination:
    """Looks; changes nothing. Raises Unavailable."""
    async with connected(dsn) as session:
        before = datetime.now(UTC)
        there = await session.fetchval("SELECT clock_timestamp()")
        here = before + (datetime.now(UTC) - before) / 2
        rows = await session.fetch(
            "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS t (name)",
            list(SETTINGS),
        )
        return Examination(
            settings={row["name"]: row["value"] for row in rows},
            schema=await stored_version(session),
            skew=there - here,
            size_bytes=await session.fetchval("SELECT pg_database_size(current_database())"),
            connections=await session.fetchval("SELECT count(*) FROM pg_stat_activity"),
            oldest_transaction=await session.fetchval(OLDEST_TRANSACTION),
            transactions_left=await session.fetchval(
                "SELECT 2000000000 - max(age(datfrozenxid)) FROM pg_database"
            ),
        )
