"""Somebody who submits one short job after the other while servers and databases come and go."""

from __future__ import annotations

import asyncio

import grpc

from tests.support.observer import AWAY, SUCCEEDED, Observer, shell
from tests.support.processes import until


class Submitter:
    """Submits one short job after the other and keeps what was accepted."""

    def __init__(self, observer: Observer, name: str = "key") -> None:
        self._observer = observer
        self._name = name
        self.accepted: dict[str, str] = {}
        """Idempotency key -> job id."""
        self.refusals = 0

    async def run(self, enough: asyncio.Event) -> None:
        """Until `enough`; a job whose submit failed is submitted again under the same key."""
        while not enough.is_set():
            key = f"{self._name}-{len(self.accepted)}"
            try:
                job_id = await self._observer.submit(shell(f"echo {key}"), key)
            except grpc.aio.AioRpcError as error:
                assert error.code() in AWAY, error
                self.refusals += 1
                await asyncio.sleep(0.02)
                continue
            self.accepted[key] = job_id
            await asyncio.sleep(0.02)

    async def accepts_more(self) -> None:
        """Until ten more were accepted."""
        wanted = len(self.accepted) + 10
        await until(lambda: len(self.accepted) >= wanted, what="submits are accepted again")

    async def all_is_well(self, observer: Observer) -> None:
        """Each accepted job ran well, and its log says so."""
        done = await observer.finished_all(list(self.accepted.values()))
        assert {job.state for job in done} == {SUCCEEDED}
        for key, job_id in self.accepted.items():
            assert (await observer.log(job_id)).text == [key]
