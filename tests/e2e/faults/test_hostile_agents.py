"""An agent is trusted no more than its job: whatever it says, it harms itself only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import grpc
import pytest

from hodei.wire.gen import audit_pb2, audit_pb2_grpc, metrics_pb2, metrics_pb2_grpc
from hodei.wire.gen import worker_pb2 as pb
from hodei.wire.gen import worker_pb2_grpc as pb_grpc
from tests.e2e.faults.hostile import (
    Doorman,
    Impostor,
    doorman,
    exited,
    hello,
    log,
    started,
    stats,
    verdict,
)
from tests.e2e.faults.programs import Counting, ran_once
from tests.e2e.faults.site import Site, agent_socket, close, new_directory
from tests.support.observer import CANCELLED, FINAL, RUNNING, Observer, refused, shell

LARGEST = (1 << 64) - 1
LATEST, EARLIEST = (1 << 63) - 1, -(1 << 63)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A server with a doorman in front of its socket, and somebody who watches."""

    site: Site
    door: Doorman
    observer: Observer
    channel: grpc.aio.Channel

    @property
    def worker_service(self) -> pb_grpc.WorkerAgentServiceAsyncStub:
        """What agents call."""
        return pb_grpc.WorkerAgentServiceStub(self.channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stolen:
    """A job in the hands of an impostor."""

    job_id: str
    worker_id: str
    attempt_id: str
    token: str
    stream: Impostor
    request: pb.RegisterRequest


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Agents call the doorman first, then the server."""
    with new_directory() as directory:
        door_path = directory / "door.sock"
        servers = f"unix:{door_path},unix:{agent_socket(directory)}"
        site = Site(directory, {"HODEI_AGENT_SERVERS": servers})
        async with doorman(door_path) as door:
            try:
                await site.restart()
                async with (
                    site.observer() as observer,
                    grpc.aio.insecure_channel(f"unix:{site.agent_socket}") as channel,
                ):
                    yield Scene(site=site, door=door, observer=observer, channel=channel)
            finally:
                await asyncio.to_thread(close, site)


async def _victim(scene: Scene) -> tuple[Counting, str]:
    """An honest job that runs meanwhile."""
    counting = Counting(name="victim", files=scene.site.files)
    job_id = await scene.observer.submit(counting.spec())
    await counting.reached(20)
    await scene.observer.running(job_id)
    return counting, job_id


async def _unharmed(scene: Scene, counting: Counting, job_id: str) -> None:
    assert (await scene.observer.job(job_id)).state == RUNNING
    counting.open()
    await ran_once(scene.observer, job_id, counting)


async def _steal(scene: Scene) -> Stolen:
    """Submits a job and takes its worker's place."""
    scene.door.catch()
    job_id = await scene.observer.submit(shell("echo honest", grace_ms=100))
    request = await scene.door.caught()
    answer = await scene.worker_service.Register(request)
    stream = Impostor(scene.channel, answer.session_token)
    await stream.say(hello(request.worker_id))
    order = (await stream.hear("run")).run
    assert order.job_id == job_id
    return Stolen(
        job_id=job_id,
        worker_id=request.worker_id,
        attempt_id=order.attempt_id,
        token=answer.session_token,
        stream=stream,
        request=request,
    )


async def _let_go(scene: Scene, stolen: Stolen) -> None:
    """Ends the stolen job by what only its own session may say."""
    stream = Impostor(scene.channel, stolen.token)
    await stream.say(hello(stolen.worker_id, stolen.attempt_id, started=True))
    acked = (await stream.hear("welcome")).welcome.acked_chunk_seq
    await stream.say(exited(stolen.attempt_id, last_chunk_seq=acked, exit_code=3))
    await stream.hear("exit_ack")
    job = await scene.observer.finished(stolen.job_id)
    assert (job.outcome.cause, job.outcome.exit_code) == ("exit", 3)
    assert job.attempt_count == 1
    stream.hang_up()


async def _audited(scene: Scene) -> set[tuple[str, str, str]]:
    """Action, code and target of what was refused."""
    audit: Any = audit_pb2_grpc.AuditServiceStub(await scene.observer.channel())
    request = audit_pb2.ListEntriesRequest(query=audit_pb2.AuditQuery(result="denied"), limit=500)
    async with asyncio.timeout(90):
        while True:
            entries = (await audit.ListEntries(request)).entries
            if any(entry.action == "worker.leave" for entry in entries):
                return {(entry.action, entry.code, entry.target) for entry in entries}
            await asyncio.sleep(0.1)


async def test_passwords_and_sessions(scene: Scene) -> None:
    service = scene.worker_service
    stolen = await _steal(scene)
    wrong = pb.RegisterRequest(worker_id=stolen.worker_id, otp="guess")
    for request in (
        stolen.request,  # a password serves once
        wrong,
        pb.RegisterRequest(worker_id=str(uuid4()), otp=stolen.request.otp),
        pb.RegisterRequest(worker_id=str(uuid4())),
    ):
        async with refused(grpc.StatusCode.UNAUTHENTICATED) as error:
            await service.Register(request)
        assert stolen.request.otp not in (error[0].details() or "")
    async with refused(grpc.StatusCode.INVALID_ARGUMENT):
        await service.Register(pb.RegisterRequest(worker_id="not an id", otp="guess"))
    for token in ("", "guess", stolen.request.otp, "x" * 4000):
        code, words = await verdict(scene.channel, token, hello(stolen.worker_id))
        assert code is grpc.StatusCode.UNAUTHENTICATED, words
        async with refused(grpc.StatusCode.UNAUTHENTICATED):
            await service.UnregisterWorker(pb.UnregisterWorkerRequest(session_token=token))
    told = await _audited(scene)
    assert ("worker.enrol", "password_spent", stolen.worker_id) in told
    assert {code for action, code, _ in told if action == "worker.enrol"} > {"unauthenticated"}
    assert ("worker.connect", "unauthenticated", "") in told
    assert ("worker.leave", "unauthenticated", "") in told
    assert stolen.request.otp not in scene.site.server.log
    assert stolen.token not in scene.site.server.log
    await _let_go(scene, stolen)


async def test_a_stream_that_begins_wrong(scene: Scene) -> None:
    counting, victim = await _victim(scene)
    stolen = await _steal(scene)
    stolen.stream.hang_up()
    foreign = (await scene.observer.job(victim)).attempts[-1]
    beginnings = [
        ([started(stolen.attempt_id)], grpc.StatusCode.INVALID_ARGUMENT),
        ([pb.AgentFrame()], grpc.StatusCode.INVALID_ARGUMENT),
        ([hello(foreign.worker_id)], grpc.StatusCode.UNAUTHENTICATED),
        ([hello("")], grpc.StatusCode.UNAUTHENTICATED),
        ([hello(stolen.worker_id, "no id")], grpc.StatusCode.INVALID_ARGUMENT),
    ]
    for frames, code in beginnings:
        ended, words = await verdict(scene.channel, stolen.token, *frames)
        assert ended is code, words
    # It claims to run somebody else's attempt: that is not its own to keep.
    stream = Impostor(scene.channel, stolen.token)
    await stream.say(hello(stolen.worker_id, foreign.id, started=True))
    assert (await stream.hear("welcome")).welcome.abandon
    stream.hang_up()
    await _let_go(scene, stolen)
    await _unharmed(scene, counting, victim)


async def test_lies_about_others(scene: Scene) -> None:
    counting, victim = await _victim(scene)
    stolen = await _steal(scene)
    foreign = (await scene.observer.job(victim)).attempts[-1].id
    for attempt_id in (foreign, str(uuid4())):
        await stolen.stream.say(
            started(attempt_id),
            log(attempt_id, 1, b"forged\n"),
            log(attempt_id, 1_000_000, b"forged\n"),
            stats(attempt_id, LARGEST),
            exited(attempt_id, exit_code=1),
        )
    await stolen.stream.say(started(stolen.attempt_id), log(stolen.attempt_id, 1, b"own\n"))
    await stolen.stream.hear("log_ack")
    assert (await scene.observer.job(stolen.job_id)).state == RUNNING
    await scene.observer.cancel(stolen.job_id)
    assert (await scene.observer.finished(stolen.job_id)).state == CANCELLED
    assert (await scene.observer.log(stolen.job_id)).text == ["own"]
    await _unharmed(scene, counting, victim)


async def test_lies_about_itself(scene: Scene) -> None:
    counting, victim = await _victim(scene)
    stolen = await _steal(scene)
    own = stolen.attempt_id
    for at_ms in (LATEST, EARLIEST):
        await stolen.stream.say(started(own, at_ms))
    await stolen.stream.say(
        log(own, 1, b"late\n", LATEST),
        log(own, 2, b"early\n", EARLIEST),
        log(own, 2, b"twice\n"),
        stats(own, LARGEST),
        stats(own, 0),
    )
    await stolen.stream.hear("log_ack")
    await stolen.stream.say(log(own, 3, b"tail\n"))
    await stolen.stream.hear("log_ack")
    # Not before its log is there can an attempt end.
    await stolen.stream.say(exited(own, last_chunk_seq=LARGEST, exit_code=-(1 << 31)))
    # What it did is readable like any other job.
    lines = await scene.observer.lines(stolen.job_id, 3)
    assert [line.text for line in lines] == ["late", "early", "tail"]
    job = await scene.observer.running(stolen.job_id)
    samples: metrics_pb2_grpc.MetricsServiceAsyncStub = metrics_pb2_grpc.MetricsServiceStub(
        await scene.observer.channel()
    )
    request = metrics_pb2.GetAttemptStatsRequest(job_id=stolen.job_id)
    assert (await samples.GetAttemptStats(request)).attempt_id == own
    for frames in (
        [log(own, 9, b"a gap\n")],
        [log(own, 4, b"x" * ((1 << 20) + 1))],
        [log("no id", 4, b"x")],
        [pb.AgentFrame(exited=pb.AttemptExited(attempt_id=own, cause=pb.EXIT_CAUSE_UNSPECIFIED))],
    ):
        stream = Impostor(scene.channel, stolen.token)
        await stream.say(hello(stolen.worker_id, own, started=True))
        assert (await stream.hear("welcome")).welcome.acked_chunk_seq == 3
        await stream.say(*frames)
        code, words = await stream.end()
        assert code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)
        assert words
    stream = Impostor(scene.channel, stolen.token)
    await stream.say(hello(stolen.worker_id, own, started=True))
    await stream.hear("welcome")
    await stream.say(exited(own, last_chunk_seq=3, exit_code=77, signal=-5, log_chain=b"wrong"))
    await stream.hear("exit_ack")
    job = await scene.observer.when(
        stolen.job_id, lambda job: job.state in FINAL, what="the lie is recorded"
    )
    assert job.outcome.exit_code == 77
    log_of_it = await scene.observer.log(stolen.job_id)
    assert not log_of_it.end.complete, "a wrong hash chain must show"
    await _unharmed(scene, counting, victim)


