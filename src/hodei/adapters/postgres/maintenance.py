"""Housekeeping."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.queries import sql
from hodei.ports.maintenance import DatabaseFacts, ProjectDates, Pulse, Purged


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

    async def purge(
        self,
        *,
        jobs_before: datetime,
        logs_before: datetime,
        limit: int,
        projects: Sequence[ProjectDates] = (),
    ) -> Purged:
        """See `MaintenanceStore.purge`."""
        others = [each.project for each in projects if each.jobs_before is not None]
        dates: list[tuple[datetime, str | None, list[str]]] = [(jobs_before, None, others)]
        dates += [(each.jobs_before, each.project, []) for each in projects if each.jobs_before]
        gone = Counter[str]()
        for before, project, without in dates:
            row = await self._database.row(
                sql("maintenance.purge_jobs"), before, limit, project, without
            )
            assert row is not None
            gone.update(dict(row))
        others = [each.project for each in projects if each.logs_before is not None]
        segments = await self._remove("logs", logs_before, limit, None, others)
        for each in projects:
            if each.logs_before is not None:
                segments += await self._remove("logs", each.logs_before, limit, each.project, [])
        oldest = min(before for before, _, _ in dates)
        return Purged(
            jobs=gone["jobs"],
            log_segments=gone["log_segments"] + segments,
            events=gone["events"] + await self._remove("events", oldest, limit),
            samples=gone["samples"] + await self._remove("samples", logs_before, limit),
            workers=await self._remove("workers", jobs_before, limit),
        )

    async def _remove(self, what: str, before: datetime, *values: object) -> int:
        gone = await self._database.value(sql(f"maintenance.purge_{what}"), before, *values)
        return int(gone)
