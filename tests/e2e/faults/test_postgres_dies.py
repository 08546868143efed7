"""PostgreSQL that crashes or is restarted loses no accepted job and no line."""

from __future__ import annotations

import asyncio
import signal

from tests.e2e.faults.programs import Counting, ran_once
from tests.e2e.faults.site import Site
from tests.e2e.faults.submitter import Submitter
from tests.support.observer import Observer
from tests.support.processes import alive

ENDS = [signal.SIGKILL, signal.SIGINT, signal.SIGKILL]
"""SIGINT is what a clean restart sends to the postmaster."""


async def test_accepted_jobs_and_logs_survive(site: Site, observer: Observer) -> None:
    jobs = [Counting(name="calm", files=site.files)]
    jobs.append(Counting(name="chatty", files=site.files, burst=200, pause_s=0.005, most=100_000))
    ids = [await observer.submit(one.spec()) for one in jobs]
    pids = [(await one.reached(50)).pid for one in jobs]
    submitter, enough = Submitter(observer), asyncio.Event()
    submitting = asyncio.create_task(submitter.run(enough))
    for number in ENDS:
        await submitter.accepts_more()
        await site.restart_postgres(number)
    await submitter.accepts_more()
    enough.set()
    await submitting
    assert all(alive(pid) for pid in pids)

    for one in jobs:
        one.open()
    for one, job_id in zip(jobs, ids, strict=True):
        await ran_once(observer, job_id, one)
    await submitter.all_is_well(observer)
    # What was accepted is there once, and nothing else is.
    assert len(await observer.list_all()) == len(submitter.accepted) + len(jobs)
    assert (await observer.log(ids[0])).end.complete
