"""The queue: who is served, who waits and why, and that one never blocks another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from hodei.domain.errors import IdempotencyMismatch, InvalidRequest, Unavailable
from hodei.domain.events import Event, EventKind
from hodei.domain.job import Job, JobState
from hodei.domain.spec import Preferences, Priority, Resources, RetryPolicy
from hodei.engine.dispatch import MAX_CLAIM
from hodei.engine.jobs import Submission
from tests.unit.engine.world import World, quiet, spec, world


async def reason(w: World, job_id: UUID) -> str:
    return (await w.engine.explainer.explain(job_id)).reason


async def unschedulable(w: World, count: int, **changes: object) -> list[UUID]:
    """Jobs of as many classes that the enabled providers cannot serve."""
    jobs = [
        await w.submit(
            preferences=Preferences(provider="spare"),
            resources=Resources(memory_mb=64 + n),
            priority=Priority.HIGH,
            **changes,
        )
        for n in range(count)
    ]
    return [job.id for job in jobs]


@pytest.mark.parametrize("count", [1, 20, MAX_CLAIM + 20])
async def test_jobs_that_nobody_can_serve_block_no_other(count: int) -> None:
    async with world(max_workers=1) as w:
        await w.add_provider("spare")
        await w.engine.providers.set_enabled("spare", False, actor="ann")
        blocked = await unschedulable(w, count)
        job = await w.submit(priority=Priority.LOW)
        await w.sweep()
        assert w.job(job.id).state is JobState.RUNNING
        assert {w.job(one).state for one in blocked} == {JobState.PENDING}
        assert await reason(w, blocked[0]) == "provider 'spare' is disabled"


async def test_enabling_a_provider_serves_them_and_clears_the_reasons() -> None:
    async with world() as w:
        await w.add_provider("spare")
        await w.engine.providers.set_enabled("spare", False, actor="ann")
        (job_id,) = await unschedulable(w, 1)
        await w.sweep()
        status = await w.engine.queue.status()
        assert list(status.blocked_classes.values()) == ["provider 'spare' is disabled"]
        (entry,) = (await w.engine.queue.page(limit=10, cursor=None)).items
        assert entry.reason == "provider 'spare' is disabled"
        await w.engine.providers.set_enabled("spare", True, actor="ann")
        await w.sweep()
        await w.sweep()
        assert w.job(job_id).state is JobState.RUNNING
        assert (await w.engine.queue.status()).blocked_classes == {}


async def test_a_disabled_provider_takes_nothing_new_and_running_jobs_go_on() -> None:
    async with world() as w:
        running, agent = await w.run_job()
        await w.engine.providers.set_enabled("cloud", False, actor="ann")
        waiting = await w.submit()
        await w.pass_time(5)
        assert w.job(waiting.id).state is JobState.PENDING
        assert await reason(w, waiting.id) == "provider 'cloud' is disabled"
        agent.exit(0)
        await quiet()
        assert w.job(running.id).state is JobState.SUCCEEDED


async def test_reasons_left_by_a_server_that_is_gone_are_put_right() -> None:
    async with world() as w:
        await w.home.store.set_blocked({"0123456789abcdef": "nobody knows"})
        await w.sweep()
        assert (await w.engine.queue.status()).blocked_classes == {}


async def test_reasons_are_looked_at_although_something_always_happens() -> None:
    async with world() as w:
        dispatcher = w.engine.dispatcher
        assert dispatcher._due()
        await w.clock.advance(0.5)
        assert not dispatcher._due()
        await w.clock.advance(0.5)
        assert dispatcher._due()


async def test_a_paused_scheduler_binds_nothing_and_says_so() -> None:
    async with world() as w:
        await w.engine.queue.configure(paused=True, aging_step_ms=None, actor="ann")
        job = await w.submit()
        await w.sweep()
        assert w.job(job.id).state is JobState.PENDING
        assert await reason(w, job.id) == "dispatch is paused"
        await w.engine.queue.configure(paused=False, aging_step_ms=None, actor="ann")
        await w.sweep()
        assert w.job(job.id).state is JobState.RUNNING


async def test_while_it_is_paused_new_jobs_claim_nothing_and_resuming_needs_no_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with world() as w:
        await w.engine.queue.configure(paused=True, aging_step_ms=None, actor="ann")
        await w.sweep()
        claims: list[Any] = []
        store = w.engine.core.store
        claim = store.claim

        async def counted(*args: Any, **options: Any) -> Sequence[Job]:
            claims.append(options)
            return await claim(*args, **options)

        monkeypatch.setattr(store, "claim", counted)
        jobs = [await w.submit() for _ in range(5)]
        assert await w.engine.dispatcher.run_once(explain=False) == 0
        assert not claims
        resumed = replace(await w.home.store.scheduler(), paused=False)
        event = Event(kind=EventKind.SCHEDULER_CHANGED, at=w.clock.now(), actor="ann")
        assert await w.home.store.save_scheduler(resumed, event)
        await w.sweep()
        await w.sweep()
        assert claims
        assert {w.job(job.id).state for job in jobs} == {JobState.RUNNING}


async def test_a_full_provider_is_said_to_be_full_and_served_in_order() -> None:
    async with world(max_workers=1) as w:
        _, agent = await w.run_job()
        late = await w.submit(priority=Priority.LOW)
        soon = await w.submit(priority=Priority.HIGH)
        await w.sweep()
        assert "1 worker" in await reason(w, soon.id) or "busy" in await reason(w, soon.id)
        agent.exit(0)
        await quiet()
        assert await reason(w, soon.id) == "it is next to be dispatched"
        assert await reason(w, late.id) == "1 job ahead of it in the queue"
        await w.sweep()
        assert w.job(soon.id).state is JobState.RUNNING
        assert w.job(late.id).state is JobState.PENDING


async def test_where_a_job_is_in_one_sentence_at_every_stage() -> None:
    async with world() as w:
        w.inspector.hang("provisioning")
        job = await w.submit(retry=RetryPolicy(max_attempts=2))
        assert await reason(w, job.id) == "it is next to be dispatched"
        await w.sweep()
        assert await reason(w, job.id) == "its worker is being made"
        w.inspector.hang("pulling")
        w.inspector.release()
        await quiet()
        assert await reason(w, job.id) == "its image is being pulled: 0%"
        w.inspector.hang("started")
        w.inspector.release()
        await quiet()
        assert await reason(w, job.id) == "its image is being pulled: 100%"
        w.born_starting = False
        w.inspector.release()
        await quiet()
        assert await reason(w, job.id) == "its worker is starting the process"
        w.agent_of(job.id).start()
        await quiet()
        assert await reason(w, job.id) == "its process is running"
        w.agent_of(job.id).exit(1)
        await quiet()
        assert await reason(w, job.id) == (
            "waits 1 s before attempt 2. The process ended with exit code 1."
        )
        await w.pass_time(2)
        w.agent_of(job.id).start()
        w.agent_of(job.id).exit(0)
        await quiet()
        assert await reason(w, job.id) == "The process ended with exit code 0."


async def test_what_no_provider_could_ever_serve_is_refused() -> None:
    async with world() as w:
        with pytest.raises(InvalidRequest, match=r"resources\.gpus"):
            await w.submit(resources=Resources(gpus=1))
        plan = await w.engine.explainer.plan(spec(resources=Resources(gpus=1)))
        assert not plan.accepted
        plan = await w.engine.explainer.plan(spec())
        assert plan.accepted
        assert plan.provider == "cloud"
        assert not plan.warm


async def test_an_unhealthy_provider_is_passed_over_until_it_is_well() -> None:
    async with world() as w:
        w.inspector.fail("check", message="no route")
        await w.engine.registry.check_all()
        job = await w.submit()
        await w.sweep()
        assert "no route" in await reason(w, job.id)
        await w.engine.registry.check_all()
        await w.sweep()
        assert w.job(job.id).state is JobState.RUNNING


async def test_a_claim_that_its_server_did_not_live_to_use_runs_out() -> None:
    async with world(replicas=2) as w:
        job = await w.submit()
        await w.replicas[0].store.claim("replica-1", limit=1, lease_s=10)
        await w.replicas[0].crash()
        await w.pass_time(8)
        assert w.job(job.id).state is JobState.PENDING
        await w.pass_time(4)
        assert w.job(job.id).state is JobState.RUNNING


async def test_a_store_that_fails_while_binding_warm_workers_strands_none() -> None:
    async with world(reusable_workers=True, max_workers=3) as w:
        jobs = [await w.submit() for _ in range(3)]
        await w.sweep()
        for job in jobs:
            w.agent_of(job.id).exit(0)
        await quiet()
        jobs = await w.engine.jobs.submit_many([Submission(spec=spec())] * 3, actor="ann")
        sweeping = asyncio.ensure_future(w.engine.dispatcher.run_once())
        while not any(entry.claimed_by for entry in w.tables.jobs.values()):
            await asyncio.sleep(0)
        # Away from the save on, and for the reads that follow it.
        w.home.faults.down = True
        assert isinstance((await asyncio.gather(sweeping, return_exceptions=True))[0], Unavailable)
        w.home.faults.down = False
        await quiet()
        for agent in w.agents.values():
            if agent.link is None and not agent.gone.is_set():
                agent.connect(w.engine)
        await quiet()
        await w.pass_time(12)
        assert {w.job(job.id).state for job in jobs} == {JobState.RUNNING}
        assert len(w.agents) == 3


async def test_the_same_key_gives_the_same_job() -> None:
    async with world() as w:
        one = Submission(spec=spec(), idempotency_key="k")
        w.home.faults.commits_unanswered = 1
        with pytest.raises(Unavailable):
            await w.engine.jobs.submit(one, actor="ann")
        first = await w.engine.jobs.submit(one, actor="ann")
        assert (await w.engine.jobs.submit(one, actor="ann")).id == first.id
        other = Submission(spec=spec(name="other"), idempotency_key="k")
        with pytest.raises(IdempotencyMismatch):
            await w.engine.jobs.submit(other, actor="ann")
        assert len(w.tables.jobs) == 1
