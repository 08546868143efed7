"""What keeps a server from starting is one line that says which setting, what and what to do, and
what comes over a running server goes again: each with the real thing."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import grpc
import pytest

from tests.e2e.faults.site import Site, close, new_directory
from tests.support.observer import AWAY, SUCCEEDED, Observer, shell
from tests.support.postgres import Server, new_database, postgres_server
from tests.support.processes import until_told
from tests.support.server import clean_environment, data_directory, hodei_command

__all__ = ["postgres_server"]

FREE_PORTS = {"HODEI_HTTP_PORT": "0", "GRPC_PORT": "0", "HODEI_METRICS_PORT": "0"}
NO_RIGHTS = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")
NO_PORTS = ("setpriv", "--bounding-set", "-net_bind_service", "--")
"""Even root is asked by the file's mode then."""


@pytest.fixture
def directory() -> Iterator[Path]:
    with data_directory() as path:
        yield path


@pytest.fixture
async def locked(postgres_server: Server) -> AsyncIterator[str]:
    """A database that the user `locked` may use who says the password `right`."""
    rules = postgres_server.directory / "data" / "pg_hba.conf"
    kept = rules.read_text()
    rules.write_text(f"local all locked scram-sha-256\n{kept}")
    async with new_database(postgres_server) as dsn:
        session = await asyncpg.connect(dsn)
        await session.execute("SELECT pg_reload_conf()")
        await session.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        try:
            yield dsn
        finally:
            await session.execute("REASSIGN OWNED BY locked TO postgres; DROP OWNED BY locked")
            await session.execute("DROP ROLE locked")
            await session.close()
            rules.write_text(kept)


def refusal(directory: Path, *before: str, **env: str) -> str:
    """The one line with which a server that cannot start ends."""
    done = subprocess.run(
        [*before, *hodei_command("serve")],
        env=clean_environment(**{**FREE_PORTS, "HODEI_DATA_DIR": str(directory), **env}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("hodei: ")
    return line.removeprefix("hodei: ")


@pytest.mark.parametrize("user", ["locked", "locked:wrong"])
async def test_a_missing_or_a_wrong_password(directory: Path, locked: str, user: str) -> None:
    url = locked.replace("postgres@", f"{user}@")
    line = await asyncio.to_thread(refusal, directory, HODEI_DATABASE_URL=url)
    assert line.startswith("HODEI_DATABASE_URL: /tmp/hodei-pg-")
    assert 'password authentication failed for user "locked"' in line
    assert line.endswith("give the right user and password")
    assert "wrong" not in line


async def test_a_database_that_is_not_there(directory: Path, postgres_server: Server) -> None:
    url = postgres_server.dsn("nowhere")
    line = await asyncio.to_thread(refusal, directory, HODEI_DATABASE_URL=url)
    assert 'database "nowhere" does not exist; create the database, or name another' in line


async def test_a_database_of_a_newer_release(directory: Path, postgres_server: Server) -> None:
    async with new_database(postgres_server) as dsn:
        session = await asyncpg.connect(dsn)
        await session.execute(
            "CREATE TABLE hodei_migrations (number integer, name text, applied_at timestamptz);"
            " INSERT INTO hodei_migrations VALUES (9999, 'later', now())"
        )
        await session.close()
        line = await asyncio.to_thread(refusal, directory, HODEI_DATABASE_URL=dsn)
    assert "HODEI_DATABASE_URL: " in line and "schema version 9999, newer than this Hodei" in line
    assert line.endswith("start the newer release, or restore an older backup")


def test_nobody_listens_there(directory: Path) -> None:
    line = refusal(directory, HODEI_DATABASE_URL="postgres://u:secret@127.0.0.1:9/hodei")
    assert line.startswith("HODEI_DATABASE_URL: 127.0.0.1:9, database hodei: PostgreSQL does not")
    assert line.endswith("; start PostgreSQL, or name the one that runs")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("env", "says"),
    [
        (
            {"HODEI_TLS_CERT": "/none/cert.pem", "HODEI_TLS_KEY": "/none/key.pem"},
            "HODEI_TLS_CERT: /none/cert.pem cannot be read: No such file or directory; give a PEM",
        ),
        (
            {"HODEI_SSH_PORT": "1", "HODEI_SSH_AUTHORIZED_KEYS": "/none/keys"},
            "HODEI_SSH_PORT: ",
        ),
        (
            {"HODEI_SECRET_KEY": "short"},
            "HODEI_SECRET_KEY: must have at least 32 characters",
        ),
    ],
)
def test_files_and_keys(directory: Path, env: dict[str, str], says: str) -> None:
    env = {"HODEI_DATABASE_URL": "postgres://127.0.0.1:9/hodei", **env}
    line = refusal(directory, *NO_PORTS, **env)
    assert line.startswith(says)


def test_a_socket_of_docker_without_rights(directory: Path) -> None:
    path = directory / "docker.sock"
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(path))
        path.chmod(0)
        line = refusal(
            directory, *NO_RIGHTS, HODEI_DOCKER_ENABLED="1", DOCKER_HOST=f"unix://{path}"
        )
    assert line.startswith(f"DOCKER_HOST: {path} is not open to the user that runs Hodei (uid 0)")
    assert "add that user to the group root" in line


@contextmanager
def small_disk(directory: Path, size_mb: int) -> Iterator[Path]:
    """A file system of its own below `directory`."""
    disk = directory / "disk"
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "hodei-test", disk], check=True
    )
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_no_room_to_begin_with(directory: Path) -> None:
    with small_disk(directory, 12) as disk:
        # Below /root it says first that it copies PostgreSQL's programs.
        line = refusal(disk, HODEI_LOG_LEVEL="warning")
    assert "PostgreSQL's data directory could not be created" in line
    assert f"Free some space on the disk that holds {disk}" in line


@pytest.fixture
def cramped() -> Iterator[tuple[Site, Path]]:
    """A server whose PostgreSQL has a disk of its own, and that disk."""
    with new_directory() as directory, small_disk(directory, 180) as disk:
        site = Site(directory)
        site.data.rmdir()
        site.data.symlink_to(disk)
        try:
            site.start()
            yield site, disk
        finally:
            close(site)


async def test_a_disk_that_fills_up_and_is_emptied(cramped: tuple[Site, Path]) -> None:
    site, disk = cramped
    ballast = disk / "ballast"
    async with site.observer() as observer:
        await _runs(observer)
        await observer.pause(True)
        with ballast.open("wb") as file:
            _fill(file.fileno())
            refused = await _until_refused(observer)
        assert "no room left on its disk" in refused or "does not answer" in refused
        ballast.unlink()
        await _runs(observer)


def _fill(descriptor: int) -> None:
    """Writes until there is no room."""
    piece = bytes(1 << 16)
    try:
        while True:
            os.write(descriptor, piece)
    except OSError as error:
        assert error.errno == errno.ENOSPC


async def _until_refused(observer: Observer) -> str:
    """Submits large jobs, which are held back and only take room, until one is refused."""
    while True:
        try:
            await observer.submit(shell(f"# {secrets.token_hex(100_000)}"))
        except grpc.aio.AioRpcError as error:
            assert error.code() in AWAY, error
            return error.details() or ""


async def _runs(observer: Observer) -> None:
    """A job is accepted, sooner or later, and runs."""

    async def accepted() -> str:
        try:
            await observer.pause(False)
            return await observer.submit(shell("echo well"))
        except grpc.aio.AioRpcError as error:
            assert error.code() in AWAY, error
            return ""

    job_id = await until_told(accepted, what="a job is accepted again")
    assert (await observer.finished(job_id)).state == SUCCEEDED
