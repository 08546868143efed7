"""A real server, and a real engine of the tests' own that DOCKER_HOST names to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.docker.yard import Yard, new_yard
from tests.support.browser import Visitor, chromium
from tests.support.docker import ImageFiles, PrivateEngine, busybox_layer, private_engine
from tests.support.docker_images import ALPINE, load_basic
from tests.support.observer import Observer
from tests.support.ssh import gateway
from tests.web.forms import type_job

DISK_MB = 96
BATCHES = """
for i in $(seq 1 60); do
  echo "[$(date)] Processing batch $i/60..."
  sleep 1
done
echo "All batches completed!"
"""


@pytest.fixture(scope="session")
def engine() -> Iterator[PrivateEngine]:
    """One engine with all images, for every test of this directory."""
    with private_engine() as made:
        load_basic(made)
        yield made


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key that may enter jobs by SSH."""
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="session")
def yard(engine: PrivateEngine, keys: Path) -> Iterator[Yard]:
    """A server that all tests share which leave it as they found it; it has an SSH gateway."""
    with new_yard(engine, gateway(keys)) as made:
        yield made


@pytest.fixture(scope="session")
def mortals() -> Iterator[Yard]:
    """A server and an engine with a small disk."""
    with private_engine(DISK_MB) as engine:
        engine.load(ImageFiles(ALPINE, [busybox_layer()]))
        with new_yard(engine) as made:
            yield made


@pytest.fixture
def mortal(mortals: Yard) -> Iterator[Yard]:
    """Both to be killed by any test, and whole again for the next one."""
    yield mortals
    if not mortals.engine.answers():
        mortals.engine.run("start")
    if mortals.site.server.process.poll() is not None:
        mortals.site.server.start()


@pytest.fixture
async def witness(mortal: Yard) -> AsyncIterator[Observer]:
    """Watches the mortal server."""
    async with mortal.site.observer() as observer:
        yield observer


@pytest.fixture
async def observer(yard: Yard, batches: str) -> AsyncIterator[Observer]:
    """Watches the shared server."""
    async with yard.site.observer() as observer:
        yield observer


@pytest.fixture(scope="session")
def batches(yard: Yard) -> str:
    """The guide's fourth example, typed by hand; it runs for a minute, while the tests do."""
    fields = {"Container Image": ALPINE, "CPU Cores": "0.5", "Memory (MB)": "64"}
    fields["Timeout (ms)"] = "120000"
    with chromium() as browser:
        visitor = Visitor(browser, yard.site.server.url)
        with visitor.page("/jobs/new") as page:
            return type_job(page, "Long Running Task", BATCHES, fields=fields)
