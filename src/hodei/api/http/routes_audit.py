"""The audit log: reading it page by page, and all of it as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from starlette.responses import Response, StreamingResponse

from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.query import choice, moment, text, whole, words_of
from hodei.api.http.schemas.audit import AuditPage, AuditView
from hodei.domain.access.roles import Permission
from hodei.domain.audit import Entry, Interface, Result
from hodei.engine.audit import MAX_PAGE
from hodei.ports.audit import AuditFilter

ACTOR = text("actor", "Name of who did it.", most=100)
ACTION = text(
    "action", "The whole action, or with a dot at its end what it begins with: token.", most=60
)
TARGET = text("target", "Id or name of what was acted on.", most=200)
PROJECT = text("project", "Only rows of this project.", most=63)
RESULT = choice("result", "How it ended.", {**words_of(Result)}, default=None)
INTERFACE = choice("interface", "By which door.", {**words_of(Interface)}, default=None)
CORRELATION = text("correlation_id", "That of one request.", most=64)
FROM = moment("from", "Of this time or later.")
TO = moment("to", "Before this time.")
CURSOR = text("cursor", "next_cursor of the page before.", most=200)
LIMIT = whole("limit", "Rows at most.", least=1, most=MAX_PAGE, default=50)
FILTERS = (ACTOR, ACTION, TARGET, PROJECT, RESULT, INTERFACE, CORRELATION, FROM, TO)
NDJSON = "application/x-ndjson"


async def listing(call: Call) -> Response:
    """GET /audit."""
    page = await call.engine.audit.page(
        _filter(call), cursor=call.get(CURSOR), limit=call.get(LIMIT)
    )
    return json_response(AuditPage.of(page))


async def export(call: Call) -> Response:
    """GET /audit/export."""
    now = call.engine.core.clock.now()
    client = call.request.client
    pages = call.engine.audit.export(
        _filter(call),
        call.caller.principal,
        interface=Interface.REST,
        source=client.host if client else "",
    )
    headers = {
        "Content-Disposition": f'attachment; filename="hodei-audit-{now:%Y%m%dT%H%M%S}.ndjson"'
    }
    return StreamingResponse(_lines(pages), headers=headers, media_type=NDJSON)


async def _lines(pages: AsyncIterator[Sequence[Entry]]) -> AsyncIterator[bytes]:
    async for page in pages:
        yield b"".join(AuditView.of(entry).model_dump_json().encode() + b"\n" for entry in page)


def _filter(call: Call) -> AuditFilter:
    return AuditFilter(
        actor=call.get(ACTOR),
        action=call.get(ACTION),
        target=call.get(TARGET),
        project=call.get(PROJECT),
        projects=call.caller.principal.projects_with(Permission.AUDIT_READ),
        result=call.get(RESULT),
        interface=call.get(INTERFACE),
        correlation_id=call.get(CORRELATION),
        start=call.get(FROM),
        end=call.get(TO),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/audit",
        name="listAudit",
        tag="audit",
        summary="Who did what, or was not let",
        description="Rows of the projects whose audit log the caller may read; whoever may read "
        "it in all projects sees those of the installation too.",
        handle=listing,
        answers=ok(AuditPage, "The newest first."),
        query=(*FILTERS, CURSOR, LIMIT),
    ),
    Operation(
        method="GET",
        path="/audit/export",
        name="exportAudit",
        tag="audit",
        summary="The audit log as a file",
        handle=export,
        answers={
            200: Answer(
                description="Lines of AuditView, the oldest first.",
                content={NDJSON: {"type": "string", "description": "Lines of AuditView."}},
            )
        },
        query=FILTERS,
    ),
)
