"""One job after the other on a worker: the end of one and the binding of the next are one save."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hodei.domain.job import Job, JobState
from hodei.domain.spec import Priority
from hodei.domain.worker import WorkerState
from hodei.engine.dispatch import AHEAD_LEASE_S
from hodei.engine.reserve import KEEP_S, LATELY_S
from tests.unit.engine.simulated_agent import SimulatedAgent
from tests.unit.engine.world import World, quiet, world


@asynccontextmanager
async def hurried(
    waiting: int = 3, *, replicas: int = 1
) -> AsyncIterator[tuple[World, SimulatedAgent, list[Job]]]:
    """One worker that has just ended a job and holds the first of the jobs given; the next one
    is claimed ahead, and the others wait."""
    async with world(reusable_workers=True, max_workers=1, replicas=replicas) as w:
        _, agent = await w.run_job()
        jobs = [await w.submit() for _ in range(1 + waiting)]
        agent.exit(0)
        await quiet()
        await w.engine.dispatcher.run_once(explain=False)
        await quiet()
        yield w, agent, jobs


def claimed(w: World) -> list[Job]:
    """Jobs that somebody has claimed and not bound."""
    return [entry.job for entry in w.tables.jobs.values() if entry.claimed_by is not None]


async def test_the_next_job_is_bound_by_the_save_of_the_end() -> None:
    async with hurried() as (w, agent, (first, second, *_)):
        before = w.worker(agent.worker_id)
        assert claimed(w) == [second]
        agent.exit(3)
        await quiet()
        after = w.worker(agent.worker_id)
        assert w.job(first.id).state is JobState.FAILED
        assert w.job(second.id).state is JobState.RUNNING
        assert after.state is WorkerState.BUSY
        # Bound with the end of the first; then the start of its process was stored.
        assert after.version == before.version + 2
        assert w.attempt(second.id).warm
        said = [kind for kind, _ in agent.links[-1].said if kind in ("ack_exit", "run")]
        assert said[-2:] == ["ack_exit", "run"]
        assert w.kinds(second.id) == [
            "job.submitted",
            "job.assigned",
            "attempt.phase",
            "job.started",
        ]


async def test_jobs_follow_one_another_until_none_is_left() -> None:
    async with hurried(8) as (w, agent, jobs):
        ended = 0
        while not w.job(jobs[-1].id).finished:
            agent.exit(0)
            await quiet()
            ended += 1
            await w.engine.dispatcher.run_once(explain=False)
            await quiet()
        assert ended == len(jobs)
        assert {w.job(job.id).state for job in jobs} == {JobState.SUCCEEDED}
        assert claimed(w) == []


async def test_a_job_cancelled_meanwhile_does_not_keep_the_end_from_being_saved() -> None:
    async with hurried() as (w, agent, (first, second, third, *_)):
        await w.engine.jobs.cancel(str(second.id), actor="ann")
        agent.exit(0)
        await quiet()
        assert w.job(first.id).state is JobState.SUCCEEDED
        assert w.job(second.id).state is JobState.CANCELLED
        assert w.kinds(first.id).count("job.finished") == 1
        await w.sweep()
        assert w.job(third.id).state is JobState.RUNNING


async def test_an_end_that_was_saved_without_an_answer_is_saved_once() -> None:
    async with hurried() as (w, agent, (first, second, *_)):
        w.home.faults.commits_unanswered = 1
        agent.exit(0)
        await quiet()
        assert w.job(first.id).state is JobState.SUCCEEDED
        assert w.job(second.id).state is JobState.ASSIGNED
        agent.connect(w.engine)
        await quiet()
        assert w.job(second.id).state is JobState.RUNNING
        assert w.kinds(first.id).count("job.finished") == 1
        assert len(w.attempts(second.id)) == 1


async def test_an_end_that_was_not_saved_is_saved_again_and_the_claim_runs_out() -> None:
    async with hurried() as (w, agent, (first, second, *_)):
        w.home.faults.commits_lost = 1
        agent.exit(0)
        await quiet()
        assert w.job(first.id).state is JobState.RUNNING
        agent.connect(w.engine)
        await quiet()
        assert w.job(first.id).state is JobState.SUCCEEDED
        assert len(w.attempts(first.id)) == 1
        assert w.attempts(second.id) == []
        await w.pass_time(AHEAD_LEASE_S + 1)
        agent.exit(0)
        await quiet()
        await w.sweep()
        assert w.job(second.id).state is JobState.RUNNING


async def test_a_drained_worker_takes_no_further_job() -> None:
    async with hurried() as (w, agent, (first, second, *_)):
        await w.engine.workers.drain(str(agent.worker_id), actor="ann")
        agent.exit(0)
        await quiet()
        assert w.job(first.id).state is JobState.SUCCEEDED
        assert w.job(second.id).state is JobState.PENDING
        assert w.worker(agent.worker_id).state is not WorkerState.BUSY


async def test_nothing_is_bound_after_a_pause() -> None:
    async with hurried() as (w, agent, (first, second, *_)):
        async with w.bus.subscribe() as hints:
            await w.engine.queue.configure(paused=True, aging_step_ms=None, actor="ann")
            while not (hint := await anext(hints)).data:
                await w.engine._hint(hint)
            await w.engine._hint(hint)
        agent.exit(0)
        await quiet()
        await w.sweep()
        assert w.job(first.id).state is JobState.SUCCEEDED
        assert w.job(second.id).state is JobState.PENDING
        assert claimed(w) == []


async def test_a_disabled_provider_is_given_no_further_job() -> None:
    async with hurried() as (w, agent, (first, second, *_)):
        await w.engine.providers.set_enabled("cloud", False, actor="ann")
        agent.exit(0)
        await quiet()
        assert w.job(first.id).state is JobState.SUCCEEDED
        await w.sweep()
        assert w.job(second.id).state is JobState.PENDING
        assert claimed(w) == []


async def test_what_nobody_took_is_given_back_after_a_moment() -> None:
    async with hurried() as (w, _, (_, second, *_)):
        assert claimed(w) == [second]
        await w.clock.advance(KEEP_S / 2)
        await w.engine.dispatcher.run_once(explain=False)
        assert claimed(w) == [second]
        await w.clock.advance(KEEP_S)
        await w.engine.dispatcher.run_once(explain=False)
        assert claimed(w) == []


async def test_nothing_is_claimed_ahead_for_workers_that_are_seldom_free() -> None:
    async with hurried() as (w, agent, (_, _, third, *_)):
        await w.clock.advance(KEEP_S + LATELY_S)
        agent.exit(0)
        await quiet()
        await w.clock.advance(KEEP_S + LATELY_S)
        await w.sweep()
        await w.engine.dispatcher.run_once(explain=False)
        assert w.job(third.id).state is JobState.PENDING
        assert claimed(w) == []


async def test_jobs_claimed_ahead_by_a_server_that_died_are_soon_served() -> None:
    async with hurried(replicas=2) as (w, agent, (_, second, *_)):
        assert claimed(w) == [second]
        await w.replicas[0].crash()
        agent.connect(w.engine)
        await quiet()
        agent.exit(0)
        await quiet()
        await w.sweep()
        assert w.job(second.id).state is JobState.PENDING
        await w.pass_time(AHEAD_LEASE_S + 1)
        agent.exit(0)
        await quiet()
        await w.sweep()
        assert w.job(second.id).state is JobState.RUNNING


async def test_a_stop_gives_back_what_was_claimed_ahead() -> None:
    async with hurried() as (w, _, _):
        await w.engine.dispatcher.give_back()
        assert claimed(w) == []


async def test_the_best_rank_goes_first_once_it_is_claimed() -> None:
    async with hurried() as (w, agent, (_, second, third, *_)):
        urgent = await w.submit(priority=Priority.HIGH)
        agent.exit(0)
        await quiet()
        # One was claimed before; from then on the order is that of the queue.
        assert w.job(second.id).state is JobState.RUNNING
        await w.engine.dispatcher.run_once(explain=False)
        agent.exit(0)
        await quiet()
        assert w.job(urgent.id).state is JobState.RUNNING
        assert w.job(third.id).state is JobState.PENDING


async def test_the_committer_knows_how_many_attempts_are_under_way() -> None:
    async with hurried(1) as (w, agent, _):
        committer = w.engine.core.committer
        assert committer.crowd == 1
        agent.exit(0)
        await quiet()
        assert committer.crowd == 1
        agent.disconnect()
        await quiet()
        assert committer.crowd == 0
        agent.connect(w.engine)
        await quiet()
        assert committer.crowd == 1
        agent.exit(0)
        await quiet()
        assert committer.crowd == 0
