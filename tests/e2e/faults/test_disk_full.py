"""A full disk under PostgreSQL: jobs under way go on, new ones are refused with words, and when
there is room again nothing was lost."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.e2e.faults.programs import one_ends_one_goes_on, ran_once, two_running
from tests.e2e.faults.site import Site, close, new_directory
from tests.support.observer import SUCCEEDED, Observer
from tests.support.postgres import Server, chosen_binaries, new_database, running_server
from tests.support.processes import until, until_told
from tests.support.small_disk import fill, full, small_disk

SIZE_MB = 400
SEGMENTS = 5
"""Of the write-ahead log: made beforehand, so that a row's own place is what is missing."""
WORDS = "PostgreSQL has no room left on its disk"
LARGE = 60_000
"""Bytes of a script that finds no room in pages which others have left."""


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small file system."""
    with small_disk(SIZE_MB) as disk:
        yield disk


@pytest.fixture
def postgres(disk: Path) -> Iterator[Server]:
    """Its data are on that disk."""
    with running_server(chosen_binaries(), parent=str(disk)) as server:
        yield server


@pytest.fixture
async def site(postgres: Server) -> AsyncIterator[Site]:
    """A server whose database is there; its own files are elsewhere."""
    async with new_database(postgres) as dsn:
        admin = await asyncpg.connect(dsn)
        for _ in range(SEGMENTS):
            await admin.execute("SELECT pg_switch_wal(), txid_current()")
        await admin.execute("CHECKPOINT")
        await admin.close()
        with new_directory() as directory:
            site = Site(directory, {"HODEI_DATABASE_URL": dsn})
            try:
                site.start()
                yield site
            finally:
                close(site)


def submission() -> dict[str, object]:
    """A job whose script no compression makes small."""
    return {"name": "large", "command": f"true # {secrets.token_hex(LARGE // 2)}"}


async def test_nothing_is_lost_and_new_jobs_are_refused_with_words(
    site: Site, observer: Observer, disk: Path
) -> None:
    jobs, ids = await two_running(observer, site.files)
    async with httpx.AsyncClient(base_url=f"{site.server.url}/api/v1", timeout=60) as http:
        with full(disk) as ballast:

            async def refused() -> httpx.Response | None:
                # What PostgreSQL gave back meanwhile is taken, too.
                fill(ballast)
                answer = await http.post("/jobs", json=submission())
                return answer if answer.status_code != 201 else None

            answer = await until_told(refused, within=60, what="a submission is refused")
            assert answer.status_code == 503
            assert WORDS in answer.json()["detail"]
            # Who asks is answered, and what runs does not notice.
            assert (await http.get(f"/jobs/{ids[1]}")).json()["state"] == "RUNNING"
            await one_ends_one_goes_on(jobs)

            def unsaved() -> bool:
                fill(ballast)
                return f'sessions store does not answer error="{WORDS}' in site.server.log

            await until(unsaved, within=60, what="what a job says finds no room")

        async def accepted() -> str | None:
            answer = await http.post("/jobs", json=submission())
            return str(answer.json()["id"]) if answer.status_code == 201 else None

        new = await until_told(accepted, within=60, what="submissions are taken again")
    jobs[1].open()
    for one, job_id in zip(jobs, ids, strict=True):
        await ran_once(observer, job_id, one)
    assert (await observer.finished(new)).state == SUCCEEDED
