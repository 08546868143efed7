"""The Docker provider against the contract of providers, on a real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hodei.testing.provider_contract import ProviderContract
from tests.contract.provider_docker.docker_harness import DockerHarness
from tests.support.docker import PrivateEngine


@pytest.fixture(params=["bind", "volume"])
async def harness(
    request: pytest.FixtureRequest, engine: PrivateEngine, bundle: Path, tmp_path: Path
) -> AsyncIterator[DockerHarness]:
    made = DockerHarness(engine, tmp_path, bundle, {"delivery": request.param})
    try:
        yield made
    finally:
        await made.sweep()


class TestDockerProvider(ProviderContract):
    pass
