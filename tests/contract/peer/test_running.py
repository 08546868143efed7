"""PeerContract: what an attempt runs, with what around it, and what is told of its end."""

from __future__ import annotations

import os
import signal

from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.conftest import Bench


async def test_hello_job(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run('echo "Hello from Hodei!" && date')
    assert record.text().startswith(b"Hello from Hodei!\n")
    assert record.exit.cause == pb.EXIT_CAUSE_EXIT
    assert record.exit.exit_code == 0
    assert len(record.started) == 1
    assert record.started[0].pid > 0
    assert record.is_whole()


async def test_a_short_job_takes_two_messages_at_most(bench: Bench) -> None:
    await bench.start_agent()
    await bench.run("true")
    before = bench.server.messages - bench.server.heartbeats
    await bench.run("echo one; echo two >&2; echo three")
    assert bench.server.messages - bench.server.heartbeats - before <= 2


async def test_exit_codes_and_signals(bench: Bench) -> None:
    await bench.start_agent()
    for code in (0, 1, 42, 255):
        record = await bench.run(f"exit {code}")
        assert (record.exit.cause, record.exit.exit_code) == (pb.EXIT_CAUSE_EXIT, code)
    record = await bench.run("kill -USR1 $$")
    assert record.exit.cause == pb.EXIT_CAUSE_SIGNAL
    assert record.exit.signal == signal.SIGUSR1
    assert not record.exit.HasField("exit_code")


async def test_what_cannot_be_executed(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run(type=pb.COMMAND_TYPE_EXEC, argv=["no-such-program"])
    assert (record.exit.cause, record.exit.exit_code) == (pb.EXIT_CAUSE_EXIT, 127)
    assert "no-such-program was not found in PATH=" in record.exit.message
    record = await bench.run(type=pb.COMMAND_TYPE_EXEC, argv=["/etc/passwd"])
    assert (record.exit.cause, record.exit.exit_code) == (pb.EXIT_CAUSE_EXIT, 126)
    assert not record.started
    plain = bench.directory / "plain"
    plain.write_text("neither ELF nor script")
    plain.chmod(0o755)
    record = await bench.run(type=pb.COMMAND_TYPE_EXEC, argv=[str(plain)])
    assert record.exit.exit_code == 126


async def test_missing_interpreters_are_the_specs_fault(bench: Bench) -> None:
    await bench.start_agent()
    nowhere = {"PATH": "/nowhere"}
    record = await bench.run(type=pb.COMMAND_TYPE_PYTHON, script="1", env=nowhere)
    assert record.exit.cause == pb.EXIT_CAUSE_SPEC
    assert "neither python3 nor python was found in PATH=/nowhere" in record.exit.message
    record = await bench.run(type=pb.COMMAND_TYPE_NODE, script="1", env=nowhere)
    assert "neither node nor nodejs was found in PATH=/nowhere" in record.exit.message
    record = await bench.run("#!/opt/fish\necho")
    assert record.exit.cause == pb.EXIT_CAUSE_SPEC
    assert "/opt/fish" in record.exit.message
    record = await bench.run("true", working_dir="/no/such/place")
    assert record.exit.cause == pb.EXIT_CAUSE_SPEC
    assert record.exit.message == "the working directory /no/such/place does not exist"


async def test_interpreters(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run(
        type=pb.COMMAND_TYPE_PYTHON, script="import sys\nprint(input(), sys.argv[1:])", stdin=b"in"
    )
    assert record.text() == b"in []\n", record.text()
    node = 'process.stdin.on("data", d => console.log(String(d), require.main === module))'
    record = await bench.run(type=pb.COMMAND_TYPE_NODE, script=node, stdin=b"in")
    assert record.text() == b"in true\n"
    script = "#!/bin/bash -e\nread -r x; echo ${x^^} ${BASH_VERSION:+bash}; false; echo no"
    record = await bench.run(script, stdin=b"loud\n")
    assert record.text() == b"LOUD bash\n"
    assert record.exit.exit_code == 1


async def test_a_script_is_in_no_argument_list(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run("tr '\\0' ' ' < /proc/$$/cmdline # hidden-word")
    assert b"/proc/self/fd/63" in record.text()
    assert b"hidden-word" not in record.text()


async def test_python_finds_modules_of_its_working_directory(bench: Bench) -> None:
    (bench.directory / "beside.py").write_text("word = 'found'")
    await bench.start_agent()
    record = await bench.run(
        type=pb.COMMAND_TYPE_PYTHON,
        script="import beside; print(beside.word)",
        working_dir=str(bench.directory),
    )
    assert record.text() == b"found\n"


async def test_stdin(bench: Bench) -> None:
    await bench.start_agent()
    content = os.urandom(200_000)
    record = await bench.run("cat", stdin=content)
    assert record.text() == content
    record = await bench.run("cat; echo end")
    assert record.text() == b"end\n"


async def test_environment(bench: Bench) -> None:
    await bench.start_agent()
    script = 'env; echo "$S" | tr a-z A-Z'
    record = await bench.run(script, env={"A": "1", "B": "x y"}, secret_env={"S": "secret"})
    lines = set(record.text().decode().splitlines())
    assert {"A=1", "B=x y", "S=***", "SECRET", "FROM_IMAGE=yes", "PYTHONUNBUFFERED=1"} <= lines
    assert {"HODEI_JOB_ID=job-1", "HODEI_JOB_NAME=hello", "HODEI_ATTEMPT=1"} <= lines
    assert "HODEI_ATTEMPT_ID=attempt-1" in lines
    assert not [line for line in lines if line.startswith(("HODEI_AGENT_", "LC_CTYPE"))]


async def test_process_state_is_clean(bench: Bench) -> None:
    await bench.start_agent()
    script = "umask; grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd; ps -o sid= -p $$"
    record = await bench.run(script)
    words = record.text().decode().split()
    assert words[0] == "0022"
    assert words[1:4] == ["SigBlk:", "0" * 16, "SigIgn:"]
    # 32 and 33 belong to the C library, which lets nobody reset them.
    assert int(words[4], 16) & ~(0b11 << 31) == 0
    assert {int(w) for w in words[5:-1] if int(w) < 10} <= {0, 1, 2, 3}
    assert int(words[-1]) == record.started[0].pid


async def test_attempt_directory_is_its_own_and_goes(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run("pwd; mkdir -p a/b; echo x > a/b/c; ln -s /etc link; chmod 0 a/b")
    work = record.text().decode().strip()
    assert os.path.dirname(work) == str(bench.directory / "agent/attempts")
    assert not os.path.exists(work)
    following = await bench.run("pwd; ls -lA; stat -c %a .; touch left; chmod 777 .")
    lines = following.text().decode().splitlines()
    assert lines[0] != work
    assert lines[1:] == ["total 0", "755"]
    last = await bench.run("ls -lA; stat -c %a .")
    assert last.text() == b"total 0\n755\n"
    assert os.path.isdir("/etc")


async def test_two_hundred_short_jobs_in_one_agent(bench: Bench) -> None:
    await bench.start_agent()
    for number in range(200):
        record = await bench.run(f"echo {number}")
        assert record.text() == f"{number}\n".encode()
        assert record.is_whole()
    assert len(bench.server.registrations) == 1


async def test_an_agent_that_is_not_reusable_leaves(bench: Bench) -> None:
    await bench.start_agent(REUSABLE="0")
    await bench.run("true")
    assert await bench.exit_code() == 0
