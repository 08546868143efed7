"""More callers than connections: they wait in turn, or are told so; nothing is lost or kept."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from hodei.adapters.postgres import PostgresStore, database
from hodei.domain.errors import Unavailable
from hodei.domain.job import Job
from tests.integration.postgres.samples import new_job, submitted, until_waiting

CONNECTIONS = 2
CALLERS = 40


async def submit(store: PostgresStore, job: Job) -> UUID:
    (stored,) = await store.submit([job], [submitted(job)])
    return stored.id


async def held_up(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    """A session whose open transaction keeps everybody from writing jobs."""
    session = await asyncpg.connect(dsn)
    await session.execute("BEGIN; LOCK TABLE jobs IN EXCLUSIVE MODE")
    return session


async def test_who_waits_for_a_connection_is_served_in_the_end(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ACQUIRE_TIMEOUT_S", 600.0)
    jobs = [new_job(f"job {number}") for number in range(CALLERS)]
    async with PostgresStore.open(postgres_dsn, pool_size=CONNECTIONS) as store:
        blocker = await held_up(postgres_dsn)
        calls = [asyncio.create_task(submit(store, job)) for job in jobs]
        await until_waiting(postgres_dsn, CONNECTIONS)
        assert store.pool_use().waiting == CALLERS - CONNECTIONS
        await blocker.execute("COMMIT")
        assert await asyncio.gather(*calls) == [job.id for job in jobs]
        assert await blocker.fetchval("SELECT count(*) FROM jobs") == CALLERS
        await blocker.close()
        assert (store.pool_use().waiting, store.pool_use().timeouts) == (0, 0)


async def test_who_waits_too_long_is_told_and_leaves_nothing(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [new_job("first"), new_job("second")]
    async with PostgresStore.open(postgres_dsn, pool_size=CONNECTIONS) as store:
        blocker = await held_up(postgres_dsn)
        calls = [asyncio.create_task(submit(store, job)) for job in first]
        await until_waiting(postgres_dsn, CONNECTIONS)
        # Those two have their connections; whoever comes now finds none.
        monkeypatch.setattr(database, "ACQUIRE_TIMEOUT_S", 0.05)
        with pytest.raises(Unavailable):
            await submit(store, new_job("third"))
        assert store.pool_use().timeouts == 1
        await blocker.execute("COMMIT")
        assert await asyncio.gather(*calls) == [job.id for job in first]
        assert await blocker.fetchval("SELECT count(*) FROM jobs") == len(first)
        await blocker.close()
        monkeypatch.undo()
        await submit(store, new_job("later"))
        assert store.pool_use().waiting == 0
