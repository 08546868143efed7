"""The user guide's commands, run as they stand in it; both languages show the same ones."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.docker.test_examples import interface
from tests.e2e.docker.yard import Yard, new_yard
from tests.support.docker import PrivateEngine
from tests.support.docker_images import python_image
from tests.support.documents import ROOT, commands, run_commands

ENGLISH, SPANISH = (ROOT / "docs" / "guide" / name for name in ("README.md", "README_ES.md"))
ANYWHERE = "https://api.example.com/data"


@pytest.fixture
def own_yard(engine: PrivateEngine) -> Iterator[Yard]:
    """A server of its own: the guide makes templates, schedules and secrets."""
    engine.load(python_image())
    with new_yard(engine) as made:
        yield made


async def test_every_command_of_the_guide(own_yard: Yard, tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    env = {"HODEI_URL": own_yard.site.server.url, "PATH": f"{programs}:{os.environ['PATH']}"}
    asked: list[str] = []
    async with interface(own_yard, asked) as address:
        printed = await asyncio.to_thread(
            run_commands, ENGLISH, folder=tmp_path, env=env, instead={ANYWHERE: address}
        )
    assert printed.count("Hello from Hodei!\n") == 3, printed
    assert "Málaga over 3 days" in printed
    assert "Step 5/5 completed" in printed
    assert "1001" in printed and "[ERROR] that was all" in printed
    assert len(asked) == 1
    assert "Authorization: Bearer a-secret-value\r\n" in asked[0]
    assert "a-secret-value" not in printed


def test_both_languages_show_the_same_commands() -> None:
    english, spanish = (
        [(fence.text, fence.proof) for fence in commands(guide)] for guide in (ENGLISH, SPANISH)
    )
    assert english == spanish
