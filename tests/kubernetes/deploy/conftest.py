"""Hodei installed by its chart, once for all tests of this directory."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest

from hodei import __version__
from hodei.client.asynchronous import AsyncClient
from tests.kubernetes.deploy.release import (
    USER,
    WORD,
    Release,
    documented,
    installed,
    typed,
)
from tests.support.docker_images import ALPINE, basic_images, python_image
from tests.support.kubernetes import private_cluster
from tests.support.server import hodei_command
from tests.support.server_image import server_image


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """Two servers, and a user of theirs, who was made in a pod as the chart's notes say."""
    with private_cluster() as cluster:
        folder = tmp_path_factory.mktemp("release")
        agent = folder / "agent.tar"
        name = documented()["kubernetes"]["agentImage"]["repository"]
        command = hodei_command("agent", "image", str(agent), f"--name={name}:{__version__}")
        subprocess.run(command, check=True, timeout=60)
        cluster.run("import", agent)
        cluster.load(
            server_image(f"{documented()['image']['repository']}:{__version__}"), python_image()
        )
        cluster.load(*(each for each in basic_images() if each.name == ALPINE))
        with installed(cluster, folder) as made:
            asyncio.run(made.all_ready())
            create = "kubectl --namespace hodei exec"
            typed(cluster, folder, "users create", {create: f"echo '{WORD}' | {create}"})
            yield made


@pytest.fixture(scope="session")
def token(release: Release) -> str:
    """A token of that user."""

    async def sign_in() -> str:
        async with release.client() as client:
            return str((await client.login(USER, WORD, token_name="tests"))["token"])

    return asyncio.run(sign_in())


@pytest.fixture
async def client(release: Release, token: str) -> AsyncIterator[AsyncClient]:
    """Talks to the Service, whichever server that is."""
    async with release.client(token) as made:
        yield made
