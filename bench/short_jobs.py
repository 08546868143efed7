"""Short jobs per second through warm process workers, submit to stored outcome and log."""

from __future__ import annotations

import asyncio
import os
import time

from bench import commands, processes
from bench.figures import Figure
from bench.system import System, connect, system

WARM_UP = 200
WORKERS = 16
"""Twice the process provider's own choice on two cores."""
STORED = """
    SELECT count(*) FROM jobs j JOIN attempts a ON a.id = j.attempt_id
    JOIN log_heads h ON h.attempt_id = a.id
    JOIN log_segments s ON s.attempt_id = a.id
    WHERE j.state = 'SUCCEEDED' AND (h.head->>'finished')::boolean
        AND s.text = convert_to(E'hello\\n', 'UTF8')
"""


async def run(quick: bool) -> list[Figure]:
    """The rate, beside bare processes at the same concurrency."""
    count = 400 if quick else 3000
    async with system() as it:
        await it.allow_workers(WORKERS)
        await it.submit_many([commands.shell(commands.SHORT)] * WARM_UP)
        await it.until_idle()
        before, busy = it.usage(), processes.spent([os.getpid()])
        start = time.perf_counter()
        await it.submit_many([commands.shell(commands.SHORT)] * count)
        await it.until_idle()
        took = time.perf_counter() - start
        cpu = it.usage().since(before, per=count)
        client = (processes.spent([os.getpid()]) - busy).own / count
        workers = len(processes.agents(os.getpid()))
        await _verify(it, count + WARM_UP)
        argv = ["/bin/sh", "-c", commands.SHORT]
        floor = await asyncio.to_thread(commands.run_many_bare, argv, count, workers)
    details = {
        "jobs": count,
        "workers": workers,
        "cpu_ms_per_job": cpu | {"bench_client": round(client, 3)},
    }
    return [
        Figure(
            name="short jobs",
            value=count / took,
            unit="jobs/s",
            floor=count / floor,
            floor_name=f"posix_spawn of the same sh -c, {workers} at once",
            bar=500,
            lower_is_better=False,
            details=details,
        )
    ]


async def _verify(it: System, expected: int) -> None:
    """Every job succeeded and its whole output is stored."""
    connection = await connect(it.dsn)
    try:
        found = await connection.fetchval(STORED)
    finally:
        await connection.close()
    if found != expected:
        raise RuntimeError(f"{found} of {expected} jobs are stored with outcome and output")
