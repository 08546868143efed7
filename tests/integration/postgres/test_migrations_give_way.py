"""A migration that finds its table taken holds nobody else up, and goes through in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeAlias

import asyncpg
import pytest

from hodei.adapters.postgres import current_version, newest_version
from hodei.adapters.postgres.migrate import Migration, migrations, upgrade
from hodei.domain.errors import Unavailable
from tests.support.processes import until_told

MIGRATE = "hodei.adapters.postgres.migrate"
NEXT = newest_version() + 1
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def next_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """This code with one migration more, of a table that everybody reads."""
    step = Migration(number=NEXT, name="next", sql="ALTER TABLE projects ADD COLUMN more integer")
    every = [*migrations(), step]
    monkeypatch.setattr(f"{MIGRATE}.migrations", lambda: every)


@pytest.fixture
async def reader(postgres_dsn: str) -> AsyncIterator[Session]:
    """Somebody who reads projects in a transaction that does not end."""
    session = await asyncpg.connect(postgres_dsn, server_settings={"application_name": "idler"})
    await session.execute("BEGIN; SELECT FROM projects")
    yield session
    await session.close()


async def _waits_for_a_lock(session: Session) -> bool:
    return bool(
        await session.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


@pytest.mark.usefixtures("next_release")
async def test_others_read_on_while_it_waits(postgres_dsn: str, reader: Session) -> None:
    other = await asyncpg.connect(postgres_dsn)
    upgrading = asyncio.create_task(upgrade(postgres_dsn))
    for _ in range(2):
        await until_told(lambda: _waits_for_a_lock(other), what="the migration waits")
        # Behind the migration, which is behind the reader, who goes on reading for ever.
        assert await other.fetchval("SELECT count(*) FROM projects") == 1
    assert not upgrading.done()
    await reader.execute("COMMIT")
    assert await upgrading == [NEXT]
    assert await current_version(postgres_dsn) == NEXT
    assert await other.fetchval("SELECT count(more) FROM projects") == 0
    await other.close()


@pytest.mark.usefixtures("next_release")
async def test_what_never_gives_way_is_named(
    postgres_dsn: str, reader: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_TRIES": 2, "_GIVE_WAY_S": 0.05, "_PAUSE_S": 0.0}.items():
        monkeypatch.setattr(f"{MIGRATE}.{name}", value)
    pid = await reader.fetchval("SELECT pg_backend_pid()")
    with pytest.raises(Unavailable, match=rf"taken 2 times.*pid {pid}, idler"):
        await upgrade(postgres_dsn)
    assert await current_version(postgres_dsn) == NEXT - 1
