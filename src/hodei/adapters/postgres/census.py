"""The census, as PostgreSQL takes it."""

from __future__ import annotations

from uuid import UUID

from hodei.adapters.postgres.database import Database, Row
from hodei.adapters.postgres.queries import sql
from hodei.domain.job import JobState
from hodei.domain.spec import Priority
from hodei.domain.worker import WorkerState
from hodei.ports.census import Census


class CensusRows:
    """Implements `CensusStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def census(self) -> Census:
        """See `CensusStore.census`."""
        rows = await self._database.rows(sql("census.census"))
        single = {row["what"]: row for row in rows}
        jobs = [row for row in rows if row["what"] == "job"]
        return Census(
            jobs={(JobState(row["one"]), Priority(row["two"])): row["n"] for row in jobs},
            delayed=sum(row["later"] for row in jobs if row["one"] == JobState.PENDING),
            oldest_wait_s={
                Priority(row["two"]): max(row["age"], 0.0)
                for row in jobs
                if row["one"] == JobState.PENDING and row["age"] is not None
            },
            workers={
                (UUID(row["one"]), WorkerState(row["two"])): row["n"]
                for row in rows
                if row["what"] == "worker"
            },
            deliveries=single["delivery"]["n"],
            oldest_due_delivery_s=_overdue(single["delivery"]),
            failing_webhooks=single["webhook"]["n"],
            enabled_schedules=single["schedule"]["n"],
            overdue_slot_s=_overdue(single["schedule"]),
            paused=bool(single["paused"]["n"]),
        )


def _overdue(row: Row) -> float:
    age: float | None = row["age"]
    return max(age or 0.0, 0.0)
