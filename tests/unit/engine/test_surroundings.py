"""Around the jobs: events, terminals, the registry of providers, live feeds, stats."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from hodei.adapters.scripted.cloud import CloudWorker
from hodei.adapters.scripted.provider import ScriptedProvider
from hodei.domain.audit import Entry, Interface
from hodei.domain.job import JobState
from hodei.domain.provider import Health
from hodei.domain.spec import RetryPolicy
from hodei.engine.janitor import Retention
from hodei.ports.audit import AuditFilter
from hodei.ports.store import Sample
from hodei.testing.store_contract.rows import new_job
from tests.unit.engine.world import World, quiet, world


def told(w: World, job_id: object) -> list[str]:
    """States and phases as the events of a job tell them, in order."""
    story = []
    for _, event in w.tables.events:
        if event.job_id == job_id:
            state, phase = event.data.get("state"), event.data.get("phase")
            story.append(f"{event.kind.value}:{state or ''}{'/' if phase else ''}{phase or ''}")
    return story


async def test_every_transition_has_its_row_in_order() -> None:
    async with world() as w:
        job, agent = await w.run_job(retry=RetryPolicy(max_attempts=2))
        agent.exit(1)
        await w.pass_time(2)
        w.agent_of(job.id).exit(0)
        await quiet()
        attempt = [
            "job.assigned:ASSIGNED/PROVISIONING",
            "attempt.phase:/PULLING",
            "attempt.phase:/PULLING",
            "attempt.phase:/REGISTERING",
            "attempt.phase:/STARTING",
            "attempt.phase:/RUNNING",
            "job.started:RUNNING",
        ]
        end = ["worker.changed:TERMINATING", "worker.changed:GONE", "attempt.phase:/DONE"]
        assert told(w, job.id) == [
            "job.submitted:PENDING",
            *attempt,
            "job.requeued:PENDING",
            *end,
            *attempt,
            "job.finished:SUCCEEDED",
            *end,
        ]
        cursors = [int(event.cursor) for event in w.events(job.id)]
        assert cursors == sorted(cursors)


async def test_who_did_it_and_why_is_in_the_events() -> None:
    async with world() as w:
        job = await w.submit()
        await w.engine.jobs.cancel(str(job.id), actor="bob", reason="wrong branch")
        events = await w.engine.jobs.events(str(job.id))
        assert [event.actor for event in events] == ["ann", "bob", "bob"]
        assert events[1].data["reason"] == "wrong branch"


async def test_one_provider_that_cannot_be_opened_stops_neither_the_others_nor_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(_: object) -> None:
        raise OSError("no socket")

    async with world() as w:
        await w.add_provider("other")
        monkeypatch.setattr(ScriptedProvider, "__aenter__", broken)
        fresh = await w.add_replica()
        assert fresh.engine.registry.entries() == []
        monkeypatch.undo()
        await fresh.engine.registry.refresh()
        assert [entry.record.name for entry in fresh.engine.registry.entries()] == [
            "cloud",
            "other",
        ]


async def test_a_check_that_breaks_its_contract_counts_as_not_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(_: object) -> Health:
        raise OSError("no socket")

    async with world() as w:
        monkeypatch.setattr(ScriptedProvider, "check", broken)
        await w.engine.registry.check_all()
        (view,) = await w.engine.providers.all()
        assert not view.health.ok
        assert "no socket" in view.health.reason


async def test_a_follower_gets_every_line_once_wherever_it_is_stored() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        attempt = w.attempt(job.id)
        lines: list[str] = []

        async def follow() -> bool:
            async for part in w.replicas[0].engine.logs.follow(attempt):
                for segment in part.segments:
                    first = max(part.from_line, segment.first_line)
                    lines.extend(line.text for line in segment.lines(first, 1000))
                if part.end is not None:
                    return part.end.complete
            return False

        following = asyncio.ensure_future(follow())
        for number in range(6):
            agent.write(f"line {number}\n".encode())
            await quiet()
            if number == 2:
                agent.disconnect()
                await quiet()
                agent.connect(w.replicas[1].engine)
                await quiet()
            w.replicas[0].engine.logs.wake(None)
            await quiet()
        agent.exit(0)
        await quiet()
        w.replicas[0].engine.logs.wake(None)
        assert await following
        assert lines == [f"line {number}" for number in range(6)]


async def test_a_range_and_a_search_of_a_stored_log() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.write(b"".join(b"line %d\n" % n for n in range(1, 21)))
        agent.exit(0)
        await quiet()
        found = await w.engine.logs.range(job.id, from_line=-3, limit=10)
        assert [line.text for line in found.lines] == ["line 18", "line 19", "line 20"]
        assert found.ended
        assert found.complete


async def test_samples_reach_watchers_and_the_store() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        link = agent.link
        assert link is not None
        assert link.session is not None
        attempt_id = w.attempt(job.id).id
        async with w.engine.stats.watch(job.id) as queue:
            for number in range(20):
                await w.clock.advance(1)
                sample = Sample(
                    attempt_id=attempt_id, at=w.clock.now(), cpu_ms=number, memory_bytes=1
                )
                link.session.on_sample(sample)
                await quiet()
            assert queue.qsize() == 16, "a watcher that lags sees the newest"
        stored = await w.engine.stats.samples(attempt_id)
        assert [sample.cpu_ms for sample in stored] == list(range(20))


async def test_the_live_feed_begins_with_a_fresh_look_and_misses_nothing() -> None:
    async with world() as w:
        following = asyncio.ensure_future(w.engine.live.run())
        async with w.engine.live.watch() as batches:
            assert await anext(batches) == ()
            job = await w.submit()
            w.engine.live.wake()
            batch = await anext(batches)
            assert [event.job_id for event in batch] == [job.id]
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_finished_jobs_are_removed_after_their_time() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.write(b"x\n")
        agent.exit(0)
        await quiet()
        await w.clock.advance(91 * 86_400)
        purged = await w.engine.janitor.run_once()
        assert (purged.jobs, purged.log_segments) == (1, 1)
        assert job.id not in w.tables.jobs


async def test_whole_days_of_the_audit_log_go_and_leave_one_row() -> None:
    async with world() as w:
        midnight = w.clock.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
        old = Entry(at=midnight, actor="ana", action="user.create", interface=Interface.REST)
        rows = [replace(old, at=midnight + timedelta(hours=hours)) for hours in (0, 23, 24)]
        await w.engine.core.store.add_audit(rows)
        w.engine.janitor.retention = Retention(audit=timedelta(days=2))
        until = midnight + timedelta(days=3, hours=20)
        await w.clock.advance((until - w.clock.now()).total_seconds())
        while await w.engine.janitor.purge_audit():
            pass
        kept = await w.engine.core.store.list_audit(AuditFilter(), oldest=True)
        assert [(row.action, row.at - midnight) for row in kept[:1]] == [
            ("user.create", timedelta(days=1))
        ]
        assert {row.action for row in kept[1:]} == {"audit.retention"}
        assert sum(row.count for row in kept[1:]) == 2


async def test_rerun_is_a_new_job_with_the_same_spec() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.exit(0)
        await quiet()
        again = await w.engine.jobs.rerun(str(job.id), actor="bob")
        assert (again.rerun_of, again.spec, again.owner) == (job.id, job.spec, "bob")
        assert again.state is JobState.PENDING


def by_kind(w: World) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for _, event in w.tables.events:
        counts[event.kind.value] = counts.get(event.kind.value, 0) + 1
    return counts


async def test_a_pass_over_nothing_writes_nothing() -> None:
    async with world() as w:
        before = by_kind(w)
        await w.pass_time(30)
        assert by_kind(w) == before


async def test_loops_rest_while_there_is_nothing_and_wake_when_something_comes() -> None:
    async with world() as w:
        dispatcher, reconciler = w.engine.dispatcher, w.engine.reconciler
        assert not dispatcher.calm
        assert not reconciler.calm
        loops = [asyncio.ensure_future(part.run()) for part in (dispatcher, reconciler)]
        dispatcher.wake()
        reconciler.wake()
        await quiet()
        assert await dispatcher._rests()
        assert await reconciler._rests()
        job = await w.submit()
        await quiet()
        assert w.job(job.id).state is JobState.RUNNING
        assert not reconciler.calm
        assert not dispatcher.calm
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def test_what_was_forgotten_is_found_while_everything_rests() -> None:
    async with world() as w:
        stray = uuid4()
        await w.pass_time(6, step=3)
        reconciler = w.engine.reconciler
        assert reconciler.calm
        owner = ("inst", str((await w.engine.providers.get("cloud")).record.id))
        w.inspector.cloud.workers[stray] = CloudWorker(owner=owner, worker_id=stray)
        await w.clock.advance(63)
        await reconciler.turn(woken=False)
        assert reconciler.calm
        assert stray not in w.inspector.existing


async def test_what_another_replica_queued_ends_the_rest_although_its_hint_was_lost() -> None:
    async with world() as w:
        dispatcher, reconciler = w.engine.dispatcher, w.engine.reconciler
        dispatcher._calm = reconciler._calm = True
        assert await dispatcher._rests() and await reconciler._rests()
        await w.engine.core.store.submit([new_job()], [])
        assert not await dispatcher._rests()
        assert not await reconciler._rests()
        assert not reconciler.calm
