"""Shells in containers: in an image that has one, and programs in one that has none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hodei.wire.gen import jobs_pb2
from tests.e2e.docker.yard import Yard, job
from tests.support.docker import BUSYBOX, ImageFiles, PrivateEngine, busybox_layer, tar
from tests.support.observer import Observer
from tests.support.server import clean_environment, hodei_command
from tests.support.ssh import SshClient, seated

BARE = "bare:latest"
OWNED = "owned:latest"


@pytest.fixture(scope="module", autouse=True)
def images(engine: PrivateEngine) -> None:
    """One that has programs and no shell, and one with a user and a folder of its own."""
    links = {f"bin/{name}": ("busybox", 0o777) for name in ("echo", "sleep", "env", "sha256sum")}
    engine.load(ImageFiles(BARE, [tar({"bin/busybox": (BUSYBOX.read_bytes(), 0o755), **links})]))
    engine.load(ImageFiles(OWNED, [busybox_layer()], {"User": "worker", "WorkingDir": "/etc"}))


@pytest.fixture
def ssh(yard: Yard, keys: Path) -> SshClient:
    """Ann's ssh."""
    return SshClient(keys, yard.site.server.ssh_port)


def shell(yard: Yard, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """`hodei jobs shell WORDS...` in pipes."""
    return subprocess.run(
        hodei_command("jobs", "shell", *words),
        env=clean_environment(HODEI_URL=yard.site.server.url),
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )


async def running(observer: Observer, spec: jobs_pb2.JobSpec) -> str:
    """The id of a job that has started."""
    job_id = await observer.submit(spec)
    await observer.running(job_id)
    return job_id


async def test_a_shell_in_a_container(
    yard: Yard, observer: Observer, ssh: SshClient, batches: str
) -> None:
    spec = job("shell", "sleep 600", env={"STAGE": "prod"}, cpu=0.5, memory_mb=64)
    job_id = await running(observer, spec)
    script = "echo $STAGE-$HODEI_JOB_ID; cat; echo told >&2; exit 7"
    done = ssh.run(job_id, script, stdin=b"in")
    assert (done.stdout.decode(), done.stderr) == (f"prod-{job_id}\nin", b"told\n")
    assert done.returncode == 7
    # One container, so one set of limits and one tree of processes for all in it.
    seen = ssh.run(job_id, "busybox ps -o pid,args")
    assert b"sleep 600" in seen.stdout, seen
    with seated(ssh.command(job_id), rows=33, columns=99) as seat:
        seat.type(b"echo it''-$(busybox stty size)\n")
        seat.wait_for(b"it-33 99")
        await observer.cancel(job_id)
        await observer.finished(job_id)
        assert seat.end() == 137
        assert b"hodei: the job is over" in seat.seen
    await yard.nothing_left(but=batches)


async def test_it_is_the_images_user_in_the_images_folder(
    observer: Observer, ssh: SshClient
) -> None:
    job_id = await running(observer, job("shell", "sleep 600", image=OWNED))
    with seated(ssh.command(job_id, "id -u; pwd; busybox tty; exit 2", options=("-t",))) as seat:
        assert seat.end() == 2
        assert seat.seen.split() == [b"1000", b"/etc", b"/dev/pts/0"]
    await observer.cancel(job_id)
    await observer.finished(job_id)


async def test_programs_in_an_image_without_a_shell(
    yard: Yard, observer: Observer, ssh: SshClient, batches: str
) -> None:
    job_id = await running(observer, job("exec", argv=("sleep", "300"), image=BARE))
    done = shell(yard, job_id)
    assert done.returncode == 127
    assert b"there is no shell in this image: neither bash nor sh in PATH=/" in done.stderr
    assert done.stdout == b""
    done = shell(yard, job_id, "--", "sha256sum", stdin=b"abc")
    assert done.stdout.startswith(b"ba7816bf8f01cfea414140de5dae2223"), done
    done = ssh.run(job_id, "echo in")
    assert done.returncode == 127
    assert b"sh was not found in PATH=/" in done.stderr
    assert b"`hodei jobs shell JOB -- PROGRAM ARGUMENT...` does not" in done.stderr
    done = ssh.run(job_id, options=("-T",))
    assert done.returncode == 127
    assert b"there is no shell in this image" in done.stderr
    await observer.cancel(job_id)
    await observer.finished(job_id)
    await yard.nothing_left(but=batches)
