"""One server with an SSH gateway, a key that it knows, and a job to enter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hodei.client import Client
from tests.support.server import ServerProcess, data_directory
from tests.support.ssh import SshClient, gateway


@contextmanager
def ssh_server(folder: Path, **env: str) -> Iterator[ServerProcess]:
    """A server that knows the key `key` in the folder as ann@laptop."""
    settings = {**gateway(folder), "HODEI_DEV_MODE": "1", **env}
    with data_directory() as directory, ServerProcess(directory, settings) as server:
        yield server


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys, authorized keys and known hosts of the shared server."""
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="package")
def server(folder: Path) -> Iterator[ServerProcess]:
    """A server that every test of this folder may use, and none may stop."""
    with ssh_server(folder) as server:
        yield server


@pytest.fixture
def ssh(server: ServerProcess, folder: Path) -> SshClient:
    """Ann's ssh."""
    return SshClient(folder, server.ssh_port)


@pytest.fixture
def job(server: ServerProcess) -> Iterator[str]:
    """A job to enter."""
    with Client(server.url) as client:
        job = client.submit(
            name="entered", command="echo started; sleep 600", env={"STAGE": "prod"}
        )
        next(client.logs(job))
        yield job.id
        if not client.get(job).finished:
            client.cancel(job)
            client.wait(job)
