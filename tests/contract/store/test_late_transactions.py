"""The feed when transactions overlap in a real database: a late one delays, none is missed."""

from __future__ import annotations

import asyncpg

from hodei.adapters.postgres import PostgresStore
from hodei.domain.events import EventKind
from hodei.ports.store import Unit
from hodei.testing.store_contract.feed import note, notes, read_all
from hodei.testing.store_contract.rows import save

INSERT = """
    INSERT INTO events (at, kind, project, actor, data)
    VALUES (now(), $1, '', 'system', jsonb_build_object('note', $2::text))
"""


async def test_an_event_of_a_late_transaction_is_not_missed(postgres_dsn: str) -> None:
    async with PostgresStore.open(postgres_dsn) as store:
        await save(store, Unit(events=(note("before"),)))
        late = await asyncpg.connect(postgres_dsn)
        try:
            open_transaction = late.transaction()
            await open_transaction.start()
            await late.execute(INSERT, EventKind.WORKER_CHANGED.value, "late")
            await save(store, Unit(events=(note("quick"),)))
            seen = await read_all(store)
            assert notes(seen) == ["before"], "a cursor after `quick` would skip `late`"
            cursor = await store.last_cursor()
            assert cursor == seen[-1].cursor
            await open_transaction.commit()
        finally:
            await late.close()
        assert notes(await read_all(store, after=cursor)) == ["late", "quick"]


async def test_a_late_transaction_that_is_undone_frees_the_feed(postgres_dsn: str) -> None:
    async with PostgresStore.open(postgres_dsn) as store:
        late = await asyncpg.connect(postgres_dsn)
        try:
            open_transaction = late.transaction()
            await open_transaction.start()
            await late.execute(INSERT, EventKind.WORKER_CHANGED.value, "never")
            await save(store, Unit(events=(note("quick"),)))
            assert notes(await read_all(store)) == []
            await open_transaction.rollback()
        finally:
            await late.close()
        assert notes(await read_all(store)) == ["quick"]


async def test_a_transaction_that_only_reads_delays_nobody(postgres_dsn: str) -> None:
    async with PostgresStore.open(postgres_dsn) as store:
        reader = await asyncpg.connect(postgres_dsn)
        try:
            async with reader.transaction(isolation="repeatable_read", readonly=True):
                await reader.fetch("SELECT * FROM events")
                await save(store, Unit(events=(note("quick"),)))
                assert notes(await read_all(store)) == ["quick"]
        finally:
            await reader.close()
