"""The feed of events."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.event_rows import event_of, feed_cursor, parse_feed_cursor
from hodei.adapters.postgres.queries import sql
from hodei.domain.events import Event


class Feed:
    """Implements `EventStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_cursor(self) -> str:
        """See `EventStore.last_cursor`."""
        row = await self._database.row(sql("feed.last"))
        return feed_cursor(row["tx"], row["seq"]) if row else feed_cursor(0, 0)

    async def events(self, *, after: str, limit: int = 1000) -> Sequence[Event]:
        """See `EventStore.events`."""
        tx, seq = parse_feed_cursor(after)
        rows = await self._database.rows(sql("feed.after"), str(tx), seq, limit)
        return [event_of(row) for row in rows]

    async def job_events(self, job_id: UUID, limit: int = 1000) -> Sequence[Event]:
        """See `EventStore.job_events`."""
        rows = await self._database.rows(sql("feed.of_job"), job_id, limit)
        return [event_of(row) for row in rows]
