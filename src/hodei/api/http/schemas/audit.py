"""Rows of the audit log."""

from __future__ import annotations

from datetime import datetime

from hodei.api.http.schemas.model import Model
from hodei.domain.audit import Entry, Interface, Result
from hodei.ports.store import Page


class AuditView(Model):
    """One row: who did what, or was not let."""

    id: int
    at: datetime
    actor: str
    via: str
    """How the actor is known: session, token, key, password, anonymous, dev, or empty."""
    action: str
    """`kind.verb`, such as job.submit."""
    target_kind: str | None
    target: str | None
    project: str | None
    """null: of the installation."""
    result: Result
    code: str | None
    """The stable code of the error; null when it went well."""
    source: str
    """Address of the peer."""
    interface: Interface
    correlation_id: str | None
    detail: str
    """A few words for people."""
    count: int
    """How many alike this row stands for."""

    @classmethod
    def of(cls, entry: Entry) -> AuditView:
        """A row as it is shown."""
        return cls(
            id=entry.id,
            at=entry.at,
            actor=entry.actor,
            via=entry.via,
            action=entry.action,
            target_kind=entry.target_kind or None,
            target=entry.target or None,
            project=entry.project or None,
            result=entry.result,
            code=entry.code or None,
            source=entry.source,
            interface=entry.interface,
            correlation_id=entry.correlation_id or None,
            detail=entry.detail,
            count=entry.count,
        )


class AuditPage(Model):
    """One page of the audit log, the newest first."""

    items: list[AuditView]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Entry]) -> AuditPage:
        """A page as it is shown."""
        return cls(items=[AuditView.of(entry) for entry in page.items], next_cursor=page.cursor)