async def test_messages_that_are_too_large_or_no_messages(scene: Scene) -> None:
    counting, victim = await _victim(scene)
    stolen = await _steal(scene)
    await stolen.stream.say(*(log(stolen.attempt_id, n, b"x" * (1 << 20)) for n in range(1, 18)))
    assert (await stolen.stream.end())[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    noise = Impostor(scene.channel, stolen.token, noise=True)
    await noise.say()
    assert (await noise.end())[0] in (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    )
    await _let_go(scene, stolen)
    await _unharmed(scene, counting, victim)


async def test_one_session_in_two_places(scene: Scene) -> None:
    counting, victim = await _victim(scene)
    stolen = await _steal(scene)
    own = stolen.attempt_id
    await stolen.stream.say(started(own), log(own, 1, b"first\n"))
    await stolen.stream.hear("log_ack")
    second = Impostor(scene.channel, stolen.token)
    await second.say(hello(stolen.worker_id, own, started=True))
    assert (await second.hear("welcome")).welcome.acked_chunk_seq == 1
    code, words = await stolen.stream.end()
    assert (code, "newer stream" in words) == (grpc.StatusCode.FAILED_PRECONDITION, True), words
    # Both would have written the second chunk; it is there once.
    await stolen.stream.say(log(own, 2, b"from the first\n"))
    await second.say(log(own, 2, b"second\n"), log(own, 2, b"twice\n"))
    await second.hear("log_ack")
    await second.say(exited(own, last_chunk_seq=2, exit_code=3))
    await second.hear("exit_ack")
    assert (await scene.observer.finished(stolen.job_id)).attempt_count == 1
    assert (await scene.observer.log(stolen.job_id)).text == ["first", "second"]
    await _unharmed(scene, counting, victim)


async def test_floods(scene: Scene) -> None:
    counting, victim = await _victim(scene)
    stolen = await _steal(scene)
    own, foreign = stolen.attempt_id, (await scene.observer.job(victim)).attempts[-1].id
    # What asks for an answer each, is of others, of terminals that nobody opened, or is empty.
    frames = [
        exited(foreign),
        stats(own, 7),
        started(own),
        pb.AgentFrame(),
        pb.AgentFrame(heartbeat=pb.Heartbeat()),
        pb.AgentFrame(terminal_output=pb.TerminalOutput(terminal_id="x", data=b"y" * 100)),
        pb.AgentFrame(terminal_taken=pb.TerminalTaken(terminal_id="x", bytes=(1 << 32) - 1)),
        pb.AgentFrame(terminal_exited=pb.TerminalExited(terminal_id="x", error="z" * 2000)),
    ]
    for _ in range(20):
        await stolen.stream.say(*(frames * 400))
    # A million lines in one chunk are a million lines.
    await stolen.stream.say(log(own, 1, b"\n" * (1 << 20)))
    await stolen.stream.hear("log_ack")
    await stolen.stream.say(*([pb.AgentFrame()] * 10_001))
    code, words = await stolen.stream.end()
    assert (code, "at most" in words) == (grpc.StatusCode.INVALID_ARGUMENT, True), words
    samples: metrics_pb2_grpc.MetricsServiceAsyncStub = metrics_pb2_grpc.MetricsServiceStub(
        await scene.observer.channel()
    )
    request = metrics_pb2.GetAttemptStatsRequest(job_id=stolen.job_id)
    assert len((await samples.GetAttemptStats(request)).points) < 200
    await _let_go(scene, stolen)
    assert scene.site.server.process.poll() is None
    await _unharmed(scene, counting, victim)
