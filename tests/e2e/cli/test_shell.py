"""`jobs shell` in pipes, as scripts use it; on a terminal it is in test_interrupts."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from hodei.client import Client
from tests.e2e.cli.conftest import Hodei
from tests.support.processes import peak_memory
from tests.support.server import ServerProcess, clean_environment, hodei_command

FLOOD = 100_000_000


@pytest.fixture
def job(shared_server: ServerProcess) -> Iterator[str]:
    """A job to enter."""
    with Client(shared_server.url) as client:
        job = client.submit(
            name="entered", command="echo started; sleep 600", env={"STAGE": "prod"}
        )
        next(client.logs(job))
        yield job.id
        client.cancel(job)
        client.wait(job)


def begin(server: ServerProcess, *words: str) -> subprocess.Popen[bytes]:
    """`hodei jobs shell WORDS...` with pipes."""
    return subprocess.Popen(
        hodei_command("jobs", "shell", *words),
        env=clean_environment(HODEI_URL=server.url),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def events_of(hodei: Hodei, job: str) -> list[dict[str, Any]]:
    """What happened to it."""
    found: list[dict[str, Any]] = json.loads(hodei("jobs", "events", job, "--json").stdout)
    return found


def test_a_command_in_a_pipe(shared_server: ServerProcess, job: str) -> None:
    script = "cat; echo $STAGE-$HODEI_JOB_ID >&2; exit 7"
    every = bytes(range(256)) * 1000
    out, err = (process := begin(shared_server, job, "--", "sh", "-c", script)).communicate(every)
    assert (out, err.decode()) == (every, f"prod-{job}\n")
    assert process.returncode == 7


def test_a_script_on_stdin(hodei: Hodei, job: str) -> None:
    done = hodei("jobs", "shell", job, stdin="cd /; pwd; exit 4\n")
    assert (done.stdout, done.stderr, done.returncode) == ("/\n", "", 4)


def test_a_flood_fills_no_memory_in_either_direction(
    shared_server: ServerProcess, hodei: Hodei, job: str
) -> None:
    begin(shared_server, job, "--", "true").communicate()
    before = peak_memory(shared_server.process.pid)
    process = begin(shared_server, job, "--", "head", "-c", str(FLOOD), "/dev/zero")
    assert process.stdout is not None
    got = 0
    while piece := process.stdout.read(1 << 20):
        got += len(piece)
    process.communicate()
    assert (got, process.returncode) == (FLOOD, 0)
    closed = events_of(hodei, job)[-1]
    assert (closed["kind"], closed["data"]["bytes_out"]) == ("terminal.closed", FLOOD)
    process = begin(shared_server, job, "--", "sha256sum")
    given = bytes(FLOOD // 5)
    out, _ = process.communicate(given)
    assert out.split()[0].decode() == hashlib.sha256(given).hexdigest()
    assert peak_memory(shared_server.process.pid) - before < 16 << 20


def test_ctrl_c_is_the_commands(shared_server: ServerProcess, job: str) -> None:
    script = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep .05; done"
    process = begin(shared_server, job, "--", "sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate()[0] == b"caught\n"
    assert process.returncode == 9


def test_it_ends_with_its_job_and_is_recorded(
    shared_server: ServerProcess, hodei: Hodei, job: str
) -> None:
    process = begin(shared_server, job, "--", "sh", "-c", "echo in; sleep 600")
    assert process.stdout is not None
    assert process.stdout.readline() == b"in\n"
    assert hodei("jobs", "cancel", job).returncode == 0
    _, err = process.communicate()
    assert (process.returncode, err) == (137, b"hodei: the job is over\n")
    events = [
        json.loads(line) for line in hodei("jobs", "events", job, "--json").stdout.split("\n")[:1]
    ]
    closed = next(e for e in events[0] if e["kind"] == "terminal.closed")
    assert closed["data"]["reason"] == "the job is over"
    shown = hodei("jobs", "events", job).stdout
    assert "terminal.opened" in shown and "command=sh -c 'echo in; sleep 600'" in shown


def test_a_reader_that_leaves_ends_it(shared_server: ServerProcess, job: str) -> None:
    process = begin(shared_server, job, "--", "yes")
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.read(2) == b"y\n"
    process.stdout.close()
    assert process.wait(20) == 141
    process.stdin.close()
    assert process.stderr is not None
    process.stderr.close()


def test_why_it_cannot_be_had(hodei: Hodei, job: str) -> None:
    done = hodei("jobs", "shell", job, "--", "no-such-program")
    assert done.returncode == 127
    assert "no-such-program was not found in PATH=" in done.stderr
    over = hodei("run", "-d", "--", "true").stdout.strip()
    hodei("jobs", "wait", over)
    done = hodei("jobs", "shell", over)
    assert done.returncode == 1
    assert done.stderr == "hodei: the job is SUCCEEDED; a terminal needs a running process\n"
