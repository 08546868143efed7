"""One data directory with its server process, and what a test does to them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.support.observer import Observer
from tests.support.processes import alive, end_workers, remove_groups, until
from tests.support.server import ServerProcess


class Site:
    """A server that may be killed and started again, and its data."""

    def __init__(
        self,
        directory: Path,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.directory = directory
        self.server = ServerProcess(directory / "data", env or {}, command)
        self.files = directory / "files"
        """For what jobs and tests tell each other."""
        self.data.mkdir(exist_ok=True)
        self.files.mkdir(exist_ok=True)

    @property
    def data(self) -> Path:
        """The server's data directory."""
        return self.directory / "data"

    @property
    def agent_socket(self) -> Path:
        """Where agents reach the server by default."""
        return agent_socket(self.directory)

    @property
    def pid(self) -> int:
        """The server's process."""
        return self.server.process.pid

    def start(self) -> None:
        """Returns when the server serves."""
        self.server.start()

    async def restart(self) -> None:
        """Starts it again without stopping the test's own loop."""
        await asyncio.to_thread(self.start)

    async def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        await asyncio.to_thread(self.server.kill9)

    async def stop(self) -> None:
        """SIGTERM, and waits for the end."""
        await asyncio.to_thread(self.server.stop)

    @asynccontextmanager
    async def observer(self) -> AsyncIterator[Observer]:
        """Somebody who watches through the public interface, over restarts."""
        async with Observer(lambda: self.server.grpc_target) as observer:
            yield observer

    def postmaster(self) -> int:
        """Pid of the embedded PostgreSQL; 0 while there is none."""
        try:
            note = (self.data / "postgres" / "postgres" / "postmaster.pid").read_text()
            pid = int(note.split("\n", 1)[0])
        except (OSError, ValueError):
            return 0
        return pid if alive(pid) else 0

    async def restart_postgres(self, number: signal.Signals) -> int:
        """Ends PostgreSQL by a signal; the pid of the one that the server started instead."""
        before = self.postmaster()
        assert before
        os.kill(before, number)

        def replaced() -> int:
            now = self.postmaster()
            return now if now != before else 0

        return await until(replaced, what="PostgreSQL runs again")


def close(*sites: Site) -> None:
    """Stops the servers, those that live, and ends their workers."""
    data_dirs = [site.data for site in sites]
    # Agents first: a server waits a moment for the streams that it ends.
    groups = end_workers(*data_dirs)
    for site in sites:
        site.server.stop()
    remove_groups(groups | end_workers(*data_dirs))


@contextmanager
def new_site(
    env: Mapping[str, str] | None = None, command: Sequence[str] | None = None
) -> Iterator[Site]:
    """A running server on a fresh data directory; nothing of it is left afterwards."""
    with new_directory() as directory:
        site = Site(directory, env, command)
        try:
            site.start()
            yield site
        finally:
            close(site)


def agent_socket(directory: Path) -> Path:
    """Where the server of a site that will be made in `directory` listens for agents."""
    return directory / "data" / "run" / "agents" / "agent.sock"


@contextmanager
def new_directory() -> Iterator[Path]:
    """A short path that PostgreSQL's own user may pass through."""
    directory = Path(tempfile.mkdtemp(prefix="hodei-e2e-", dir="/tmp"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
