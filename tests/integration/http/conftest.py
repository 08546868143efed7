"""One server per session; tests tell their jobs apart by project."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.integration.http.jobs import Client
from tests.integration.http.running import Running, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """The server of this session."""
    with running_server() as running:
        yield running


@pytest.fixture
def project() -> str:
    """A project of the test's own."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def client(server: Running, project: str) -> AsyncIterator[Client]:
    """A REST client."""
    async with httpx.AsyncClient(base_url=server.api, timeout=30) as http:
        yield Client(http, project)
