"""Who is not let in, and what is not offered to those who are."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from hodei.client import Client
from tests.e2e.ssh.conftest import ssh_server
from tests.e2e.ssh.test_entering import terminal_events
from tests.support.ports import free_port
from tests.support.ssh import SshClient, new_key, seated


def test_a_token_is_a_password(ssh: SshClient, job: str) -> None:
    by_password = replace(ssh, key=None)
    with seated(by_password.command(job, "echo in; exit 6")) as seat:
        seat.wait_for(b"password:")
        seat.type(b"dev-ben\n")
        seat.wait_for(b"in\r\n")
        assert seat.end() == 6
    with seated(by_password.command(job, "echo in")) as seat:
        seat.wait_for(b"password:")
        seat.type(b"letmein\n")
        seat.wait_for(b"Permission denied")
        assert seat.end() == 255


def test_a_key_counts_as_long_as_it_is_in_the_file(ssh: SshClient, folder: Path, job: str) -> None:
    line = new_key(folder / "second", "ben")
    ben = replace(ssh, key="second")
    refused = ben.run(job, "true")
    assert refused.returncode == 255
    assert b"Permission denied" in refused.stderr
    authorized = folder / "authorized_keys"
    before = authorized.read_text()
    authorized.write_text(before + line)
    assert ben.run(job, "true").returncode == 0
    authorized.write_text(before)
    assert ben.run(job, "true").returncode == 255
    assert ssh.run(job, "true").returncode == 0


def test_keys_are_not_tried_without_end(ssh: SshClient, folder: Path, job: str) -> None:
    for number in range(6):
        new_key(folder / f"odd-{number}", "eve")
    options = [word for n in range(6) for word in ("-i", str(folder / f"odd-{n}"))]
    done = ssh.run(job, "true", options=("-o", "LogLevel=INFO", *options))
    assert done.returncode == 255
    assert b"too many keys and passwords tried" in done.stderr


@pytest.mark.parametrize("program", [["scp"], ["scp", "-O"], ["sftp", "-b", "/dev/null"]])
def test_files_are_copied_by_cat(ssh: SshClient, job: str, program: list[str]) -> None:
    files = (
        [f"{job}@127.0.0.1:/tmp/x", "/dev/null"] if program[0] == "scp" else [f"{job}@127.0.0.1"]
    )
    done = subprocess.run(
        [*program, *ssh.options(), "-P", str(ssh.port), *files],
        capture_output=True,
        check=False,
        timeout=90,
    )
    assert done.returncode != 0
    assert b"is not offered; a file is copied by `ssh JOB@HOST 'cat > FILE' < FILE`" in done.stderr


def test_nothing_is_forwarded(ssh: SshClient, job: str) -> None:
    port = str(free_port())
    done = ssh.run(job, options=("-o", "LogLevel=INFO", "-W", "127.0.0.1:1"))
    assert b"Hodei forwards no ports" in done.stderr
    options = ("-R", f"{port}:127.0.0.1:1", "-o", "ExitOnForwardFailure=yes")
    done = ssh.run(job, "true", options=options)
    assert done.returncode == 255
    assert b"remote port forwarding failed" in done.stderr
    done = ssh.run(job, "echo agent=$SSH_AUTH_SOCK display=$DISPLAY", options=("-A", "-X"))
    assert done.stdout == b"agent= display=\n"


def test_who_fails_too_often_waits_and_a_stop_ends_shells(tmp_path: Path) -> None:
    with ssh_server(tmp_path) as server, Client(server.url) as client:
        ann = SshClient(tmp_path, server.ssh_port)
        job = client.submit(name="entered", command="echo started; sleep 600")
        next(client.logs(job))
        process = ann.begin(job.id, "echo in; exec sleep 80")
        assert process.stdout is not None
        assert process.stdout.read(3) == b"in\n"
        new_key(tmp_path / "stranger", "eve")
        eve = replace(ann, key="stranger")
        for _ in range(10):
            assert b"Permission denied" in eve.run(job.id, "true").stderr
        assert b"too many failed sign-ins from 127.0.0.1; try again in" in eve.run(job.id).stderr
        assert b"too many failed sign-ins" in ann.run(job.id, "true").stderr
        server.stop()
        assert process.wait(20) == 255
        process.communicate()
        server.start()
        # The key that clients know the server by has stayed, and the record is whole.
        assert ann.run(job.id, "true").returncode == 0
        ends = [e for e in terminal_events(server, job.id) if e["kind"] == "terminal.closed"]
        assert [e["data"]["reason"] for e in ends] == ["left by the person", ""]
        client.cancel(job)
        client.wait(job)
