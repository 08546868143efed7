"""Cancel in every phase: final at once for a waiting job, else when nothing runs any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest

from hodei.adapters.scripted.provider import ScriptedProvider
from hodei.domain.attempt import Phase
from hodei.domain.errors import Conflict
from hodei.domain.job import JobState
from hodei.domain.outcome import Cause
from hodei.domain.provider import Observation, ObservedState
from hodei.domain.worker import Handle, WorkerState
from tests.unit.engine.world import World, quiet, world


async def cancel(w: World, job_id: object, reason: str = "no need") -> None:
    await w.engine.jobs.cancel(str(job_id), actor="ann", reason=reason)


async def test_a_waiting_job_is_cancelled_at_once() -> None:
    async with world() as w:
        job = await w.submit()
        await cancel(w, job.id)
        assert w.job(job.id).state is JobState.CANCELLED
        assert w.kinds(job.id) == ["job.submitted", "job.cancel_requested", "job.finished"]
        await w.pass_time(2)
        assert w.attempts(job.id) == []
        w.assert_tidy()


async def test_a_cancel_beats_a_binding_of_the_same_moment() -> None:
    async with world() as w:
        job = await w.submit()
        # Claimed and about to be bound, when the cancel is saved first.
        claimed = await w.home.store.claim("replica-1", limit=1, lease_s=10)
        assert [one.id for one in claimed] == [job.id]
        await cancel(w, job.id)
        await w.sweep()
        assert w.job(job.id).state is JobState.CANCELLED
        assert w.inspector.existing == frozenset()


async def test_before_the_provider_has_done_anything() -> None:
    async with world() as w:
        w.inspector.hang("intent")
        job = await w.submit()
        await w.sweep()
        await cancel(w, job.id)
        await w.sweep()
        assert w.job(job.id).state is JobState.CANCELLED
        assert w.engine.provisioner.worker_ids == []
        w.assert_tidy()


@pytest.mark.parametrize("at", ["provisioning", "pulling", "started"])
async def test_while_the_worker_is_made_the_provider_call_is_ended_first(at: str) -> None:
    async with world() as w:
        w.inspector.hang(at)
        w.inspector.hang("destroy")
        job = await w.submit()
        await w.sweep()
        await cancel(w, job.id)
        await w.sweep()
        assert w.job(job.id).state is JobState.ASSIGNED
        assert w.attempt(job.id).phase is Phase.CANCELLING
        assert w.engine.provisioner.worker_ids == [], "no call goes on behind the destroy"
        w.inspector.release()
        await quiet()
        stored = w.job(job.id)
        assert stored.state is JobState.CANCELLED
        assert stored.outcome is not None
        assert stored.outcome.message == "The job was cancelled: no need."
        assert len(w.attempts(job.id)) == 1
        w.assert_tidy()


async def test_while_registering() -> None:
    async with world() as w:
        w.inspector.hang("enrol")
        job = await w.submit()
        await w.sweep()
        assert w.attempt(job.id).phase is Phase.REGISTERING
        await cancel(w, job.id)
        await w.sweep()
        assert w.job(job.id).state is JobState.CANCELLED
        w.assert_tidy()


async def test_while_starting_the_agent_never_starts_or_says_when_it_ended() -> None:
    async with world() as w:
        w.born_starting = False
        job, agent = await w.run_job()
        assert w.attempt(job.id).phase is Phase.STARTING
        await cancel(w, job.id)
        await w.sweep()
        assert w.job(job.id).state is JobState.CANCELLED
        assert agent.ended == [w.attempt(job.id).id]
        w.assert_tidy()


async def test_a_running_job_is_cancelling_until_the_agent_confirms() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.obeys = False
        agent.write(b"working\n")
        await cancel(w, job.id)
        await w.pass_time(9)
        attempt = w.attempt(job.id)
        assert attempt.phase is Phase.CANCELLING
        assert attempt.entered(Phase.CANCELLING) == attempt.cancel_requested_at
        assert w.job(job.id).state is JobState.RUNNING
        assert agent.held is not None
        assert agent.held.cancelled
        agent.write(b"goodbye\n")
        agent.exit(None, Cause.CANCELLED, signal=15)
        await quiet()
        assert w.job(job.id).state is JobState.CANCELLED
        assert w.log_text(attempt.id) == b"working\ngoodbye\n"
        w.assert_tidy()


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ObservedState.RUNNING, "it was told to stop (its place is being removed)"),
        (ObservedState.UNKNOWN, "it was told to stop"),
    ],
)
async def test_a_provider_may_know_who_told_a_worker_to_stop(
    monkeypatch: pytest.MonkeyPatch, state: ObservedState, told: str
) -> None:
    async def observe(_: object, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        seen = Observation(state=state, reason="its place is being removed")
        return {handle.worker_id: seen for handle in handles}

    async with world() as w:
        job, agent = await w.run_job()
        monkeypatch.setattr(ScriptedProvider, "observe", observe)
        agent.exit(None, Cause.CANCELLED, signal=15, message="it was told to stop")
        await quiet()
        outcome = w.attempt(job.id).outcome
        assert outcome is not None
        assert outcome.message == f"The worker was lost while the job was running: {told}."


async def test_an_agent_that_ignores_it_is_ended_by_the_provider_after_the_graces() -> None:
    async with world() as w:
        job, agent = await w.run_job(grace_ms=4_000)
        agent.obeys = False
        await cancel(w, job.id)
        await w.pass_time(9)
        assert w.job(job.id).state is JobState.RUNNING
        await w.pass_time(2)
        assert w.job(job.id).state is JobState.CANCELLED
        assert agent.gone.is_set()
        w.assert_tidy()


async def test_a_lost_attempt_is_ended_by_the_provider_at_once() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.disconnect()
        await w.pass_time(14)
        assert w.attempt(job.id).phase is Phase.LOST
        await cancel(w, job.id)
        await w.sweep()
        assert w.job(job.id).state is JobState.CANCELLED
        w.assert_tidy()


async def test_nothing_is_confirmed_while_the_provider_cannot_destroy() -> None:
    async with world() as w:
        w.inspector.hang("pulling")
        w.inspector.fail("destroy", times=3)
        job = await w.submit()
        await w.sweep()
        await cancel(w, job.id)
        await w.sweep()
        assert w.job(job.id).state is JobState.ASSIGNED
        assert w.inspector.existing
        await w.pass_time(5)
        assert w.job(job.id).state is JobState.CANCELLED
        w.assert_tidy()


async def test_any_replica_takes_it() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        await w.replicas[1].engine.jobs.cancel(str(job.id), actor="ann")
        # The other one notes it, the one with the stream tells the agent.
        await w.replicas[1].engine.reconciler.run_once()
        await w.replicas[0].engine.reconciler.run_once()
        await quiet()
        assert w.job(job.id).state is JobState.CANCELLED
        assert agent.ended


async def test_a_second_wish_changes_nothing_and_a_finished_job_refuses() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.obeys = False
        await cancel(w, job.id, "first")
        await cancel(w, job.id, "second")
        assert w.job(job.id).cancel_reason == "first"
        agent.exit(0)
        await quiet()
        # It ended by itself before the cancel could: that is what is told.
        assert w.job(job.id).state is JobState.SUCCEEDED
        with pytest.raises(Conflict, match="SUCCEEDED already"):
            await cancel(w, job.id)


async def test_a_cancelled_job_is_not_repeated_when_its_worker_fails() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.obeys = False
        await cancel(w, job.id)
        w.inspector.vanish(agent.worker_id)
        await w.pass_time(2)
        assert w.job(job.id).state is JobState.CANCELLED
        assert len(w.attempts(job.id)) == 1
        w.assert_tidy()


async def test_between_password_and_stream() -> None:
    async with world() as w:
        w.inspector.on_started(None)
        job = await w.submit()
        await w.sweep()
        worker_id = w.attempt(job.id).worker_id
        await cancel(w, job.id)
        await w.sweep()
        assert w.worker(worker_id).state is WorkerState.GONE
        assert w.job(job.id).state is JobState.CANCELLED
        w.assert_tidy()


async def admitted(key: str) -> str:
    """Everybody is."""
    return key


async def test_many_have_a_result_each() -> None:
    async with world() as w:
        jobs = [await w.submit() for _ in range(2)]
        await cancel(w, jobs[0].id)
        keys = [*(str(job.id) for job in jobs), "ffffffff-0000-4000-8000-000000000000"]
        results = await w.engine.jobs.cancel_many(keys, actor="ann", admit=admitted)
        assert [result.ok for result in results] == [True, True, False]
        assert "no job" in results[2].error
