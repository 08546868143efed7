"""`make`: the commands of the documents are there; the first one is really given."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.support.server import clean_environment, data_directory

TARGETS = (
    *("run", "test", "check", "format", "generate", "web-dev", "wheel", "bench", "chaos"),
    *("simulate", "lint", "build", "test-all", "unit", "web-test", "lock", "bundle"),
)


@pytest.fixture
def directory() -> Iterator[Path]:
    with data_directory() as path:
        yield path


def make(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`make WORDS...` in the repository, as if no other `make` had started the tests."""
    env = {
        k: v for k, v in clean_environment(**env).items() if not k.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        ["make", *words],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


def test_help_names_every_command() -> None:
    done = make("help")
    assert done.returncode == 0, done.stderr
    assert set(TARGETS) <= {line.split()[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("target", TARGETS)
def test_each_command_calls_programs_that_are_there(target: str) -> None:
    """Those that take minutes are not given here; what they call is what CI runs."""
    done = make("--dry-run", target, "ARGS=--some")
    assert done.returncode == 0, done.stderr
    called = {word for word in done.stdout.split() if word.startswith("scripts/")}
    assert [name for name in called if not (ROOT / name).is_file()] == []


def test_make_run_shows_the_first_job(directory: Path) -> None:
    ports = {"HODEI_HTTP_PORT": "0", "GRPC_PORT": "0", "HODEI_METRICS_PORT": "0"}
    done = make("run", "ARGS=--once", HODEI_DATA_DIR=str(directory), **ports)
    assert done.returncode == 0, done.stderr
    assert "Hello from Hodei!\n" in done.stdout
