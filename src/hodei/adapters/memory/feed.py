"""The feed of events."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.domain.errors import InvalidRequest
from hodei.domain.events import Event


class Feed(Part):
    """EventStore. Saving is one step here, so no event can come late."""

    async def last_cursor(self) -> str:
        """See EventStore; empty while nothing has happened."""
        await self._begin()
        events = self._tables.events
        return events[-1][1].cursor if events else ""

    async def events(self, *, after: str, limit: int = 1000) -> Sequence[Event]:
        """See EventStore; an empty cursor is the beginning. Raises InvalidRequest."""
        await self._begin()
        events = self._tables.events
        begin = bisect_right(events, _number(after), key=lambda item: item[0])
        return [event for _, event in events[begin : begin + limit]]

    async def job_events(self, job_id: UUID, limit: int = 1000) -> Sequence[Event]:
        """See EventStore."""
        await self._begin()
        return [event for _, event in self._tables.events if event.job_id == job_id][:limit]


def _number(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()):
        raise InvalidRequest.of("cursor", "is not a cursor of the event feed", cursor)
    return int(cursor)
