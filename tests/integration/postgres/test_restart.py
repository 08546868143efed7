"""PostgreSQL goes away and comes back; Hodei says so, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import asyncpg
import pytest

from hodei.adapters.postgres import PostgresBus, PostgresStore, upgrade
from hodei.domain.errors import Unavailable
from hodei.ports.bus import Hint
from tests.integration.postgres.samples import new_job, stored_job, until_waiting
from tests.support.postgres import Server, chosen_binaries, new_database, running_server


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    """A server of these tests' own, to be stopped at will."""
    with running_server(chosen_binaries()) as server:
        yield server


@pytest.fixture
async def dsn(mortal: Server) -> AsyncIterator[str]:
    """A database on it."""
    async with new_database(mortal) as address:
        await upgrade(address)
        yield address


async def eventually(attempt: Callable[[], Awaitable[object]]) -> None:
    """Repeats `attempt` until the database answers."""
    while True:
        try:
            await attempt()
        except Unavailable:
            await asyncio.sleep(0.02)
        else:
            return


async def kill_backends(dsn: str, name: str) -> None:
    """Ends every session of that application."""
    session = await asyncpg.connect(dsn)
    await session.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = $1 AND datname = current_database()",
        name,
    )
    await session.close()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_restart_is_survived(mortal: Server, dsn: str, mode: str) -> None:
    async with PostgresStore.open(dsn) as store, PostgresBus.open(dsn) as bus:
        before = await stored_job(store)
        async with bus.subscribe() as hints:
            await asyncio.to_thread(mortal.stop, mode)
            with pytest.raises(Unavailable):
                await store.get_job(before.id)
            with pytest.raises(Unavailable):
                await store.submit([new_job()], [])
            await asyncio.to_thread(mortal.start)
            await eventually(store.ping)
            assert await store.get_job(before.id) == before
            await until_topic(hints, "resync")
            after = await stored_job(store)
            assert str(after.id) in (await until_topic(hints, "job")).keys


async def test_killed_sessions_are_replaced(dsn: str) -> None:
    async with PostgresStore.open(dsn) as store, PostgresBus.open(dsn) as bus:
        job = await stored_job(store)
        async with bus.subscribe() as hints:
            await kill_backends(dsn, "hodei")
            await eventually(store.ping)
            assert await store.get_job(job.id) == job
            await kill_backends(dsn, "hodei-bus")
            await until_topic(hints, "resync")
            await bus.publish(Hint(topic="terminal", data={"say": "hello"}))
            assert (await until_topic(hints, "terminal")).data == {"say": "hello"}


async def test_a_session_killed_in_mid_statement_is_unavailable(dsn: str) -> None:
    job = new_job()
    async with PostgresStore.open(dsn) as store:
        lock = await asyncpg.connect(dsn)
        async with lock.transaction():
            await lock.execute("LOCK TABLE job_specs IN ACCESS EXCLUSIVE MODE")
            saving = asyncio.create_task(store.submit([job], []))
            await until_waiting(dsn)
            await kill_backends(dsn, "hodei")
            with pytest.raises(Unavailable):
                await saving
        await lock.close()
        # Nobody knows whether it was saved; the repeat is safe.
        await eventually(store.ping)
        [saved] = await store.submit([job], [])
        assert saved.id == job.id


async def test_too_many_connections_are_named(dsn: str) -> None:
    session = await asyncpg.connect(dsn)
    name = await session.fetchval("SELECT current_database()")
    await session.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
    await session.execute("CREATE ROLE plain LOGIN")
    try:
        with pytest.raises(Unavailable, match="no more connections"):
            async with PostgresStore.open(dsn.replace("postgres@", "plain@")):
                pass
    finally:
        await session.execute("DROP ROLE plain")
        await session.close()


async def until_topic(hints: AsyncIterator[Hint], topic: str) -> Hint:
    """The next hint of that topic."""
    async for hint in hints:
        if hint.topic == topic:
            return hint
    raise AssertionError("the subscription ended")
