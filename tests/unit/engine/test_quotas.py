"""Quotas of projects: never exceeded, told exactly, and in nobody else's way."""

from __future__ import annotations

import asyncio
import random

import pytest

from hodei.domain.job import JobState
from hodei.domain.project import Quota
from hodei.domain.spec import Resources
from hodei.engine.projects import ProjectConfig
from tests.unit.engine.world import World, quiet, spec, world

WAITS = JobState.PENDING


async def _project(
    w: World,
    name: str,
    *,
    running_jobs: int | None = None,
    cpu: float | None = None,
    memory_mb: int | None = None,
) -> None:
    quota = Quota(running_jobs=running_jobs, cpu=cpu, memory_mb=memory_mb)
    await w.engine.projects.put(name, ProjectConfig(quota=quota))


def _asking(cpu: float = 1.0, memory_mb: int = 512) -> Resources:
    return Resources(cpu=cpu, memory_mb=memory_mb)


@pytest.mark.parametrize("seed", range(12))
async def test_two_dispatchers_never_exceed_it(seed: int) -> None:
    chance = random.Random(seed)
    quota = Quota(running_jobs=chance.randint(1, 4), cpu=chance.choice([2.0, 3.3]), memory_mb=2048)
    async with world(replicas=2, max_workers=40) as w:
        await w.engine.projects.put("tight", ProjectConfig(quota=quota))
        await _project(w, "free")
        jobs = []
        for _ in range(30):
            for _ in range(chance.randint(0, 3)):
                asked = _asking(chance.choice([0.1, 0.5, 1.0, 1.9]), chance.choice([256, 1024]))
                project = chance.choice(["tight", "tight", "free"])
                jobs.append(await w.submit(project=project, resources=asked))
            passes = [replica.engine.dispatcher.run_once() for replica in w.replicas]
            await asyncio.gather(*passes)
            await quiet()
            used = w.tables.use_of(None)
            assert "tight" not in used or quota.allows(used["tight"])
            waiting = {w.job(job.id).spec.project for job in jobs if w.job(job.id).state is WAITS}
            assert waiting <= {"tight"}
            _end_some(w, chance)
            await quiet()
        while any(not w.job(job.id).finished for job in jobs):
            _end_some(w, chance)
            await w.pass_time(1)
        w.assert_tidy()


def _end_some(w: World, chance: random.Random) -> None:
    for agent in list(w.agents.values()):
        if agent.held is not None and agent.held.exited is None and chance.random() < 0.5:
            agent.exit(0)


async def test_a_job_waits_with_the_exact_reason_and_others_go_on() -> None:
    async with world() as w:
        await _project(w, "blue", cpu=2)
        await _project(w, "green")
        first, agent = await w.run_job(project="blue", resources=_asking(1.5))
        second = await w.submit(project="blue", resources=_asking(1.0))
        third = await w.submit(project="blue", resources=_asking(0.5))
        other = await w.submit(project="green", resources=_asking(1.0))
        await w.sweep()
        assert w.job(other.id).state is not WAITS
        assert w.job(second.id).state is w.job(third.id).state is WAITS
        reason = "project 'blue' uses 1.5 of its 2 CPUs, and the job asks for 1"
        explained = await w.engine.explainer.explain(second.id)
        assert explained.reason == reason
        # In the order of the queue within the project, although it would fit.
        behind = await w.engine.explainer.explain(third.id)
        assert behind.reason == f"a job of its project that came before it waits: {reason}"
        [entry, _] = (await w.engine.queue.page(limit=9, cursor=None)).items
        assert entry.reason == reason
        plan = await w.engine.explainer.plan(spec(project="blue", resources=_asking(1.0)))
        assert (plan.accepted, plan.reason) == (True, reason)
        agent.exit(0)
        await w.pass_time(2)
        assert w.job(second.id).state is w.job(third.id).state is JobState.RUNNING
        assert (await w.engine.queue.status()).blocked_classes == {}
        assert w.job(first.id).state is JobState.SUCCEEDED


async def test_what_outgrew_the_quota_waits_by_itself() -> None:
    async with world() as w:
        await _project(w, "blue")
        large = await w.submit(project="blue", resources=_asking(memory_mb=4096))
        small = await w.submit(project="blue", resources=_asking(memory_mb=256))
        await _project(w, "blue", memory_mb=1024)
        await w.sweep()
        assert w.job(small.id).state is JobState.RUNNING
        assert w.job(large.id).state is WAITS
        explained = await w.engine.explainer.explain(large.id)
        assert explained.reason == (
            "project 'blue' uses 256 of its 1024 MB of memory, and the job asks for 4096"
        )
        await _project(w, "blue")
        await w.pass_time(3)
        assert w.job(large.id).state is JobState.RUNNING


async def test_a_quota_of_no_jobs_holds_all_back_until_it_is_lifted() -> None:
    async with world() as w:
        await _project(w, "blue", running_jobs=0)
        job = await w.submit(project="blue")
        await w.pass_time(3)
        explained = await w.engine.explainer.explain(job.id)
        assert explained.reason == "project 'blue' uses 0 of its 0 running jobs"
        await _project(w, "blue")
        await w.pass_time(3)
        assert w.job(job.id).state is JobState.RUNNING


async def test_workers_that_come_free_take_no_job_beyond_it() -> None:
    async with world(reusable_workers=True, max_workers=3) as w:
        await _project(w, "blue", running_jobs=1)
        jobs = [await w.submit(project="blue") for _ in range(4)]
        jobs += [await w.submit() for _ in range(4)]
        while any(not w.job(job.id).finished for job in jobs):
            await w.pass_time(1)
            used = w.tables.use_of(["blue"])
            assert "blue" not in used or used["blue"].running_jobs == 1
            for agent in list(w.agents.values()):
                if agent.held is not None and agent.held.exited is None:
                    agent.exit(0)
            await quiet()
        assert {w.job(job.id).state for job in jobs} == {JobState.SUCCEEDED}
