"""No room for PostgreSQL's write-ahead log, on a disk of its own: PostgreSQL ends and cannot start.
Jobs go on, new ones are refused with words, and all comes back with the room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from hodei.app.embedded import running_dsn
from tests.e2e.faults.programs import one_ends_one_goes_on, ran_once, two_running
from tests.e2e.faults.site import Site, close, new_directory
from tests.support.observer import SUCCEEDED, Observer
from tests.support.processes import until, until_told
from tests.support.small_disk import fill, full, small_disk

SIZE_MB = 160
"""Ten segments."""
WORDS = "PostgreSQL does not answer"
REASON = "No space left on device"


@pytest.fixture
def disk() -> Iterator[Path]:
    """For the write-ahead log alone."""
    with small_disk(SIZE_MB) as disk:
        yield disk


@pytest.fixture
def site(disk: Path) -> Iterator[Site]:
    """A server whose PostgreSQL keeps its write-ahead log there."""
    with new_directory() as directory:
        site = Site(directory)
        try:
            site.start()
            site.server.stop()
            log = site.data / "postgres" / "postgres" / "pg_wal"
            place = disk / "pg_wal"
            owner = log.stat()
            shutil.copytree(log, place)
            for path in (disk, place, *place.rglob("*")):
                shutil.chown(path, owner.st_uid, owner.st_gid)
            shutil.rmtree(log)
            log.symlink_to(place)
            site.start()
            yield site
        finally:
            close(site)


async def _write_until_it_ends(site: Site, ballast: Path) -> None:
    """Uses up what room is left in segments that are there already."""
    before = site.postmaster()
    dsn = running_dsn(site.data / "postgres")
    assert dsn is not None

    async def ended() -> bool:
        fill(ballast)
        try:
            admin = await asyncpg.connect(dsn)
            try:
                await admin.execute("SELECT pg_switch_wal(), txid_current()")
            finally:
                await admin.close()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return site.postmaster() != before
        return False

    await until_told(ended, what="PostgreSQL ends")


async def test_jobs_go_on_and_all_comes_back_with_the_room(
    site: Site, observer: Observer, disk: Path
) -> None:
    jobs, ids = await two_running(observer, site.files)
    body = {"name": "new", "command": "true"}
    async with httpx.AsyncClient(base_url=f"{site.server.url}/api/v1") as http:
        with full(disk) as ballast:
            await _write_until_it_ends(site, ballast)
            await until(lambda: REASON in site.server.log, what="the reason is in the log")
            answer = await http.post("/jobs", json=body)
            assert answer.status_code == 503
            assert WORDS in answer.json()["detail"]
            await one_ends_one_goes_on(jobs)

        async def accepted() -> str | None:
            answer = await http.post("/jobs", json=body)
            return str(answer.json()["id"]) if answer.status_code == 201 else None

        new = await until_told(accepted, what="submissions are taken again")
    jobs[1].open()
    for one, job_id in zip(jobs, ids, strict=True):
        await ran_once(observer, job_id, one)
    assert (await observer.finished(new)).state == SUCCEEDED
