"""An engine whose disk is full: the job is told, and neither its agent nor the next job suffers."""

from __future__ import annotations

from tests.e2e.docker.yard import Yard, job
from tests.support.observer import FAILED, SUCCEEDED, Observer

# The small disk is in memory, which is charged to who writes there.
MEMORY_MB = 512
FILL = "dd if=/dev/zero of=/big bs=1M; echo ended with $?; [ ! -s /big ] || exit 9"


async def test_a_full_disk_is_the_job_s_own_affair(mortal: Yard, witness: Observer) -> None:
    job_id = await witness.submit(job("shell", FILL, memory_mb=MEMORY_MB))
    done = await witness.finished(job_id)
    assert (done.state, done.outcome.cause, done.outcome.exit_code) == (FAILED, "exit", 9), done
    text = (await witness.log(job_id)).text
    assert any("No space left on device" in line for line in text)
    assert "ended with 1" in text

    await mortal.nothing_left()
    after = await witness.finished(await witness.submit(job("shell", "echo fits >/small")))
    assert after.state == SUCCEEDED


async def test_no_room_for_another_container_is_said(mortal: Yard, witness: Observer) -> None:
    filling = await witness.submit(job("shell", f"({FILL}); sleep 100", memory_mb=MEMORY_MB))
    await witness.lines(filling, 4)
    job_id = await witness.submit(job("shell", "echo waited"))
    tried = await witness.when(
        job_id, lambda found: len(found.attempts) > 1, what="a second attempt"
    )
    assert "no space left on device" in tried.attempts[0].outcome.message
    await witness.cancel(filling)
    assert (await witness.finished(job_id)).state == SUCCEEDED
    await mortal.nothing_left()
