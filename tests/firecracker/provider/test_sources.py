"""Images of a real Docker Engine, and a disk that has no room for one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hodei.domain.errors import CapacityExhausted, ImageUnavailable, ProviderUnavailable
from hodei.testing.provider_harness import INSTALLATION, started
from tests.firecracker.provider.frozen import steps_of
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.firecracker.provider.test_images import MIB, end, kept, noise, of
from tests.support.docker import ImageFiles, busybox_layer, private_engine, tar

NAME, DISK_MB = "from/engine:1", 24


def content(harness: FirecrackerHarness, path: str) -> str:
    """A file of the only root file system there is, read without mounting it."""
    (image,) = (harness.folder / INSTALLATION / "images").glob("*.ext4")
    done = subprocess.run(
        ["debugfs", "-R", f"cat {path}", str(image)], capture_output=True, text=True, check=True
    )
    return done.stdout


async def test_from_an_engine_and_one_that_is_away(harness: FirecrackerHarness) -> None:
    lower = tar({"etc/kept": (b"kept", 0o644), "etc/old": (b"old", 0o644)})
    upper = tar({"etc/.wh.old": (b"", 0o644), "etc/more": (b"more", 0o644)})
    with private_engine() as engine:
        # Two images that share a layer, which engines of this age save as a link.
        for name, layers in ((NAME, [lower, upper]), ("from/engine:2", [lower])):
            engine.load(ImageFiles(name, [busybox_layer(), *layers], {"Env": ["FROM=engine"]}))
        harness.settings |= {"docker_host": engine.host, "image_folders": []}
        async with harness.create() as provider:
            steps = await steps_of(provider, of(harness, NAME))
            assert "pulling" in [step.phase for step in steps]
            (shown,) = {step.image_digest for step in steps if step.image_digest}
            known = engine.get(f"/images/{NAME}/json")
            assert isinstance(known, dict)
            assert shown == known["Id"]
            assert [content(harness, f"/etc/{each}") for each in ("kept", "more", "old")] == [
                "kept",
                "more",
                "",
            ]
            await end(provider, steps)
            with pytest.raises(ImageUnavailable, match="none of the provider's sources"):
                await started(provider, of(harness, "from/engine:3"))
            engine.run("kill")
            with pytest.raises(ProviderUnavailable, match="does not answer"):
                await started(provider, of(harness, NAME))
    assert harness.traces() == []


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True)
    size = f"size={DISK_MB}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "small", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_no_room_to_unpack(harness: FirecrackerHarness, tmp_path: Path) -> None:
    """An image lies beside the storage of jobs, on this machine's own disk."""
    layer = tar({"big": (noise(DISK_MB // 2 * MIB, 1), 0o644)})
    (tmp_path / "big.tar").write_bytes(ImageFiles("big:1", [busybox_layer(), layer]).archive())
    harness.settings["image_folders"] = [str(tmp_path)]
    with small_disk(harness.folder / INSTALLATION / "images"):
        async with harness.create() as provider:
            with pytest.raises(CapacityExhausted, match="No space left on device"):
                await started(provider, of(harness, "big:1"))
            assert kept(harness) == []
    assert harness.traces() == []
