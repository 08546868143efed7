"""Housekeeping."""

from __future__ import annotations

import time
from datetime import datetime

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.queries import sql
from hodei.ports.maintenance import DatabaseFacts, Pulse, Purged


class Maintenance:
    """Implements `MaintenanceStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ping(self) -> float:
        """See `MaintenanceStore.ping`."""
        begun = time.monotonic()
        await self._database.value("SELECT 1")
        return time.monotonic() - begun

    async def pulse(self) -> Pulse:
        """See `MaintenanceStore.pulse`."""
        row = await self._database.row(sql("maintenance.pulse"))
        assert row is not None
        return Pulse(waiting=row["waiting"], busy=row["busy"])

    async def installation_id(self) -> str:
        """See `MaintenanceStore.installation_id`."""
        return str(await self._database.value(sql("maintenance.installation")))

    async def database(self) -> DatabaseFacts:
        """See `MaintenanceStore.database`."""
        row = await self._database.row(sql("maintenance.database"))
        assert row is not None
        version = row["version"].split(" ")[0]
        return DatabaseFacts(product=f"PostgreSQL {version}", size_bytes=row["size"])

    async def purge(self, *, jobs_before: datetime, logs_before: datetime, limit: int) -> Purged:
        """See `MaintenanceStore.purge`."""
        jobs = await self._database.row(sql("maintenance.purge_jobs"), jobs_before, limit)
        assert jobs is not None
        return Purged(
            jobs=jobs["jobs"],
            log_segments=jobs["log_segments"] + await self._remove("logs", logs_before, limit),
            events=jobs["events"] + await self._remove("events", jobs_before, limit),
            samples=jobs["samples"] + await self._remove("samples", logs_before, limit),
            workers=await self._remove("workers", jobs_before, limit),
        )

    async def _remove(self, what: str, before: datetime, limit: int) -> int:
        gone = await self._database.value(sql(f"maintenance.purge_{what}"), before, limit)
        return int(gone)
