"""What agents report over their streams: stored once, in order, before it is acknowledged."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from hodei.domain.attempt import Phase
from hodei.domain.errors import Conflict, IdempotencyMismatch
from hodei.domain.job import JobState
from hodei.domain.outcome import Cause
from hodei.domain.serial import shown_spec, spec_to_dict
from hodei.domain.spec import RetryPolicy, SealedText, SecretRef, SecretText
from hodei.domain.worker import WorkerState
from hodei.engine.ingest import TAIL_DELAY_S
from hodei.engine.jobs import Submission
from hodei.ports.store import Sample
from tests.unit.engine.simulated_agent import Link, SimulatedAgent
from tests.unit.engine.world import World, quiet, spec, world


def link_of(agent: SimulatedAgent) -> Link:
    assert agent.link is not None
    return agent.link


async def reconnect(w: World, agent: SimulatedAgent, replica: int = 0) -> Link:
    agent.disconnect()
    await quiet()
    link = agent.connect(w.replicas[replica].engine)
    await quiet()
    return link


async def test_nothing_is_acknowledged_before_it_is_stored() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        w.home.faults.down = True
        agent.write(b"one\n")
        await quiet()
        assert agent.held is not None
        assert agent.held.acked == 0
        assert agent.link is None, "the stream ends: whether it was saved is unknown"
        w.home.faults.down = False
        agent.connect(w.engine)
        await quiet()
        assert agent.held.acked == 1
        assert w.log_text(w.attempt(job.id).id) == b"one\n"


async def test_an_unfinished_line_is_stored_after_a_moment() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.write(b"75 %")
        await quiet()
        assert agent.held is not None
        assert agent.held.acked == 0
        await w.clock.advance(TAIL_DELAY_S)
        assert agent.held.acked == 1
        assert w.log_text(w.attempt(job.id).id) == b""
        agent.write(b"\n")
        await quiet()
        assert w.log_text(w.attempt(job.id).id) == b"75 %\n"


@pytest.mark.parametrize("cut_after", range(8))
@pytest.mark.parametrize("fault", ["none", "lost", "unanswered"])
async def test_a_log_survives_a_cut_at_any_point(cut_after: int, fault: str) -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        for number in range(6):
            if number == cut_after:
                w.home.faults.commits_lost = int(fault == "lost")
                w.home.faults.commits_unanswered = int(fault == "unanswered")
            agent.write(f"line {number}, ".encode())
            agent.write(b"end\n" if number % 2 else b"", stderr=False)
            if number == cut_after:
                await asyncio.sleep(0)
                agent.disconnect()
                await quiet()
                agent.connect(w.replicas[1].engine)
        agent.exit(0)
        await quiet()
        if agent.link is None and agent.held is not None:
            agent.connect(w.replicas[1].engine)
            await quiet()
        attempt = w.attempt(job.id)
        assert w.job(job.id).state is JobState.SUCCEEDED
        text = "".join(f"line {n}, " + ("end\n" if n % 2 else "") for n in range(6))
        assert w.log_text(attempt.id).decode() == text
        head = w.tables.logs[attempt.id].head
        assert head.complete
        assert head.sha256


async def test_chunks_said_twice_are_stored_once() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        session = link_of(agent).session
        assert session is not None
        attempt_id = w.attempt(job.id).id
        for seq in (1, 1, 2, 1, 2, 3):
            session.on_log(attempt_id, seq, False, 0, f"{seq}\n".encode())
        await quiet()
        assert w.log_text(attempt_id) == b"1\n2\n3\n"


async def test_a_gap_ends_the_stream_and_nothing_of_it_is_stored() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        link = link_of(agent)
        assert link.session is not None
        attempt_id = w.attempt(job.id).id
        link.session.on_log(attempt_id, 2, False, 0, b"second\n")
        await quiet()
        assert isinstance(link.error, Conflict)
        assert not link.up
        assert w.log_text(attempt_id) == b""


async def test_frames_of_another_attempt_change_nothing() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        session = link_of(agent).session
        assert session is not None
        before = w.attempt(job.id)
        stranger = uuid4()
        session.on_started(stranger, w.clock.now())
        session.on_log(stranger, 1, False, 0, b"intruder\n")
        session.on_sample(Sample(attempt_id=stranger, at=w.clock.now(), cpu_ms=1, memory_bytes=1))
        await quiet()
        assert w.attempt(job.id) == before
        assert stranger not in w.tables.logs
        assert stranger not in w.tables.samples


async def test_samples_are_kept_when_a_save_turns_out_stale() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        session = link_of(agent).session
        assert session is not None
        attempt = w.attempt(job.id)
        await w.engine.jobs.cancel(str(job.id), actor="ann")
        agent.obeys = False
        session.on_sample(Sample(attempt_id=attempt.id, at=w.clock.now(), cpu_ms=7, memory_bytes=1))
        agent.exit(0)
        await quiet()
        assert [s.cpu_ms for s in w.tables.samples[attempt.id].values()] == [7]


async def test_the_newer_of_two_streams_of_a_worker_wins() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        old = link_of(agent)
        agent.write(b"one\n")
        new = agent.connect(w.engine)
        await quiet()
        assert not old.up
        assert new.up
        agent.write(b"two\n")
        agent.exit(0)
        await quiet()
        assert w.log_text(w.attempt(job.id).id) == b"one\ntwo\n"
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_a_stream_left_open_on_another_replica_cannot_append() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        old = link_of(agent)
        agent.write(b"one\n")
        await quiet()
        agent.connect(w.replicas[1].engine)
        await quiet()
        agent.write(b"two\n")
        await quiet()
        # What was still under way on the old stream arrives now, once more and further on.
        assert old.session is not None
        attempt_id = w.attempt(job.id).id
        old.session.on_log(attempt_id, 2, False, 0, b"two\n")
        old.session.on_log(attempt_id, 3, False, 0, b"never sent\n")
        await quiet()
        assert not old.up
        agent.write(b"three\n")
        agent.exit(0)
        await quiet()
        assert w.log_text(attempt_id) == b"one\ntwo\nthree\n"
        assert w.tables.logs[attempt_id].head.complete


async def test_a_cancel_that_comes_while_start_and_end_are_saved_costs_nothing() -> None:
    async with world() as w:
        w.born_starting = False
        job, agent = await w.run_job()
        agent.obeys = False
        agent.start()
        agent.write(b"done\n")
        agent.exit(0)
        await w.engine.jobs.cancel(str(job.id), actor="ann")
        await quiet()
        assert agent.ended == [w.attempt(job.id).id]
        said = [kind for kind, _ in agent.links[0].said]
        assert said.count("ack_exit") == 1
        assert w.job(job.id).state is JobState.SUCCEEDED
        assert w.log_text(w.attempt(job.id).id) == b"done\n"
        assert w.job(job.id).started_at is not None


@pytest.mark.parametrize("answered", [True, False])
async def test_an_end_that_was_not_answered_is_saved_once(answered: bool) -> None:
    async with world() as w:
        job, agent = await w.run_job()
        if answered:
            w.home.faults.commits_lost = 1
        else:
            w.home.faults.commits_unanswered = 1
        agent.write(b"x\n")
        agent.exit(4)
        await quiet()
        assert agent.ended == []
        if agent.held is not None:
            with_server = agent.connect(w.engine)
            await quiet()
            assert with_server.said
        await w.pass_time(20)
        assert w.job(job.id).state is JobState.FAILED
        assert w.kinds(job.id).count("job.finished") == 1
        assert w.log_text(w.attempt(job.id).id) == b"x\n"
        w.assert_tidy()


async def test_an_end_that_is_known_already_is_acknowledged() -> None:
    async with world(reusable_workers=True) as w:
        job, agent = await w.run_job()
        agent.exit(0)
        held = agent.held
        await quiet()
        assert held is not None
        assert held.exited is not None
        session = link_of(agent).session
        assert session is not None
        session.on_exit(held.exited)
        await quiet()
        assert [kind for kind, _ in link_of(agent).said].count("ack_exit") == 2
        assert w.kinds(job.id).count("job.finished") == 1


async def test_an_agent_that_missed_the_acknowledgement_is_told_to_drop_the_attempt() -> None:
    async with world(reusable_workers=True) as w:
        job, agent = await w.run_job()
        link_of(agent).deaf = True
        agent.exit(0)
        await quiet()
        assert w.job(job.id).finished
        assert agent.hello().exited
        link = await reconnect(w, agent)
        assert link.said[0] == ("welcome", (0, True))
        assert agent.held is None
        assert link.session is not None
        assert link.session.idle


async def test_nobody_is_given_a_job_before_the_welcome() -> None:
    async with world(reusable_workers=True, max_workers=1) as w:
        _, agent = await w.run_job()
        agent.exit(0)
        await quiet()
        agent.disconnect()
        await quiet()
        second = await w.submit()
        worker = w.worker(agent.worker_id)
        link = Link(agent, w.engine)
        agent.link = link
        link.task.cancel()
        session = w.engine.connect(worker, link)
        assert await w.engine.dispatcher.run_once() == 0
        assert link.said == []
        await session.hello(agent.hello())
        await w.sweep()
        said = [kind for kind, _ in link.said if kind != "heartbeat"]
        assert said == ["welcome", "run"]
        assert w.attempt(second.id).worker_id == worker.id


async def test_an_order_that_got_lost_is_given_again() -> None:
    async with world() as w:
        w.born_starting = False
        job, agent = await w.run_job()
        agent.held = None
        link = await reconnect(w, agent)
        assert ("run", w.attempt(job.id).id) in link.said
        agent.start()
        agent.exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_an_attempt_that_has_run_is_never_given_again() -> None:
    async with world() as w:
        job, agent = await w.run_job(retry=RetryPolicy(max_attempts=2))
        agent.write(b"half\n")
        await quiet()
        first = w.attempt(job.id)
        agent.forget()
        agent.disconnect()
        await quiet()
        link = agent.connect(w.engine)
        await w.pass_time(1)
        assert ("run", first.id) not in link.said
        stored = w.attempts(job.id)[0]
        assert stored.outcome is not None
        assert stored.outcome.cause is Cause.LOST
        assert w.log_text(first.id) == b"half\n"
        await w.pass_time(3)
        assert len(w.attempts(job.id)) == 2


async def test_a_secret_that_is_gone_ends_the_attempt_with_its_name() -> None:
    async with world() as w:
        w.secrets.known["KEY"] = "hush"
        job = await w.submit(env={"KEY": SecretRef(secret="KEY")})
        del w.secrets.known["KEY"]
        await w.pass_time(5)
        stored = w.job(job.id)
        assert stored.state is JobState.FAILED
        assert stored.outcome is not None
        assert stored.outcome.cause is Cause.SPEC
        assert "'KEY'" in stored.outcome.message
        w.assert_tidy()


async def test_secrets_reach_the_agent_and_not_the_log() -> None:
    async with world() as w:
        w.secrets.known["KEY"] = "hush-hush-42"
        job, agent = await w.run_job(env={"KEY": SecretRef(secret="KEY"), "PLAIN": "1"})
        assert agent.held is not None
        assert agent.held.order.secret_env == {"KEY": "hush-hush-42"}
        assert "hush-hush-42" not in repr(agent.held.order)
        agent.write(b"a hush-hu")
        await w.clock.advance(1)
        await reconnect(w, agent)
        agent.write(b"sh-42 b\n")
        agent.exit(0)
        await quiet()
        text = w.log_text(w.attempt(job.id).id)
        assert b"hush" not in text
        assert text.startswith(b"a ")


async def test_a_secret_value_is_sealed_in_the_store_and_open_to_the_agent_only() -> None:
    async with world() as w:
        env = {"API_TOKEN": SecretText(value="hush-hush-42"), "PLAIN": "1"}
        job, agent = await w.run_job(env=env)
        assert isinstance(job.spec.env["API_TOKEN"], SealedText)
        assert "hush" not in str(spec_to_dict(job.spec))
        assert "hush" not in repr(job)
        assert shown_spec(job.spec)["env"] == {"API_TOKEN": {"secret_value": None}, "PLAIN": "1"}
        assert agent.held is not None
        assert agent.held.order.secret_env == {"API_TOKEN": "hush-hush-42"}
        agent.write(b"a hush-hush-42 b\n")
        agent.exit(0)
        await quiet()
        assert w.log_text(w.attempt(job.id).id) == b"a *** b\n"
        again = await w.engine.jobs.rerun(str(job.id), actor="ann")
        assert again.spec == job.spec


async def test_equal_jobs_with_secret_values_are_one_under_one_key() -> None:
    async with world() as w:

        def keyed(value: str) -> Submission:
            return Submission(spec=spec(env={"KEY": SecretText(value=value)}), idempotency_key="k")

        first = await w.engine.jobs.submit(keyed("one"), actor="ann")
        assert (await w.engine.jobs.submit(keyed("one"), actor="ann")).id == first.id
        with pytest.raises(IdempotencyMismatch):
            await w.engine.jobs.submit(keyed("two"), actor="ann")


async def test_a_session_that_fails_in_itself_ends_its_stream() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        link = link_of(agent)
        assert link.session is not None
        held = link.session.held
        assert held is not None
        # An attempt that can take no end any more, with a version that nobody doubts.
        link.session.held = replace(held, attempt=replace(held.attempt, phase=Phase.DONE))
        agent.exit(0)
        await quiet()
        assert not link.up
        agent.connect(w.engine)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_a_worker_that_is_not_wanted_is_told_to_go() -> None:
    async with world() as w:
        _, agent = await w.run_job()
        worker = w.worker(agent.worker_id)
        w.inspector.hang("destroy")
        await w.engine.workers.terminate(str(worker.id), actor="ann")
        agent.disconnect()
        await quiet()
        link = agent.connect(w.engine)
        await quiet()
        assert [kind for kind, _ in link.said] == ["shutdown"]
        assert isinstance(link.error, Conflict)


async def test_a_log_beyond_its_limit_ends_in_a_mark() -> None:
    async with world() as w:
        core = replace(w.engine.core, max_log_bytes=100)
        w.engine.core = core
        w.engine.sessions = type(w.engine.sessions)()
        job, agent = await w.run_job()
        for _ in range(50):
            agent.write(b"0123456789\n")
        agent.exit(0)
        await quiet()
        text = w.log_text(w.attempt(job.id).id)
        assert b"log limit of 100 bytes reached" in text
        assert len(text) < 250
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_hello_of_a_worker_that_was_silent_brings_it_back() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        agent.disconnect()
        await w.pass_time(14)
        assert w.worker(agent.worker_id).state is WorkerState.SILENT
        assert w.attempt(job.id).phase is Phase.LOST
        await reconnect(w, agent)
        assert w.worker(agent.worker_id).state is WorkerState.BUSY
        assert w.attempt(job.id).phase is Phase.RUNNING
        agent.exit(0)
        await quiet()
        assert w.job(job.id).state is JobState.SUCCEEDED
        assert w.clock.now() - job.submitted_at >= timedelta(seconds=14)


async def test_a_binding_through_a_stream_that_the_agent_has_left_reaches_it_all_the_same() -> None:
    async with world(replicas=2, reusable_workers=True, max_workers=1) as w:
        _, agent = await w.run_job()
        agent.exit(0)
        await quiet()
        # The first server has not noticed yet that its stream is dead.
        agent.connect(w.replicas[1].engine)
        await quiet()
        second = await w.submit()
        await w.replicas[0].engine.dispatcher.run_once()
        await quiet()
        assert w.attempt(second.id).worker_id == agent.worker_id
        assert agent.held is None
        await w.pass_time(3)
        assert agent.link is None, "it is asked to come back, since only a Hello gets the order"
        agent.connect(w.replicas[1].engine)
        await quiet()
        assert w.job(second.id).state is JobState.RUNNING


async def test_an_attempt_bound_while_its_stream_was_changing_is_not_dropped() -> None:
    async with world(replicas=2, reusable_workers=True, max_workers=1) as w:
        _, agent = await w.run_job()
        agent.exit(0)
        await quiet()
        second = await w.submit()
        stale = w.worker(agent.worker_id)
        await w.sweep()
        assert agent.held is not None
        link = Link(agent, w.replicas[1].engine)
        agent.link, agent.welcomed = link, False
        session = w.replicas[1].engine.connect(stale, link)
        await session.hello(agent.hello())
        assert link.said[-1] == ("welcome", (0, False))
        assert w.attempt(second.id).phase is Phase.RUNNING
