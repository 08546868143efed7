"""A server for clients that know nothing of our own stubs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.faults.site import Site, new_site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One server for the module."""
    with new_site() as site:
        yield site
