"""Lost workers: noticed within 15 s, ended when they are surely gone or silent for too long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hodei.domain.attempt import Phase
from hodei.domain.job import JobState
from hodei.domain.outcome import Cause
from hodei.domain.worker import WorkerState
from tests.unit.engine.simulated_agent import SimulatedAgent
from tests.unit.engine.world import World, quiet, world


def mute(agent: SimulatedAgent) -> None:
    """Half-open: the server still sees a stream, nothing comes through it."""
    agent.link, agent.welcomed = None, False


async def until_silent(w: World, agent: SimulatedAgent) -> float:
    begin = w.clock.monotonic()
    while w.worker(agent.worker_id).state is not WorkerState.SILENT:
        await w.pass_time(0.5, step=0.5)
        assert w.clock.monotonic() - begin < 60
    return w.clock.monotonic() - begin


@pytest.mark.parametrize("how", ["closed", "half-open"])
@pytest.mark.parametrize("offset", [0.0, 1.0, 2.0, 2.9])
@pytest.mark.parametrize("replicas", [1, 2])
async def test_noticed_within_15_seconds(how: str, offset: float, replicas: int) -> None:
    async with world(replicas=replicas) as w:
        job, agent = await w.run_job()
        await w.pass_time(20 + offset, step=0.5)
        w.inspector.hide(agent.worker_id)
        if how == "closed":
            agent.disconnect()
        else:
            mute(agent)
        assert await until_silent(w, agent) <= 15
        assert w.attempt(job.id).phase is Phase.LOST


async def test_a_stream_that_ends_right_after_a_binding_is_noticed_as_soon() -> None:
    async with world() as w:
        await w.pass_time(20)
        _, agent = await w.run_job()
        w.inspector.hide(agent.worker_id)
        agent.disconnect()
        assert await until_silent(w, agent) <= 15


async def test_a_warm_worker_that_missed_a_heartbeat_is_given_no_job() -> None:
    async with world(reusable_workers=True, max_workers=2) as w:
        _, agent = await w.run_job()
        agent.exit(0)
        await w.pass_time(20, step=0.5)
        well = await w.submit()
        assert w.attempt(well.id).worker_id == agent.worker_id
        await quiet()
        agent.exit(0)
        await quiet()
        mute(agent)
        await w.pass_time(5, step=0.5)
        assert w.worker(agent.worker_id).state is WorkerState.READY
        job = await w.submit()
        await w.pass_time(1, step=0.5)
        assert w.job(job.id).state is JobState.RUNNING
        assert w.attempt(job.id).worker_id != agent.worker_id


async def test_a_worker_that_is_surely_gone_is_not_waited_for() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        w.inspector.vanish(agent.worker_id)
        await w.pass_time(1)
        stored = w.job(job.id)
        assert stored.state is JobState.FAILED
        assert stored.outcome is not None
        assert stored.outcome.cause is Cause.LOST
        w.assert_tidy()


@pytest.mark.parametrize("how", ["seen at once", "silent before"])
async def test_memory_that_its_agent_could_not_tell_of(how: str) -> None:
    async with world() as w:
        job, agent = await w.run_job()
        if how == "silent before":
            w.inspector.hide(agent.worker_id)
            agent.disconnect()
            await until_silent(w, agent)
            w.inspector.hide(agent.worker_id, hidden=False)
        w.inspector.starve(agent.worker_id)
        await w.pass_time(4)
        outcome = w.job(job.id).outcome
        assert outcome is not None
        assert outcome.cause is Cause.OOM
        assert f"{job.spec.resources.memory_mb} MB" in outcome.message
        w.assert_tidy()


async def test_a_worker_that_nobody_sees_may_come_back_for_a_while() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        w.inspector.hide(agent.worker_id)
        agent.disconnect()
        await until_silent(w, agent)
        await w.pass_time(40)
        assert not w.job(job.id).finished
        await w.pass_time(10)
        stored = w.job(job.id)
        assert stored.state is JobState.FAILED
        assert stored.outcome is not None
        assert "nothing was heard from it for 55 s" in stored.outcome.message
        assert agent.gone.is_set()
        w.assert_tidy()


async def test_a_silent_worker_is_ended_as_soon_as_it_is_surely_gone() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        w.inspector.hide(agent.worker_id)
        agent.disconnect()
        await until_silent(w, agent)
        await w.pass_time(6)
        assert not w.job(job.id).finished
        w.inspector.vanish(agent.worker_id)
        await w.pass_time(3)
        stored = w.job(job.id)
        assert stored.outcome is not None
        assert "its provider says it is gone" in stored.outcome.message
        w.assert_tidy()


async def test_an_idle_worker_falls_silent_and_returns() -> None:
    async with world(reusable_workers=True) as w:
        _, agent = await w.run_job()
        agent.exit(0)
        await quiet()
        agent.disconnect()
        await until_silent(w, agent)
        agent.connect(w.engine)
        await quiet()
        assert w.worker(agent.worker_id).state is WorkerState.READY
        second = await w.submit()
        await w.sweep()
        assert w.attempt(second.id).worker_id == agent.worker_id


async def test_a_worker_taken_for_silent_while_it_is_connected_comes_back_by_itself() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        await w.pass_time(20)
        # The first server is stuck for a while; the second one is not.
        for _ in range(16):
            await w.clock.advance(1)
            await w.replicas[1].engine.reconciler.run_once()
        await quiet()
        assert w.worker(agent.worker_id).state is WorkerState.SILENT
        agent.heartbeat()
        await quiet()
        await w.pass_time(7)
        assert agent.link is None, "the first server has seen what the second one wrote"
        agent.connect(w.engine)
        await quiet()
        assert w.worker(agent.worker_id).state is WorkerState.BUSY
        await w.pass_time(60)
        assert w.job(job.id).state is JobState.RUNNING
        agent.exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_an_agent_that_moved_to_another_server_is_not_taken_for_silent() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        await w.pass_time(20)
        mute(agent)
        agent.connect(w.replicas[1].engine)
        phases = set()
        for _ in range(60):
            await w.pass_time(0.5, step=0.5)
            phases.add(w.attempt(job.id).phase)
        assert phases == {Phase.RUNNING}


async def test_the_wall_clock_may_jump() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        await w.pass_time(12)
        w.clock.jump(-3600)
        await w.pass_time(12)
        assert w.job(job.id).state is JobState.RUNNING
        w.clock.jump(3600)
        await w.pass_time(12)
        assert w.job(job.id).state is JobState.RUNNING
        agent.exit(0)
        await quiet()
        stored = w.job(job.id)
        assert stored.state is JobState.SUCCEEDED
        assert stored.finished_at is not None
        assert stored.finished_at - job.submitted_at == timedelta(seconds=36)
