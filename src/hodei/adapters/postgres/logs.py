"""Stored log text and samples."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.log_rows import (
    Packer,
    bare_segment_of,
    head_of,
    sample_of,
    segment_of,
)
from hodei.adapters.postgres.queries import sql
from hodei.domain.logs import Segment
from hodei.ports.store import LogState, Sample


class Logs:
    """Implements `LogStore` and the samples of `StatsStore`."""

    def __init__(self, database: Database, packer: Packer) -> None:
        self._database = database
        self._packer = packer

    async def log_state(self, attempt_id: UUID) -> LogState | None:
        """See `LogStore.log_state`."""
        row = await self._database.row(sql("logs.state"), attempt_id)
        return LogState(head=head_of(row["head"]), updated_at=row["updated_at"]) if row else None

    async def segments(
        self, attempt_id: UUID, *, from_line: int = 1, limit: int = 16
    ) -> Sequence[Segment]:
        """See `LogStore.segments`."""
        rows = await self._database.rows(sql("logs.segments"), attempt_id, from_line, limit)
        return [segment_of(row, self._packer) for row in rows]

    async def segments_at(self, attempt_id: UUID, first_lines: Sequence[int]) -> Sequence[Segment]:
        """See `LogStore.segments_at`."""
        rows = await self._database.rows(sql("logs.segments_at"), attempt_id, list(first_lines))
        return [segment_of(row, self._packer) for row in rows]

    async def segments_before(
        self, attempt_id: UUID, *, line: int, limit: int = 16
    ) -> Sequence[Segment]:
        """See `LogStore.segments_before`."""
        rows = await self._database.rows(sql("logs.segments_before"), attempt_id, line, limit)
        return [segment_of(row, self._packer) for row in reversed(rows)]

    async def segment_metas(self, attempt_id: UUID) -> Sequence[Segment]:
        """See `LogStore.segment_metas`."""
        rows = await self._database.rows(sql("logs.metas"), attempt_id)
        return [bare_segment_of(row) for row in rows]

    async def samples(
        self, attempt_id: UUID, *, since: datetime | None = None, limit: int = 3600
    ) -> Sequence[Sample]:
        """See `StatsStore.samples`."""
        rows = await self._database.rows(sql("logs.samples"), attempt_id, since, limit)
        return [sample_of(row) for row in rows]
