"""Submits a mixture of jobs, cancels some, and notes what was answered."""

from __future__ import annotations

import asyncio
import uuid
from random import Random

from chaos.field import Field
from chaos.ground import Place
from chaos.ledger import Accepted, Kind, Ledger
from chaos.programs import LINES, choose, retries, spec
from hodei.client import AsyncClient
from hodei.client.errors import ApiError, Conflict, Unavailable

PAUSE_S = 0.2
CALL_S = 10.0


class Load:
    """Jobs at a rate, to either server, until its time is over and it is not needed any more."""

    def __init__(self, field: Field, ledger: Ledger, random: Random) -> None:
        self._field = field
        self._ledger = ledger
        self._random = random
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, seconds: float, per_second: float, enough: asyncio.Event) -> None:
        """For so long at least, and until `enough`; returns when every submission and every
        cancellation was answered."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        weights = [place.weight for place in self._field.places]
        while clock() < end or not enough.is_set():
            place = self._random.choices(self._field.places, weights=weights)[0]
            task = asyncio.create_task(self._one(place, choose(self._random)))
            self._tasks.add(task)
            await asyncio.sleep(self._random.expovariate(per_second))
        await asyncio.gather(*self._tasks)

    async def _one(self, place: Place, kind: Kind) -> None:
        body = spec(kind, place)
        key = uuid.uuid4().hex
        delay = self._random.uniform(0, 4)
        while True:
            # A submission that was not answered is repeated, as a careful client does it.
            async with self._client() as client:
                try:
                    job = await client.submit(body, idempotency_key=key)
                    break
                except Unavailable:
                    await asyncio.sleep(PAUSE_S)
        accepted = Accepted(
            job_id=job.id,
            kind=kind,
            provider=place.provider,
            lines=LINES[kind],
            retries=retries(kind),
        )
        self._ledger.accepted[job.id] = accepted
        if kind is Kind.CANCELLED:
            await asyncio.sleep(delay)
            await self._cancel(accepted)

    async def _cancel(self, accepted: Accepted) -> None:
        accepted.cancel_asked = True
        while True:
            async with self._client() as client:
                try:
                    await client.cancel(accepted.job_id, "chaos")
                    return
                except Unavailable:
                    await asyncio.sleep(PAUSE_S)
                except Conflict:
                    # It had ended by then.
                    return
                except ApiError as error:
                    raise AssertionError(f"cancelling {accepted.job_id}: {error}") from error

    def _client(self) -> AsyncClient:
        server = self._random.choice(self._field.servers)
        return AsyncClient(server.url, timeout_s=CALL_S, patience_s=0)
