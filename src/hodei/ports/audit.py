"""The audit log, to which rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hodei.domain.audit import Entry, Interface, Result
from hodei.domain.errors import InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which rows are shown; empty means all."""

    actor: str | None = None
    action: str | None = None
    """The whole action, or, with a dot at its end, what it begins with."""
    target: str | None = None
    project: str | None = None
    projects: frozenset[str] | None = None
    """Only these may be seen; None: all, and what belongs to no project."""
    result: Result | None = None
    interface: Interface | None = None
    correlation_id: str | None = None
    start: datetime | None = None
    """Of this time or later."""
    end: datetime | None = None
    """Before this time."""


class AuditStore(Protocol):
    """Rows of the audit log. Nothing changes one, and only `purge_audit` removes any."""

    async def add_audit(self, entries: Sequence[Entry]) -> None:
        """Adds rows in this order, all or none. Raises Unavailable: then it is unknown whether
        they were added."""
        ...

    async def list_audit(
        self, where: AuditFilter, *, after: int | None = None, limit: int = 50, oldest: bool = False
    ) -> Sequence[Entry]:
        """At most `limit` rows beyond the row `after`: the newest first, or the oldest."""
        ...

    async def purge_audit(
        self,
        before: datetime,
        *,
        limit: int,
        project: str | None = None,
        without: Sequence[str] = (),
    ) -> int:
        """Removes at most `limit` rows older than that, the oldest first, and adds a row which
        says so in the same transaction; gives their number. With `project` only its rows, and
        none of the projects in `without`. Raises InvalidRequest when `before` is less than a day
        ago."""
        ...


LEAST_RETENTION = timedelta(days=1)
"""Nothing younger can be removed."""
RETENTION_ACTION = "audit.retention"


def check_retention(before: datetime, now: datetime) -> None:
    """Raises InvalidRequest where `before` is too near."""
    if before > now - LEAST_RETENTION:
        raise InvalidRequest.of("before", "must be at least a day ago", before.isoformat())


def retention_entry(now: datetime, before: datetime, removed: int, project: str | None) -> Entry:
    """The row that a removal leaves; it belongs to no project, so that it stays."""
    return Entry(
        at=now,
        actor="system",
        action=RETENTION_ACTION,
        target_kind="project" if project else "",
        target=project or "",
        interface=Interface.SYSTEM,
        detail=f"removed {removed} rows of before {before:%Y-%m-%dT%H:%M:%SZ}",
        count=removed,
    )
