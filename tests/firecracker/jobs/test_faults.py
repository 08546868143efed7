"""Jobs in microVMs that end badly or early, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.site import Site
from tests.firecracker.jobs.test_jobs import BOOT_S, ended, job, nothing_left
from tests.firecracker.jobs.test_warm import keep, waiting
from tests.firecracker.provider.test_images import serving
from tests.support.docker import ImageFiles, busybox_layer, private_engine
from tests.support.docker_images import ALPINE
from tests.support.firecracker import groups, linux_settings, machines
from tests.support.observer import CANCELLED, FAILED, Observer, phases
from tests.support.processes import until, until_told
from tests.support.server import clean_environment, hodei_command

# What is silent is given up after 55 s.
LOST_S = 180.0
WAITS = "echo up; sleep 600"
# The first process of a job's namespace is the agent, out of the job's reach.
UNTOUCHED = f"kill -STOP 1; kill -KILL 1; {WAITS}"
STARVES = "tail /dev/zero"


def shell(script: str, image: str = ALPINE) -> jobs_pb2.JobSpec:
    made = job(jobs_pb2.Command(type="shell", script=script))
    made.image = image
    return made


def kept(site: Site) -> Sequence[Path]:
    """Root file systems, whole or not."""
    return list(site.data.glob("providers/*/images/*"))


async def nobody_works(observer: Observer) -> None:
    async def gone() -> bool:
        return not await observer.workers()

    await until_told(gone, what="no worker is left")


async def test_cancelled_while_its_image_is_pulled(site: Site, observer: Observer) -> None:
    before = groups()
    async with serving(ImageFiles("", [busybox_layer()])) as registry:
        registry.slow = True
        await observer.configure_firecracker(**{**linux_settings(), "registry": True})
        pulls = await observer.submit(shell(WAITS, registry.name("some/image")))
        await asyncio.wait_for(registry.slowed.wait(), 90)
        await observer.when(
            pulls, lambda seen: phases(seen)[-1:] == ["PULLING"], what="its image is pulled"
        )
        await observer.cancel(pulls)
        done = await observer.finished(pulls)
        assert (done.state, len(done.attempts)) == (CANCELLED, 1), ended(site, done)
        # The registry is left in the middle of the layer.
        await asyncio.wait_for(registry.left.wait(), 90)
    await nobody_works(observer)
    await until(lambda: not kept(site), what=lambda: f"no part of the image: {kept(site)}")
    await nothing_left(site, before)


@pytest.mark.timeout(900)
async def test_guests_of_an_engines_image_that_end_badly(site: Site, observer: Observer) -> None:
    """One's monitor is killed, one hangs, one's agent does, one is cancelled, and one has used up
    its memory; their image is a Docker Engine's."""
    before = groups()
    with private_engine() as engine:
        engine.load(ImageFiles(ALPINE, [busybox_layer()]))
        await observer.configure_firecracker(**{**linux_settings(), "docker_host": engine.host})
        await keep(observer, 1)
        await waiting(observer, 1)
        killed = await observer.submit(shell(WAITS))
        await keep(observer, 0)
        hangs = await observer.submit(shell(WAITS))
        await speaks(observer, killed)
        for pid in await monitors(observer, killed):
            os.kill(pid, signal.SIGKILL)
        done = await observer.finished(killed, within=LOST_S)
        assert (done.state, done.outcome.cause) == (FAILED, "lost"), ended(site, done)
        assert "while the job was running" in done.outcome.message, done.outcome
        assert "the microVM ended" in done.outcome.message, done.outcome

        unwanted = await observer.submit(shell(UNTOUCHED))
        frozen = await observer.submit(shell(WAITS))
        for each in (hangs, unwanted, frozen):
            await speaks(observer, each)
        for pid in await monitors(observer, hangs):
            os.kill(pid, signal.SIGSTOP)
        terminal = freezing(site, frozen)
        await observer.cancel(unwanted)
        done = await observer.finished(unwanted)
        assert (done.state, done.outcome.cause) == (CANCELLED, "cancelled"), ended(site, done)
        starving = shell(STARVES)
        # What has to be filled page by page: that is slow there.
        starving.resources.memory_mb, starving.timeout_ms = 64, 600_000
        starves = await observer.submit(starving)
        for each in (hangs, frozen):
            done = await observer.finished(each, within=LOST_S)
            assert (done.state, done.outcome.cause) == (FAILED, "lost"), ended(site, done)
            assert "nothing was heard from it" in done.outcome.message, done.outcome
        assert terminal.wait(60) != 0, "its terminal is lost with it"
        done = await observer.finished(starves, within=2 * BOOT_S)
        assert (done.state, done.outcome.cause) == (FAILED, "oom"), ended(site, done)
        assert "more than its 64 MB of memory" in done.outcome.message, done.outcome
        assert "memory_mb to 128" in done.outcome.suggestion, done.outcome
    await nobody_works(observer)
    await nothing_left(site, before)


def freezing(site: Site, job_id: str) -> subprocess.Popen[bytes]:
    """From within a guest, its agent hangs from now on."""
    stops = "echo 1 >/sys/fs/cgroup/hodei/agent/cgroup.freeze"
    return subprocess.Popen(
        hodei_command("jobs", "shell", job_id, "--", "/bin/sh", "-c", stops),
        env=clean_environment(HODEI_URL=site.server.url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def speaks(observer: Observer, job_id: str) -> None:
    """Waits for a guest, and then for its job's first line."""
    await observer.when(
        job_id, lambda seen: seen.started_at.seconds > 0, what="it runs", within=BOOT_S
    )
    await observer.lines(job_id, 1)


async def monitors(observer: Observer, job_id: str) -> Sequence[int]:
    """Firecracker's processes of a job's worker."""
    found = machines((await observer.job(job_id)).attempts[-1].worker_id)
    assert found
    return found
