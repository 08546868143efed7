"""AuditService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from hodei.api.grpc.guard import granted
from hodei.api.grpc.origin import source_of
from hodei.domain.access.principal import Principal
from hodei.domain.access.roles import Permission
from hodei.domain.audit import Entry, Interface, Result
from hodei.domain.errors import InvalidRequest
from hodei.engine.engine import Engine
from hodei.ports.audit import AuditFilter
from hodei.wire.gen import audit_pb2 as pb
from hodei.wire.gen import audit_pb2_grpc as pb_grpc
from hodei.wire.times import from_timestamp, to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

PAGE = 50
MAX_TEXT = 200
W = TypeVar("W", Result, Interface)


class AuditLog(pb_grpc.AuditServiceServicer):
    """The audit log over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ListEntries(
        self, request: pb.ListEntriesRequest, context: Context
    ) -> pb.ListEntriesResponse:
        principal = granted().principal
        page = await self._engine.audit.page(
            _seen_by(principal, _filter(request.query)),
            cursor=request.cursor or None,
            limit=request.limit or PAGE,
        )
        return pb.ListEntriesResponse(
            entries=[_entry(entry) for entry in page.items], next_cursor=page.cursor or ""
        )

    async def ExportEntries(
        self, request: pb.ExportEntriesRequest, context: Context
    ) -> AsyncIterator[pb.AuditEntry]:
        principal = granted().principal
        where = _seen_by(principal, _filter(request.query))
        async for page in self._engine.audit.export(
            where, principal, interface=Interface.GRPC, source=source_of(context)
        ):
            for entry in page:
                yield _entry(entry)


def _seen_by(principal: Principal, where: AuditFilter) -> AuditFilter:
    return replace(where, projects=principal.projects_with(Permission.AUDIT_READ))


def _filter(query: pb.AuditQuery) -> AuditFilter:
    return AuditFilter(
        actor=_text("actor", query.actor),
        action=_text("action", query.action),
        target=_text("target", query.target),
        project=_text("project", query.project),
        result=_word("result", query.result, Result),
        interface=_word("interface", query.interface, Interface),
        correlation_id=_text("correlation_id", query.correlation_id),
        start=from_timestamp("query.from", getattr(query, "from"))
        if query.HasField("from")
        else None,
        end=from_timestamp("query.to", query.to) if query.HasField("to") else None,
    )


def _text(field: str, given: str) -> str | None:
    if len(given) > MAX_TEXT or "\x00" in given:
        message = f"must be text of at most {MAX_TEXT} characters"
        raise InvalidRequest.of(f"query.{field}", message, given.replace("\x00", "\ufffd"))
    return given or None


def _word(field: str, given: str, kind: type[W]) -> W | None:
    try:
        return kind(given) if given else None
    except ValueError:
        message = f"must be one of {', '.join(kind)}"
        raise InvalidRequest.of(f"query.{field}", message, given) from None


def _entry(entry: Entry) -> pb.AuditEntry:
    return pb.AuditEntry(
        id=entry.id,
        at=to_timestamp(entry.at),
        actor=entry.actor,
        via=entry.via,
        action=entry.action,
        target_kind=entry.target_kind,
        target=entry.target,
        project=entry.project,
        result=entry.result.value,
        code=entry.code,
        source=entry.source,
        interface=entry.interface.value,
        correlation_id=entry.correlation_id,
        detail=entry.detail,
        count=entry.count,
    )
