"""PeerContract: timeouts, cancelling in every phase, and that no process survives."""

from __future__ import annotations

import signal
from collections.abc import Callable

from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.conftest import Bench

Alive = Callable[[str], list[int]]


def lasted_ms(end: pb.AttemptExited) -> int:
    """From the start of the process to its end."""
    return end.exited_at_ms - end.started_at_ms


async def test_timeout(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    record = await bench.run("echo begun; exec sleep 91.5", timeout_ms=700)
    assert record.exit.cause == pb.EXIT_CAUSE_TIMEOUT
    assert record.exit.signal == signal.SIGTERM
    assert "0.7 s" in record.exit.message
    assert lasted_ms(record.exit) >= 690
    assert record.text() == b"begun\n"
    assert not alive("sleep\x0091.5")


async def test_a_job_that_ignores_the_stop_signal_is_killed_after_its_grace(
    bench: Bench, alive: Alive
) -> None:
    await bench.start_agent()
    script = "trap '' TERM; sleep 92.5 & while :; do sleep 0.05; done"
    record = await bench.run(script, timeout_ms=300, grace_ms=400)
    assert record.exit.cause == pb.EXIT_CAUSE_TIMEOUT
    assert record.exit.signal == signal.SIGKILL
    assert lasted_ms(record.exit) >= 690
    assert not alive("sleep\x0092.5")


async def test_the_stop_signal_can_be_another(bench: Bench) -> None:
    await bench.start_agent()
    script = "trap 'echo bye; exit 3' INT; while :; do sleep 0.02; done"
    record = await bench.run(script, timeout_ms=200, stop_signal=signal.SIGINT)
    assert record.exit.cause == pb.EXIT_CAUSE_TIMEOUT
    assert record.exit.exit_code == 3
    assert record.text(1).endswith(b"bye\n")


async def test_cancel_while_running(bench: Bench) -> None:
    await bench.start_agent()
    script = "trap 'echo cleaning; exit 0' TERM; echo up; while :; do sleep .02; done"
    record = await bench.begin(script)
    await bench.server.until(record.text)
    await bench.cancel(record)
    await bench.server.until(lambda: record.exits)
    assert record.cancels_seen == 1
    assert record.exit.cause == pb.EXIT_CAUSE_CANCELLED
    assert record.exit.exit_code == 0
    assert record.exit.message == "asked for"
    assert record.text(1) == b"up\ncleaning\n"


async def test_cancel_without_grace_kills_at_once(bench: Bench) -> None:
    await bench.start_agent()
    script = "trap '' TERM; echo up; while :; do sleep .02; done"
    record = await bench.begin(script, grace_ms=60_000)
    await bench.server.until(record.text)
    await bench.cancel(record)
    await bench.server.until(lambda: record.cancels_seen)
    await bench.cancel(record, grace_ms=0)
    await bench.server.until(lambda: record.exits)
    assert record.exit.signal == signal.SIGKILL


async def test_cancel_reaches_a_stopped_job(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.begin("echo up; kill -STOP $$; echo on")
    await bench.server.until(record.text)
    await bench.cancel(record)
    await bench.server.until(lambda: record.exits)
    assert record.exit.cause == pb.EXIT_CAUSE_CANCELLED
    assert record.exit.signal == signal.SIGTERM


async def test_cancel_before_and_with_the_order_to_run(bench: Bench) -> None:
    await bench.start_agent()
    await bench.server.until(lambda: bench.server.hellos)
    first, second = bench.order("echo ran"), bench.order("echo ran")
    cancels = [
        pb.ServerFrame(cancel=pb.CancelAttempt(attempt_id=order.attempt_id, reason="asked for"))
        for order in (first, second)
    ]
    await bench.server.send(cancels[0])
    await bench.server.send(pb.ServerFrame(run=first))
    record = bench.server.of(first.attempt_id)
    await bench.server.until(lambda: record.exits)
    assert record.exit.cause == pb.EXIT_CAUSE_CANCELLED
    await bench.server.send(pb.ServerFrame(run=second), cancels[1])
    record = bench.server.of(second.attempt_id)
    await bench.server.until(lambda: record.exits)
    assert record.exit.cause == pb.EXIT_CAUSE_CANCELLED
    assert record.cancels_seen == 1
    assert not record.started
    assert record.text() == b""
    assert (await bench.run("echo on")).text() == b"on\n"


async def test_cancel_after_the_end_changes_nothing(bench: Bench) -> None:
    await bench.start_agent()
    bench.server.ack_exits = False
    record = await bench.run("exit 4")
    await bench.cancel(record)
    attempt_id = record.exit.attempt_id
    await bench.server.send(pb.ServerFrame(exit_ack=pb.ExitAck(attempt_id=attempt_id)))
    bench.server.ack_exits = True
    assert (await bench.run("exit 5")).exit.exit_code == 5
    assert record.cancels_seen == 0
    assert [end.exit_code for end in record.exits] == [4]


async def test_background_processes_do_not_survive(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    # In the background, in another session, and forked twice with the pipes still open.
    script = (
        "sleep 93.5 & setsid sleep 93.5 & (setsid sh -c 'sleep 93.5 & sleep 93.5' &) ; "
        "echo done; exit 7"
    )
    record = await bench.run(script)
    assert record.exit.exit_code == 7
    assert record.text() == b"done\n"
    assert lasted_ms(record.exit) < 20_000
    assert not alive("sleep\x0093.5")


async def test_sigterm_cancels_the_job_and_ends_the_agent(bench: Bench) -> None:
    agent = await bench.start_agent()
    record = await bench.begin("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep .02; done")
    await bench.server.until(record.text)
    agent.terminate()
    await bench.server.until(lambda: record.exits)
    assert record.exit.cause == pb.EXIT_CAUSE_CANCELLED
    assert record.exit.message == "worker was asked to stop"
    assert record.text(1) == b"up\nbye\n"
    assert await bench.exit_code() == 0


async def test_sigterm_without_a_job(bench: Bench) -> None:
    agent = await bench.start_agent()
    await bench.server.until(lambda: bench.server.heartbeats)
    agent.terminate()
    assert await bench.exit_code() == 0
    assert bench.server.unregistered == ["asked to stop"]


async def test_shutdown_kills_and_leaves(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    record = await bench.begin("trap '' TERM; echo up; sleep 94.5 & wait; wait", grace_ms=60_000)
    await bench.server.until(record.text)
    await bench.server.send(pb.ServerFrame(shutdown=pb.Shutdown(reason="scaled down")))
    assert await bench.exit_code() == 0
    assert not alive("sleep\x0094.5")
    assert record.exit.signal == signal.SIGKILL
