"""A real server whose provider boots Linux, as slowly as the test machine's KVM does."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.faults.site import Site, close, new_directory
from tests.support.docker import ImageFiles, busybox_layer
from tests.support.docker_images import ALPINE
from tests.support.firecracker import clear, groups, image_folder, is_apart, linux_settings
from tests.support.observer import Observer

NOBODY = "hodei-test/nobody:1"
"""The same as ALPINE for a user who is not root."""


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    assert is_apart(), "these tests change networks: run them by scripts/test firecracker"
    env = {"HODEI_FC_ENABLED": "1", "HODEI_PROCESS_ENABLED": "0"}
    with new_directory() as directory, tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        config = {"Cmd": ["/bin/sh"], "Env": ["PATH=/usr/bin:/bin", "FROM_IMAGE=yes"]}
        layers = [busybox_layer()]
        images = image_folder(
            Path(folder, "images"),
            ImageFiles(ALPINE, layers, config),
            ImageFiles(NOBODY, layers, {**config, "User": "1000"}),
        )
        site, before = Site(directory, env), groups()
        try:
            site.start()
            async with site.observer() as observer:
                settings = {**linux_settings(), "image_folders": [str(images)]}
                await observer.configure_firecracker(**settings)
            yield site
        finally:
            close(site)
            await clear(before)


@pytest.fixture
async def observer(site: Site) -> AsyncIterator[Observer]:
    """Watches the server."""
    async with site.observer() as observer:
        yield observer
