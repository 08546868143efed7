"""A server that goes away, politely or not, takes no running job and no line with it."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.faults.programs import Counting, ran_once
from tests.e2e.faults.site import Site
from tests.support.observer import PENDING, RUNNING, SUCCEEDED, Observer, phases, shell
from tests.support.processes import alive, of_job, started, until


async def _ended(pid: int) -> None:
    await until(lambda: not alive(pid), what="the job's process has ended")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
async def test_running_jobs_go_on(site: Site, observer: Observer, end: signal.Signals) -> None:
    jobs = [Counting(name=f"calm-{n}", files=site.files) for n in range(4)]
    jobs.append(Counting(name="chatty", files=site.files, burst=200, pause_s=0.005, most=150_000))
    ids = [await observer.submit(one.spec()) for one in jobs]
    for one, job_id in zip(jobs, ids, strict=True):
        await one.reached(50)
        await observer.lines(job_id, 20)
    pids = {one.name: (await one.reached(1)).pid for one in jobs}
    births = {pid: started(pid) for pid in pids.values()}
    await observer.pause(True)
    waiting = await observer.submit(shell("echo late"))

    await (site.kill() if end is signal.SIGKILL else site.stop())
    at_death = {one.name: await one.reached(1) for one in jobs}
    for one in jobs:
        # The jobs do not even notice.
        await one.reached(at_death[one.name].lines + 60)
    await site.restart()

    for one, job_id in zip(jobs, ids, strict=True):
        job = await observer.job(job_id)
        assert job.state == RUNNING, job
        assert alive(pids[one.name])
        assert started(pids[one.name]) == births[pids[one.name]]
        await observer.lines(job_id, at_death[one.name].lines + 1)
    assert (await observer.job(waiting)).state == PENDING
    await observer.pause(False)
    assert (await observer.finished(waiting)).state == SUCCEEDED
    assert (await observer.log(waiting)).text == ["late"]
    for one in jobs:
        one.open()
    for one, job_id in zip(jobs, ids, strict=True):
        await ran_once(observer, job_id, one)
        assert of_job(job_id) == []


async def test_jobs_that_end_while_the_server_is_dead(site: Site, observer: Observer) -> None:
    jobs = [Counting(name=f"orphan-{n}", files=site.files, burst=50) for n in range(3)]
    ids = [await observer.submit(one.spec()) for one in jobs]
    for one in jobs:
        await one.reached(100)
    for job_id in ids:
        await observer.running(job_id)
    await site.kill()
    for one in jobs:
        one.open()
        pid = (await one.reached(1)).pid
        await _ended(pid)
    await site.restart()
    for one, job_id in zip(jobs, ids, strict=True):
        await ran_once(observer, job_id, one)
        assert "LOST" not in phases(await observer.job(job_id))


async def test_a_server_that_dies_again_and_again(site: Site, observer: Observer) -> None:
    job = Counting(name="patient", files=site.files, burst=20)
    job_id = await observer.submit(job.spec())
    for _ in range(4):
        seen = (await job.reached(1)).lines
        await observer.lines(job_id, seen)
        await job.reached(seen + 100)
        await site.kill()
        await site.restart()
    job.open()
    await ran_once(observer, job_id, job)
