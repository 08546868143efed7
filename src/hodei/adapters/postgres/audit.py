"""The audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter

from hodei.adapters.postgres.database import Database, Row
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean
from hodei.domain.audit import Entry, Interface, Result
from hodei.ports.audit import AuditFilter, check_retention

_TEXTS = (
    "actor",
    "via",
    "action",
    "target_kind",
    "target",
    "project",
    "result",
    "code",
    "source",
    "interface",
    "correlation_id",
    "detail",
)
_texts = attrgetter(*_TEXTS)


class AuditRows:
    """Implements `AuditStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_audit(self, entries: Sequence[Entry]) -> None:
        """See `AuditStore.add_audit`."""
        if not entries:
            return
        texts = zip(*([clean(text) for text in _texts(entry)] for entry in entries), strict=True)
        await self._database.rows(
            sql("audit.add"),
            [entry.at for entry in entries],
            *map(list, texts),
            [entry.count for entry in entries],
        )

    async def list_audit(
        self, where: AuditFilter, *, after: int | None = None, limit: int = 50, oldest: bool = False
    ) -> Sequence[Entry]:
        """See `AuditStore.list_audit`."""
        statement, arguments = audit_statement(where, after=after, limit=limit, oldest=oldest)
        rows = await self._database.rows(statement, *arguments)
        return [_entry(row) for row in rows]

    async def purge_audit(
        self,
        before: datetime,
        *,
        limit: int,
        project: str | None = None,
        without: Sequence[str] = (),
    ) -> int:
        """See `AuditStore.purge_audit`."""
        check_retention(before, datetime.now(UTC))
        values = before, limit, project, list(without)
        return int(await self._database.value(sql("audit.purge"), *values))


def audit_statement(
    where: AuditFilter, *, after: int | None, limit: int, oldest: bool
) -> tuple[str, Sequence[object]]:
    """The statement for one page."""
    conditions: list[str] = []
    arguments: list[object] = []

    def add(condition: str, value: object) -> None:
        if value is not None:
            arguments.append(value)
            conditions.append(condition.replace("?", f"${len(arguments)}"))

    add("id > ?" if oldest else "id < ?", after)
    add("actor = ?", where.actor)
    add("starts_with(action, ?)" if _prefix(where.action) else "action = ?", where.action)
    # The second part tells the planner that the index of targets has the row.
    add("target = ? AND target <> ''", where.target)
    add("project = ?", where.project)
    add("project = ANY(?::text[])", None if where.projects is None else sorted(where.projects))
    add("result = ?", where.result)
    add("interface = ?", where.interface)
    add("correlation_id = ?", where.correlation_id)
    add("at >= ?", where.start)
    add("at < ?", where.end)
    if where.result not in (None, Result.OK):
        conditions.append("result <> 'ok'")
    only = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "id" if oldest else "id DESC"
    arguments.append(limit)
    return (
        f"SELECT {sql('audit.columns')} FROM audit_log{only} "
        f"ORDER BY {order} LIMIT ${len(arguments)}",
        arguments,
    )


def _prefix(action: str | None) -> bool:
    return action is not None and action.endswith(".")


def _entry(row: Row) -> Entry:
    values = dict(row)
    values["result"] = Result(values["result"])
    values["interface"] = Interface(values["interface"])
    return Entry(**values)
