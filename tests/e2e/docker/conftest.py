"""A real server, and a real engine of the tests' own that DOCKER_HOST names to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.docker.yard import Yard, new_yard
from tests.support.docker import PrivateEngine, private_engine
from tests.support.docker_images import load_all
from tests.support.observer import Observer


@pytest.fixture(scope="session")
def engine() -> Iterator[PrivateEngine]:
    """One engine with all images, for every test of this directory."""
    with private_engine() as made:
        load_all(made)
        yield made


@pytest.fixture(scope="module")
def yard(engine: PrivateEngine) -> Iterator[Yard]:
    """A server that the tests of one module share."""
    with new_yard(engine) as made:
        yield made


@pytest.fixture
async def observer(yard: Yard) -> AsyncIterator[Observer]:
    """Watches the shared server."""
    async with yard.site.observer() as observer:
        yield observer
