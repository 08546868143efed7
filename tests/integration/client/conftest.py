"""One real server for the tests of the Python client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from hodei.client import AsyncClient
from tests.support.server import ServerProcess, data_directory


@pytest.fixture(scope="package")
def shared_server() -> Iterator[ServerProcess]:
    """A server that every test of this folder may use, and none may stop."""
    with data_directory() as directory, ServerProcess(directory) as server:
        yield server


@pytest.fixture
async def client(shared_server: ServerProcess) -> AsyncIterator[AsyncClient]:
    """A client of the shared server."""
    async with AsyncClient(shared_server.url) as made:
        yield made
