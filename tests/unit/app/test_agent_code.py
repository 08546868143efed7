"""The agent's byte code in the data directory: made once, used as it is, never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hodei.agent
from hodei.app import agent_code
from hodei.app.agent_code import FOLDER, agent_command

BAD_SETTINGS = 2


def _run(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Without settings the agent says so and ends, which takes all that it imports to start."""
    return subprocess.run(
        command, env={}, cwd="/", capture_output=True, text=True, timeout=90, check=False
    )


def test_the_agent_runs_from_byte_code(tmp_path: Path) -> None:
    command = agent_command(tmp_path)

    assert command[0] == sys.executable
    assert Path(command[-1]).is_relative_to(tmp_path / FOLDER)
    ended = _run(command)
    assert ended.returncode == BAD_SETTINGS, ended.stderr
    assert "HODEI_AGENT_SERVER must be set" in ended.stderr


def test_all_of_the_agent_is_there(tmp_path: Path) -> None:
    made = Path(agent_command(tmp_path)[-1]).parent
    source = Path(hodei.agent.__path__[0])

    names = {path.relative_to(source).with_suffix("") for path in source.rglob("*.py")}
    assert {path.relative_to(made).with_suffix("") for path in made.rglob("*.pyc")} == names


def test_it_is_made_once(tmp_path: Path) -> None:
    first = agent_command(tmp_path)
    before = Path(first[-1]).stat()

    assert agent_command(tmp_path) == first
    assert Path(first[-1]).stat().st_ino == before.st_ino
    assert len(os.listdir(tmp_path / FOLDER)) == 1


def test_other_sources_get_byte_code_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = agent_command(tmp_path)
    monkeypatch.setattr(agent_code, "OPTIMIZE", 1)

    second = agent_command(tmp_path)
    assert second != first
    assert Path(first[-1]).is_file(), "an agent of an older server may still load from it"


def test_where_none_can_be_made_the_agent_starts_from_source(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file in the way")

    command = agent_command(tmp_path)
    assert Path(command[-1]).is_dir()
    assert _run(command).returncode == BAD_SETTINGS
