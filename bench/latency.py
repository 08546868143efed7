"""How long a person waits: a short job's way there and back, and a line's way to a reader."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

from bench import commands
from bench.figures import Figure, quantile
from bench.system import System, system
from hodei.wire.gen import jobs_pb2 as jobs
from hodei.wire.gen import logs_pb2 as logs

PRINTER = (
    "import sys, time\n"
    "for _ in range(int(sys.argv[1])):\n"
    "    print(time.time(), flush=True)\n"
    "    time.sleep(0.03)\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One job as its submitter saw it, in ms from the submission."""

    submitted: float
    first_line: float
    read_back: float


async def run(quick: bool) -> list[Figure]:
    """One job at a time on an idle server with a warm worker."""
    count = 60 if quick else 300
    async with system() as it:
        for _ in range(20):
            await _one(it)
        seen = [await _one(it) for _ in range(count)]
        lines = await _lines(it, 60 if quick else 300)
    bare = [_bare() for _ in range(count)]
    floor = quantile(bare, 0.5)
    return [
        *_spread("short job, submit to output read back", [s.read_back for s in seen], floor, 10),
        *_spread("submit to first line visible", [s.first_line for s in seen], floor, 25, 100),
        *_spread("submit call", [s.submitted for s in seen], floor),
        Figure(
            name="line printed to visible, p95",
            value=quantile(lines, 0.95),
            unit="ms",
            floor=quantile(_bare_lines(60), 0.95),
            floor_name="the same lines through a pipe",
            bar=150,
            details={"p50": round(quantile(lines, 0.5), 2), "lines": len(lines)},
        ),
    ]


def _spread(
    name: str,
    values: list[float],
    floor: float,
    bar: float | None = None,
    bar95: float | None = None,
) -> list[Figure]:
    floor_name = "bare posix_spawn, output read, p50"
    return [
        Figure(
            name=f"{name}, {label}",
            value=quantile(values, share),
            unit="ms",
            floor=floor,
            floor_name=floor_name,
            bar=limit,
        )
        for label, share, limit in (("p50", 0.5, bar), ("p95", 0.95, bar95))
    ]


async def _one(it: System) -> Seen:
    start = time.perf_counter()
    job = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=commands.shell(commands.SHORT)))
    submitted = time.perf_counter()
    first, text = 0.0, []
    async for batch in it.logs.SubscribeLogs(logs.SubscribeLogsRequest(job_id=job.id)):
        if batch.lines and not first:
            first = time.perf_counter()
        text += [line.text for line in batch.lines]
    end = time.perf_counter()
    if text != ["hello"]:
        raise RuntimeError(f"the job printed hello, and {text} was read back")
    return Seen(
        submitted=(submitted - start) * 1000,
        first_line=(first - start) * 1000,
        read_back=(end - start) * 1000,
    )


async def _lines(it: System, count: int) -> list[float]:
    """Ms from a line's own time to its arrival; the job's start is left out."""
    spec = commands.exec_([sys.executable, "-c", PRINTER, str(count)])
    job = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=spec))
    seen = []
    async for batch in it.logs.SubscribeLogs(logs.SubscribeLogsRequest(job_id=job.id)):
        now = time.time()
        seen += [(now - float(line.text)) * 1000 for line in batch.lines]
    if len(seen) != count:
        raise RuntimeError(f"{len(seen)} of {count} lines arrived")
    return seen[1:]


def _bare() -> float:
    start = time.perf_counter()
    commands.run_bare(["/bin/sh", "-c", commands.SHORT])
    return (time.perf_counter() - start) * 1000


def _bare_lines(count: int) -> list[float]:
    pid, reader = commands.spawn([sys.executable, "-c", PRINTER, str(count)])
    seen = []
    with os.fdopen(reader) as lines:
        for line in lines:
            seen.append((time.time() - float(line)) * 1000)
    os.waitpid(pid, 0)
    return seen[1:]
