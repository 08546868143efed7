"""Keeps one PostgreSQL server running for as long as Hodei does.

The order of opening is lock, account, cluster, server; closing is the reverse. The server is tied
to this process: the kernel asks it to stop when this process is killed, and a server that lives
on all the same is adopted by the next start. A server that ends by itself is started again, on
the same socket, until it has ended too often.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from hodei.app.embedded.account import choose_account
from hodei.app.embedded.binaries import PostgresBinaries
from hodei.app.embedded.cluster import SUPERUSER, Cluster, open_cluster
from hodei.app.embedded.errors import EmbeddedPostgresError, KeepsFailing, StartFailed
from hodei.app.embedded.layout import make_socket_dir, open_layout, remove_socket_dir
from hodei.app.embedded.lock import hold_lock, noted
from hodei.app.embedded.logfile import bound_log, last_word
from hodei.app.embedded.postmaster import (
    DATABASE,
    Postmaster,
    clear_remains,
    find_living,
    start_postmaster,
    wait_ready,
)

logger = logging.getLogger(__name__)

LOG_CHECK_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """How often a server that ended by itself is started again."""

    attempts: int = 5
    """Restarts allowed within `window`."""
    window: timedelta = timedelta(minutes=1)
    first_delay: timedelta = timedelta(milliseconds=100)
    """Doubled with each restart within `window`, up to `longest_delay`."""
    longest_delay: timedelta = timedelta(seconds=5)
    rest: timedelta = timedelta(seconds=15)
    """Between two starts once it has ended too often."""

    def delay(self, recent: int) -> float:
        """Seconds to wait before the next start after `recent` restarts within the window."""
        wait = self.first_delay * 2.0 ** max(recent - 1, 0)
        return min(wait, self.longest_delay).total_seconds()


def _log_fatal(error: EmbeddedPostgresError) -> None:
    logger.critical("PostgreSQL keeps ending", extra={"reason": str(error)})


@dataclass(slots=True, kw_only=True)
class EmbeddedPostgres:
    """The running server; made by `start` only."""

    cluster: Cluster
    socket_dir: Path
    adopted: bool
    """Whether this server was found alive rather than started."""
    _postmaster: Postmaster
    _policy: RestartPolicy
    _die_with_parent: bool
    _on_fatal: Callable[[EmbeddedPostgresError], None]
    _restarts: int = 0
    _recent: deque[float] = field(default_factory=deque)

    @classmethod
    @contextlib.asynccontextmanager
    async def start(
        cls,
        data_dir: Path,
        *,
        binaries: PostgresBinaries | None = None,
        restart_policy: RestartPolicy | None = None,
        die_with_parent: bool = True,
        on_fatal: Callable[[EmbeddedPostgresError], None] = _log_fatal,
    ) -> AsyncIterator[EmbeddedPostgres]:
        """Serve from `data_dir` (made when missing) until the block ends.

        `on_fatal` is called, in the event loop, when the server has ended too often: it is then
        started only now and then. With `die_with_parent` false a killed Hodei leaves the server
        running for its successor. Raises EmbeddedPostgresError.
        """
        layout = open_layout(data_dir)
        with hold_lock(layout.lock) as lock:
            account = choose_account(layout.cluster)
            cluster = await open_cluster(layout, account, binaries)
            found = await find_living(cluster)
            if lock.previous and (found is None or str(found[1]) != lock.previous):
                remove_socket_dir(Path(lock.previous))
            socket_dir = found[1] if found else make_socket_dir(account.uid, account.gid)
            lock.note(str(socket_dir))
            bound_log(layout.log)
            try:
                postmaster = await _serve(cluster, socket_dir, found, die_with_parent)
                served = cls(
                    cluster=cluster,
                    socket_dir=socket_dir,
                    adopted=found is not None,
                    _postmaster=postmaster,
                    _policy=restart_policy or RestartPolicy(),
                    _die_with_parent=die_with_parent,
                    _on_fatal=on_fatal,
                )
                async with served._watched():
                    yield served
            finally:
                remove_socket_dir(socket_dir)

    @property
    def dsn(self) -> str:
        """Where asyncpg connects; stays the same over restarts."""
        return _dsn(self.socket_dir)

    @property
    def pid(self) -> int:
        """The postmaster's process id; another one after a restart."""
        return self._postmaster.pid

    @property
    def restarts(self) -> int:
        """How often the server ended by itself and was started again."""
        return self._restarts

    @contextlib.asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(self._keep_running(), name="embedded-postgres"),
            asyncio.create_task(self._keep_log_small(), name="embedded-postgres-log"),
        ]
        try:
            yield
        finally:
            await _finish(self._close(tasks))

    async def _close(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._postmaster.stop()

    async def _keep_running(self) -> None:
        while True:
            await self._postmaster.wait()
            logger.error("PostgreSQL has ended by itself", extra={"pid": self.pid})
            try:
                await self._restart()
            except EmbeddedPostgresError as error:
                self._on_fatal(error)
                # What was in its way, a full disk above all, may go.
                await self._start_at_last()

    async def _restart(self) -> None:
        """Start again after a pause; KeepsFailing when the policy allows no more."""
        while True:
            await asyncio.sleep(self._count_restart())
            await clear_remains(self.cluster)
            try:
                self._postmaster = await start_postmaster(
                    self.cluster, self.socket_dir, die_with_parent=self._die_with_parent
                )
            except StartFailed as error:
                logger.error("PostgreSQL did not start again", extra={"reason": str(error)})
            else:
                self._restarts += 1
                logger.warning("PostgreSQL runs again", extra={"pid": self.pid})
                return

    async def _start_at_last(self) -> None:
        """Tries now and then, for as long as it takes."""
        while True:
            await asyncio.sleep(self._policy.rest.total_seconds())
            await clear_remains(self.cluster)
            try:
                self._postmaster = await start_postmaster(
                    self.cluster, self.socket_dir, die_with_parent=self._die_with_parent
                )
            except EmbeddedPostgresError as error:
                logger.error("PostgreSQL still does not start", extra={"reason": str(error)})
                continue
            self._recent.clear()
            self._restarts += 1
            logger.warning("PostgreSQL runs again", extra={"pid": self.pid})
            return

    def _count_restart(self) -> float:
        now = asyncio.get_running_loop().time()
        recent, policy = self._recent, self._policy
        recent.append(now)
        while recent[0] <= now - policy.window.total_seconds():
            recent.popleft()
        if len(recent) > policy.attempts:
            layout = self.cluster.layout
            raise KeepsFailing(
                f"PostgreSQL ended {len(recent)} times within "
                f"{policy.window.total_seconds():.0f} s and is now started every "
                f"{policy.rest.total_seconds():.0f} s only. "
                f"Its last word: {last_word(layout.log) or 'none'}. Log: {layout.log}"
            )
        return policy.delay(len(recent))

    async def _keep_log_small(self) -> None:
        while True:
            await asyncio.sleep(LOG_CHECK_SECONDS)
            try:
                bound_log(self.cluster.layout.log)
            except OSError as error:
                logger.warning("the log could not be cut", extra={"reason": str(error)})


def running_dsn(data_dir: Path) -> str | None:
    """Where the PostgreSQL of a Hodei that runs on this data directory is reached; None: none
    runs."""
    place = noted(open_layout(data_dir).lock)
    return _dsn(Path(place)) if place else None


def _dsn(socket_dir: Path) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(socket_dir), safe='')}"


async def _serve(
    cluster: Cluster,
    socket_dir: Path,
    found: tuple[Postmaster, Path] | None,
    die_with_parent: bool,
) -> Postmaster:
    if found is not None:
        logger.info("adopting the running PostgreSQL", extra={"pid": found[0].pid})
        try:
            await wait_ready(cluster, found[0], socket_dir, since=0)
        except StartFailed:
            logger.warning("the adopted PostgreSQL has ended", extra={"pid": found[0].pid})
        else:
            return found[0]
    await clear_remains(cluster)
    return await start_postmaster(cluster, socket_dir, die_with_parent=die_with_parent)


async def _finish(closing: Coroutine[None, None, None]) -> None:
    """Run `closing` to its end even when the caller is cancelled meanwhile, then pass that on."""
    task = asyncio.ensure_future(closing)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
