"""Jobs in pods against pods alone: how long one takes, and what it asks of the API server."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.figures import Figure, quantile
from bench.kubernetes_yard import POLL_S, SMALL_CPU, Bare, Yard, job, kubernetes_yard
from hodei.wire.gen import jobs_pb2 as jobs

Marks = Mapping[str, float]
"""Ms since the submission, by what had happened by then."""
MARKS = {
    "PROVISIONING": "bound, the pod is ordered",
    "PULLING": "first container seen to have ended",
    "STARTING": "agent enrolled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One job."""

    took: float
    """Ms until its end was told."""
    warm: bool
    marks: Marks


async def run(quick: bool) -> list[Figure]:
    """Hodei and the cluster take turns, so that both meet the same machine."""
    async with kubernetes_yard() as yard:
        return [
            *await _one_by_one(yard, 8 if quick else 20),
            *await _warm(yard, 4 if quick else 10),
            await _requests(yard, 20 if quick else 40),
        ]


async def _one_by_one(yard: Yard, count: int) -> list[Figure]:
    bare = Bare(yard.cluster)
    runs: list[Run] = []
    plain: list[float] = []
    alike: list[float] = []
    for number in range(count + 1):
        row = (
            await asyncio.to_thread(bare.run, f"plain-{number}"),
            await asyncio.to_thread(bare.run, f"alike-{number}", like_ours=True),
        )
        run = await _until_exit(yard)
        if number:  # the first of each pays for what is cold besides
            for values, took in zip((plain, alike), row, strict=True):
                values.append(took)
            runs.append(run)
    bare.close()
    seen, marks = [run.took for run in runs], _medians([run.marks for run in runs])
    return [
        Figure(
            name=f"job in a pod, submit to exit seen, {label}",
            value=quantile(seen, share),
            unit="ms",
            floor=quantile(floors, share),
            floor_name=f"{what}: create, watch until it has ended, {label}",
            bar=bar * quantile(floors, share) if bar and share == 0.5 else None,
            details={"jobs": count, **marks},
        )
        for floors, what, bar in (
            (plain, "bare pod of one container", 1.2),
            (alike, "bare pod with an init container", None),
        )
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


def _medians(rows: Sequence[Marks]) -> dict[str, int]:
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for name, ms in row.items():
            values[name].append(ms)
    return {name: round(quantile(each, 0.5)) for name, each in values.items()}


async def _warm(yard: Yard, count: int) -> list[Figure]:
    """Each job when the one pod of the pool waits for it again."""
    await yard.keep(1)
    runs = []
    for number in range(count + 1):
        await yard.filled()
        run = await _until_exit(yard, settle=False)
        if not run.warm:
            raise RuntimeError("the job did not get the pod that waited")
        if number:
            runs.append(run)
    await yard.keep(0)
    await yard.settled()
    seen = [run.took for run in runs]
    return [
        Figure(
            name=f"job in a warm pod, submit to exit seen, {label}",
            value=quantile(seen, share),
            unit="ms",
            details={"jobs": count},
        )
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


async def _until_exit(yard: Yard, *, settle: bool = True) -> Run:
    """One job; everything of it is removed then, if that is waited for."""
    it = yard.system
    began, start = time.time(), time.perf_counter()
    queued = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=job()))
    events = it.jobs.ExecutionEventStream(jobs.ExecutionEventStreamRequest(job_id=queued.id))
    async for event in events:
        if event.kind == "job.finished":
            break
    took = (time.perf_counter() - start) * 1000
    events.cancel()
    attempt = (await _require_success(yard, queued.id)).attempts[-1]
    marks = {
        MARKS[mark.phase]: (mark.at.ToMicroseconds() / 1e6 - began) * 1000
        for mark in attempt.phases
        if mark.phase in MARKS
    }
    marks["command started"] = (attempt.started_at.ToMicroseconds() / 1e6 - began) * 1000
    marks["end told"] = took
    if settle:
        await yard.settled()
        marks["pod removed"] = (time.perf_counter() - start) * 1000
    return Run(took=took, warm=attempt.warm, marks=marks)


async def _require_success(yard: Yard, job_id: str) -> jobs.Job:
    done = await yard.system.jobs.GetJob(jobs.GetJobRequest(job_id=job_id))
    if done.state != jobs.JOB_STATE_SUCCEEDED:
        raise RuntimeError(f"the job ended as {done}")
    return done


async def _requests(yard: Yard, count: int) -> Figure:
    """All that the server asks from the submission until the last pod is removed."""
    yard.asked.clear()
    start = time.perf_counter()
    ids = await yard.system.submit_many([job(SMALL_CPU)] * count)
    await yard.system.until_idle(POLL_S)
    await yard.settled()
    took_s = time.perf_counter() - start
    asked = Counter(yard.asked)
    for job_id in ids:
        await _require_success(yard, job_id)
    return Figure(
        name=f"requests to the API server per job, {count} submitted at once",
        value=asked.total() / count,
        unit="requests",
        bar=6,
        details={"jobs": count, "seconds": round(took_s, 1), **asked},
    )
