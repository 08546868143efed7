"""Whoever watches the server of a test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.e2e.faults.site import Site
from tests.support.observer import Observer


@pytest.fixture
async def observer(site: Site) -> AsyncIterator[Observer]:
    """Watches `site`."""
    async with site.observer() as observer:
        yield observer
