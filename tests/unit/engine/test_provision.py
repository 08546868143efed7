"""Making workers: whatever step fails, hangs or dies, nothing is left and the job goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from hodei.adapters.scripted.provider import ScriptedProvider
from hodei.domain.attempt import Phase
from hodei.domain.events import EventKind
from hodei.domain.job import JobState
from hodei.domain.outcome import Cause
from hodei.domain.worker import WorkerState
from hodei.ports.provider import ProvisionRequest, ProvisionStep
from tests.unit.engine.world import World, quiet, world

STEPS = ["intent", "provisioning", "pulling", "started"]


async def finish(w: World, job_id: object) -> None:
    """The job runs on its second worker and ends well."""
    await w.pass_time(6)
    (job,) = [entry.job for entry in w.tables.jobs.values() if entry.job.id == job_id]
    assert job.state is JobState.RUNNING
    first, second = w.attempts(job.id)
    assert first.outcome is not None
    assert first.outcome.cause is Cause.PROVISION
    assert first.phase is Phase.DONE
    assert (first.number, second.number) == (1, 2)
    assert job.counted_attempts == 1
    w.agent_of(job.id).exit(0)
    await quiet()
    assert w.job(job.id).state is JobState.SUCCEEDED
    w.assert_tidy()


@pytest.mark.parametrize("at", STEPS)
async def test_a_step_fails(at: str) -> None:
    async with world() as w:
        w.inspector.fail(at)
        job = await w.submit()
        await finish(w, job.id)


@pytest.mark.parametrize("at", STEPS)
async def test_a_worker_dies_at_a_step(at: str) -> None:
    async with world() as w:
        w.inspector.die(at)
        job = await w.submit()
        await finish(w, job.id)


@pytest.mark.parametrize("at", [*STEPS, "enrol"])
async def test_a_step_hangs_until_the_deadline(at: str) -> None:
    async with world() as w:
        w.inspector.hang(at)
        job = await w.submit()
        await w.sweep()
        await w.pass_time(297, step=3)
        assert w.job(job.id).state is JobState.ASSIGNED
        await w.pass_time(6, step=3)
        assert w.job(job.id).state is JobState.PENDING
        assert w.inspector.existing == frozenset()
        await finish(w, job.id)


@pytest.mark.parametrize("what", ["fail", "die"])
async def test_an_agent_that_never_calls_because_its_worker_ended(what: str) -> None:
    async with world() as w:
        if what == "fail":
            w.inspector.fail("enrol")
        else:
            w.inspector.die("enrol")
        job = await w.submit()
        await finish(w, job.id)


async def test_what_its_provider_says_of_a_worker_that_never_called() -> None:
    async with world() as w:
        w.inspector.hang("enrol")
        job = await w.submit()
        await w.sweep()
        w.inspector.say(w.attempt(job.id).worker_id, "its console says last: no root")
        await w.pass_time(303, step=3)
        outcome = w.attempts(job.id)[0].outcome
        assert outcome is not None
        assert "did not call within 300 s: its console says last: no root" in outcome.message
        await finish(w, job.id)


async def test_the_handle_is_stored_before_the_next_step() -> None:
    async with world() as w:
        w.inspector.hang("provisioning")
        job = await w.submit()
        await w.sweep()
        worker = w.worker(w.attempt(job.id).worker_id)
        assert worker.handle is not None
        assert w.inspector.existing == frozenset()
        assert worker.otp_digest is not None


async def test_a_bug_in_a_provider_is_a_failure_to_provision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise TypeError("a bug")

    async with world() as w:
        monkeypatch.setattr(ScriptedProvider, "provision", broken)
        job = await w.submit()
        await w.pass_time(4)
        outcome = w.attempts(job.id)[0].outcome
        assert outcome is not None
        assert "TypeError: a bug" in outcome.message


async def test_a_store_that_goes_away_while_a_worker_is_made() -> None:
    async with world() as w:
        w.inspector.hang("pulling")
        job = await w.submit()
        await w.sweep()
        w.home.faults.down = True
        w.inspector.release()
        await quiet()
        w.home.faults.down = False
        # Nobody makes it any more: the lease runs out, the attempt ends, another one follows.
        await w.pass_time(20)
        first = w.attempts(job.id)[0]
        assert first.outcome is not None
        assert first.outcome.cause is Cause.PROVISION
        assert w.job(job.id).state is JobState.RUNNING
        assert len(w.inspector.existing) == 1


async def test_a_binding_whose_save_was_not_answered_is_taken_up_again() -> None:
    async with world() as w:
        job = await w.submit()
        w.home.faults.commits_unanswered = 1
        await w.sweep()
        assert w.job(job.id).state is JobState.ASSIGNED
        await w.pass_time(25)
        assert w.job(job.id).state is JobState.RUNNING
        assert w.job(job.id).counted_attempts == 1
        assert len(w.inspector.existing) == 1


async def test_a_worker_destroyed_elsewhere_while_a_step_is_under_way_leaves_nothing() -> None:
    async with world(replicas=2) as w:
        w.inspector.hang("provisioning")
        job = await w.submit()
        await w.replicas[0].engine.dispatcher.run_once()
        await quiet()
        await w.engine.jobs.cancel(str(job.id), actor="ann")
        await w.replicas[1].engine.reconciler.run_once()
        await quiet()
        assert w.job(job.id).state is JobState.CANCELLED
        w.inspector.release()
        await quiet()
        w.assert_tidy()


async def test_a_provider_that_hangs_in_destroy_keeps_nobody_else_waiting() -> None:
    async with world() as w:
        stuck, agent = await w.run_job()
        w.inspector.hang("destroy")
        agent.exit(0)
        await quiet()
        assert w.job(stuck.id).state is JobState.SUCCEEDED
        assert w.worker(agent.worker_id).state is WorkerState.TERMINATING
        other, agent = await w.run_job()
        agent.exit(0)
        await quiet()
        assert w.job(other.id).state is JobState.SUCCEEDED
        w.inspector.release()
        await asyncio.sleep(0)
        await quiet()
        w.assert_tidy()


async def test_what_a_worker_waits_for_is_told_while_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    news: asyncio.Queue[ProvisionStep | None] = asyncio.Queue()
    provision = ScriptedProvider.provision

    async def slowly(
        self: ScriptedProvider, request: ProvisionRequest
    ) -> AsyncGenerator[ProvisionStep, None]:
        steps = provision(self, request)
        yield await anext(steps)
        while (told := await news.get()) is not None:
            yield told
        async for step in steps:
            yield step

    def step(phase: str, reason: str) -> ProvisionStep:
        handle = w.worker(w.attempt(job.id).worker_id).handle
        assert handle is not None
        return ProvisionStep(handle=handle, phase=phase, reason=reason)

    async with world() as w:
        monkeypatch.setattr(ScriptedProvider, "provision", slowly)
        job = await w.submit()
        await w.sweep()
        for phase, reason in [
            ("provisioning", "0/3 nodes are available"),
            ("provisioning", ""),
            ("pulling", "the registry does not answer"),
        ]:
            news.put_nowait(step(phase, reason))
            await quiet()
            mark = w.attempt(job.id).phases[-1]
            assert (mark.phase.lower(), mark.detail) == (phase, reason)
            why = (await w.engine.explainer.explain(job.id)).reason
            assert why.endswith(f": {reason}" if reason else "its worker is being made")
        told = [e.data["detail"] for e in w.events(job.id) if e.kind is EventKind.ATTEMPT_PHASE]
        assert told == ["0/3 nodes are available", "", "the registry does not answer"]
        news.put_nowait(None)
        await quiet()
        assert w.job(job.id).state is JobState.RUNNING
        assert [mark.phase for mark in w.attempt(job.id).phases].count(Phase.PROVISIONING) == 1
