"""One clone of the repository in an engine of the tests' own, for all tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import CHROMIUM, chromium
from tests.support.docker_images import load_basic, python_image
from tests.support.stack import Stack, built_stack


@pytest.fixture(scope="session")
def place() -> Iterator[tuple[Stack, dict[str, str]]]:
    """The clone, and the settings that its builds need where there is no network."""
    with built_stack() as (stack, sources):
        load_basic(stack.engine)
        stack.engine.load(python_image())
        yield stack, sources


@pytest.fixture(scope="session")
def stack(place: tuple[Stack, dict[str, str]]) -> Stack:
    """Commands in the clone."""
    return place[0]


@pytest.fixture(scope="session")
def sources(place: tuple[Stack, dict[str, str]]) -> dict[str, str]:
    """Settings besides those of the guide."""
    return place[1]


@pytest.fixture(scope="session")
def browser(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium on the engine's own network, where localhost has the published ports."""
    program: Path = tmp_path_factory.mktemp("browser") / "chromium"
    program.write_text(
        f'#!/bin/sh\nexec nsenter --net={stack.engine.network} -- {CHROMIUM} "$@"\n', "ascii"
    )
    program.chmod(0o755)
    with chromium(str(program)) as browser:
        yield browser
