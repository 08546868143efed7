"""Durable submissions per second, in single calls and in bulk, beside bare inserts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import grpc

from bench import commands
from bench.echo import echo
from bench.figures import Figure
from bench.rest import Poster
from bench.system import System, connect, system
from hodei.wire.gen import jobs_pb2 as jobs
from hodei.wire.gen import jobs_pb2_grpc as jobs_grpc

AT_ONCE = (1, 16, 64)
BULK = 1000
BULK_AT_ONCE = (1, 4)
TABLES = ("job_specs", "jobs", "events")
"""What one submission writes; the floor writes the same rows into twins of these tables."""
MANY_AT_ONCE = 8


async def run(quick: bool) -> list[Figure]:
    """Single calls over gRPC (and REST), then bulk; dispatch is paused meanwhile."""
    count = 300 if quick else 3000
    figures = []
    spec = commands.shell(commands.SHORT)
    body = {"name": spec.name, "command": {"type": "shell", "script": spec.command.script}}
    async with (
        system() as it,
        echo() as bare_grpc,
        Poster.open(it.url, "/api/v1/jobs", body) as poster,
    ):
        await it.pause(True)
        await it.submit_many([spec] * BULK)  # plans, connections
        floor = await Floor.prepare(it.dsn)
        try:
            for at_once in AT_ONCE:
                bare = await floor.single(count, at_once)
                figures.append(await _echoed(bare_grpc, spec, count, at_once))
                for name, call in _single_calls(it, spec, poster).items():
                    figures.append(await _single(it, name, call, count, at_once, bare))
            bare = await floor.bulk(count)
            for at_once in BULK_AT_ONCE:
                figures.append(await _bulk(it, spec, 8 if quick else 40, at_once, bare))
        finally:
            await floor.close()
    return figures


def _single_calls(
    it: System, spec: jobs.JobSpec, poster: Poster
) -> dict[str, Callable[[], Awaitable[object]]]:
    request = jobs.QueueJobRequest(spec=spec)
    stub = it.jobs

    async def over_grpc() -> object:
        return await stub.QueueJob(request)

    return {"gRPC": over_grpc, "REST": poster.post}


async def _echoed(
    channel: grpc.aio.Channel, spec: jobs.JobSpec, count: int, at_once: int
) -> Figure:
    """What the library alone takes, with the same messages and a server that stores nothing."""
    request, stub = jobs.QueueJobRequest(spec=spec), jobs_grpc.JobExecutionServiceStub(channel)

    async def call() -> object:
        return await stub.QueueJob(request)

    took = await _timed(call, count, at_once)
    return Figure(name=f"bare gRPC, {at_once} at once", value=count / took, unit="calls/s")


async def _single(
    it: System,
    name: str,
    call: Callable[[], Awaitable[object]],
    count: int,
    at_once: int,
    bare: float,
) -> Figure:
    before = it.usage()
    took = await _timed(call, count, at_once)
    spent = it.usage().since(before, per=count)
    return Figure(
        name=f"submit, {name}, {at_once} at once",
        value=count / took,
        unit="jobs/s",
        floor=bare,
        floor_name=f"the same rows by bare transactions, {min(at_once, MANY_AT_ONCE)} connections",
        bar=1000 if name == "gRPC" and at_once == max(AT_ONCE) else None,
        lower_is_better=False,
        details={"cpu_ms_per_job": {name: spent[name] for name in ("server", "postgres")}},
    )


async def _bulk(it: System, spec: jobs.JobSpec, calls: int, at_once: int, bare: float) -> Figure:
    request = jobs.QueueJobsRequest(jobs=[jobs.QueueJobRequest(spec=spec)] * BULK)
    stub = it.jobs

    async def call() -> object:
        return await stub.QueueJobs(request)

    took = await _timed(call, calls, at_once)
    return Figure(
        name=f"submit, bulk of {BULK}, {at_once} at once",
        value=calls * BULK / took,
        unit="jobs/s",
        floor=bare,
        floor_name=f"the same rows, {BULK} per transaction",
        bar=10_000 if at_once == max(BULK_AT_ONCE) else None,
        lower_is_better=False,
    )


async def _timed(call: Callable[[], Awaitable[object]], count: int, at_once: int) -> float:
    """Seconds for `count` calls, made by `at_once` callers."""
    left = iter(range(count))

    async def caller() -> None:
        for _ in left:
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    return time.perf_counter() - start


class Floor:
    """Bare inserts of the rows of one stored submission, into tables with the same indexes."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], rows: Sequence[asyncpg.Record]) -> None:
        self._pool = pool
        self._rows = rows

    @classmethod
    async def prepare(cls, dsn: str) -> Floor:
        """Makes the twins and reads one submission."""
        connection = await connect(dsn)
        rows = []
        for table in TABLES:
            await connection.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
        job = await connection.fetchval("SELECT id FROM jobs LIMIT 1")
        for table in TABLES:
            key = "id" if table == "jobs" else "job_id"
            row = await connection.fetchrow(f"SELECT * FROM {table} WHERE {key} = $1", job)
            assert row is not None
            rows.append(row)
        await connection.close()
        pool = await asyncpg.create_pool(dsn, min_size=MANY_AT_ONCE, max_size=MANY_AT_ONCE)
        return cls(pool, rows)

    async def single(self, count: int, at_once: int) -> float:
        """Jobs per second, one transaction each."""
        statement = self._statement()

        async def call() -> object:
            return await self._pool.execute(statement)

        return count / await _timed(call, count, min(at_once, MANY_AT_ONCE))

    async def bulk(self, count: int) -> float:
        """Jobs per second, 1000 to a transaction."""
        statement = self._statement(BULK)
        calls = max(2, count // BULK)
        start = time.perf_counter()
        for _ in range(calls):
            await self._pool.execute(statement)
        return calls * BULK / (time.perf_counter() - start)

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.close()

    def _statement(self, copies: int = 1) -> str:
        """Copies the stored submission under new ids, by the server itself: no client could
        be faster."""
        job = self._rows[1]["id"]
        parts = [f"fresh AS MATERIALIZED (SELECT gen_random_uuid() AS u FROM {_series(copies)})"]
        for table, row in zip(TABLES, self._rows, strict=True):
            columns = [name for name, _ in row.items() if table == "jobs" or name != "seq"]
            key = "id" if table == "jobs" else "job_id"
            values = ["fresh.u" if name == key else f"t.{name}" for name in columns]
            if table == "events":
                columns, values = columns[1:], values[1:]  # the transaction's own number
            parts.append(
                f"{table}_in AS (INSERT INTO floor_{table} ({', '.join(columns)}) "
                f"SELECT {', '.join(values)} FROM {table} t, fresh "
                f"WHERE t.{key} = '{job}')"
            )
        return f"WITH {', '.join(parts)} SELECT 1"


def _series(copies: int) -> str:
    return f"generate_series(1, {copies})"
