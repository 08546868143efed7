"""The audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from hodei.adapters.memory.part import Part
from hodei.domain.audit import Entry
from hodei.ports.audit import AuditFilter, check_retention, retention_entry


class AuditRows(Part):
    """AuditStore."""

    async def add_audit(self, entries: Sequence[Entry]) -> None:
        """See AuditStore."""
        await self._begin()
        self._add(entries)

    async def list_audit(
        self, where: AuditFilter, *, after: int | None = None, limit: int = 50, oldest: bool = False
    ) -> Sequence[Entry]:
        """See AuditStore."""
        await self._begin()
        rows = self._tables.audit if oldest else reversed(self._tables.audit)
        found = [
            row
            for row in rows
            if (after is None or (row.id > after if oldest else row.id < after))
            and _fits(row, where)
        ]
        return found[:limit]

    async def purge_audit(
        self,
        before: datetime,
        *,
        limit: int,
        project: str | None = None,
        without: Sequence[str] = (),
    ) -> int:
        """See AuditStore."""
        await self._begin()
        check_retention(before, self._now())
        concerned = (
            row.id
            for row in self._tables.audit
            if row.at < before
            and (project is None or row.project == project)
            and row.project not in without
        )
        old = frozenset(islice(concerned, limit))
        if old:
            self._tables.audit[:] = [row for row in self._tables.audit if row.id not in old]
            self._add([retention_entry(self._now(), before, len(old), project)])
        return len(old)

    def _add(self, entries: Sequence[Entry]) -> None:
        numbers = self._tables.audit_number
        self._tables.audit += [replace(entry, id=next(numbers)) for entry in entries]


def _fits(row: Entry, where: AuditFilter) -> bool:
    wanted = (
        (where.actor, row.actor),
        (where.target, row.target),
        (where.project, row.project),
        (where.result, row.result),
        (where.interface, row.interface),
        (where.correlation_id, row.correlation_id),
    )
    action = where.action
    return (
        all(asked is None or asked == given for asked, given in wanted)
        and (where.projects is None or row.project in where.projects)
        and (where.start is None or row.at >= where.start)
        and (where.end is None or row.at < where.end)
        and (
            action is None
            or (row.action.startswith(action) if action.endswith(".") else row.action == action)
        )
    )
