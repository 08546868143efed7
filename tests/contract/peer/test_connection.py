"""PeerContract: enrolment, lost connections, restarted servers, and being cut off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.contract.peer.conftest import Bench
from tests.contract.peer.scripted_server import OTP, Record, ScriptedServer

Alive = Callable[[str], list[int]]
COUNT = "for i in $(seq 1 60); do echo line $i; sleep 0.02; done"
COUNTED = b"".join(b"line %d\n" % n for n in range(1, 61))


def wrote(record: Record, line: bytes) -> bool:
    """Whether the line has arrived."""
    return line in record.text()


async def test_registration_names_the_agent(bench: Bench) -> None:
    await bench.start_agent()
    await bench.server.until(lambda: bench.server.hellos)
    request = bench.server.registrations[0]
    assert request.worker_id == "worker-1"
    assert request.architecture in ("x86_64", "arm64")
    assert {"pty", "stats"} <= set(request.features)
    assert request.agent_version
    assert OTP not in bench.log()


async def test_registration_waits_for_the_server(bench: Bench) -> None:
    bench.server.unavailable_registrations = 2
    await bench.start_agent()
    await bench.server.until(lambda: bench.server.hellos)
    assert len(bench.server.registrations) == 3


async def test_a_refused_password_ends_the_agent(bench: Bench) -> None:
    bench.server.refuse_otp = True
    await bench.start_agent()
    assert await bench.exit_code() == 3
    assert len(bench.server.registrations) == 1


async def test_the_password_may_lie_in_a_file_that_is_read_once(bench: Bench) -> None:
    path = bench.directory / "otp"
    path.write_text(OTP + "\n")
    await bench.start_agent(OTP="", OTP_FILE=str(path))
    await bench.server.until(lambda: bench.server.hellos)
    assert not path.exists()


async def test_nobody_to_register_with(bench: Bench) -> None:
    await bench.server.stop()
    await bench.start_agent(REGISTER_TIMEOUT_S="0")
    assert await bench.exit_code() == 4


async def test_wrong_settings(bench: Bench) -> None:
    await bench.start_agent(LIMITS="some")
    assert await bench.exit_code() == 2
    assert "HODEI_AGENT_LIMITS must be one of" in bench.log()


async def test_any_of_several_servers_will_do(bench: Bench) -> None:
    other = ScriptedServer(f"unix:{bench.directory}/other.sock")
    nobody = f"unix:{bench.directory}/nobody.sock"
    await bench.start_agent(SERVER=f"{nobody},{bench.server.address},{other.address}")
    record = await bench.begin(COUNT)
    await bench.server.until(record.text)
    other.records = bench.server.records
    await other.start()
    await bench.server.stop()
    try:
        await other.until(lambda: record.exits)
    finally:
        await other.stop()
    assert record.text() == COUNTED
    assert record.is_whole()
    assert len(other.registrations) == 0


async def test_heartbeats_when_there_is_nothing_to_say(bench: Bench) -> None:
    await bench.start_agent()
    await bench.server.until(lambda: bench.server.heartbeats >= 3)


async def test_a_cut_stream_is_resumed_without_loss_or_doubling(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.begin(COUNT)
    for line in (b"line 5\n", b"line 25\n"):
        await bench.server.until(partial(wrote, record, line))
        await bench.server.cut()
    await bench.server.until(lambda: record.exits)
    assert record.text() == COUNTED
    assert record.is_whole()
    assert len(bench.server.hellos) == 3
    hello = bench.server.hellos[1]
    assert (hello.attempt_id, hello.started, hello.exited) == (record.exit.attempt_id, True, False)
    assert hello.last_chunk_seq >= 5
    assert len(record.started) == 3
    assert record.order == sorted(set(record.order))


async def test_unacknowledged_chunks_come_again(bench: Bench) -> None:
    bench.server.ack_logs = False
    await bench.start_agent()
    record = await bench.begin(COUNT)
    await bench.server.until(lambda: b"line 5\n" in record.text())
    record.chunks.clear()
    bench.server.ack_logs = True
    await bench.server.cut()
    await bench.server.until(lambda: record.exits)
    assert record.text() == COUNTED
    assert record.is_whole()


async def test_a_restarted_server_gets_what_happened_meanwhile(bench: Bench) -> None:
    await bench.start_agent()
    flag = bench.directory / "flag"
    script = f"echo first; while [ ! -e {flag} ]; do sleep 0.02; done; seq 1 200000; echo last"
    record = await bench.begin(script)
    await bench.server.until(lambda: record.text() == b"first\n")
    await bench.server.stop()
    flag.touch()
    await bench.server.start()
    await bench.server.until(lambda: record.exits)
    numbers = b"".join(b"%d\n" % n for n in range(1, 200_001))
    assert record.text() == b"first\n" + numbers + b"last\n"
    assert record.is_whole()
    assert record.order == sorted(set(record.order))


async def test_a_job_that_ends_while_the_server_is_away(bench: Bench) -> None:
    await bench.start_agent()
    flag = bench.directory / "flag"
    script = f"while [ ! -e {flag} ]; do sleep 0.02; done; echo alone; exit 6"
    record = await bench.begin(script)
    await bench.server.until(lambda: record.started)
    await bench.server.stop()
    flag.touch()
    await bench.logged("attempt ended")
    await bench.server.start()
    await bench.server.until(lambda: record.exits)
    assert record.exit.exit_code == 6
    assert record.text() == b"alone\n"


async def test_an_unacknowledged_outcome_comes_again(bench: Bench) -> None:
    bench.server.ack_exits = False
    await bench.start_agent()
    record = await bench.run("echo x; exit 9")
    bench.server.ack_exits = True
    await bench.server.cut()
    await bench.server.until(lambda: len(record.exits) == 2)
    assert record.exits[0] == record.exits[1]
    assert bench.server.hellos[1].exited
    assert (await bench.run("echo again")).text() == b"again\n"


async def test_an_abandoned_attempt_is_killed_silently(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    record = await bench.begin("echo up; sleep 95.5")
    await bench.server.until(record.text)
    bench.server.abandon.add("attempt-1")
    await bench.server.cut()
    await bench.server.until(lambda: len(bench.server.hellos) == 2)
    following = await bench.run("echo next")
    assert following.text() == b"next\n"
    assert not record.exits
    assert not alive("sleep\x0095.5")


async def test_a_refused_session_ends_job_and_agent(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    record = await bench.begin("echo up; sleep 96.5")
    await bench.server.until(record.text)
    bench.server.refuse_session = True
    await bench.server.cut()
    assert await bench.exit_code() == 1
    assert not alive("sleep\x0096.5")


async def test_an_agent_that_hears_nothing_fences_itself(bench: Bench, alive: Alive) -> None:
    bench.server.fence_ms = 900
    await bench.start_agent()
    record = await bench.begin("trap '' TERM; echo up; sleep 97.5 & wait; wait")
    await bench.server.until(record.text)
    await bench.server.stop()
    assert await bench.exit_code() == 1
    assert not alive("sleep\x0097.5")


async def test_a_silent_server_is_left_and_found_again(bench: Bench) -> None:
    bench.server.fence_ms = 3000
    bench.server.beat = False
    await bench.start_agent()
    await bench.server.until(lambda: len(bench.server.hellos) >= 2)
    bench.server.beat = True
    assert (await bench.run("echo x")).text() == b"x\n"
