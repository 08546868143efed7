"""Samples of the servers' machines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean
from hodei.ports.hosts import HostSample


class Hosts:
    """Implements `HostStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_host_sample(self, sample: HostSample) -> None:
        """See `HostStore.add_host_sample`."""
        await self._database.rows(
            sql("hosts.add"),
            clean(sample.host),
            sample.at,
            sample.cpus,
            sample.cpu,
            sample.load_1m,
            sample.memory_used_bytes,
            sample.memory_total_bytes,
        )

    async def host_samples(
        self, *, start: datetime, end: datetime, buckets: int
    ) -> Sequence[HostSample]:
        """See `HostStore.host_samples`."""
        step = (end - start) / buckets
        return [
            HostSample(
                host=row["host"],
                at=start + step * (row["bucket"] - 1),
                cpus=row["cpus"],
                cpu=row["cpu"],
                load_1m=row["load_1m"],
                memory_used_bytes=row["memory_used_bytes"],
                memory_total_bytes=row["memory_total_bytes"],
            )
            for row in await self._database.rows(sql("hosts.stretches"), start, end, buckets)
        ]
