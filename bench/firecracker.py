"""MicroVMs: images to root file systems, making and removing, and restoring from a snapshot.

Needs root, and the Firecracker and the kernel that the testbed's scripts name. What a guest itself
does is as fast as the KVM of the machine.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from bench.figures import Figure, quantile
from hodei.domain.spec import Resources
from hodei.ports.provider import Provider, ProvisionRequest
from hodei.testing.provider_harness import started
from tests.firecracker.provider.frozen import (
    Frozen,
    LinuxHarness,
    freeze,
    said_by,
    steps_of,
    telling_bundle,
)
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.docker import ImageFiles, busybox_layer, stand_in_bundle, tar
from tests.support.firecracker import (
    image_folder,
    is_apart,
    linux_settings,
    machines,
    tiny_settings,
)
from tests.support.processes import until

MIB = 1 << 20
IMAGE_MB = 200


class _Tiny(FirecrackerHarness):
    """Guests of a few instructions, each on a whole CPU."""

    def request(
        self, worker_id: UUID | None = None, *, seconds: float = 120, otp: str = "otp"
    ) -> ProvisionRequest:
        made = super().request(worker_id, seconds=seconds, otp=otp)
        whole = Resources(cpu=1, memory_mb=64)
        return replace(made, spec=replace(made.spec, resources=whole, project="bench"))


async def run(quick: bool) -> list[Figure]:
    """All of them. Raises RuntimeError outside of a network of its own."""
    if not is_apart():
        raise RuntimeError(
            "run it as scripts/testbed/firecracker/apart python -m bench firecracker"
        )
    with tempfile.TemporaryDirectory(prefix="hodei-bench-", dir="/var/tmp") as folder:
        yard = Path(folder)
        image_folder(yard / "archives")
        figures = await _images(yard)
        figures += await _outside(yard, 8 if quick else 24)
        figures += await _restored(yard, 4 if quick else 12)
    return figures


async def _images(yard: Path) -> list[Figure]:
    """An image of files that no compression makes smaller, in 20 pieces."""
    piece = IMAGE_MB * MIB // 20
    layer = tar({f"part-{number}": (os.urandom(piece), 0o644) for number in range(20)})
    folder = image_folder(yard / "large", ImageFiles("large:1", [busybox_layer(), layer]))
    harness = _tiny(yard / "images", yard, folder)
    took = []
    async with harness.create() as provider:
        for _ in range(2):
            request = harness.request()
            request = replace(request, spec=replace(request.spec, image="large:1"))
            begin = time.perf_counter()
            last = begin
            async for step in provider.provision(request):
                if step.phase != "started":
                    last = time.perf_counter()
            # The steps before the last one are the image's.
            took.append((last - begin) * 1000)
            await provider.destroy(step.handle, grace_s=0)
    return [
        _figure("image to root file system, cold", took[0] / IMAGE_MB, "ms per MiB"),
        _figure(f"image to root file system of {IMAGE_MB} MiB, cached", took[1], "ms"),
    ]


async def _outside(yard: Path, count: int) -> list[Figure]:
    """A guest that does nothing: what is left is what Hodei and Firecracker do."""
    harness = _tiny(yard / "tiny", yard, yard / "archives")
    made, removed = [], []
    async with harness.create() as provider:
        for number in range(count + 1):
            begin = time.perf_counter()
            handle = await started(provider, harness.request())
            middle = time.perf_counter()
            await provider.destroy(handle, grace_s=0)
            if number:  # the first one pays for what all share
                made.append((middle - begin) * 1000)
                removed.append((time.perf_counter() - middle) * 1000)
    return [*_quantiles("create", made), *_quantiles("destroy", removed)]


async def _restored(yard: Path, count: int) -> list[Figure]:
    telling_bundle(yard / "linux" / "bundle")
    settings = {**linux_settings(), "storage_mb": 64, "image_folders": [str(yard / "archives")]}
    harness = LinuxHarness(yard / "linux", yard / "linux" / "bundle", settings)
    frozen = await freeze(harness)
    made, spoke, memory = [], [], []
    async with harness.create() as provider:
        for _ in range(count):
            async with _guest(harness, provider) as (request, begin):
                made.append((time.perf_counter() - begin) * 1000)
                await until(_speaks(harness, request.worker_id), within=120, what="it speaks")
                spoke.append((time.perf_counter() - begin) * 1000)
                (pid,) = machines(str(request.worker_id))
                memory.append(_private_mib(pid))
    return [
        *_quantiles("restore, until its init asks for its orders", made),
        *_quantiles("restore, until the first lines of its agent are seen", spoke),
        _figure("memory of a restored guest that waits", quantile(memory, 0.5), "MiB"),
        _figure("disk of a snapshot of 64 MiB", _disk_mib(frozen), "MiB"),
    ]


@asynccontextmanager
async def _guest(
    harness: FirecrackerHarness, provider: Provider
) -> AsyncIterator[tuple[ProvisionRequest, float]]:
    request = harness.request()
    begin = time.perf_counter()
    (*_, last) = await steps_of(provider, request)
    try:
        yield request, begin
    finally:
        await provider.destroy(last.handle, grace_s=0)


def _speaks(harness: FirecrackerHarness, worker_id: UUID) -> Callable[[], bool]:
    return lambda: "clock" in said_by(harness, worker_id)


def _tiny(folder: Path, yard: Path, images: Path) -> FirecrackerHarness:
    if not (yard / "bundle").exists():
        stand_in_bundle(yard / "bundle")
    settings = {**tiny_settings(), "image_folders": [str(images)]}
    return _Tiny(folder, yard / "bundle", settings)


def _private_mib(pid: int) -> float:
    """What nobody else has: the shared pages of the snapshot are not counted."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    rows = [line.split() for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))]
    return sum(int(row[1]) for row in rows) / 1024


def _disk_mib(frozen: Frozen) -> float:
    return sum(path.stat().st_blocks * 512 for path in frozen.folder.glob("*/*")) / MIB


def _figure(name: str, value: float, unit: str) -> Figure:
    return Figure(name=name, value=value, unit=unit)


def _quantiles(name: str, values: list[float]) -> list[Figure]:
    return [
        _figure(f"{name}, {label}", quantile(values, share), "ms")
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]
