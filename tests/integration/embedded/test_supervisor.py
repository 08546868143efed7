"""The embedded server keeps its data and itself alive, whoever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from datetime import timedelta
from pathlib import Path

from hodei.app.embedded import (
    EmbeddedPostgres,
    EmbeddedPostgresError,
    KeepsFailing,
    PostgresBinaries,
)
from hodei.app.embedded.account import choose_account
from hodei.app.embedded.launcher import launch
from hodei.app.embedded.processes import server_processes
from hodei.app.embedded.supervisor import RestartPolicy
from tests.integration.embedded.observing import alive, answers, eventually, query, supervised


async def test_data_are_kept_between_runs(data_dir: Path, binaries: PostgresBinaries) -> None:
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as first:
        await query(first.dsn, "CREATE TABLE kept AS SELECT 'hello' AS word")
        pid = first.pid
    assert not alive(pid)
    assert not first.socket_dir.exists()
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as second:
        assert await query(second.dsn, "SELECT word FROM kept") == ["hello"]
        assert not second.adopted


async def test_it_is_private_durable_and_not_root(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
        shown = await query(
            postgres.dsn,
            "SELECT name || '=' || setting FROM pg_settings WHERE name IN ('listen_addresses', "
            "'fsync', 'synchronous_commit', 'server_encoding', 'lc_collate') ORDER BY name",
        )
        assert "listen_addresses=" in shown
        assert {"fsync=on", "synchronous_commit=on", "server_encoding=UTF8"} <= set(shown)
        assert stat.S_IMODE(postgres.socket_dir.stat().st_mode) == 0o700
        cluster = postgres.cluster.path.stat()
        assert stat.S_IMODE(cluster.st_mode) == 0o700
        assert Path(f"/proc/{postgres.pid}").stat().st_uid == cluster.st_uid != 0


async def test_a_killed_parent_takes_its_server_along(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    async with supervised(data_dir, binaries, die=True) as (parent, pid, dsn):
        await query(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
        parent.kill()
        await eventually(lambda: not alive(pid))
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
        assert await query(postgres.dsn, "SELECT number FROM kept") == [7]
        # The directory of the killed one is not left behind.
        assert f"host={str(postgres.socket_dir).replace('/', '%2F')}" in postgres.dsn != dsn
        assert not _socket_dir(dsn).exists()


async def test_a_server_that_outlived_its_parent_is_adopted_and_stopped(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    async with supervised(data_dir, binaries, die=False) as (parent, pid, dsn):
        await query(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
        parent.kill()
        await parent.wait()
        async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
            assert postgres.adopted
            assert (postgres.pid, postgres.dsn) == (pid, dsn)
            assert await query(postgres.dsn, "SELECT number FROM kept") == [7]
        assert not alive(pid)
        assert not _socket_dir(dsn).exists()


async def test_an_adopted_server_that_is_killed_is_started_again(
    data_dir: Path, newest: PostgresBinaries
) -> None:
    async with supervised(data_dir, newest, die=False) as (parent, pid, _):
        parent.kill()
        await parent.wait()
        async with EmbeddedPostgres.start(data_dir, binaries=newest) as postgres:
            os.kill(pid, signal.SIGKILL)
            await eventually(lambda: postgres.restarts == 1)
            assert postgres.pid != pid
            assert await answers(postgres.dsn)


async def test_a_killed_server_is_started_again_with_its_data(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
        await query(postgres.dsn, "CREATE TABLE kept AS SELECT 'hello' AS word")
        dsn, pid = postgres.dsn, postgres.pid
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: postgres.restarts == 1)
        assert postgres.dsn == dsn
        assert postgres.pid != pid
        assert await query(dsn, "SELECT word FROM kept") == ["hello"]


async def test_a_server_that_keeps_ending_is_started_now_and_then(
    data_dir: Path, newest: PostgresBinaries
) -> None:
    given_up: asyncio.Future[EmbeddedPostgresError] = asyncio.get_running_loop().create_future()
    rest = timedelta(seconds=0.2)
    policy = RestartPolicy(attempts=1, window=timedelta(minutes=1), rest=rest)
    async with EmbeddedPostgres.start(
        data_dir, binaries=newest, restart_policy=policy, on_fatal=given_up.set_result
    ) as postgres:
        os.kill(postgres.pid, signal.SIGKILL)
        await eventually(lambda: postgres.restarts == 1)
        os.kill(postgres.pid, signal.SIGKILL)
        error = await asyncio.wait_for(given_up, 90)
        await eventually(lambda: postgres.restarts == 2)
        assert await answers(postgres.dsn)
    assert isinstance(error, KeepsFailing)
    assert str(error).startswith("PostgreSQL ended 2 times within 60 s and is now started every")


async def test_nothing_is_left_when_the_user_of_it_fails(
    data_dir: Path, newest: PostgresBinaries
) -> None:
    pid = 0
    try:
        async with EmbeddedPostgres.start(data_dir, binaries=newest) as postgres:
            pid = postgres.pid
            raise LookupError("ours")
    except LookupError:
        assert not alive(pid)
    assert pid


async def test_cancelling_waits_for_the_server_to_stop(
    data_dir: Path, newest: PostgresBinaries
) -> None:
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve() -> None:
        async with EmbeddedPostgres.start(data_dir, binaries=newest) as postgres:
            started.set_result(postgres.pid)
            await asyncio.Event().wait()

    task = asyncio.create_task(serve())
    pid = await started
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert not alive(pid)


async def test_a_stale_pid_file_with_a_living_stranger_is_not_trusted(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
        cluster = postgres.cluster
    account = choose_account(cluster.path)
    stranger = await launch(
        Path("/bin/sleep"), ["60"], account=account, output=1, die_with_parent=True
    )
    try:
        _write_pid_file(cluster.path, stranger.pid, account.uid, account.gid)
        async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
            assert not postgres.adopted
            assert await answers(postgres.dsn)
            assert alive(stranger.pid)
        assert alive(stranger.pid)
    finally:
        stranger.kill()
        await stranger.wait()


async def test_only_the_processes_of_this_cluster_are_ours(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
        layout, uid = postgres.cluster.layout, postgres.cluster.account.uid
        found = server_processes(layout.cluster, name=layout.name, uid=uid)
        assert [each.pid for each in found if each.postmaster] == [postgres.pid]
        assert len(found) > 3
        assert server_processes(layout.data_dir / "other", name="hodei-other", uid=uid) == []
        assert server_processes(layout.cluster, name=layout.name, uid=uid + 1) == []


def _socket_dir(dsn: str) -> Path:
    return Path(dsn.partition("host=")[2].replace("%2F", "/"))


def _write_pid_file(cluster: Path, pid: int, uid: int, gid: int) -> None:
    path = cluster / "postmaster.pid"
    path.write_text(f"{pid}\n{cluster}\n1700000000\n5432\n/nowhere\n\n  5432001 0\nready   \n")
    os.chown(path, uid, gid)
