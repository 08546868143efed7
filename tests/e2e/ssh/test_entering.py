"""A shell or a command in a job, by OpenSSH's own client."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from hodei.client import Client
from tests.support.processes import peak_memory
from tests.support.server import ServerProcess
from tests.support.ssh import SshClient, seated

FLOOD = 50_000_000


def terminal_events(server: ServerProcess, job: str) -> list[dict[str, Any]]:
    """The audit of a job's terminals."""
    with urllib.request.urlopen(f"{server.url}/api/v1/jobs/{job}/events", timeout=90) as answer:
        items: list[dict[str, Any]] = json.load(answer)["items"]
    return [item for item in items if item["kind"].startswith("terminal.")]


def test_a_command_passes_clean_bytes(server: ServerProcess, ssh: SshClient, job: str) -> None:
    every = bytes(range(256)) * 2000
    done = ssh.run(job, "cat; echo $STAGE-$HODEI_JOB_ID >&2; exit 7", stdin=every)
    assert (done.stdout, done.stderr.decode()) == (every, f"prod-{job}\n")
    assert done.returncode == 7
    opened, closed = terminal_events(server, job)
    assert (opened["actor"], opened["data"]["via"]) == ("ann@laptop", "ssh")
    assert (opened["data"]["address"], opened["data"]["tty"]) == ("127.0.0.1", False)
    assert opened["data"]["command"] == "sh -c 'cat; echo $STAGE-$HODEI_JOB_ID >&2; exit 7'"
    assert closed["data"]["exit_code"] == 7
    assert closed["data"]["bytes_in"] == len(every)


def test_a_script_on_stdin_runs_in_a_shell(ssh: SshClient, job: str) -> None:
    done = ssh.run(job[:8], stdin=b"cd /; pwd; exit 4\n", options=("-T",))
    assert (done.stdout, done.stderr, done.returncode) == (b"/\n", b"", 4)


def test_a_shell_on_a_terminal(ssh: SshClient, job: str) -> None:
    with seated(ssh.command(job), rows=30, columns=100) as seat:
        seat.type(b"echo size-$(stty size | tr ' ' x)-$TERM\n")
        seat.wait_for(b"size-30x100-xterm-kitty")
        seat.resize(50, 132)
        seat.type(b"until [ \"$(stty size)\" = '50 132' ]; do sleep .05; done; echo re''sized\n")
        seat.wait_for(b"resized")
        seat.type(b"sh -c 'trap \"echo caug''ht; exit\" INT; echo rea''dy; sleep 60 & wait'\n")
        seat.wait_for(b"ready")
        seat.type(b"\x03")
        seat.wait_for(b"caught")
        seat.type(b"exit 5\n")
        assert seat.end() == 5


def test_a_command_on_a_terminal(ssh: SshClient, job: str) -> None:
    with seated(ssh.command(job, "tty; exit 3", options=("-t",))) as seat:
        seat.wait_for(b"/dev/pts/")
        assert seat.end() == 3


def test_a_slow_reader_fills_no_memory_and_holds_up_nobody(
    server: ServerProcess, ssh: SshClient, job: str
) -> None:
    ssh.run(job, "true")
    before = peak_memory(server.process.pid)
    process = ssh.begin(job, f"head -c {FLOOD} /dev/zero")
    assert process.stdout is not None
    got = len(process.stdout.read(1))
    # It reads no more; somebody else works on.
    assert ssh.run(job, "seq 1 20000").stdout.count(b"\n") == 20_000
    while piece := process.stdout.read(1 << 20):
        got += len(piece)
    process.communicate()
    assert (got, process.returncode) == (FLOOD, 0)
    assert peak_memory(server.process.pid) - before < 24 << 20


def test_it_ends_with_the_job(server: ServerProcess, ssh: SshClient, job: str) -> None:
    process = ssh.begin(job, "echo in; sleep 600")
    assert process.stdout is not None
    assert process.stdout.read(3) == b"in\n"
    with Client(server.url) as client:
        client.cancel(job)
        client.wait(job)
    _, said = process.communicate()
    assert (process.returncode, said) == (137, b"hodei: the job is over\n")
    done = ssh.run(job, "true")
    assert done.returncode == 255
    assert done.stderr == b"hodei: the job is CANCELLED; a terminal needs a running process\n"


def test_a_job_that_there_is_not(ssh: SshClient) -> None:
    done = ssh.run("ffffffff", "true")
    assert (done.returncode, done.stderr) == (255, b"hodei: no job 'ffffffff'\n")


def test_several_at_once_and_no_more_than_a_job_takes(ssh: SshClient, job: str) -> None:
    held = [ssh.begin(job, "echo in; cat") for _ in range(8)]
    for process in held:
        assert process.stdout is not None
        assert process.stdout.read(3) == b"in\n"
    done = ssh.run(job, "true")
    assert (done.returncode, done.stderr) == (255, b"hodei: 8 terminals are open already\n")
    for number, process in enumerate(held):
        assert process.communicate(b"%d" % number)[0] == b"%d" % number
        assert process.returncode == 0
