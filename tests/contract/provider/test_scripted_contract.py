"""The scripted provider against the contract of providers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest

from hodei.adapters.scripted.inspector import ScriptedInspector
from hodei.adapters.scripted.provider import ScriptedFactory
from hodei.ports.provider import Provider, ProviderContext
from hodei.testing.provider_contract import ProviderContract
from hodei.testing.provider_harness import INSTALLATION, PROVIDER, ProviderHarness


class ScriptedHarness(ProviderHarness):
    """Looks into the cloud."""

    image = "alpine:latest"

    def __init__(self) -> None:
        self._inspector = ScriptedInspector()
        self._factory = ScriptedFactory(self._inspector.cloud)

    def create(self, installation: str = INSTALLATION) -> Provider:
        context = ProviderContext(
            installation_id=installation,
            provider_id=PROVIDER,
            name="scripted",
            data_dir="/nowhere",
            agent_command=(),
        )
        return self._factory.create({}, context)

    def live(self, worker_id: UUID) -> int:
        return int(worker_id in self._inspector.alive)

    def traces(self) -> Sequence[str]:
        return [repr(worker) for worker in self._inspector.cloud.workers.values()]

    async def add_child(self, worker_id: UUID) -> Callable[[], bool]:
        workers = self._inspector.cloud.workers
        workers[worker_id].children += 1
        return lambda: worker_id in workers and workers[worker_id].children > 0

    async def end(self, worker_id: UUID, exit_code: int) -> None:
        self._inspector.kill(worker_id, exit_code)


class TestScriptedProvider(ProviderContract):
    @pytest.fixture
    def harness(self) -> ProviderHarness:
        return ScriptedHarness()
