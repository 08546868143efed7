"""PeerContract: the agent as PID 1, without a place to write, and when it fails itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.conftest import Bench

Alive = Callable[[str], list[int]]
AS_INIT = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


async def test_as_pid_1_it_reaps_and_kills_everything(bench: Bench, alive: Alive) -> None:
    await bench.start_agent(wrapper=AS_INIT)
    script = "(setsid sh -c 'sleep 88.5 & exit' &); sh -c 'sleep 0.01 & exec true'; echo $PPID"
    record = await bench.run(script)
    assert record.text() == b"1\n"
    assert record.exit.exit_code == 0
    assert not alive("sleep\x0088.5")
    record = await bench.run("ps -e -o stat= | grep -c Z; true")
    assert record.text() == b"0\n"


async def test_as_pid_1_a_comet_of_forks_is_caught(bench: Bench, alive: Alive) -> None:
    await bench.start_agent(wrapper=AS_INIT)
    # Every process lives only until its child does.
    comet = "import os, time\nend = time.monotonic() + 60\nwhile time.monotonic() < end:\n"
    comet += "    if os.fork(): os._exit(0)\n    # comet-1\n"
    record = await bench.run(type=pb.COMMAND_TYPE_PYTHON, script=comet)
    assert record.exit.exit_code == 0
    assert (await bench.run("ps -e -o pid= | wc -l")).text().split() == [b"4"]


async def test_a_comet_of_forks_is_caught_without_a_namespace(bench: Bench) -> None:
    agent = await bench.start_agent()
    comet = "import os, time\nend = time.monotonic() + 60\nwhile time.monotonic() < end:\n"
    comet += "    if os.fork(): os._exit(0)\n"
    record = await bench.run(type=pb.COMMAND_TYPE_PYTHON, script=comet)
    assert record.exit.exit_code == 0
    assert Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text() == ""


async def test_many_processes_are_killed_without_control_groups(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    script = "for i in $(seq 150); do setsid sleep 87.5 & done; echo up; wait"
    record = await bench.run(script, timeout_ms=1200, grace_ms=100)
    assert record.exit.cause == pb.EXIT_CAUSE_TIMEOUT
    assert not alive("sleep\x0087.5")


async def test_without_a_place_to_write_it_works_all_the_same(bench: Bench) -> None:
    await bench.start_agent(DIR="/proc/no-such-place", WORKDIR="inherit")
    record = await bench.begin("seq 1 900000; echo end")
    await bench.server.until(lambda: record.chunks)
    await bench.server.stop()
    await bench.logged("retry_in_s")
    await bench.server.start()
    await bench.server.until(lambda: record.exits)
    assert record.text() == b"".join(b"%d\n" % n for n in range(1, 900_001)) + b"end\n"
    assert record.is_whole()


async def test_its_own_settings_and_password_are_gone_from_its_environment(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run("echo ${HODEI_AGENT_OTP:-none} ${HODEI_AGENT_SERVER:-none}")
    assert record.text() == b"none none\n"


async def test_messages_that_cannot_be_honoured(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run(type=pb.COMMAND_TYPE_EXEC, argv=[])
    assert record.exit.cause == pb.EXIT_CAUSE_SPEC
    record = await bench.run(type=99)
    assert record.exit.cause == pb.EXIT_CAUSE_SPEC
    record = await bench.run("true", env={"NUL": "a\0b"})
    assert record.exit.cause == pb.EXIT_CAUSE_SPEC
    record = await bench.run(type=pb.COMMAND_TYPE_EXEC, argv=["echo", "x" * 3_000_000])
    assert record.exit.exit_code == 126
    assert "too long" in record.exit.message
    assert (await bench.run("echo on")).text() == b"on\n"
