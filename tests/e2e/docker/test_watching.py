"""The guide's example of a long job: read while it runs, and whole when it has ended."""

from __future__ import annotations

from tests.e2e.docker.yard import Yard, job
from tests.support.observer import RUNNING, SUCCEEDED, Observer


async def test_lines_come_as_they_are_printed(yard: Yard, observer: Observer) -> None:
    job_id = await observer.submit(
        job("shell", "i=0; while i=$((i + 1)); do echo $i; sleep 1; done")
    )
    came: list[str] = []
    batches = 0
    async for batch in observer.follow(job_id):
        came += [line.text for line in batch.lines]
        batches += 1
        # What was there before is one batch: what comes after it came while the job runs.
        if batches == 4:
            break
    assert (await observer.job(job_id)).state == RUNNING
    assert came == [str(number) for number in range(1, len(came) + 1)]
    await observer.cancel(job_id)
    await observer.finished(job_id)


async def test_a_long_job_is_whole(observer: Observer, batches: str) -> None:
    done = await observer.finished(batches)
    assert done.state == SUCCEEDED
    log = await observer.log(batches)
    assert [line.partition("] ")[2] for line in log.text[:-1]] == [
        f"Processing batch {number}/60..." for number in range(1, 61)
    ]
    assert log.text[-1] == "All batches completed!"
    took = log.lines[-1].time.ToDatetime() - log.lines[0].time.ToDatetime()
    assert took.total_seconds() > 59
