"""Two servers on one database: no work twice, and either one does for the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.faults.programs import Counting
from tests.e2e.faults.site import Site, agent_socket, close, new_directory
from tests.support.observer import CANCELLED, RUNNING, SUCCEEDED, shell
from tests.support.postgres import Server, new_database, postgres_server
from tests.support.processes import of_job

__all__ = ["postgres_server"]

SHORT_JOBS = 500
LONG_JOBS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two sites that share a database and know of each other's agents' sockets."""

    first: Site
    second: Site


@pytest.fixture
def pair(postgres_server: Server) -> Iterator[Pair]:
    """Both running; a database of their own that lives as long as they do."""
    runner = asyncio.Runner()
    database = new_database(postgres_server)
    with new_directory() as one, new_directory() as two, runner:
        dsn = runner.run(database.__aenter__())
        sockets = [f"unix:{agent_socket(directory)}" for directory in (one, two)]
        shared = {"HODEI_DATABASE_URL": dsn}
        first = Site(one, shared | {"HODEI_AGENT_SERVERS": ",".join(sockets)})
        # Each tells its workers to call itself first.
        second = Site(two, shared | {"HODEI_AGENT_SERVERS": ",".join(reversed(sockets))})
        try:
            first.start()
            second.start()
            yield Pair(first=first, second=second)
        finally:
            close(first, second)
            runner.run(database.__aexit__(None, None, None))


async def test_every_job_runs_once(pair: Pair) -> None:
    journal = pair.first.files / "runs"
    one_line = shell('echo "$HODEI_JOB_ID" >>"$JOURNAL"; echo done', env={"JOURNAL": str(journal)})
    async with pair.first.observer() as first, pair.second.observer() as second:
        submitted = await asyncio.gather(
            *(
                observer.submit_many([one_line] * 10)
                for _ in range(SHORT_JOBS // 20)
                for observer in (first, second)
            )
        )
        ids = [job_id for some in submitted for job_id in some]
        assert len(set(ids)) == SHORT_JOBS
        jobs = await first.finished_all(ids)
        assert {job.state for job in jobs} == {SUCCEEDED}
        assert {job.attempt_count for job in jobs} == {1}
        assert Counter(journal.read_text().split()) == Counter(ids)
        logs = await asyncio.gather(*(second.log(job_id) for job_id in ids[:20]))
        assert [log.text for log in logs] == [["done"]] * 20
        assert len(await second.list_all()) == SHORT_JOBS


async def test_either_server_shows_and_cancels(pair: Pair) -> None:
    files = pair.first.files
    async with pair.first.observer() as first, pair.second.observer() as second:
        jobs = [Counting(name=f"seen-{n}", files=files) for n in range(4)]
        ids = [await first.submit(one.spec()) for one in jobs]
        for job_id in ids:
            await first.running(job_id)
        for observer in (first, second):
            for one, job_id in zip(jobs, ids, strict=True):
                # Live: lines that were written after the subscription began.
                want = (await one.reached(1)).lines + 30
                got = 0
                async for batch in observer.follow(job_id):
                    got += len(batch.lines)
                    if got >= want:
                        break
                assert got >= want
        for observer, job_id in zip((first, second) * 2, ids, strict=True):
            await observer.cancel(job_id)
        for observer, job_id in zip((second, first) * 2, ids, strict=True):
            assert (await observer.finished(job_id)).state == CANCELLED
            assert of_job(job_id) == []


async def test_one_server_is_killed(pair: Pair) -> None:
    files = pair.first.files
    async with pair.first.observer() as first, pair.second.observer() as second:
        await first.configure_local(f'{{"max_workers": {LONG_JOBS + 2}}}')
        jobs = [Counting(name=f"long-{n}", files=files, pause_s=0.05) for n in range(LONG_JOBS)]
        ids = [
            await observer.submit(one.spec())
            for one, observer in zip(jobs, (first, second) * (LONG_JOBS // 2), strict=True)
        ]
        for one, job_id in zip(jobs, ids, strict=True):
            await one.reached(5)
            await second.running(job_id)
        await pair.first.kill()
        at_death = [await one.reached(1) for one in jobs]
        for one, account in zip(jobs, at_death, strict=True):
            await one.reached(account.lines + 20)
        # The other one shows everything that goes on, also of workers that were not its own.
        for one, job_id, account in zip(jobs, ids, at_death, strict=True):
            await second.lines(job_id, account.lines + 1)
            assert (await second.job(job_id)).state == RUNNING
            one.open()
        for one, job_id in zip(jobs, ids, strict=True):
            job = await second.finished(job_id)
            account = one.final()
            assert (job.state, job.attempt_count) == (SUCCEEDED, 1), job.outcome
            log = await second.log(job_id)
            assert log.text == [Counting.line(n) for n in range(1, account.lines + 1)]
            assert log.end.complete and log.end.sha256 == account.sha256
        late = await second.submit(shell("echo late"))
        assert (await second.finished(late)).state == SUCCEEDED


async def test_a_provider_is_changed_while_jobs_come(pair: Pair) -> None:
    """Both servers go over to the new settings without refusing a job meanwhile."""
    async with pair.first.observer() as first, pair.second.observer() as second:
        ids: list[str] = []
        for most in (4, 8, 5, 8):
            await first.configure_local(f'{{"max_workers": {most}}}')
            ids += [await observer.submit(shell("true")) for observer in (first, second) * 10]
        assert {job.state for job in await first.finished_all(ids)} == {SUCCEEDED}
