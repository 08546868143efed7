"""Servers for the fault tests: one of the test's own, or one that a whole module shares."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.faults.site import Site, new_site
from tests.support.observer import Observer


@pytest.fixture
def site() -> Iterator[Site]:
    """A server of the test's own, to be killed."""
    with new_site() as site:
        yield site


@pytest.fixture
async def observer(site: Site) -> AsyncIterator[Observer]:
    """Watches `site`."""
    async with site.observer() as observer:
        yield observer


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """A server that the tests of one module share and leave as they found it."""
    with new_site() as site:
        yield site


@pytest.fixture
async def watcher(shared: Site) -> AsyncIterator[Observer]:
    """Watches `shared`."""
    async with shared.observer() as observer:
        yield observer
