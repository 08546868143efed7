"""The connection pool, with Hodei's errors and Hodei's habits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from hodei.adapters.postgres.errors import CONTENTION, translated
from hodei.domain.errors import HodeiError
from hodei.ports.pool import PoolUse

T = TypeVar("T")
Row = asyncpg.Record
Session: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

_TRIES = 4
COMMAND_TIMEOUT_S = 30.0
ACQUIRE_TIMEOUT_S = 10.0

SETTINGS = {
    "application_name": "hodei",
    "timezone": "UTC",
    # Compiling costs more than any of our statements.
    "jit": "off",
    # Every statement has its index. A table that has just begun to grow has no statistics
    # yet, and a plan made then must not read it from end to end when it is large.
    "enable_seqscan": "off",
}


async def _keep_session(_: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing to undo: no statement changes its session, and a reset is a round trip."""


class Database:
    """Statements on pooled connections; raises what `errors.translated` raises."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool
        self._waiting = self._waits = self._timeouts = 0
        self._waited_s = 0.0

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, *, pool_size: int) -> AsyncIterator[Database]:
        """A pool that connects when it is first needed and closes with the context."""
        with translated():
            pool = await asyncpg.create_pool(
                dsn,
                min_size=0,
                max_size=pool_size,
                max_inactive_connection_lifetime=120,
                max_queries=1_000_000,
                command_timeout=COMMAND_TIMEOUT_S,
                statement_cache_size=256,
                max_cacheable_statement_size=64 * 1024,
                server_settings=SETTINGS,
                reset=_keep_session,
            )
        try:
            yield cls(pool)
        finally:
            await _close(pool)

    async def rows(self, statement: str, *arguments: Any) -> list[Row]:
        """All rows of one statement, which is a transaction of its own."""
        return await self.run(lambda session: session.fetch(statement, *arguments))

    async def row(self, statement: str, *arguments: Any) -> Row | None:
        """The first row, or None."""
        return await self.run(lambda session: session.fetchrow(statement, *arguments))

    async def value(self, statement: str, *arguments: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.run(lambda session: session.fetchval(statement, *arguments))

    async def run(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Runs `work` with a session, again when transactions met each other."""
        with translated():
            for _ in range(_TRIES - 1):
                try:
                    return await self._once(work)
                except CONTENTION:
                    await asyncio.sleep(0)
            return await self._once(work)

    async def _once(self, work: Callable[[Session], Awaitable[T]]) -> T:
        # With a session at hand there is nothing to wait for, and a limit has its price.
        if self._pool.get_idle_size():
            async with self._pool.acquire() as session:
                return await work(session)
        session = await self._waited_for()
        try:
            return await work(session)
        finally:
            await self._pool.release(session)

    async def _waited_for(self) -> Session:
        """A session, which has to be opened or comes free."""
        begun = perf_counter()
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        except TimeoutError:
            self._timeouts += 1
            raise
        finally:
            self._waiting -= 1
            self._waits += 1
            self._waited_s += perf_counter() - begun

    def use(self) -> PoolUse:
        """What is made of the pool."""
        size = self._pool.get_size()
        return PoolUse(
            limit=self._pool.get_max_size(),
            idle=self._pool.get_idle_size(),
            used=size - self._pool.get_idle_size(),
            waiting=self._waiting,
            waits=self._waits,
            waited_s=self._waited_s,
            timeouts=self._timeouts,
        )


async def _close(pool: asyncpg.Pool[asyncpg.Record]) -> None:
    try:
        with translated():
            async with asyncio.timeout(5):
                await pool.close()
    except HodeiError:
        pool.terminate()
