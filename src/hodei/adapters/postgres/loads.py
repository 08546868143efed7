"""What providers and workers carry at the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.queries import sql
from hodei.ports.loads import ProviderLoad, WorkerLoad


class Loads:
    """Implements `LoadStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def provider_loads(self) -> Mapping[UUID, ProviderLoad]:
        """See `LoadStore.provider_loads`."""
        return {
            row["provider_id"]: ProviderLoad(
                workers=row["workers"],
                cpu=row["cpu"],
                memory_mb=row["memory_mb"],
                assigned=row["assigned"],
                running=row["running"],
            )
            for row in await self._database.rows(sql("loads.providers"))
        }

    async def worker_loads(self, worker_ids: Sequence[UUID]) -> Mapping[UUID, WorkerLoad]:
        """See `LoadStore.worker_loads`."""
        if not worker_ids:
            return {}
        return {
            row["id"]: WorkerLoad(
                job_id=row["job_id"],
                job_name=row["name"],
                project=row["project"],
                lease_until=row["lease_until"],
                sampled_at=row["sampled_at"],
                cpus=None if row["cpus"] is None else float(row["cpus"]),
                memory_bytes=row["memory_bytes"],
            )
            for row in await self._database.rows(sql("loads.workers"), list(worker_ids))
        }
