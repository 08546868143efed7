"""One server per session; tests tell their jobs apart by project."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import pytest

from hodei.app import wiring
from hodei.ports.provider import ProviderFactory
from tests.integration.http.jobs import Client
from tests.integration.http.running import Running, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """The server of this session."""
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def fuzzed() -> Iterator[Running]:
    """A server that takes jobs and runs none: what is sent here are random scripts."""
    everything = wiring.provider_factories

    def harmless() -> dict[str, ProviderFactory]:
        return {name: made for name, made in everything().items() if name == "scripted"}

    with ExitStack() as stack:
        # While it starts only: other servers of this session have every type.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wiring, "provider_factories", harmless)
            running = stack.enter_context(running_server(process=False))
        body = {"name": "local", "type": "scripted"}
        assert httpx.post(f"{running.api}/providers", json=body, timeout=60).status_code == 201
        yield running


@pytest.fixture
def project() -> str:
    """A project of the test's own."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def client(server: Running, project: str) -> AsyncIterator[Client]:
    """A REST client."""
    async with httpx.AsyncClient(base_url=server.api, timeout=60) as http:
        answer = await http.put(f"/projects/{project}", json={})
        assert answer.status_code == 201, answer.text
        yield Client(http, project)
