"""Ten thousand jobs wait: replicas that claim at once get each of them once, in their order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

from hodei.adapters.postgres import PostgresStore
from hodei.domain.job import Job
from hodei.domain.spec import Priority
from tests.integration.postgres.samples import new_job, submitted

WAITING = 10_000
URGENT = 40
BULK = 1000
CLAIM = 500
LEASE_S = 3600.0


async def emptied(store: PostgresStore, replica: str) -> list[UUID]:
    claimed: list[UUID] = []
    while jobs := await store.claim(replica, limit=CLAIM, lease_s=LEASE_S):
        claimed += [job.id for job in jobs]
    return claimed


async def test_each_is_claimed_once_and_the_urgent_first(
    store: PostgresStore, postgres_dsn: str
) -> None:
    jobs: list[Job] = []
    for _ in range(WAITING // BULK):
        bulk = [new_job("waiting") for _ in range(BULK)]
        await store.submit(bulk, [submitted(job) for job in bulk])
        jobs += bulk
    late = [new_job("urgent") for _ in range(URGENT)]
    urgent = [replace(job, spec=replace(job.spec, priority=Priority.HIGH)) for job in late]
    await store.submit(urgent, [submitted(job) for job in urgent])

    first = [job.id for job in await store.claim("a", limit=URGENT, lease_s=LEASE_S)]
    assert set(first) == {job.id for job in urgent}
    async with PostgresStore.open(postgres_dsn, pool_size=2) as other:
        one, two = await asyncio.gather(emptied(store, "a"), emptied(other, "b"))
    assert len(one) + len(two) == WAITING
    assert {*one, *two} == {job.id for job in jobs}
