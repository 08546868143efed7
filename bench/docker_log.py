"""A million lines out of a container: into Hodei's store, and through the engine's own client."""

from __future__ import annotations

import asyncio
import subprocess
import time

from bench.docker_yard import IMAGE, NETWORKS, Yard, docker_yard, job, pool
from bench.figures import Figure
from hodei.wire.gen import jobs_pb2 as jobs
from hodei.wire.gen import logs_pb2 as logs

LINE = "worker 17 fetch item 4711 ".ljust(99, ".")
RUNS = 2


async def run(quick: bool) -> list[Figure]:
    """The same command in the same image; the two take turns."""
    count = 100_000 if quick else 1_000_000
    argv = ["sh", "-c", f"busybox yes '{LINE}' | busybox head -n {count}"]
    async with docker_yard() as yard:
        await yard.pools(pool(1, "none"))
        took, floors = [], []
        for _ in range(RUNS):
            floors.append(await asyncio.to_thread(_client, yard, argv))
            took.append(await _stored(yard, argv, count))
            await yard.settled()
    return [
        Figure(
            name=f"{count:,} lines of 100 B from a container, until stored",
            value=min(took),
            unit="s",
            floor=min(floors),
            floor_name="docker run | tail",
            details={"runs": [round(each, 2) for each in took]},
        )
    ]


def _client(yard: Yard, argv: list[str]) -> float:
    command = ["docker", "--host", yard.engine.host, "run", "--rm"]
    command += ["--network", NETWORKS["none"], IMAGE, *argv]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        tail = subprocess.run(
            ["tail", "-n", "1"], stdin=client.stdout, capture_output=True, check=True, text=True
        )
    took = time.perf_counter() - start
    if client.returncode or tail.stdout != f"{LINE}\n":
        raise RuntimeError(f"docker run ended with {client.returncode}: {tail.stdout[:200]}")
    return took


async def _stored(yard: Yard, argv: list[str], count: int) -> float:
    """Seconds from the submission until the complete log is stored."""
    it = yard.system
    start = time.perf_counter()
    queued = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=job(argv, "none")))
    await it.until_idle()
    took = time.perf_counter() - start
    found = await it.logs.GetLogs(logs.GetLogsRequest(job_id=queued.id, from_line=count, limit=1))
    if not found.complete or found.total_lines != count or found.lines[0].text != LINE:
        raise RuntimeError(f"the stored log is not what was printed: {found}")
    return took
