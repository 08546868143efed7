"""What happens to a followed job when somebody, or something, gets in the way."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from pathlib import Path

import pytest

from hodei.client import Client
from tests.support.gate import Gate
from tests.support.server import ServerProcess, clean_environment, hodei_command

LONG = "echo started; sleep 600"


class Piped:
    """`hodei run` in a pipe, from its first line of output on."""

    def __init__(self, server: ServerProcess, script: str) -> None:
        self.process = subprocess.Popen(
            hodei_command("run", "--", script),
            env=clean_environment(HODEI_URL=server.url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Unbuffered: what comes with the first line must not be read ahead and lost.
            bufsize=0,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"started\n"

    def end(self, seconds: float = 90) -> tuple[str, str]:
        """What it wrote after the first line, and what it said."""
        out, said = self.process.communicate(timeout=seconds)
        return out.decode(), said.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_a_pipe_cancels_and_waits(
    shared_server: ServerProcess, number: signal.Signals
) -> None:
    piped = Piped(shared_server, LONG)
    piped.process.send_signal(number)
    _, said = piped.end()
    assert piped.process.returncode == 130
    assert "cancelling the job" in said
    assert "CANCELLED" in said
    found = re.search(r"job (\S+) submitted", said)
    assert found is not None
    with Client(shared_server.url) as client:
        assert client.get(found[1]).state == "CANCELLED"


class Terminal:
    """`hodei WORDS...` on a pseudo-terminal."""

    def __init__(self, server: ServerProcess, *words: str) -> None:
        master, slave = pty.openpty()
        self._master = master
        self.process = subprocess.Popen(
            hodei_command(*words),
            env=clean_environment(HODEI_URL=server.url, TERM="xterm"),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, seconds: float = 90.0) -> None:
        """Reads until `text` has been shown."""
        until = time.monotonic() + seconds
        while text not in self.seen:
            left = until - time.monotonic()
            assert left > 0, f"{text!r} was not shown:\n{self.seen}"
            if select.select([self._master], [], [], left)[0]:
                self.seen += os.read(self._master, 65536).decode(errors="replace")

    def forget(self) -> None:
        """What was shown so far counts no more."""
        self.seen = ""

    def type(self, keys: str) -> None:
        """Keys."""
        os.write(self._master, keys.encode())

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """The exit code."""
        return self.process.wait(90)

    def echoes(self) -> bool:
        """Whether it is in its ordinary mode, in which keys are shown by the system."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


def test_ctrl_c_on_a_terminal_asks_and_cancels(shared_server: ServerProcess) -> None:
    with Terminal(shared_server, "run", "--", LONG) as terminal:
        terminal.wait_for("started")
        terminal.interrupt()
        terminal.wait_for("[c]ancel the job")
        terminal.type("c\n")
        terminal.wait_for("CANCELLED")
        assert terminal.end() == 130


def test_ctrl_c_on_a_terminal_can_go_on_and_leave(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    script = f"echo started; {gate.wait}; echo and on it goes; sleep 600"
    with Terminal(shared_server, "run", "--name", "left alone", "--", script) as terminal:
        terminal.wait_for("started")
        terminal.interrupt()
        terminal.wait_for("[c]ancel the job")
        terminal.type("\n")
        # Lines are shown again once Enter was read: until then a second Ctrl-C would cancel.
        gate.open()
        terminal.wait_for("and on it goes")
        terminal.forget()
        terminal.interrupt()
        terminal.wait_for("[c]ancel the job")
        terminal.type("d\n")
        terminal.wait_for("goes on")
        assert terminal.end() == 0
    with Client(shared_server.url) as client:
        job = next(client.list(q="left alone"))
        assert job.state == "RUNNING"
        client.cancel(job)
        assert client.wait(job).state == "CANCELLED"


def test_a_second_ctrl_c_cancels(shared_server: ServerProcess) -> None:
    with Terminal(shared_server, "run", "--", LONG) as terminal:
        terminal.wait_for("started")
        terminal.interrupt()
        terminal.wait_for("[c]ancel the job")
        terminal.interrupt()
        terminal.wait_for("CANCELLED")
        assert terminal.end() == 130


def test_a_shell_inside_a_job(shared_server: ServerProcess) -> None:
    with Client(shared_server.url) as client:
        job = client.submit(name="to enter", command="echo started; sleep 600")
        next(client.logs(job))
        with Terminal(shared_server, "jobs", "shell", job.id) as terminal:
            terminal.type("echo $((6*7))\n")
            terminal.wait_for("\r42\r\n")
            terminal.type("exit 7\n")
            assert terminal.end() == 7
        with Terminal(shared_server, "jobs", "shell", job.id) as terminal:
            terminal.type("echo $((7*7))\n")
            terminal.wait_for("\r49\r\n")
            assert not terminal.echoes()
            terminal.process.terminate()
            assert terminal.end() == 143
            assert terminal.echoes()
        client.cancel(job)
        client.wait(job)


def test_a_killed_server_costs_no_line(server: ServerProcess, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = (
        "echo started; i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; "
        f"while [ ! -e {gate} ]; do sleep 0.1; done; "
        "while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; done; exit 5"
    )
    piped = Piped(server, script)
    server.kill9()
    gate.touch()  # the job writes on, and ends, while nobody serves
    server.start()
    out, _ = piped.end()
    assert out.splitlines() == [f"line {i}" for i in range(1, 401)]
    assert piped.process.returncode == 5


def test_a_closed_pipe_leaves_the_job_alone(shared_server: ServerProcess) -> None:
    process = subprocess.Popen(
        hodei_command("run", "--", "echo started; while sleep 0.05; do echo more; done"),
        env=clean_environment(HODEI_URL=shared_server.url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    said = process.stderr.readline()
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(90) == 141
    process.stderr.close()
    with Client(shared_server.url) as client:
        job = client.get(said.split()[2])
        assert job.state == "RUNNING"
        client.cancel(job)
        client.wait(job)
