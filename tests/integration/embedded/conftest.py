"""A data directory per test, and every PostgreSQL of this machine in turn."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hodei.app.embedded import PostgresBinaries
from hodei.app.embedded.binaries import installations

INSTALLATIONS = {each.major: each for each in reversed(list(installations()))}
"""One installation per major version; the packaged one wins."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A fresh directory that is not below pytest's own, which is closed to other users."""
    made = Path(tempfile.mkdtemp(prefix="hodei-test-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(params=sorted(INSTALLATIONS), ids=lambda major: f"postgresql-{major}")
def binaries(request: pytest.FixtureRequest) -> PostgresBinaries:
    """Each major version found here."""
    return INSTALLATIONS[request.param]


@pytest.fixture
def newest() -> PostgresBinaries:
    """The newest, for what does not depend on the version."""
    return INSTALLATIONS[max(INSTALLATIONS)]


@pytest.fixture
def packaged() -> PostgresBinaries:
    """The one that comes as a Python package."""
    return next(each for each in INSTALLATIONS.values() if each.bundle)
