"""Jobs in pods against pods alone: how long one takes, and what it asks of the API server."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from bench.figures import Figure, quantile
from bench.kubernetes_yard import POLL_S, Bare, Yard, job, kubernetes_yard
from hodei.wire.gen import jobs_pb2 as jobs


async def run(quick: bool) -> list[Figure]:
    """Hodei and the cluster take turns, so that both meet the same machine."""
    async with kubernetes_yard() as yard:
        return [
            *await _one_by_one(yard, 8 if quick else 20),
            await _requests(yard, 20 if quick else 40),
        ]


async def _one_by_one(yard: Yard, count: int) -> list[Figure]:
    bare = Bare(yard.cluster)
    seen: list[float] = []
    plain: list[float] = []
    alike: list[float] = []
    for number in range(count + 1):
        row = (
            await asyncio.to_thread(bare.run, f"plain-{number}"),
            await asyncio.to_thread(bare.run, f"alike-{number}", like_ours=True),
            await _until_exit(yard),
        )
        if number:  # the first of each pays for what is cold besides
            for values, took in zip((plain, alike, seen), row, strict=True):
                values.append(took)
    bare.close()
    return [
        Figure(
            name=f"job in a pod, submit to exit seen, {label}",
            value=quantile(seen, share),
            unit="ms",
            floor=quantile(floors, share),
            floor_name=f"{what}: create, watch until it has ended, {label}",
            bar=bar * quantile(floors, share) if bar and share == 0.5 else None,
            details={"jobs": count},
        )
        for floors, what, bar in (
            (plain, "bare pod of one container", 1.2),
            (alike, "bare pod with an init container", None),
        )
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


async def _until_exit(yard: Yard) -> float:
    """Ms until the end is told; then everything of it is removed."""
    it = yard.system
    start = time.perf_counter()
    queued = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=job()))
    events = it.jobs.ExecutionEventStream(jobs.ExecutionEventStreamRequest(job_id=queued.id))
    async for event in events:
        if event.kind == "job.finished":
            break
    took = (time.perf_counter() - start) * 1000
    events.cancel()
    await _require_success(yard, queued.id)
    await yard.settled()
    return took


async def _require_success(yard: Yard, job_id: str) -> None:
    done = await yard.system.jobs.GetJob(jobs.GetJobRequest(job_id=job_id))
    if done.state != jobs.JOB_STATE_SUCCEEDED:
        raise RuntimeError(f"the job ended as {done}")


async def _requests(yard: Yard, count: int) -> Figure:
    """All that the server asks from the submission until the last pod is removed."""
    yard.asked.clear()
    ids = await yard.system.submit_many([job()] * count)
    await yard.system.until_idle(POLL_S)
    await yard.settled()
    asked = Counter(each.partition(" ")[0] for each in yard.asked)
    for job_id in ids:
        await _require_success(yard, job_id)
    return Figure(
        name=f"requests to the API server per job, {count} submitted at once",
        value=asked.total() / count,
        unit="requests",
        bar=6,
        details={"jobs": count, **asked},
    )
