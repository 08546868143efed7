"""PostgreSQL that crashes or is restarted loses no accepted job and no line."""

from __future__ import annotations

import asyncio
import signal

import grpc

from tests.e2e.faults.programs import Counting
from tests.e2e.faults.site import Site
from tests.support.observer import AWAY, SUCCEEDED, Observer, shell
from tests.support.processes import alive, until

ENDS = [signal.SIGKILL, signal.SIGINT, signal.SIGKILL]
"""SIGINT is what a clean restart sends to the postmaster."""


class Submitter:
    """Submits one short job after the other and keeps what was accepted."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.accepted: dict[str, str] = {}
        """Idempotency key -> job id."""
        self.refusals = 0

    async def run(self, enough: asyncio.Event) -> None:
        """Until `enough`; a job whose submit failed is submitted again under the same key."""
        while not enough.is_set():
            key = f"key-{len(self.accepted)}"
            try:
                job_id = await self._observer.submit(shell(f"echo {key}"), key)
            except grpc.aio.AioRpcError as error:
                assert error.code() in AWAY, error
                self.refusals += 1
                await asyncio.sleep(0.02)
                continue
            self.accepted[key] = job_id
            await asyncio.sleep(0.02)

    async def accepts_more(self) -> None:
        """Until ten more were accepted."""
        wanted = len(self.accepted) + 10
        await until(lambda: len(self.accepted) >= wanted, what="submits are accepted again")


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
        job = await observer.finished(job_id)
        account = one.final()
        assert (job.state, job.attempt_count) == (SUCCEEDED, 1)
        log = await observer.log(job_id)
        assert log.text == [Counting.line(n) for n in range(1, account.lines + 1)]
        assert log.end.complete and log.end.sha256 == account.sha256
    done = await observer.finished_all(list(submitter.accepted.values()))
    assert {job.state for job in done} == {SUCCEEDED}
    for key, job_id in submitter.accepted.items():
        assert (await observer.log(job_id)).text == [key]
    # What was accepted is there once, and nothing else is.
    assert len(await observer.list_all()) == len(submitter.accepted) + len(jobs)
    assert (await observer.log(ids[0])).end.complete
