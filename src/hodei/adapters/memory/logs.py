"""Stored log text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.domain.logs import Segment
from hodei.ports.store import LogState


class Logs(Part):
    """LogStore."""

    async def log_state(self, attempt_id: UUID) -> LogState | None:
        """See LogStore."""
        await self._begin()
        entry = self._tables.logs.get(attempt_id)
        return LogState(head=entry.head, updated_at=entry.updated_at) if entry else None

    async def segments(
        self, attempt_id: UUID, *, from_line: int = 1, limit: int = 16
    ) -> Sequence[Segment]:
        """See LogStore."""
        await self._begin()
        found = [item for item in self._stored(attempt_id) if item.end_line > from_line]
        return found[:limit]

    async def segments_at(self, attempt_id: UUID, first_lines: Sequence[int]) -> Sequence[Segment]:
        """See LogStore."""
        await self._begin()
        wanted = set(first_lines)
        return [item for item in self._stored(attempt_id) if item.first_line in wanted]

    async def segments_before(
        self, attempt_id: UUID, *, line: int, limit: int = 16
    ) -> Sequence[Segment]:
        """See LogStore."""
        await self._begin()
        found = [item for item in self._stored(attempt_id) if item.first_line < line]
        return found[-limit:]

    async def segment_metas(self, attempt_id: UUID) -> Sequence[Segment]:
        """See LogStore."""
        await self._begin()
        return [replace(item, text=b"") for item in self._stored(attempt_id)]

    def _stored(self, attempt_id: UUID) -> list[Segment]:
        entry = self._tables.logs.get(attempt_id)
        return entry.segments if entry else []
