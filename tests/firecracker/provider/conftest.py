"""A provider whose guests are a few instructions long: made and ended within milliseconds."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.docker import stand_in_bundle
from tests.support.firecracker import image_folder, is_apart, tiny_settings


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
