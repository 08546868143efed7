"""From the release before this one to this one, server by server, while jobs come and run."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hodei.adapters.postgres import newest_version
from tests.e2e.faults.programs import Account, Counting
from tests.e2e.faults.site import Site, agent_socket, close, new_directory
from tests.e2e.faults.submitter import Submitter
from tests.e2e.upgrade.release import command, previous_release
from tests.support.observer import RUNNING, SUCCEEDED, Observer
from tests.support.postgres import Server, new_database, postgres_server
from tests.support.server import clean_environment

__all__ = ["postgres_server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Two servers of the release before, and one of this; nothing of it runs yet."""

    old: Sequence[Site]
    new: Site
    release: Path
    environment: dict[str, str] = field(repr=False)


@pytest.fixture
def fleet(postgres_server: Server) -> Iterator[Fleet]:
    runner = asyncio.Runner()
    database = new_database(postgres_server)
    with ExitStack() as stack:
        release = stack.enter_context(previous_release())
        folders = [stack.enter_context(new_directory()) for _ in range(3)]
        stack.enter_context(runner)
        shared = {
            "HODEI_DATABASE_URL": runner.run(database.__aenter__()),
            "HODEI_AGENT_SERVERS": ",".join(f"unix:{agent_socket(one)}" for one in folders),
        }
        old = [Site(one, shared, command(release, "serve")) for one in folders[:2]]
        new = Site(folders[2], shared)
        try:
            yield Fleet(old=old, new=new, release=release, environment=shared)
        finally:
            close(*old, new)
            runner.run(database.__aexit__(None, None, None))


@dataclass(slots=True)
class Target:
    """Where people call; a load balancer's answer to which server there is."""

    site: Site

    def __call__(self) -> str:
        return self.site.server.grpc_target


async def test_a_rolling_upgrade_loses_nothing(fleet: Fleet) -> None:
    first, second = fleet.old
    await first.restart()
    await second.restart()
    one, other = Target(first), Target(second)
    async with Observer(one) as people, Observer(other) as others:
        jobs = [Counting(name=f"long-{n}", files=first.files, pause_s=0.05) for n in range(4)]
        jobs.append(Counting(name="chatty", files=first.files, burst=200, most=200_000))
        await people.configure_local('{"max_workers": 12}')
        ids = [await people.submit(job.spec()) for job in jobs]
        for job in jobs:
            await job.reached(5)
        load = [Submitter(people, "one"), Submitter(others, "other")]
        enough = asyncio.Event()
        submitting = [asyncio.create_task(submitter.run(enough)) for submitter in load]
        await _go_on(load)

        await fleet.new.restart()
        async with fleet.new.observer() as newest:
            # Side by side: the old ones work on with the newer schema.
            await _go_on(load)
            other.site = fleet.new
            await _go_on(load)
            await second.stop()
            await _go_on(load)
            await first.kill()
            at_death = [await job.reached(1) for job in jobs]
            one.site = fleet.new
            await _go_on(load)
            await _agents_go_on(newest, jobs, ids, at_death)
            enough.set()
            await asyncio.gather(*submitting)
            await _ended_well(newest, jobs, ids)
            for submitter in load:
                await submitter.all_is_well(newest)
            accepted = sum(len(submitter.accepted) for submitter in load)
            assert len(await newest.list_all()) == accepted + len(jobs)
    _the_old_one_stays_away(fleet)


async def _go_on(load: Sequence[Submitter]) -> None:
    for submitter in load:
        await submitter.accepts_more()


async def _agents_go_on(
    newest: Observer, jobs: Sequence[Counting], ids: Sequence[str], before: Sequence[Account]
) -> None:
    """The agents, which are of the old release, tell the new server what goes on."""
    for job, job_id, account in zip(jobs, ids, before, strict=True):
        # What prints much may have printed all that it will before its gate opens.
        wanted = account.lines + (0 if account.lines >= job.most else 1)
        await job.reached(wanted)
        await newest.lines(job_id, wanted)
        assert (await newest.job(job_id)).state == RUNNING


async def _ended_well(newest: Observer, jobs: Sequence[Counting], ids: Sequence[str]) -> None:
    for job in jobs:
        job.open()
    for job, job_id in zip(jobs, ids, strict=True):
        ended = await newest.finished(job_id)
        account = job.final()
        assert (ended.state, ended.attempt_count) == (SUCCEEDED, 1), ended.outcome
        end = await newest.log_end(job_id)
        assert end.complete and end.total_lines == account.lines and end.sha256 == account.sha256


def _the_old_one_stays_away(fleet: Fleet) -> None:
    """A server of the old release that starts again would not know what it reads."""
    answer = subprocess.run(
        command(fleet.release, "serve"),
        env=clean_environment(
            **fleet.environment,
            HODEI_DATA_DIR=str(fleet.old[0].data),
            HODEI_HTTP_PORT="0",
            GRPC_PORT="0",
            HODEI_METRICS_PORT="0",
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 2
    [line] = answer.stderr.splitlines()
    assert f"schema version {newest_version()}, newer than this Hodei knows" in line
