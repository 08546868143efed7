"""A million lines of 100 bytes: printed, stored, complete; and searched."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path

from bench import commands
from bench.figures import Figure
from bench.system import System, system
from hodei.wire.gen import jobs_pb2 as jobs
from hodei.wire.gen import logs_pb2 as logs

WAIT_S = 120.0
WORDS = ("fetch", "store", "check", "merge", "index", "start")


async def run(quick: bool) -> list[Figure]:
    """The job is `cat` of a file, so that the source costs next to nothing."""
    count = 100_000 if quick else 1_000_000
    async with system() as it:
        path = it.data_dir / "lines"
        _write_lines(path, count)
        await it.submit_many([commands.shell(commands.SHORT)] * 8)
        await it.until_idle()
        floor = await asyncio.to_thread(_bare, path)
        before = it.usage()
        took, job_id = await _stored(it, path, count)
        cpu = it.usage().since(before)
        searches = [
            await _search(it, job_id, "a word of every line", "worker", count, quick),
            await _search(it, job_id, "one line in the middle", f"{count // 2:08d}", 1, quick),
        ]
    return [
        Figure(
            name=f"{count:,} lines of 100 B, end to end",
            value=took,
            unit="s",
            floor=floor,
            floor_name="cat FILE | cat > /dev/null",
            bar=None if quick else 2.5,
            details={"cpu_ms": cpu, "mb_per_s": round(count / 10_000 / took, 1)},
        ),
        *searches,
    ]


def _write_lines(path: Path, count: int) -> None:
    """Numbered lines of 100 bytes with a word or two that change, as a real log has them."""
    with path.open("w") as file:
        for number in range(count):
            word = WORDS[number % len(WORDS)]
            line = f"{number:08d} worker {number * 7919 % 97:02d} {word} item {number * 31 % 9973}"
            file.write(line.ljust(99, ".") + "\n")


def _bare(path: Path) -> float:
    start = time.perf_counter()
    pid, reader = commands.spawn(["/bin/cat", str(path)])
    with Path(os.devnull).open("wb") as sink:
        while data := os.read(reader, 1 << 16):
            sink.write(data)
    os.close(reader)
    os.waitpid(pid, 0)
    return time.perf_counter() - start


async def _stored(it: System, path: Path, count: int) -> tuple[float, str]:
    """Seconds from the submission until the complete log is stored; checked by its hash."""
    start = time.perf_counter()
    spec = commands.exec_(["/bin/cat", str(path)])
    job = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=spec))
    await it.until_idle()
    took = time.perf_counter() - start
    found = await it.logs.GetLogs(logs.GetLogsRequest(job_id=job.id, from_line=1, limit=1))
    text = await asyncio.to_thread(path.read_bytes)
    right = hashlib.sha256(text).hexdigest()
    if not found.complete or found.total_lines != count or found.sha256 != right:
        raise RuntimeError(f"the stored log is not what was printed: {found}")
    return took, job.id


async def _search(
    it: System, job_id: str, what: str, text: str, expected: int, quick: bool
) -> Figure:
    request = logs.SearchLogsRequest(job_id=job_id, text=text, limit=1000)
    start = time.perf_counter()
    found = await it.logs.SearchLogs(request)
    took = time.perf_counter() - start
    if found.truncated or found.total != expected:
        raise RuntimeError(f"{found.total} of {expected} lines were found")
    return Figure(name=f"search, {what}", value=took, unit="s", bar=None if quick else 1.0)
