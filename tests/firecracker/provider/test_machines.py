"""What a microVM is confined by, what is refused, and that nothing is ever left."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    ProviderError,
    SpecRejected,
)
from hodei.domain.provider import ObservedState
from hodei.domain.spec import Architecture, Network, Resources
from hodei.testing.provider_contract import stop_after
from hodei.testing.provider_harness import started
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.docker import ImageFiles, busybox_layer
from tests.support.firecracker import CGROUPS, NETNS, machines
from tests.support.processes import until_told

CYCLES = int(os.environ.get("TESTBED_CYCLES", "24"))
AT_ONCE = 4
STEPS = 4


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def devices(worker_id: UUID) -> list[str]:
    argv = ["ip", "-n", f"hodei-{worker_id}", "-o", "link"]
    shown = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return [line.split(": ")[1].partition("@")[0] for line in shown.splitlines()]


async def test_each_guest_is_confined_on_its_own(harness: FirecrackerHarness) -> None:
    one = harness.request()
    other = harness.request()
    spec = replace(other.spec, network=Network.NONE, resources=Resources(cpu=0.5, memory_mb=64))
    other = replace(other, spec=spec)
    async with harness.create() as provider:
        handles = [await started(provider, each) for each in (one, other)]
        pids = [machines(str(each.worker_id))[0] for each in (one, other)]
        seen = [status_of(pid) for pid in pids]
        assert len({fields["Uid"] for fields in seen}) == 2
        for pid, fields in zip(pids, seen, strict=True):
            assert int(fields["Uid"].split()[0]) >= 700_000
            assert fields["Uid"].split() == fields["Gid"].split()
            assert fields["Seccomp"].strip() == "2"
            assert int(fields["CapEff"], 16) == 0
            assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
            assert os.readlink(f"/proc/{pid}/ns/pid") != os.readlink("/proc/self/ns/pid")
        assert {"lo", "out0", "tap0"} <= set(devices(one.worker_id))
        assert not {"out0", "tap0"} & set(devices(other.worker_id))
        quotas = [
            *CGROUPS.glob(f"cpu/hodei-fc/{other.worker_id}/cpu.cfs_quota_us"),
            *CGROUPS.glob(f"hodei-fc/{other.worker_id}/cpu.max"),
        ]
        assert quotas[0].read_text("ascii").split()[0] == "50000"
        weights = [
            *CGROUPS.glob(f"cpu/hodei-fc/{other.worker_id}/cpu.shares"),
            *CGROUPS.glob(f"hodei-fc/{other.worker_id}/cpu.weight"),
        ]
        assert weights[0].read_text("ascii").strip() in ("512", "50")
        for handle in handles:
            await provider.destroy(handle, grace_s=0)
    assert harness.traces() == []
    assert not list(NETNS.glob("hodei-*"))


async def test_what_cannot_be_honoured(harness: FirecrackerHarness) -> None:
    request = harness.request()

    async def refused(resources: Resources) -> str:
        with pytest.raises(SpecRejected) as fault:
            spec = replace(request.spec, resources=resources)
            await started(provider, replace(request, spec=spec))
        return str(fault.value)

    small = request.spec.resources
    async with harness.create() as provider:
        assert "no GPUs" in await refused(replace(small, gpus=1))
        arm64 = replace(small, architecture=Architecture.ARM64)
        assert "arm64 was asked for" in await refused(arm64)
        assert "MiB; 100000000" in await refused(replace(small, memory_mb=100_000_000))
        assert "of storage" in await refused(replace(small, storage_mb=2_000_000))
    assert harness.traces() == []


async def test_no_more_guests_than_there_are_uids(harness: FirecrackerHarness) -> None:
    harness.settings |= {"max_workers": 1, "network_pool": "172.30.9.0/30"}
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        late = harness.request()
        with pytest.raises(CapacityExhausted, match="in use"):
            await started(provider, late)
        await harness.sweep()
        assert await provider.list_owned() == []
        await provider.destroy(handle, grace_s=0)
    assert harness.traces() == []


async def test_a_kernel_that_is_none(harness: FirecrackerHarness, tmp_path: Path) -> None:
    broken = tmp_path / "vmlinux"
    broken.write_bytes(b"\x7fELF" + bytes(200))
    harness.settings["kernel"] = str(broken)
    async with harness.create() as provider:
        with pytest.raises(ProviderError, match="kernel"):
            await started(provider, harness.request())
        await harness.sweep()
    assert harness.traces() == []


async def test_images_that_are_damaged_or_missing(
    harness: FirecrackerHarness, tmp_path: Path
) -> None:
    layer = busybox_layer()
    cut = ImageFiles("cut:1", [layer])
    cut.layers[0] = layer[: len(layer) // 2]
    (tmp_path / "cut.tar").write_bytes(cut.archive())
    harness.settings["image_folders"] = [str(tmp_path)]
    request = harness.request()
    async with harness.create() as provider:
        for image, words in (("cut:1", "layer 1"), ("nobody/has:it", "none of the provider")):
            with pytest.raises(ImageUnavailable, match=words):
                await started(provider, replace(request, spec=replace(request.spec, image=image)))
    assert harness.traces() == []


async def test_what_a_guest_that_never_calls_has_printed(harness: FirecrackerHarness) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        told: list[str] = []

        async def look() -> bool:
            seen = (await provider.observe([handle]))[handle.worker_id]
            assert seen.state is ObservedState.RUNNING
            told[:] = [seen.reason]
            return "its console says last: UP" in seen.reason

        await until_told(look, what=lambda: f"the guest's word is told: {told}")
        await provider.destroy(handle, grace_s=0)
    assert harness.traces() == []


async def test_a_host_that_lacks_everything(harness: FirecrackerHarness) -> None:
    harness.settings |= {"firecracker": "no-such-monitor", "kernel": "/nowhere/vmlinux"}
    async with harness.create() as provider:
        health = await provider.check()
    assert not health.ok
    assert "no program no-such-monitor" in health.reason
    assert "/nowhere/vmlinux cannot be read" in health.reason
    assert health.details["jailer"] == "1.12.1"


async def test_many_that_are_left_at_any_step(harness: FirecrackerHarness) -> None:
    """TESTBED_CYCLES says how many."""
    chance = random.Random(6)
    mounts = Path("/proc/self/mounts").read_text("utf-8")
    turn = asyncio.Semaphore(AT_ONCE)

    async def cycle(steps: int, passes: int) -> None:
        request = harness.request()
        async with turn, harness.create() as provider:
            task = asyncio.create_task(stop_after(provider, request, steps))
            for _ in range(passes):
                await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.wait([task])
            for handle in await provider.list_owned():
                if handle.worker_id == request.worker_id:
                    await provider.destroy(handle, grace_s=0)

    await asyncio.gather(
        *(cycle(chance.randint(1, STEPS), chance.randint(0, 400)) for _ in range(CYCLES))
    )
    assert harness.traces() == []
    assert Path("/proc/self/mounts").read_text("utf-8") == mounts
