"""Timeouts are kept, and nothing survives them."""

from __future__ import annotations

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.site import Site
from tests.support.observer import TIMEOUT, Observer, python, shell
from tests.support.processes import of_job, with_argument

LATE_S = 0.5
LOADED_S = 4.0
"""How late a timeout may be while the machine has no time for it."""

BOMB = r"""
import os, subprocess, sys, time
print("lit", flush=True)
while True:
    # A shell that cannot fork any more gives up; then another one tries.
    try:
        subprocess.Popen(["/bin/sh", "-c", "f(){ f | f & }; f"], stderr=subprocess.DEVNULL)
    except OSError:
        pass
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
    time.sleep(0.01)
"""


def _ran_s(job: jobs_pb2.Job) -> float:
    attempt = job.attempts[-1]
    return (attempt.ended_at.ToMilliseconds() - attempt.started_at.ToMilliseconds()) / 1000


async def test_accuracy(shared: Site, watcher: Observer) -> None:
    heeds = "echo up; sleep 3000.5"
    deaf = "trap '' TERM; sleep 3000.5 & echo up; while :; do sleep 3000.5; done"
    cases = [
        # script, timeout, grace, when it has to end
        (heeds, 1.0, 10.0, 1.0),
        (heeds, 2.0, 10.0, 2.0),
        (deaf, 1.0, 1.0, 2.0),
        (deaf, 2.0, 0.0, 2.0),
    ]
    ids = [
        await watcher.submit(
            shell(script, timeout_ms=int(timeout * 1000), grace_ms=int(grace * 1000))
        )
        for script, timeout, grace, _ in cases
    ]
    late = []
    for job_id, (_, timeout, _, end) in zip(ids, cases, strict=True):
        job = await watcher.finished(job_id)
        assert of_job(job_id) == []
        assert job.state == TIMEOUT
        assert job.outcome.cause == "timeout"
        assert f"{timeout:g} s" in job.outcome.message
        late.append(_ran_s(job) - end)
        assert (await watcher.log(job_id)).text == ["up"]
    assert with_argument("3000.5") == []
    assert -0.05 <= min(late) <= LATE_S and max(late) <= LOADED_S, late


async def test_a_job_that_ends_in_time_has_succeeded(shared: Site, watcher: Observer) -> None:
    job = await watcher.finished(await watcher.submit(shell("sleep 0.5", timeout_ms=5000)))
    assert job.outcome.cause == "exit"


async def test_a_fork_bomb_within_its_limit(shared: Site, watcher: Observer) -> None:
    await watcher.configure_local('{"pids_max": 200}')
    for worker in await watcher.workers():
        # The limit is of new workers; those of the tests before have another.
        await watcher.end_worker(worker.id)
    job_id = await watcher.submit(python(BOMB, timeout_ms=5000, grace_ms=300))
    await watcher.lines(job_id, 1)
    most = 0
    job = await watcher.job(job_id)
    while not job.HasField("outcome"):
        # The server answers all the while.
        job = await watcher.job(job_id)
        most = max(most, len(of_job(job_id)))
    assert job.state == TIMEOUT
    assert of_job(job_id) == []
    assert 20 < most <= 200
    assert 5 - 0.05 <= _ran_s(job) <= 5 + 0.3 + LOADED_S
    after = await watcher.finished(await watcher.submit(shell("true")))
    assert after.outcome.exit_code == 0
