"""A real server, and a real cluster that KUBECONFIG names to it."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.kubernetes.jobs.yard import Yard, new_yard
from tests.support.docker_images import basic_images, python_image
from tests.support.kubernetes import PrivateCluster, private_cluster
from tests.support.observer import Observer
from tests.support.server import hodei_command

NEEDED = ("alpine:latest", "curlimages/curl:latest")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateCluster]:
    """One cluster with all images, the agent's own among them."""
    with private_cluster() as made:
        agent = tmp_path_factory.mktemp("agent") / "agent.tar"
        subprocess.run(hodei_command("agent", "image", str(agent)), check=True, timeout=300)
        made.run("import", agent)
        made.load(*(each for each in basic_images() if each.name in NEEDED), python_image())
        yield made


@pytest.fixture(scope="session")
def yard(cluster: PrivateCluster) -> Iterator[Yard]:
    """A server that the tests share; each leaves it and the cluster as it found them."""
    with new_yard(cluster) as made:
        yield made


@pytest.fixture
async def observer(yard: Yard) -> AsyncIterator[Observer]:
    """Watches the server."""
    async with yard.site.observer() as observer:
        yield observer
