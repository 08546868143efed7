"""One run of the server: started or adopted, waited for, signalled, ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from hodei.app.embedded.cluster import SUPERUSER, Cluster
from hodei.app.embedded.errors import DataDirectoryUnusable, StartFailed, start_failed
from hodei.app.embedded.launcher import launch
from hodei.app.embedded.layout import SOCKET_NAME, clear_sockets
from hodei.app.embedded.logfile import last_word, open_log, size_of
from hodei.app.embedded.processes import ServerProcess, read_pid_file, server_processes
from hodei.app.embedded.server_settings import server_arguments, server_settings

logger = logging.getLogger(__name__)

DATABASE = "hodei"
POLL_SECONDS = 0.02
READY_SECONDS = 300.0
"""Recovery after a crash replays up to `max_wal_size` of log before the server answers."""
LEFTOVER_SECONDS = 10.0
STOP_SECONDS = 60.0
NOT_YET = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
)
"""What a server says, or does not say, while it starts, recovers or is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A running server: a child of ours, or one adopted from a Hodei that died."""

    pid: int
    child: Process | None
    adopted: ServerProcess | None

    async def wait(self) -> None:
        """Return when the process has ended."""
        if self.child is not None:
            await self.child.wait()
        elif self.adopted is not None:
            while self.adopted.alive():
                await asyncio.sleep(POLL_SECONDS * 5)

    def signal(self, number: int) -> None:
        """Send a signal, unless the process is gone."""
        if self.adopted is not None:
            self.adopted.signal(number)
        elif self.child is not None and self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(number)

    async def stop(self, *, seconds: float = STOP_SECONDS) -> None:
        """Fast shutdown; immediate shutdown after `seconds`, then kill."""
        for number, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0)):
            self.signal(number)
            try:
                await asyncio.wait_for(self.wait(), patience)
            except TimeoutError:
                logger.warning("PostgreSQL is slow to stop", extra={"pid": self.pid})
            else:
                return
        self.signal(signal.SIGKILL)
        await self.wait()


async def find_living(cluster: Cluster) -> tuple[Postmaster, Path] | None:
    """The living, usable server of this cluster and its socket directory.

    One that is stopping, or cannot be reached any more, is waited for or ended first.
    """
    for process in _living(cluster):
        if not process.postmaster:
            continue
        found = Postmaster(pid=process.pid, child=None, adopted=process)
        hint = read_pid_file(cluster.path)
        usable = hint is not None and hint.pid == process.pid and hint.status != "stopping"
        socket_dir = hint.socket_dir if hint is not None and usable else None
        if socket_dir is not None and (socket_dir / SOCKET_NAME).is_socket():
            return found, socket_dir
        await found.stop()
    return None


async def clear_remains(cluster: Cluster) -> None:
    """Wait for the children of a killed server, end them if they linger, drop its pid file.

    The pid file must go: the server itself would refuse to start when the number in it belongs to
    any other living process of the same user by now.
    """
    deadline = asyncio.get_running_loop().time() + LEFTOVER_SECONDS
    while remains := _living(cluster):
        if asyncio.get_running_loop().time() > deadline:
            for process in remains:
                process.signal(signal.SIGKILL)
        await asyncio.sleep(POLL_SECONDS)
    (cluster.path / "postmaster.pid").unlink(missing_ok=True)


async def start_postmaster(
    cluster: Cluster, socket_dir: Path, *, die_with_parent: bool
) -> Postmaster:
    """Start the server and return when it answers; raises StartFailed."""
    clear_sockets(socket_dir)
    layout = cluster.layout
    since = size_of(layout.log)
    settings = server_settings(socket_dir=socket_dir, name=layout.name)
    output = _open_log(cluster)
    try:
        child = await launch(
            cluster.binaries.postgres,
            server_arguments(cluster.path, settings),
            account=cluster.account,
            output=output,
            die_with_parent=die_with_parent,
        )
    finally:
        os.close(output)
    postmaster = Postmaster(pid=child.pid, child=child, adopted=None)
    try:
        await wait_ready(cluster, postmaster, socket_dir, since=since)
    except BaseException:
        await postmaster.stop()
        raise
    return postmaster


async def wait_ready(
    cluster: Cluster, postmaster: Postmaster, socket_dir: Path, *, since: int
) -> None:
    """Return when the server answers and our database exists; StartFailed when it ends first."""
    ended = asyncio.ensure_future(postmaster.wait())
    answer = asyncio.ensure_future(_until_answered(socket_dir))
    try:
        await asyncio.wait(
            {ended, answer}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if answer.done():
            await answer
            return
        raise _not_ready(cluster, postmaster, since=since, ended=ended.done())
    finally:
        for task in (ended, answer):
            task.cancel()
        await asyncio.gather(ended, answer, return_exceptions=True)


def _not_ready(cluster: Cluster, postmaster: Postmaster, *, since: int, ended: bool) -> StartFailed:
    what = "PostgreSQL did not start" if ended else f"No answer within {READY_SECONDS:.0f} s"
    line = last_word(cluster.layout.log, since=since)
    return start_failed(
        what,
        line,
        code=postmaster.child.returncode if postmaster.child is not None else None,
        data_dir=cluster.layout.data_dir,
        user=cluster.account.name,
        log=cluster.layout.log,
    )


async def _until_answered(socket_dir: Path) -> None:
    """Knock until the server takes a connection, then make sure that our database is there."""
    while True:
        try:
            connection = await asyncpg.connect(
                host=str(socket_dir),
                port=5432,
                user=SUPERUSER,
                database="postgres",
                timeout=10,
            )
        except NOT_YET:
            await asyncio.sleep(POLL_SECONDS)
        else:
            break
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close(timeout=10)


def _living(cluster: Cluster) -> list[ServerProcess]:
    return server_processes(cluster.path, name=cluster.layout.name, uid=cluster.account.uid)


def _open_log(cluster: Cluster) -> int:
    try:
        return open_log(cluster.layout.log)
    except OSError as error:
        raise DataDirectoryUnusable(
            f"{cluster.layout.log} cannot be written: {error.strerror}. "
            "Make it belong to the user that runs Hodei."
        ) from error
