"""Jobs in containers against the engine alone: how long one takes, how many a second, how warm."""

from __future__ import annotations

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bench.docker_yard import NETWORKS, POLL_S, Bare, Yard, docker_yard, job, pool
from bench.figures import Figure, quantile, show
from bench.system import System
from hodei.wire.gen import jobs_pb2 as jobs
from hodei.wire.gen import logs_pb2 as logs

AT_ONCE = 8
POOL = 4


async def run(quick: bool) -> list[Figure]:
    """Each network mode; Hodei and the engine take turns, so that both meet the same machine."""
    figures: list[Figure] = []
    async with docker_yard() as yard:
        for network in NETWORKS:
            figures += _said(await _cold(yard, network, 8 if quick else 20))
            figures += _said([await _rate(yard, network, 24 if quick else 48)])
            figures += _said(await _warm(yard, network, 20 if quick else 60))
    return figures


def _said(figures: list[Figure]) -> list[Figure]:
    """Minutes pass before the table: each is told as soon as it is known."""
    for each in figures:
        ratio = f", {each.ratio:.2f} of {show(each.floor)}" if each.ratio else ""
        print(f"{each.name}: {show(each.value)} {each.unit}{ratio}", file=sys.stderr, flush=True)
    return figures


async def _cold(yard: Yard, network: str, count: int) -> list[Figure]:
    bare, seen = Bare(yard.engine), []
    floors = []
    for number in range(count + 1):
        floor = await asyncio.to_thread(bare.run, ["true"], NETWORKS[network])
        took = await _until_exit(yard.system, jobs.QueueJobRequest(spec=job(["true"], network)))
        await yard.settled()
        if number:  # the first of both pays for what is cold besides
            floors.append(floor)
            seen.append(took)
    bare.close()
    return [
        Figure(
            name=f"cold job, network {network}, submit to exit seen, {label}",
            value=quantile(seen, share),
            unit="ms",
            floor=quantile(floors, share),
            floor_name=f"create, start, wait of the engine, {label}",
            bar=1.25 * quantile(floors, share) if share == 0.5 else None,
        )
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


async def _until_exit(it: System, request: jobs.QueueJobRequest) -> float:
    """Ms until the end is told."""
    start = time.perf_counter()
    queued = await it.jobs.QueueJob(request)
    events = it.jobs.ExecutionEventStream(jobs.ExecutionEventStreamRequest(job_id=queued.id))
    async for event in events:
        if event.kind == "job.finished":
            break
    took = (time.perf_counter() - start) * 1000
    events.cancel()
    await _require_success(it, queued.id)
    return took


async def _require_success(it: System, job_id: str) -> None:
    done = await it.jobs.GetJob(jobs.GetJobRequest(job_id=job_id))
    if done.state != jobs.JOB_STATE_SUCCEEDED:
        raise RuntimeError(f"the job ended as {done}")


async def _rate(yard: Yard, network: str, count: int) -> Figure:
    """Half of the floor before, half of it after."""
    await yard.pools(max_workers=AT_ONCE)
    before = await asyncio.to_thread(_many_bare, yard, network, count // 2)
    start = time.perf_counter()
    ids = await yard.system.submit_many([job(["true"], network)] * count)
    await yard.system.until_idle(POLL_S)
    await yard.settled()
    took = time.perf_counter() - start
    after = await asyncio.to_thread(_many_bare, yard, network, count // 2)
    for job_id in ids:
        await _require_success(yard.system, job_id)
    floor = 2 * (count // 2) / (before + after)
    return Figure(
        name=f"cold jobs, network {network}, {AT_ONCE} at once",
        value=count / took,
        unit="jobs/s",
        floor=floor,
        floor_name="create, start, wait, remove of the engine, as many at once",
        bar=0.7 * floor,
        lower_is_better=False,
        details={"jobs": count},
    )


def _many_bare(yard: Yard, network: str, count: int) -> float:
    """Seconds for so many containers, removed too."""
    each = [count // AT_ONCE + (number < count % AT_ONCE) for number in range(AT_ONCE)]

    def some(number: int) -> None:
        bare = Bare(yard.engine)
        for _ in range(number):
            bare.run(["true"], NETWORKS[network])
        bare.close()

    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(some, each))
    return time.perf_counter() - start


async def _warm(yard: Yard, network: str, count: int) -> list[Figure]:
    """One job at a time, each when its pool is full again."""
    await yard.pools(pool(POOL, network))
    seen = []
    for number in range(count + 3):
        took = await _until_line(yard.system, network)
        await yard.settled()
        if number >= 3:
            seen.append(took)
    await yard.pools()
    bare, floors = Bare(yard.engine), []
    for _ in range(max(4, count // 10)):
        floors.append(await asyncio.to_thread(bare.run, ["true"], NETWORKS[network]))
    bare.close()
    return [
        Figure(
            name=f"warm job, network {network}, submit to first line seen, {label}",
            value=quantile(seen, share),
            unit="ms",
            floor=quantile(floors, 0.5),
            floor_name="create, start, wait of the engine, p50",
            bar=bar,
            details={"jobs": count},
        )
        for label, share, bar in (("p50", 0.5, 25), ("p95", 0.95, 100))
    ]


async def _until_line(it: System, network: str) -> float:
    """Ms until the first line of the log is at a subscriber."""
    start = time.perf_counter()
    queued = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=job(["echo", "hello"], network)))
    first, text = 0.0, []
    async for batch in it.logs.SubscribeLogs(logs.SubscribeLogsRequest(job_id=queued.id)):
        if batch.lines and not first:
            first = (time.perf_counter() - start) * 1000
        text += [line.text for line in batch.lines]
    if text != ["hello"]:
        raise RuntimeError(f"the job printed hello, and {text} was read back")
    done = await it.jobs.GetJob(jobs.GetJobRequest(job_id=queued.id))
    if not done.attempts[-1].warm:
        raise RuntimeError("the job was not given a warm worker")
    return first
