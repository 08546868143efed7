"""Cancel works in every phase, and CANCELLED means that nothing of the job is left."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from itertools import count
from time import monotonic

import grpc
import pytest

from tests.e2e.faults.site import Site
from tests.support.observer import CANCELLED, FINAL, PENDING, SUCCEEDED, Observer, refused, shell
from tests.support.processes import PATIENCE_S, of_job, send, until, with_argument

RACES = 40
GRACE_S = 100
LOST_S = 45
"""How long a silent worker may come back."""
_numbers = count(1)


def _mark() -> str:
    """A duration to sleep for that no other process of this machine sleeps for."""
    return f"2000{next(_numbers)}.{os.getpid()}"


def _family(mark: str, prelude: str = "") -> str:
    """Children of every kind, each with `mark` on its command line."""
    return f"""{prelude}
        sleep {mark} &
        setsid sleep {mark} >/dev/null 2>&1 &
        (setsid sh -c 'env -i sleep {mark} >/dev/null 2>&1 & exec env -i sleep {mark}' &) &
        echo up
        sleep {mark}
    """


FAMILY = 5


async def _running_family(watcher: Observer, script: str, mark: str, grace_ms: int) -> str:
    job_id = await watcher.submit(shell(script, grace_ms=grace_ms))
    await watcher.lines(job_id, 1)
    await until(lambda: len(with_argument(mark)) == FAMILY, what="the whole family lives")
    return job_id


async def _cancelled(watcher: Observer, job_id: str, mark: str, within: float = PATIENCE_S) -> None:
    """CANCELLED, and in that very moment nothing lives any more."""
    job = await watcher.finished(job_id, within)
    left = of_job(job_id) + with_argument(mark)
    assert left == []
    assert job.state == CANCELLED
    assert job.outcome.cause == "cancelled"


async def test_waiting(shared: Site, watcher: Observer) -> None:
    await watcher.pause(True)
    try:
        job_id = await watcher.submit(shell("echo never"))
        assert (await watcher.job(job_id)).state == PENDING
        assert (await watcher.cancel(job_id)).state == CANCELLED
    finally:
        await watcher.pause(False)
    after = await watcher.submit(shell("true"))
    assert (await watcher.finished(after)).state == SUCCEEDED
    assert (await watcher.job(job_id)).state == CANCELLED
    assert (await watcher.job(job_id)).attempt_count == 0


@pytest.mark.parametrize("workers", ["cold", "warm"])
async def test_at_any_moment_of_the_start(shared: Site, watcher: Observer, workers: str) -> None:
    """Cancels at random delays from the submit on, which meet every phase of the start."""
    await watcher.configure_local('{"max_workers": 8}')
    random.seed(20)

    async def race() -> None:
        mark = _mark()
        job_id = await watcher.submit(shell(f"sleep {mark} & exec sleep {mark}"))
        # Not waiting for anything: the random moment is what is tried.
        await asyncio.sleep(random.uniform(0, 0.05 if workers == "warm" else 0.15))
        await watcher.cancel(job_id)
        await _cancelled(watcher, job_id, mark)

    if workers == "cold":
        for _ in range(RACES // 8):
            await _end_idle_workers(watcher)
            await asyncio.gather(*(race() for _ in range(8)))
    else:
        for _ in range(RACES):
            await race()
    fine = await watcher.submit(shell("echo fine"))
    assert (await watcher.finished(fine)).state == SUCCEEDED


async def _end_idle_workers(watcher: Observer) -> None:
    # And waits until the server knows: a job for one that is dead would be lost with it.
    await asyncio.gather(*(watcher.end_worker(one.id) for one in await watcher.workers()))


async def test_running_with_children_and_daemons(shared: Site, watcher: Observer) -> None:
    mark = _mark()
    job_id = await _running_family(watcher, _family(mark), mark, grace_ms=GRACE_S * 1000)
    await watcher.cancel(job_id)
    # The shell heeds SIGTERM, so that nobody waits for the grace to pass.
    await _cancelled(watcher, job_id, mark, within=GRACE_S / 2)


async def test_running_and_deaf_to_sigterm(shared: Site, watcher: Observer) -> None:
    mark = _mark()
    job_id = await _running_family(watcher, _family(mark, "trap '' TERM"), mark, grace_ms=500)
    asked = await watcher.cancel(job_id)
    assert asked.state not in FINAL
    await _cancelled(watcher, job_id, mark)
    timeline = (await watcher.job(job_id)).attempts[-1].phases
    marks = {entry.phase: entry.at.ToMilliseconds() for entry in timeline}
    assert marks["CLEANUP"] - marks["CANCELLING"] >= 450


async def test_stopped_by_itself(shared: Site, watcher: Observer) -> None:
    """A job that is stopped, not running, gets its end as well."""
    mark = _mark()
    script = f"sleep {mark} & echo up; kill -STOP $!; kill -STOP $$"
    job_id = await watcher.submit(shell(script, grace_ms=500))
    await watcher.lines(job_id, 1)
    await watcher.cancel(job_id)
    await _cancelled(watcher, job_id, mark)


async def test_twice_and_too_late(shared: Site, watcher: Observer) -> None:
    mark = _mark()
    job_id = await _running_family(watcher, _family(mark, "trap '' TERM"), mark, grace_ms=300)
    await watcher.cancel(job_id)
    await watcher.cancel(job_id)
    await _cancelled(watcher, job_id, mark)
    assert (await watcher.cancel(job_id)).state == CANCELLED

    done = await watcher.submit(shell("true"))
    await watcher.finished(done)
    async with refused(grpc.StatusCode.FAILED_PRECONDITION) as error:
        await watcher.cancel(done)
    assert "SUCCEEDED" in (error[0].details() or "")
    assert (await watcher.job(done)).state == SUCCEEDED


async def test_the_agent_hangs(shared: Site, watcher: Observer) -> None:
    mark = _mark()
    job_id = await _running_family(watcher, _family(mark), mark, grace_ms=500)
    agent = await watcher.agent(job_id)
    send(agent, signal.SIGSTOP)
    began = monotonic()
    await watcher.cancel(job_id)
    # The grace, five seconds more for the agent, and one look of the reconciler: sooner than
    # a silent agent is given up.
    await _cancelled(watcher, job_id, mark, within=LOST_S)
    assert monotonic() - began >= 5
    assert await watcher.agent(job_id) == 0
