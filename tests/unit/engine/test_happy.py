"""A job from submit to its end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hodei.domain.attempt import Phase
from hodei.domain.job import JobState
from hodei.domain.provider import WarmPool
from hodei.domain.worker import WorkerState
from hodei.engine.core import Timings
from hodei.engine.providers import ProviderConfig
from tests.unit.engine.world import IMAGE, World, quiet, world


async def test_cold_job_runs_and_leaves_nothing() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        assert job.state is JobState.RUNNING
        agent.write(b"one\n")
        agent.write(b"two", stderr=True)
        agent.exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED
        attempt = w.attempt(job.id)
        assert [mark.phase for mark in attempt.phases] == [
            Phase.QUEUED,
            Phase.PROVISIONING,
            Phase.PULLING,
            Phase.REGISTERING,
            Phase.STARTING,
            Phase.RUNNING,
            Phase.CLEANUP,
            Phase.DONE,
        ]
        assert attempt.image_digest.startswith("sha256:")
        assert w.log_text(attempt.id) == b"one\ntwo\n"
        assert w.tables.logs[attempt.id].head.complete
        assert agent.ended == [attempt.id]
        assert w.worker(attempt.worker_id).state is WorkerState.GONE
        w.assert_tidy()


async def warm_world(w: World, size: int = 1, **settings: object) -> None:
    config = ProviderConfig(
        name="warm",
        type="scripted",
        settings={"reusable_workers": True, **settings},
        warm=(WarmPool(size=size, image=IMAGE),),
        idle_timeout_ms=60_000,
    )
    await w.engine.providers.create(config, actor="ann")
    await w.pass_time(4)


async def test_warm_job_needs_no_provisioning() -> None:
    async with world(provider=False) as w:
        await warm_world(w)
        (worker,) = w.live_workers()
        assert worker.state is WorkerState.READY
        job, agent = await w.run_job()
        assert agent.worker_id == worker.id
        agent.exit(0)
        await quiet()
        attempt = w.attempt(job.id)
        assert attempt.warm
        assert [mark.phase for mark in attempt.phases] == [
            Phase.QUEUED,
            Phase.STARTING,
            Phase.RUNNING,
            Phase.CLEANUP,
            Phase.DONE,
        ]
        assert w.worker(worker.id).state is WorkerState.READY
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_reusable_worker_runs_a_hundred_jobs_in_sequence() -> None:
    async with world(provider=False) as w:
        await warm_world(w, max_workers=1)
        (worker,) = w.live_workers()
        agent = w.agents[worker.id]
        jobs = [await w.submit(name=f"job-{n}") for n in range(100)]
        for job in jobs:
            await w.engine.dispatcher.run_once()
            await quiet()
            agent.write(job.spec.name.encode() + b"\n")
            agent.exit(0)
            await quiet()
        assert [w.job(job.id).state for job in jobs] == [JobState.SUCCEEDED] * 100
        assert [w.log_text(w.attempt(job.id).id) for job in jobs] == [
            job.spec.name.encode() + b"\n" for job in jobs
        ]
        assert agent.ended == [w.attempt(job.id).id for job in jobs]
        assert [one.id for one in w.live_workers()] == [worker.id]


async def test_start_log_and_end_of_a_short_job_leave_in_one_unit() -> None:
    async with world() as w:
        w.born_starting = False
        job, agent = await w.run_job()
        version = w.attempt(job.id).version
        agent.start()
        agent.write(b"x\n")
        agent.exit(0)
        await quiet()
        # One save for start and end, one for the worker's removal.
        assert w.attempt(job.id).version == version + 2


async def test_the_loops_alone_bring_a_job_to_its_end_without_any_hint() -> None:
    fast = Timings(
        sweep=timedelta(milliseconds=5), heartbeat=timedelta(0), health_check=timedelta(0)
    )
    async with world(timings=fast) as w:
        w.bus.silent = True
        async with w.engine:
            job = await w.submit()
            async with asyncio.timeout(10):
                while not w.tables.attempts_of.get(job.id) or not w.attempt(job.id).started_at:
                    await asyncio.sleep(0.001)
                w.agent_of(job.id).exit(3)
                while not w.job(job.id).finished or w.live_workers():
                    await asyncio.sleep(0.001)
        assert w.job(job.id).state is JobState.FAILED
        w.assert_tidy()
