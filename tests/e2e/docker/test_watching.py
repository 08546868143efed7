"""The guide's example of a long job: read while it runs, and whole when it has ended."""

from __future__ import annotations

import asyncio

from tests.e2e.docker.yard import Yard, job
from tests.support.observer import RUNNING, SUCCEEDED, Observer

MOST_LATE_S = 1.5


async def test_lines_come_as_they_are_printed(yard: Yard, observer: Observer) -> None:
    script = "for i in 1 2 3 4; do echo $i; sleep 1; done; sleep 60"
    job_id = await observer.submit(job("shell", script))
    came: list[float] = []
    clock = asyncio.get_running_loop().time
    async for batch in observer.follow(job_id):
        came += [clock()] * len(batch.lines)
        if len(came) == 4:
            break
    assert (await observer.job(job_id)).state == RUNNING
    assert 2 < came[-1] - came[0] < 3 + MOST_LATE_S
    await observer.cancel(job_id)
    await observer.finished(job_id)


async def test_a_long_job_is_whole(observer: Observer, batches: str) -> None:
    done = await observer.finished(batches, within=100)
    assert done.state == SUCCEEDED
    log = await observer.log(batches)
    assert [line.partition("] ")[2] for line in log.text[:-1]] == [
        f"Processing batch {number}/60..." for number in range(1, 61)
    ]
    assert log.text[-1] == "All batches completed!"
    took = log.lines[-1].time.ToDatetime() - log.lines[0].time.ToDatetime()
    assert 59 < took.total_seconds() < 90
