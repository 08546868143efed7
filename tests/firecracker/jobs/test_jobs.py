"""Jobs in microVMs that boot Linux, end to end; guests boot side by side, since it takes long."""

from __future__ import annotations

import os
import signal

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.site import Site
from tests.firecracker.jobs.conftest import NOBODY
from tests.support.docker_images import ALPINE
from tests.support.firecracker import groups, left_overs, machines
from tests.support.observer import CANCELLED, SUCCEEDED, Observer
from tests.support.processes import until

BOOT_S = 240.0
HELLO = 'echo "Hello from Hodei!" && date && echo "$FROM_IMAGE" && cat /proc/net/route && sleep 20'


def job(command: jobs_pb2.Command, *, network: str = "default") -> jobs_pb2.JobSpec:
    return jobs_pb2.JobSpec(
        name="firecracker test",
        image=ALPINE,
        command=command,
        resources=jobs_pb2.Resources(cpu=1, memory_mb=128),
        network=network,
        timeout_ms=300_000,
    )


def ended(site: Site, job: jobs_pb2.Job) -> str:
    """How a job ended, and what the server and the consoles said."""
    log = (site.data / "server.log").read_text("utf-8", "replace")
    said = [
        path.read_text("utf-8", "replace") for path in site.data.glob("providers/*/vms/*/console")
    ]
    return f"{job.outcome}\n{log[-4000:]}\n{said}"


async def nothing_left(site: Site, before: set[str]) -> None:
    def traces() -> list[str]:
        return [*left_overs(site.directory), *sorted(groups() - before)]

    await until(lambda: not traces(), within=60, what=lambda: f"gone: {traces()}")


async def test_two_guests_and_a_server_that_is_killed(site: Site, observer: Observer) -> None:
    """The guide's first example beside a program without a shell or a network; the server is
    killed while a guest runs, and the job goes on."""
    before = groups()
    hello = await observer.submit(job(jobs_pb2.Command(type="shell", script=HELLO)))
    argv = ["/bin/cat", "/proc/self/cgroup", "/proc/net/dev", "/proc/self/status"]
    spec = job(jobs_pb2.Command(type="exec", argv=argv), network="none")
    spec.image = NOBODY
    alone = await observer.submit(spec)
    await observer.when(
        hello, lambda seen: seen.started_at.seconds > 0, what="it runs", within=BOOT_S
    )
    await site.kill()
    await site.restart()
    done = await observer.finished(hello, within=BOOT_S)
    assert (done.state, len(done.attempts)) == (SUCCEEDED, 1), ended(site, done)
    text = (await observer.log(hello)).text
    assert text[0] == "Hello from Hodei!"
    assert text[2] == "yes"
    assert any(line.startswith("eth0\t00000000") for line in text[3:]), text
    assert done.attempts[0].image_digest.startswith("sha256:")
    done = await observer.finished(alone, within=BOOT_S)
    assert done.state == SUCCEEDED, done
    text = (await observer.log(alone)).text
    assert text[0] == "0::/hodei/job", "apart from its agent, also where both are not root"
    status = text.index("Name:\tcat")
    assert [line.split(":")[0].strip() for line in text[3:status]] == ["lo"], text
    assert "Uid:\t1000\t1000\t1000\t1000" in text[status:], text
    await nothing_left(site, before)


async def test_ends_that_nobody_wanted(site: Site, observer: Observer) -> None:
    """A monitor that is killed is replaced; one that is cancelled while it boots is gone."""
    before = groups()
    lost = await observer.submit(job(jobs_pb2.Command(type="shell", script="sleep 600")))
    booting = await observer.submit(job(jobs_pb2.Command(type="shell", script="sleep 600")))

    def workers() -> list[str]:
        found = [path.name for path in site.directory.glob("data/providers/*/vms/*")]
        return found if len(found) == 2 and all(map(machines, found)) else []

    await until(workers, within=60, what="two monitors run")
    await observer.cancel(booting)
    assert (await observer.finished(booting, within=60)).state == CANCELLED
    seen = await observer.job(lost)
    worker = seen.attempts[-1].worker_id
    for pid in machines(worker):
        os.kill(pid, signal.SIGKILL)
    # Nothing of it had run yet, so that it is tried again in another.
    await observer.when(
        lost,
        lambda seen: seen.attempts[-1].worker_id != worker or bool(seen.finished_at.seconds),
        what="another attempt",
        within=BOOT_S,
    )
    await observer.cancel(lost)
    done = await observer.finished(lost, within=BOOT_S)
    assert "microVM ended" in done.attempts[0].outcome.message, done
    await nothing_left(site, before)
