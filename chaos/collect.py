"""Reads, after a run, everything that the public interface and the providers have to say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import httpx

from chaos.field import Field
from chaos.ledger import Ledger, Report, Told
from chaos.timetable import Plan, outcomes
from hodei.client import AsyncClient
from hodei.client.errors import NotFound
from hodei.client.values import Attempt
from tests.support.server import ServerProcess

PATIENCE_S = 360.0
"""Without any change; a worker that never calls is given up after five minutes."""
LOOK_S = 0.25
SWEEP_S = 120.0
"""A directory is removed by the server that made it, at the latest by its sweep of a minute."""
IDLE_MS = 1000
OPEN = ("PENDING", "ASSIGNED", "RUNNING")
CONFIG = ("name", "type", "settings", "labels", "region", "max_workers", "warm")


async def collect(
    field: Field, ledger: Ledger, plans: Sequence[Plan], *, restart: bool = False
) -> None:
    """Waits until nothing moves any more, and fills the ledger. `restart`:
    the servers are stopped and started before it is looked at what is left."""
    async with AsyncClient(field.servers[0].url) as client:
        await outcomes(client, plans, ledger)
        await _settled(field, client)
        if restart:
            await asyncio.gather(*(asyncio.to_thread(_again, one) for one in field.servers))
        for place in field.places:
            ledger.visits += place.witness.visits
        ledger.leftovers = await _nothing(field.leftovers)
        ledger.held = await _held(client)
        jobs = [job async for job in client.list(limit=1_000_000)]
        ledger.strangers = [job.id for job in jobs if job.id not in ledger.accepted]
        async with httpx.AsyncClient(base_url=f"{client.url}/api/v1") as raw:
            ledger.reports = {
                job_id: report
                for job_id in ledger.accepted
                if (report := await _report(client, raw, job_id)) is not None
            }


async def _settled(field: Field, client: AsyncClient) -> None:
    """All jobs have ended, and workers that wait for further ones have gone."""

    clock = asyncio.get_running_loop().time
    before: dict[str, int] = {}
    until = clock() + PATIENCE_S
    while True:
        counts = await client.counts()
        if not sum(counts.get(state, 0) for state in OPEN) or clock() > until:
            break
        if counts != before:
            before, until = counts, clock() + PATIENCE_S
        await asyncio.sleep(LOOK_S)
    for place in field.places:
        await configure(client, place.provider, idle_timeout_ms=IDLE_MS)
    while await client.workers() and clock() < until:
        await asyncio.sleep(LOOK_S)


def _again(server: ServerProcess) -> None:
    """One that starts looks at once for what was forgotten, and not within a minute."""
    server.stop()
    server.start()


async def configure(client: AsyncClient, name: str, **changes: object) -> None:
    """Changes some of a provider's configuration."""
    raw = (await client.provider(name)).raw
    await client.update_provider(name, {key: raw[key] for key in CONFIG} | changes)


async def _nothing(look: Callable[[], list[str]]) -> list[str]:
    """What is left once there was time to remove it."""
    clock = asyncio.get_running_loop().time
    until = clock() + SWEEP_S
    while (left := await asyncio.to_thread(look)) and clock() < until:
        await asyncio.sleep(LOOK_S)
    return left


async def _held(client: AsyncClient) -> list[str]:
    found = [f"worker {worker.id} is {worker.state}" for worker in await client.workers()]
    queue = await client.queue()
    for name in ("assigned", "running"):
        count = getattr(queue, name)
        found += [f"{count} jobs {name} in the queue"] if count else []
    for provider in await client.providers():
        if provider.live_workers:
            found.append(f"{provider.live_workers} workers of provider {provider.name}")
    return found


async def _report(client: AsyncClient, raw: httpx.AsyncClient, job_id: str) -> Report | None:
    try:
        job = await client.get(job_id)
    except NotFound:
        return None
    attempts = [await _attempt(client, raw, job_id, attempt) for attempt in job.tries]
    return Report(job_id=job_id, state=str(job.state), attempts=attempts)


async def _attempt(
    client: AsyncClient, raw: httpx.AsyncClient, job_id: str, attempt: Attempt
) -> Told:
    lines = [line async for line in client.logs(job_id, follow=False, attempt=attempt.number)]
    own = [line for line in lines if not line.marker]
    asked = await raw.get(f"/jobs/{job_id}/logs", params={"attempt": attempt.number, "limit": 1})
    log = asked.raise_for_status().json()
    outcome = attempt.outcome
    return Told(
        number=attempt.number,
        phase=str(attempt.phase),
        cause=str(outcome.cause) if outcome else "",
        exit_code=outcome.exit_code if outcome else None,
        # An attempt that was killed may have been so in the middle of a line.
        lines=[line.text for line in own if line.newline],
        numbers=[line.n for line in lines],
        total=log["total"] if log["complete"] else None,
        sha256=log["sha256"] or "",
    )
