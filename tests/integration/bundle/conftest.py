"""One bundle for all tests, the images, and a scripted server for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hodei.app.bundle import BundleInfo, build
from tests.contract.peer.scripted_server import ScriptedServer
from tests.integration.bundle.images import Container, make_images, require_components


@pytest.fixture(scope="session", autouse=True)
def components() -> None:
    """A missing component fails the run."""
    require_components()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> BundleInfo:
    """Built once, of the interpreter that runs the tests."""
    return build(tmp_path_factory.mktemp("bundle") / "agent")


@pytest.fixture(scope="session")
def images(components: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Root file systems by kind."""
    return make_images(tmp_path_factory.mktemp("images"))


@pytest.fixture
async def container(
    bundle: BundleInfo, images: dict[str, Path], tmp_path: Path
) -> AsyncIterator[Callable[[str], Container]]:
    """Makes the container of an image, beside a server that listens on its socket."""
    (tmp_path / "run").mkdir()
    server = ScriptedServer(f"unix:{tmp_path}/run/agent.sock")
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)

        def make(image: str) -> Container:
            made = Container(images[image], bundle.path, tmp_path, server)
            stack.push_async_callback(made.close)
            return made

        yield make
