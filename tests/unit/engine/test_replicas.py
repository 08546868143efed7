"""Several servers on one store, and what happens when one of them dies without a word."""

from __future__ import annotations

import asyncio

import pytest

from hodei.domain.attempt import Phase
from hodei.domain.errors import WorkerElsewhere
from hodei.domain.job import JobState
from hodei.domain.outcome import Cause
from hodei.domain.spec import RetryPolicy
from hodei.domain.worker import WorkerState
from tests.unit.engine.world import World, quiet, world


async def take_over(w: World) -> None:
    """The first replica dies; a second one was there all the time, healthy."""
    await w.replicas[0].crash()
    assert w.home is w.replicas[1]


@pytest.mark.parametrize("at", ["intent", "provisioning", "pulling", "started", "enrol"])
async def test_a_half_provisioned_worker_is_cleaned_up_and_the_job_goes_on(at: str) -> None:
    async with world() as w:
        w.inspector.hang(at)
        job = await w.submit()
        await w.sweep()
        await w.add_replica()
        await take_over(w)
        await w.pass_time(30 if at != "enrol" else 310, step=1 if at != "enrol" else 3)
        first = w.attempts(job.id)[0]
        assert first.outcome is not None
        assert first.outcome.cause is Cause.PROVISION
        assert first.worker_id not in w.inspector.existing
        assert w.job(job.id).state is JobState.RUNNING
        assert w.job(job.id).counted_attempts == 1


async def test_a_running_job_goes_on_when_its_agent_finds_the_other_server() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.write(b"before\n")
        await quiet()
        await w.add_replica()
        await take_over(w)
        agent.write(b"meanwhile\n")
        await w.pass_time(8)
        agent.connect(w.engine)
        await quiet()
        agent.write(b"after\n")
        await w.pass_time(60)
        assert w.job(job.id).state is JobState.RUNNING
        agent.exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED
        assert w.log_text(w.attempt(job.id).id) == b"before\nmeanwhile\nafter\n"
        assert len(w.attempts(job.id)) == 1
        w.assert_tidy()


async def test_a_worker_that_was_being_destroyed_is_destroyed_by_the_next() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        w.inspector.hang("destroy")
        agent.exit(0)
        await quiet()
        worker = w.worker(agent.worker_id)
        assert worker.state is WorkerState.TERMINATING
        await w.add_replica()
        await take_over(w)
        await w.pass_time(20)
        assert w.attempt(job.id).phase is Phase.DONE
        w.assert_tidy()


async def test_a_worker_that_only_another_server_can_end_is_left_to_it() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        await w.add_replica()
        w.inspector.fail("destroy", error=WorkerElsewhere)
        agent.exit(0)
        await quiet()
        w.inspector.hang("destroy")
        await w.pass_time(20)
        one, two = (replica.engine.terminator for replica in w.replicas)
        assert not one.ends(agent.worker_id)
        assert two.ends(agent.worker_id)
        assert w.worker(agent.worker_id).state is WorkerState.TERMINATING
        w.inspector.release()
        await quiet()
        assert w.attempt(job.id).phase is Phase.DONE
        w.assert_tidy()


async def test_a_worker_that_nobody_else_ends_is_tried_again() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        w.inspector.fail("destroy", times=2, error=WorkerElsewhere)
        agent.exit(0)
        await quiet()
        assert not w.engine.terminator.ends(agent.worker_id)
        await w.pass_time(100)
        assert w.attempt(job.id).phase is Phase.DONE
        w.assert_tidy()


async def test_agents_are_not_judged_right_after_a_restart() -> None:
    async with world() as w:
        job, agent = await w.run_job(timeout_ms=36_000_000)
        await w.replicas[0].crash()
        await w.clock.advance(3600)
        await w.add_replica()
        await w.pass_time(9)
        assert w.worker(agent.worker_id).state is WorkerState.BUSY
        agent.connect(w.engine)
        await quiet()
        await w.pass_time(30)
        assert w.job(job.id).state is JobState.RUNNING
        agent.exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_a_store_that_was_away_longer_than_the_lease_judges_nobody() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        half = await w.submit()
        w.inspector.hang("pulling")
        await w.sweep()
        await w.pass_time(12)
        for replica in w.replicas:
            replica.faults.down = True
        await w.clock.advance(120)
        for replica in w.replicas:
            replica.faults.down = False
        agent.heartbeat()
        await quiet()
        # The one that makes no workers and holds no stream is the first to look again.
        await w.replicas[1].engine.reconciler.run_once()
        for _ in range(5):
            await w.sweep()
        await w.pass_time(6)
        assert w.worker(agent.worker_id).state is WorkerState.BUSY
        assert w.attempt(half.id).phase is Phase.PULLING
        w.inspector.release()
        await quiet()
        w.agent_of(half.id).exit(0)
        agent.exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED
        assert w.job(half.id).state is JobState.SUCCEEDED
        assert len(w.attempts(half.id)) == 1


async def test_no_job_is_bound_twice_by_two_dispatchers() -> None:
    async with world(replicas=3, max_workers=100) as w:
        jobs = [await w.submit() for _ in range(60)]
        await asyncio.gather(*(r.engine.dispatcher.run_once() for r in w.replicas))
        await quiet()
        assert [len(w.attempts(job.id)) for job in jobs] == [1] * 60
        assert len(w.live_workers()) == 60


async def test_no_more_workers_than_allowed_by_any_number_of_dispatchers() -> None:
    async with world(replicas=3, max_workers=5) as w:
        for _ in range(30):
            await w.submit()
        for _ in range(3):
            await asyncio.gather(*(r.engine.dispatcher.run_once() for r in w.replicas))
            await quiet()
            assert len(w.live_workers()) <= 5
        assert len(w.live_workers()) == 5
        held = [entry for entry in w.tables.jobs.values() if entry.claimed_by is not None]
        assert held == [], "what found no room is given back"


async def test_an_attempt_given_up_by_one_server_cannot_be_won_by_the_other() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job(retry=RetryPolicy(max_attempts=2))
        # A cut that only the other side has noticed: the server still holds the stream.
        w.inspector.hide(agent.worker_id)
        old = agent.link
        assert old is not None
        agent.link, agent.welcomed = None, False
        await w.pass_time(14)
        assert w.worker(agent.worker_id).state is WorkerState.SILENT
        w.inspector.hang("destroy")
        await w.pass_time(50)
        assert w.attempts(job.id)[0].closing is not None
        # The end arrives after all, before the provider has destroyed the worker: it is true.
        agent.connect(w.replicas[1].engine)
        await quiet()
        agent.exit(0)
        w.inspector.release()
        await w.pass_time(10)
        first = w.attempts(job.id)[0]
        assert first.outcome is not None
        assert first.outcome.cause is Cause.LOST
        assert w.kinds(job.id).count("job.finished") == 0
        assert w.job(job.id).state is JobState.RUNNING
        assert w.attempt(job.id).number == 2


async def test_the_same_fact_from_two_servers_is_written_once() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        w.inspector.vanish(agent.worker_id)
        await quiet()
        await asyncio.gather(*(r.engine.reconciler.run_once() for r in w.replicas))
        await w.pass_time(10)
        assert w.kinds(job.id).count("job.finished") == 1
        assert w.job(job.id).state is JobState.FAILED
        w.assert_tidy()
