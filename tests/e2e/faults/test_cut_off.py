"""A worker whose wire is cut is noticed, comes back, and its job goes on as if nothing was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from tests.e2e.faults.programs import Counting, ran_once
from tests.e2e.faults.site import Site, close, new_directory
from tests.support.observer import RUNNING, Observer, phases
from tests.support.processes import alive, until_told
from tests.support.proxy import Proxy

CUT_FOR_S = 30.0
"""Half of that is promised until it is noticed: tests/unit/engine/test_silence.py."""


@pytest.fixture
async def wired() -> AsyncIterator[tuple[Site, Proxy]]:
    """A server whose agents reach it through a proxy only."""
    with new_directory() as directory:
        wire = directory / "wire.sock"
        site = Site(directory, {"HODEI_AGENT_SERVERS": f"unix:{wire}"})
        async with Proxy(wire, site.agent_socket) as proxy:
            try:
                await site.restart()
                yield site, proxy
            finally:
                # The proxy's own loop must turn meanwhile.
                await asyncio.to_thread(close, site)


async def test_a_dead_wire_for_half_a_minute(wired: tuple[Site, Proxy]) -> None:
    site, proxy = wired
    async with site.observer() as observer:
        jobs = [Counting(name="calm", files=site.files)]
        jobs.append(Counting(name="chatty", files=site.files, burst=50, most=100_000))
        ids = [await observer.submit(one.spec()) for one in jobs]
        for one, job_id in zip(jobs, ids, strict=True):
            await one.reached(100)
            await observer.lines(job_id, 50)
        pids = [(await one.reached(1)).pid for one in jobs]
        proxy.cut()
        since = monotonic()
        for job_id in ids:
            left = since + CUT_FOR_S - monotonic()
            job = await observer.when(
                job_id, lambda job: job.phase == "LOST", within=left, what="the silence is noticed"
            )
            assert job.state == RUNNING
        at_cut = [await one.reached(1) for one in jobs]
        for one, account in zip(jobs, at_cut, strict=True):
            # Cut off or not, the job works on.
            await one.reached(account.lines + 300)
        await _passed(observer, since + CUT_FOR_S, ids)
        proxy.mend()
        for job_id in ids:
            await observer.when(
                job_id, lambda job: job.phase == "RUNNING", what="the worker is back"
            )
        assert all(alive(pid) for pid in pids)
        for one in jobs:
            one.open()
        for one, job_id in zip(jobs, ids, strict=True):
            job = await ran_once(observer, job_id, one)
            assert phases(job).count("LOST") == 1


async def _passed(observer: Observer, when: float, ids: list[str]) -> None:
    """Until the cut has lasted; all the while the jobs must stay what they are."""

    async def over() -> bool:
        for job_id in ids:
            job = await observer.job(job_id)
            assert (job.state, job.phase) == (RUNNING, "LOST")
        return monotonic() > when

    await until_told(over, within=CUT_FOR_S, what="the cut has lasted")
