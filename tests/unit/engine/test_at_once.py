"""A job for which a worker waits: bound by the transaction that stores it, or queued as ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hodei.domain.errors import IdempotencyMismatch
from hodei.domain.job import JobState
from hodei.domain.spec import RetryPolicy
from hodei.domain.worker import WorkerState
from hodei.engine.jobs import Submission
from tests.unit.engine.simulated_agent import SimulatedAgent
from tests.unit.engine.world import World, quiet, spec, world


@asynccontextmanager
async def waiting(workers: int = 1) -> AsyncIterator[tuple[World, SimulatedAgent]]:
    """Workers that have ended a job, and a dispatcher that knows that nothing else waits."""
    async with world(reusable_workers=True, max_workers=workers) as w:
        _, agent = await w.run_job()
        agent.exit(0)
        await quiet()
        await w.engine.dispatcher.run_once()
        yield w, agent


async def test_a_new_job_begins_without_a_pass_of_the_dispatcher() -> None:
    async with waiting() as (w, agent):
        job = await w.submit()
        assert job.state is JobState.ASSIGNED
        assert job == w.job(job.id)
        await quiet()
        assert w.job(job.id).state is JobState.RUNNING
        assert w.attempt(job.id).worker_id == agent.worker_id
        assert w.kinds(job.id)[:2] == ["job.submitted", "job.assigned"]


async def test_the_second_of_two_is_queued() -> None:
    async with waiting() as (w, agent):
        first, second = await asyncio.gather(w.submit(), w.submit())
        assert {first.state, second.state} == {JobState.ASSIGNED, JobState.PENDING}
        await quiet()
        agent.exit(0)
        await quiet()
        await w.sweep()
        assert {w.job(job.id).state for job in (first, second)} == {
            JobState.SUCCEEDED,
            JobState.RUNNING,
        }


async def test_nothing_overtakes_a_job_that_waits() -> None:
    async with waiting() as (w, _):
        earlier = await w.engine.jobs.submit_many(
            [Submission(spec=spec()), Submission(spec=spec())], actor="ann"
        )
        later = await w.submit()
        assert later.state is JobState.PENDING
        await w.sweep()
        assert [w.job(job.id).state for job in [*earlier, later]].count(JobState.RUNNING) == 1
        assert w.job(later.id).state is JobState.PENDING


async def test_while_dispatch_is_paused_it_waits() -> None:
    async with waiting() as (w, agent):
        await w.engine.queue.configure(paused=True, aging_step_ms=None, actor="ann")
        job = await w.submit()
        assert job.state is JobState.PENDING
        assert w.kinds(job.id) == ["job.submitted"]
        assert w.worker(agent.worker_id).state is WorkerState.READY
        await w.engine.queue.configure(paused=False, aging_step_ms=None, actor="ann")
        await w.sweep()
        assert w.job(job.id).state is JobState.RUNNING


async def test_the_same_key_gives_the_same_job() -> None:
    async with waiting() as (w, agent):
        one = Submission(spec=spec(), idempotency_key="k")
        first = await w.engine.jobs.submit(one, actor="ann")
        await quiet()
        agent.exit(0)
        await quiet()
        await w.engine.dispatcher.run_once()
        [again] = await w.engine.jobs.submit_noting([one], actor="ann")
        assert again.job.id == first.id and not again.created
        with pytest.raises(IdempotencyMismatch):
            await w.engine.jobs.submit(
                Submission(spec=spec(name="other"), idempotency_key="k"), actor="ann"
            )
        assert w.worker(agent.worker_id).state is WorkerState.READY


@pytest.mark.parametrize("fault", ["commits_lost", "commits_unanswered"])
async def test_a_save_of_unknown_end_leaves_one_job_that_runs(fault: str) -> None:
    async with waiting() as (w, agent):
        setattr(w.home.faults, fault, 1)
        job = await w.submit()
        await quiet()
        if w.engine.sessions.get(agent.worker_id) is None:
            agent.connect(w.engine)
        await w.pass_time(3)
        assert w.job(job.id).state is JobState.RUNNING
        assert len(w.attempts(job.id)) == 1


async def test_who_submits_may_be_gone_before_the_job_is_stored() -> None:
    async with waiting() as (w, _):
        task = asyncio.create_task(w.submit())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await quiet()
        [job] = [entry.job for entry in w.tables.jobs.values() if not entry.job.finished]
        assert job.state is JobState.RUNNING


async def test_a_job_that_is_to_be_tried_again_is_found_at_once() -> None:
    async with waiting() as (w, agent):
        job = await w.submit(retry=RetryPolicy(max_attempts=2))
        await quiet()
        agent.exit(1)
        await quiet()
        assert w.engine.dispatcher._wake.is_set()
        await w.pass_time(5)
        assert w.job(job.id).state is JobState.RUNNING
        assert w.job(job.id).attempts == 2
