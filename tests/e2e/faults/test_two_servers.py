"""Two servers on one database: no work twice, and either one does for the other."""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from hodei.api.grpc.relay import BROKEN
from tests.e2e.faults.programs import Counting, ran_once
from tests.e2e.faults.site import Site, agent_socket, close, new_directory
from tests.support.observer import CANCELLED, RUNNING, SUCCEEDED, shell
from tests.support.ports import free_port
from tests.support.postgres import Server, new_database, postgres_server
from tests.support.processes import of_job, until
from tests.support.server import clean_environment, hodei_command

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
        shared = {"HODEI_DATABASE_URL": dsn, "HODEI_SECRET_KEY": "of both servers " * 3}
        # Each tells its workers to call itself first.
        first = Site(one, shared | _own(sockets))
        second = Site(two, shared | _own(sockets[::-1]))
        try:
            first.start()
            second.start()
            yield Pair(first=first, second=second)
        finally:
            close(first, second)
            runner.run(database.__aexit__(None, None, None))


def _own(sockets: list[str]) -> dict[str, str]:
    """Settings of one server."""
    return {
        "HODEI_AGENT_SERVERS": ",".join(sockets),
        "HODEI_RELAY_LISTEN": f"127.0.0.1:{free_port()}",
    }


def begin_shell(site: Site, job_id: str, *words: str) -> subprocess.Popen[str]:
    """`hodei jobs shell`, which asks this server."""
    return subprocess.Popen(
        hodei_command("jobs", "shell", job_id, "--", "sh", "-c", *words),
        env=clean_environment(HODEI_URL=site.server.url),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def run_shell(site: Site, job_id: str, script: str, typed: str = "") -> tuple[str, str, int]:
    """What came of a program in the job: stdout, stderr and the exit code."""
    process = begin_shell(site, job_id, script)
    out, err = await asyncio.to_thread(process.communicate, typed)
    return out, err, process.returncode


async def first_line(process: subprocess.Popen[str]) -> str:
    """Of stdout, once it is there."""
    assert process.stdout is not None
    return await asyncio.to_thread(process.stdout.readline)


def terminals(site: Site, job_id: str) -> list[dict[str, Any]]:
    """Facts of the job's terminals, as recorded: opened and closed ones."""
    events = httpx.get(f"{site.server.url}/api/v1/jobs/{job_id}/events", timeout=60).json()
    return [each["data"] for each in events["items"] if each["kind"].startswith("terminal.")]


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
            await ran_once(second, job_id, one)
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


async def test_a_shell_is_had_from_either_server(pair: Pair) -> None:
    async with pair.first.observer() as observer:
        job_id = await observer.submit(shell("sleep 600", timeout_ms=600_000))
        await observer.running(job_id)
    typed = "x" * 3_000_000
    for site in (pair.first, pair.second):
        script = "cat; echo $HODEI_JOB_ID >&2; exit 7"
        out, err, code = await run_shell(site, job_id, script, typed)
        assert (err, code, len(out)) == (f"{job_id}\n", 7, len(typed))
        assert out == typed
    await until(lambda: len(terminals(pair.first, job_id)) == 4, what="both are recorded")
    one, _, two, closed = terminals(pair.first, job_id)
    # One of them holds the worker and has recorded both.
    assert one["replica"] == two["replica"]
    assert (closed["bytes_in"], closed["bytes_out"]) == (3_000_000, 3_000_037)
    holder, other = pair.first, pair.second
    if f"-{holder.pid}-" not in one["replica"]:
        holder, other = other, holder

    # The server that was asked is killed: the shell is over, and recorded so.
    process = begin_shell(other, job_id, "echo up; cat")
    assert await first_line(process) == "up\n"
    await other.kill()
    await asyncio.to_thread(process.communicate)
    assert process.returncode != 0
    await until(lambda: len(terminals(holder, job_id)) == 6, what="its end is recorded")
    assert terminals(holder, job_id)[-1]["reason"] == BROKEN
    await other.restart()

    # The server that holds the worker is killed: who is inside is told, and gets in again by the
    # same server, which the worker calls now.
    process = begin_shell(other, job_id, "echo up; cat")
    assert await first_line(process) == "up\n"
    await holder.kill()
    _, told = await asyncio.to_thread(process.communicate)
    assert process.returncode == 255
    assert "which holds the job, was lost" in told

    async def entered() -> bool:
        return await run_shell(other, job_id, "echo again") == ("again\n", "", 0)

    async with asyncio.timeout(120):
        while not await entered():
            continue
