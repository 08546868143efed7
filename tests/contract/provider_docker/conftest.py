"""One private engine for all tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.provider_docker.docker_harness import IMAGE
from tests.support.docker import (
    ImageFiles,
    PrivateEngine,
    busybox_layer,
    private_engine,
    stand_in_bundle,
)


@pytest.fixture(scope="session")
def engine() -> Iterator[PrivateEngine]:
    with private_engine() as made:
        made.load(ImageFiles(IMAGE, [busybox_layer()]))
        yield made


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stand_in_bundle(tmp_path_factory.mktemp("bundle") / "agent")
