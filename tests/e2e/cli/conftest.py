"""One server for the tests that do not harm it, and the command line as people run it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.support.server import (
    ServerProcess,
    clean_environment,
    data_directory,
    hodei_command,
)

Result = subprocess.CompletedProcess[str]
Hodei = Callable[..., Result]
TIMEOUT_S = 120.0


@pytest.fixture(scope="package")
def shared_server() -> Iterator[ServerProcess]:
    """A server that every test of this folder may use, and none may stop."""
    env = {"HODEI_METRICS_PORT": "0", "HODEI_WEBHOOK_ALLOW": "127.0.0.1"}
    with (
        data_directory() as directory,
        ServerProcess(directory, env) as server,
    ):
        yield server


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    """A server of the test's own."""
    with data_directory() as directory, ServerProcess(directory) as own:
        yield own


@pytest.fixture
def hodei(shared_server: ServerProcess) -> Hodei:
    """Runs `hodei WORDS...` against the shared server."""

    def run(*words: str, stdin: str | None = None, **env: str) -> Result:
        return subprocess.run(
            hodei_command(*words),
            env=clean_environment(**{"HODEI_URL": shared_server.url, **env}),
            input=stdin if stdin is not None else "",
            capture_output=True,
            check=False,
            text=True,
            timeout=TIMEOUT_S,
        )

    return run
