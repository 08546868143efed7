"""What many finished jobs cost: the size of each index, and how long the hot questions take."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from google.protobuf.timestamp_pb2 import Timestamp

from bench import commands
from bench.figures import Figure, quantile
from bench.listing import fill
from bench.system import PROVIDER, System, connect, system
from hodei.adapters.postgres import PostgresStore
from hodei.wire.gen import jobs_pb2, metrics_pb2, metrics_pb2_grpc, providers_pb2

QUEUED = 10_000
CLAIM = 8
BATCH = 1000
"""Jobs of one batch of retention."""
MIB = 1 << 20
SIZES = """
SELECT c.relname AS name, pg_relation_size(c.oid) AS size
FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
WHERE i.indrelid = ANY ($1::regclass[]) AND pg_relation_size(c.oid) >= 1048576
ORDER BY 2 DESC
"""
TABLES = ("jobs", "job_specs")


def of(count: int) -> Callable[[bool], Awaitable[list[Figure]]]:
    """The measurement over so many jobs; a twentieth of them when it has to be quick."""

    async def run(quick: bool) -> list[Figure]:
        return await _run(count // 20 if quick else count, 10 if quick else 40)

    return run


async def _run(count: int, rounds: int) -> list[Figure]:
    async with system() as it:
        await it.pause(True)
        await it.submit_many([commands.shell(commands.SHORT)])
        connection = await connect(it.dsn)
        try:
            begun = time.perf_counter()
            await fill(connection, count)
            filled = time.perf_counter() - begun
            figures = []
            for table in TABLES:
                size = await connection.fetchval("SELECT pg_relation_size($1::regclass)", table)
                figures.append(_size(count, f"table {table}", size, fill_s=round(filled, 1)))
            for row in await connection.fetch(SIZES, list(TABLES)):
                figures.append(_size(count, f"index {row['name']}", row["size"]))
        finally:
            await connection.close()
        few = await _censuses(it.dsn, rounds)
        # Nothing can be claimed while dispatch is paused; without a provider nothing is bound.
        await it.providers.DisableProvider(providers_pb2.DisableProviderRequest(provider=PROVIDER))
        await it.pause(False)
        await it.submit_many([commands.shell(commands.SHORT)] * QUEUED)
        many = await _censuses(it.dsn, rounds)
        return (
            figures
            + [
                _time(count, "census for /metrics, 1 queued", few),
                _time(count, f"census for /metrics, {QUEUED:,} queued", many),
            ]
            + [
                _time(count, name, [await _ms(call) for _ in range(rounds)])
                for name, call in (await _questions(it)).items()
            ]
            + await _store_times(it.dsn, count, rounds)
        )


async def _questions(it: System) -> dict[str, Callable[[], Awaitable[object]]]:
    request = jobs_pb2.ListJobsRequest
    first = await it.jobs.ListJobs(request())
    failed = [jobs_pb2.JOB_STATE_FAILED]
    metrics = metrics_pb2_grpc.MetricsServiceStub(it.channel)
    start, end = Timestamp(), Timestamp()
    end.GetCurrentTime()
    start.FromSeconds(end.seconds - 86_400)
    day = metrics_pb2.GetJobMetricsRequest(start=start, end=end)
    return {
        "list, newest page": partial(_awaited, it.jobs.ListJobs, request()),
        "list, second page": partial(
            _awaited, it.jobs.ListJobs, request(page_token=first.next_page_token)
        ),
        "list, failed of one owner": partial(
            _awaited, it.jobs.ListJobs, request(owner="owner-0", states=failed)
        ),
        "metrics page, a day": partial(_awaited, metrics.GetJobMetrics, day),
    }


async def _awaited(call: Callable[..., Awaitable[object]], request: object) -> object:
    return await call(request)


async def _censuses(dsn: str, rounds: int) -> list[float]:
    """What the gauges of the installation cost, by the store's own code."""
    async with PostgresStore.open(dsn, pool_size=1) as store:
        return [await _ms(store.census) for _ in range(rounds)]


async def _store_times(dsn: str, count: int, rounds: int) -> list[Figure]:
    """The queue's claim, and batches of retention, by the store's own code."""
    connection = await connect(dsn)
    try:
        oldest = await connection.fetchval("SELECT min(submitted_at) FROM jobs")
    finally:
        await connection.close()
    async with PostgresStore.open(dsn, pool_size=1) as store:
        claims, purges = [], []
        for number in range(rounds):
            begun = time.perf_counter()
            claimed = await store.claim("bench", limit=CLAIM, lease_s=30)
            claims.append((time.perf_counter() - begun) * 1000)
            await store.unclaim("bench", [job.id for job in claimed])
            before = oldest + timedelta(seconds=6 * BATCH * (number + 1))
            begun = time.perf_counter()
            await store.purge(jobs_before=before, logs_before=before, limit=BATCH)
            purges.append((time.perf_counter() - begun) * 1000)
    return [
        _time(count, f"claim of {CLAIM}, {QUEUED:,} queued", claims),
        _time(count, f"retention, {BATCH:,} jobs removed", purges),
    ]


def _size(count: int, name: str, size: int, **details: object) -> Figure:
    return Figure(
        name=f"{count:,} jobs, {name}",
        value=size / MIB,
        unit="MiB",
        details={"bytes_per_job": round(size / count, 1), **details},
    )


def _time(count: int, name: str, taken: list[float]) -> Figure:
    return Figure(
        name=f"{count:,} jobs, {name}, p95",
        value=quantile(taken, 0.95),
        unit="ms",
        details={"p50": round(quantile(taken, 0.5), 1)},
    )


async def _ms(call: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await call()
    return (time.perf_counter() - begun) * 1000
