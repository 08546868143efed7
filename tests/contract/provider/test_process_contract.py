"""The process provider against the contract of providers, with control groups and without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hodei.testing.provider_contract import ProviderContract
from tests.contract.provider.process_harness import ProcessHarness


@pytest.fixture(params=["auto", "off"])
async def harness(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[ProcessHarness]:
    made = ProcessHarness(tmp_path, {"cgroups": request.param})
    try:
        yield made
    finally:
        await made.sweep()


class TestProcessProvider(ProviderContract):
    pass
