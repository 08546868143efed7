"""The schema: made once, by whoever comes first, and never by an older release."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from hodei.adapters.postgres import (
    PostgresStore,
    check_version,
    current_version,
    newest_version,
    upgrade,
)
from hodei.adapters.postgres.migrate import migrations
from hodei.adapters.postgres.parts import row_columns
from hodei.domain.errors import Unavailable
from tests.integration.postgres.samples import now
from tests.integration.postgres.schema import SNAPSHOT, describe

UPGRADE = """
import asyncio, sys
from hodei.adapters.postgres import upgrade
print(*asyncio.run(upgrade(sys.argv[1])))
"""


async def test_an_empty_database_gets_every_migration_once(empty_dsn: str) -> None:
    assert await current_version(empty_dsn) == 0
    assert await upgrade(empty_dsn) == [migration.number for migration in migrations()]
    assert await upgrade(empty_dsn) == []
    assert await current_version(empty_dsn) == newest_version()


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in migrations()] == [*range(1, newest_version() + 1)]


async def test_the_schema_is_the_one_on_record(postgres_dsn: str) -> None:
    assert await describe(postgres_dsn) == SNAPSHOT.read_text(), (
        "the migrations lead to another schema than the one on record; look at the difference "
        "and write it down with: python -m tests.integration.postgres.schema"
    )


async def test_processes_that_upgrade_at_once_do_it_once(empty_dsn: str) -> None:
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", UPGRADE, empty_dsn),
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        )
        for _ in range(3)
    ]
    answers = [(await process.communicate())[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    everything = [b"%d" % migration.number for migration in migrations()]
    assert sorted(answers) == [[], [], everything]


async def test_a_newer_database_is_refused(postgres_dsn: str) -> None:
    session = await asyncpg.connect(postgres_dsn)
    await session.execute("INSERT INTO hodei_migrations (number, name) VALUES (9999, 'future')")
    await session.close()
    with pytest.raises(Unavailable, match="9999, newer than this Hodei"):
        await upgrade(postgres_dsn)
    with pytest.raises(Unavailable, match="newer than this Hodei"):
        await check_version(postgres_dsn)
    with pytest.raises(Unavailable, match="newer than this Hodei"):
        async with PostgresStore.open(postgres_dsn):
            pass


async def test_a_database_without_schema_names_the_remedy(empty_dsn: str) -> None:
    with pytest.raises(Unavailable, match="hodei db upgrade"):
        async with PostgresStore.open(empty_dsn):
            pass


async def test_a_missing_database_is_unavailable(empty_dsn: str) -> None:
    with pytest.raises(Unavailable, match="refuses the connection"):
        await upgrade(empty_dsn.replace("/t_", "/missing_"))
    with pytest.raises(Unavailable, match="does not answer"):
        await upgrade("postgresql://postgres@/x?host=/nowhere-at-all")


async def test_a_failed_migration_leaves_nothing(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hodei.adapters.postgres import migrate

    broken = migrate.Migration(number=1, name="broken", sql="CREATE TABLE half (); SELECT 1/0")
    monkeypatch.setattr(migrate, "migrations", lambda: [broken])
    with pytest.raises(Exception, match="division by zero"):
        await migrate.upgrade(empty_dsn)
    assert await current_version(empty_dsn) == 0
    session = await asyncpg.connect(empty_dsn)
    assert await session.fetchval("SELECT to_regclass('half')") is None
    await session.close()


async def test_events_of_a_restored_dump_are_visible_again(postgres_dsn: str) -> None:
    session = await asyncpg.connect(postgres_dsn)
    await session.execute(
        "INSERT INTO events (tx, at, kind, project, actor, data)"
        " VALUES ('900000000000', $1, 'job.submitted', '', 'system', '{}')",
        now(),
    )
    await session.close()
    async with PostgresStore.open(postgres_dsn) as store:
        assert await store.events(after="") == []
        await upgrade(postgres_dsn)
        assert len(await store.events(after="")) == 1


async def test_events_of_a_kind_of_another_release_are_passed_on(postgres_dsn: str) -> None:
    session = await asyncpg.connect(postgres_dsn)
    job_id = uuid4()
    for kind in ("job.teleported", "job.submitted"):
        await session.execute(
            "INSERT INTO events (at, kind, job_id, project, actor, data)"
            " VALUES ($1, $2, $3, '', 'system', '{}')",
            *(now(), kind, job_id),
        )
    await session.close()
    async with PostgresStore.open(postgres_dsn) as store:
        for events in (await store.events(after=""), await store.job_events(job_id)):
            assert [event.kind.value for event in events] == ["job.teleported", "job.submitted"]
            assert [event.kind.known for event in events] == [False, True]


async def test_row_types_of_another_release_are_added_to_and_left_alone(
    postgres_dsn: str,
) -> None:
    ours = [columns.row_type for columns in row_columns()]
    session = await asyncpg.connect(postgres_dsn)
    await session.execute(f"ALTER TYPE {ours[0]} RENAME TO row_of_another_release")
    with pytest.raises(Unavailable, match="hodei db upgrade"):
        await check_version(postgres_dsn)
    assert await upgrade(postgres_dsn) == []
    await check_version(postgres_dsn)
    for name in (*ours, "row_of_another_release"):
        assert await session.fetchval("SELECT to_regtype($1)", name) is not None
    await session.close()
