"""A warm pool of microVMs that are restored from one snapshot, and what a job sees in them."""

from __future__ import annotations

import subprocess

import pytest

from hodei.wire.gen import jobs_pb2
from hodei.wire.gen import providers_pb2 as pb
from tests.e2e.faults.site import Site
from tests.firecracker.jobs.test_jobs import BOOT_S, ended, job, nothing_left
from tests.support.docker_images import ALPINE
from tests.support.firecracker import groups
from tests.support.observer import FAILED, SUCCEEDED, Observer
from tests.support.processes import until_told
from tests.support.server import clean_environment, hodei_command

PROVIDER = "firecracker"
WHO = "read -r a </proc/sys/kernel/random/boot_id; read -r b </proc/sys/kernel/hostname; echo $a $b"


async def keep(observer: Observer, size: int) -> None:
    """A pool for what `job` makes."""
    stub = await observer.providers()
    config = (await stub.GetProvider(pb.GetProviderRequest(provider=PROVIDER))).config
    del config.warm[:]
    if size:
        made = pb.WarmPool(size=size, image=ALPINE, cpu=1, memory_mb=128, network="default")
        config.warm.append(made)
    await stub.UpdateProvider(pb.UpdateProviderRequest(provider=PROVIDER, config=config))


async def waiting(observer: Observer, count: int) -> set[str]:
    """Waits until so many workers can be told a job; their ids.

    A worker is READY once its agent has enrolled. The stream, without which no job goes there,
    follows: in an instant elsewhere, and after seconds in these guests.
    """
    stub = await observer.providers()
    found: set[str] = set()
    seen: list[object] = []

    async def look() -> bool:
        pools = (await stub.GetProvider(pb.GetProviderRequest(provider=PROVIDER))).pools
        found.clear()
        found.update(w.id for w in await observer.workers() if w.state == "READY")
        seen[:] = [*pools, *found]
        return len(found) == count == sum(pool.ready for pool in pools)

    await until_told(look, within=BOOT_S, what=lambda: f"{count} warm workers: {seen}")
    return found


@pytest.mark.timeout(900)
async def test_jobs_in_restored_guests(site: Site, observer: Observer) -> None:
    """The first is booted, all others restored; each serves one job."""
    before = groups()
    await keep(observer, 1)
    first = await waiting(observer, 1)
    done = await observer.finished(
        await observer.submit(job(jobs_pb2.Command(type="shell", script=WHO))), within=BOOT_S
    )
    assert done.state == SUCCEEDED, ended(site, done)
    assert {done.attempts[-1].worker_id} == first
    second = await waiting(observer, 1)
    assert not first & second
    (worker,) = second
    (root,) = site.directory.glob(f"data/providers/*/vms/{worker}/jail/*/*/root")
    assert (root / "memory").exists(), "it was restored"
    again = await observer.finished(
        await observer.submit(job(jobs_pb2.Command(type="shell", script=WHO))), within=BOOT_S
    )
    assert again.state == SUCCEEDED, ended(site, again)
    assert {again.attempts[-1].worker_id} == second
    texts = [(await observer.log(each.id)).text[0].split() for each in (done, again)]
    assert texts[0][0] != texts[1][0], texts
    assert [text[1] for text in texts] == [f"hodei-{w[:8]}" for w in (*first, *second)]
    await waiting(observer, 1)

    # A shell and the usage beside the job, as elsewhere.
    script = "echo up; while [ ! -e /tmp/go ]; do sleep 1; done; exit 3"
    waits = await observer.submit(job(jobs_pb2.Command(type="shell", script=script)))
    await keep(observer, 0)
    await observer.lines(waits, 1)
    shown = subprocess.run(
        hodei_command("jobs", "shell", waits, "--", "/bin/sh", "-c", "echo in; >/tmp/go; exit 7"),
        env=clean_environment(HODEI_URL=site.server.url),
        capture_output=True,
        timeout=BOOT_S,
        check=False,
    )
    assert (shown.returncode, shown.stdout) == (7, b"in\n"), shown
    done = await observer.finished(waits, within=BOOT_S)
    assert (done.state, done.outcome.exit_code) == (FAILED, 3), ended(site, done)
    assert done.attempts[-1].cpu_ms > 0, done
    await nothing_left(site, before)
