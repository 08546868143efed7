"""One installation in memory per test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.access.installation import Installation, installation


@pytest.fixture
async def place() -> AsyncIterator[Installation]:
    """Where it happens."""
    async with installation() as made:
        yield made
