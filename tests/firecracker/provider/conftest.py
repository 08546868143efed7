"""A provider whose guests are a few instructions long: made and ended within milliseconds."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.firecracker.provider.frozen import (
    Frozen,
    LinuxHarness,
    freeze,
    snapshots,
    telling_bundle,
)
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.docker import stand_in_bundle
from tests.support.firecracker import image_folder, is_apart, linux_settings, tiny_settings


@pytest.fixture(scope="session")
def yard() -> Iterator[Path]:
    """A directory with an image and a bundle."""
    assert is_apart(), "these tests change networks: run them by scripts/test firecracker"
    with tempfile.TemporaryDirectory(prefix="hodei-fc-", dir="/var/tmp") as folder:
        image_folder(Path(folder, "archives"))
        stand_in_bundle(Path(folder, "bundle"))
        yield Path(folder)


@pytest.fixture
async def harness(yard: Path) -> AsyncIterator[FirecrackerHarness]:
    settings = {**tiny_settings(), "image_folders": [str(yard / "archives")], "max_workers": 64}
    with tempfile.TemporaryDirectory(prefix="case-", dir=yard) as folder:
        made = FirecrackerHarness(Path(folder), yard / "bundle", settings)
        yield made
        await made.sweep()


@pytest.fixture(scope="session")
def frozen_yard(yard: Path) -> Iterator[Path]:
    """A directory that all tests of restored guests share."""
    with tempfile.TemporaryDirectory(prefix="frozen-", dir=yard) as folder:
        telling_bundle(Path(folder, "bundle"))
        yield Path(folder)


def linux_harness(yard: Path, folder: Path) -> LinuxHarness:
    """Of guests that boot Linux."""
    settings = {**linux_settings(), "storage_mb": 16, "max_workers": 64}
    settings["image_folders"] = [str(yard / "archives")]
    return LinuxHarness(folder, folder / "bundle", settings)


@pytest.fixture(scope="session")
def frozen(yard: Path, frozen_yard: Path) -> Frozen:
    """The snapshot from which guests are restored."""
    return asyncio.run(freeze(linux_harness(yard, frozen_yard)))


@pytest.fixture
async def frozen_harness(
    yard: Path, frozen_yard: Path, frozen: Frozen
) -> AsyncIterator[FirecrackerHarness]:
    made = linux_harness(yard, frozen_yard)
    if not snapshots(frozen.folder):
        await freeze(made)
    yield made
    await made.sweep()
