"""How attempts end, and what follows: timeouts, retries, causes, free repeats."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hodei.domain.errors import ImageUnavailable, SpecRejected
from hodei.domain.job import JobState
from hodei.domain.outcome import Cause
from hodei.domain.retry import FREE_REQUEUES
from hodei.domain.spec import Backoff, RetryCause, RetryPolicy
from tests.unit.engine.world import quiet, world

STEADY = Backoff(initial_ms=4_000, factor=2, jitter=0)


@pytest.mark.parametrize(
    ("code", "cause", "signal", "state"),
    [
        (0, Cause.EXIT, None, JobState.SUCCEEDED),
        (3, Cause.EXIT, None, JobState.FAILED),
        (None, Cause.SIGNAL, 11, JobState.FAILED),
        (None, Cause.OOM, 9, JobState.FAILED),
        (None, Cause.TIMEOUT, 15, JobState.TIMEOUT),
        (None, Cause.SPEC, None, JobState.FAILED),
    ],
)
async def test_the_agents_word_is_the_outcome(
    code: int | None, cause: Cause, signal: int | None, state: JobState
) -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.exit(code, cause, signal=signal, message="said the agent")
        await quiet()
        stored = w.job(job.id)
        assert stored.state is state
        assert stored.outcome is not None
        assert stored.outcome.cause is cause
        assert w.attempt(job.id).outcome == stored.outcome
        w.assert_tidy()


async def test_an_agent_that_keeps_no_time_is_ended_by_the_provider() -> None:
    async with world() as w:
        job, agent = await w.run_job(timeout_ms=20_000, grace_ms=1_000)
        deadline = w.attempt(job.id).run_deadline
        assert deadline == job.submitted_at + timedelta(seconds=20)
        await w.pass_time(25)
        assert w.job(job.id).state is JobState.RUNNING
        await w.pass_time(3)
        assert w.job(job.id).state is JobState.TIMEOUT
        assert agent.gone.is_set()
        w.assert_tidy()


async def test_an_agent_that_starts_nothing_is_given_up() -> None:
    async with world() as w:
        w.born_starting = False
        job, _ = await w.run_job(grace_ms=0)
        await w.pass_time(303, step=3)
        assert not w.job(job.id).finished
        await w.pass_time(9, step=3)
        stored = w.job(job.id)
        assert stored.state is JobState.FAILED
        assert stored.outcome is not None
        assert "started nothing within 300 s" in stored.outcome.message
        w.assert_tidy()


async def test_a_job_that_waits_too_long_times_out_with_the_reason() -> None:
    async with world(max_workers=1) as w:
        await w.run_job()
        job = await w.submit(queue_timeout_ms=5_000)
        await w.pass_time(4)
        assert w.job(job.id).state is JobState.PENDING
        await w.pass_time(5)
        stored = w.job(job.id)
        assert stored.state is JobState.TIMEOUT
        assert stored.outcome is not None
        assert "queue timeout of 5 s" in stored.outcome.message
        assert "busy" in stored.outcome.message
        assert w.attempts(job.id) == []


async def test_the_queue_timeout_is_for_the_first_start_only() -> None:
    async with world() as w:
        policy = RetryPolicy(max_attempts=2, backoff=STEADY)
        job, agent = await w.run_job(queue_timeout_ms=5_000, retry=policy)
        await w.pass_time(10)
        agent.exit(1)
        await w.pass_time(6)
        assert w.job(job.id).state is JobState.RUNNING
        w.agent_of(job.id).exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_retries_wait_longer_each_time_and_end() -> None:
    async with world() as w:
        policy = RetryPolicy(max_attempts=3, backoff=STEADY)
        job, agent = await w.run_job(retry=policy)
        waits = []
        for _ in range(2):
            agent.exit(1)
            await quiet()
            stored = w.job(job.id)
            assert stored.state is JobState.PENDING
            waits.append(stored.not_before - w.clock.now())
            await w.pass_time(waits[-1].total_seconds() - 1)
            assert w.job(job.id).state is JobState.PENDING
            await w.pass_time(1)
            agent = w.agent_of(job.id)
        assert waits == [timedelta(seconds=4), timedelta(seconds=8)]
        agent.exit(2)
        await quiet()
        stored = w.job(job.id)
        assert stored.state is JobState.FAILED
        assert stored.outcome is not None
        assert stored.outcome.exit_code == 2
        assert [a.number for a in w.attempts(job.id)] == [1, 2, 3]
        assert len({a.worker_id for a in w.attempts(job.id)}) == 3
        w.assert_tidy()


@pytest.mark.parametrize(
    ("cause", "on", "again"),
    [
        (Cause.OOM, RetryCause.OOM, True),
        (Cause.OOM, RetryCause.FAILED, False),
        (Cause.TIMEOUT, RetryCause.TIMEOUT, True),
        (Cause.SIGNAL, RetryCause.FAILED, True),
        (Cause.SPEC, RetryCause.FAILED, False),
    ],
)
async def test_only_named_causes_are_repeated(cause: Cause, on: RetryCause, again: bool) -> None:
    async with world() as w:
        job, agent = await w.run_job(retry=RetryPolicy(max_attempts=2, on=frozenset({on})))
        agent.exit(None, cause, signal=9)
        await quiet()
        assert (w.job(job.id).state is JobState.PENDING) is again


async def test_attempts_without_user_code_are_repeated_for_nothing_a_few_times() -> None:
    async with world() as w:
        w.inspector.fail("provisioning", times=100)
        job = await w.submit()
        await w.pass_time(180, step=3)
        stored = w.job(job.id)
        assert stored.state is JobState.FAILED
        assert stored.outcome is not None
        assert stored.outcome.cause is Cause.PROVISION
        assert len(w.attempts(job.id)) == FREE_REQUEUES + 1
        assert stored.counted_attempts == 1
        w.assert_tidy()


@pytest.mark.parametrize(
    ("at", "error", "cause"),
    [("pulling", ImageUnavailable, Cause.IMAGE), ("provisioning", SpecRejected, Cause.SPEC)],
)
async def test_what_no_repeat_would_change_fails_at_once(
    at: str, error: type[ImageUnavailable] | type[SpecRejected], cause: Cause
) -> None:
    async with world() as w:
        w.inspector.fail(at, error=error, message="no such thing")
        job = await w.submit(retry=RetryPolicy(max_attempts=3))
        await w.pass_time(4)
        stored = w.job(job.id)
        assert stored.state is JobState.FAILED
        assert stored.outcome is not None
        assert stored.outcome.cause is cause
        assert "no such thing" in stored.outcome.message
        assert len(w.attempts(job.id)) == 1
        w.assert_tidy()


async def test_a_lost_worker_is_repeated_as_the_policy_says() -> None:
    async with world() as w:
        job, agent = await w.run_job(retry=RetryPolicy(max_attempts=2, backoff=STEADY))
        w.inspector.vanish(agent.worker_id)
        await w.pass_time(8)
        assert w.job(job.id).state is JobState.RUNNING
        first, second = w.attempts(job.id)
        assert first.outcome is not None
        assert first.outcome.cause is Cause.LOST
        assert second.number == 2


async def test_the_end_of_a_worker_that_was_terminated_by_hand() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        await w.engine.workers.terminate(str(agent.worker_id), actor="ann")
        await w.pass_time(4)
        assert w.job(job.id).state is JobState.CANCELLED
        w.assert_tidy()
