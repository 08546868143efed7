"""A database that is away is told from outside, as load balancers and orchestrators ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.e2e.faults.site import Site, close, new_directory
from tests.support.observer import SUCCEEDED, shell
from tests.support.postgres import Server, chosen_binaries, running_server
from tests.support.processes import until_told


@pytest.fixture
async def apart() -> AsyncIterator[tuple[Site, Server]]:
    """A server whose database is no child of its own, and that database."""
    with running_server(chosen_binaries()) as postgres, new_directory() as directory:
        site = Site(directory, {"HODEI_DATABASE_URL": postgres.dsn("postgres")})
        try:
            await site.restart()
            yield site, postgres
        finally:
            await asyncio.to_thread(close, site)


async def test_readiness_follows_the_database(apart: tuple[Site, Server]) -> None:
    site, postgres = apart
    async with httpx.AsyncClient(base_url=f"{site.server.url}/api/v1", timeout=60) as client:

        async def answers(status: int) -> httpx.Response:
            async def look() -> httpx.Response | None:
                answer = await client.get("/ready")
                assert answer.status_code in (200, 503), answer.text
                return answer if answer.status_code == status else None

            return await until_told(look, what=f"/ready answers {status}")

        assert (await answers(200)).json()["database_ms"] > 0
        for mode in ("immediate", "fast"):
            await asyncio.to_thread(postgres.stop, mode)
            problem = (await answers(503)).json()
            assert problem["code"] == "unavailable" and "PostgreSQL" in problem["detail"]
            # The process itself is well: nobody gains by starting it again.
            assert (await client.get("/health")).status_code == 200
            await asyncio.to_thread(postgres.start)
            await answers(200)
    async with site.observer() as observer:
        job_id = await observer.submit(shell("echo back"))
        assert (await observer.finished(job_id)).state == SUCCEEDED
