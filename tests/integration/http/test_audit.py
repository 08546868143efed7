"""The audit log over REST, gRPC and the client."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from hodei.client import AsyncClient
from hodei.domain.audit import Entry, Interface, Result
from hodei.wire.gen import audit_pb2 as pb
from hodei.wire.gen import audit_pb2_grpc as pb_grpc
from tests.integration.http.jobs import Client
from tests.integration.http.running import Running

T0 = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def _rows(project: str) -> list[Entry]:
    made = Entry(
        at=T0,
        actor="ana",
        via="token",
        action="secret.set",
        target_kind="secret",
        target="KEY",
        project=project,
        source="10.0.0.9",
        interface=Interface.REST,
        correlation_id="req-1",
    )
    refused = replace(
        made,
        at=T0 + timedelta(hours=1),
        actor="eve",
        action="job.submit",
        result=Result.DENIED,
        code="forbidden",
        interface=Interface.GRPC,
        correlation_id="",
        detail="eve may not",
        count=12,
    )
    return [made, refused]


async def test_rows_over_rest_page_by_page_and_as_a_file(
    client: Client, server: Running, project: str
) -> None:
    server.run(server.engine.core.store.add_audit(_rows(project)))
    page = await client.get("/audit", project=project, limit=1)
    [newest] = page["items"]
    assert {name: newest[name] for name in newest if name != "id"} == {
        "at": "2026-01-05T13:00:00Z",
        "actor": "eve",
        "via": "token",
        "action": "job.submit",
        "target_kind": "secret",
        "target": "KEY",
        "project": project,
        "result": "denied",
        "code": "forbidden",
        "source": "10.0.0.9",
        "interface": "grpc",
        "correlation_id": None,
        "detail": "eve may not",
        "count": 12,
    }
    rest = await client.get("/audit", project=project, limit=9, cursor=page["next_cursor"])
    assert [row["actor"] for row in rest["items"]] == ["ana"]
    assert rest["next_cursor"] is None
    for query in (
        {"actor": "ana"},
        {"action": "secret."},
        {"result": "ok"},
        {"interface": "rest"},
        {"correlation_id": "req-1"},
        {"to": "2026-01-05T12:30:00Z"},
    ):
        found = await client.get("/audit", project=project, **query)
        assert [row["actor"] for row in found["items"]] == ["ana"], query
    file = await client.http.get("/audit/export", params={"project": project})
    assert file.headers["content-type"] == "application/x-ndjson"
    assert ".ndjson" in file.headers["content-disposition"]
    lines = [json.loads(line) for line in file.text.splitlines()]
    assert lines == [*rest["items"], newest, lines[-1]]
    assert lines[-1]["action"] == "audit.export"
    for query in ({"result": "maybe"}, {"cursor": "x"}, {"limit": "0"}, {"who": "ana"}):
        refused = await client.http.get("/audit", params=query)
        assert refused.status_code == 400, query


async def test_rows_over_grpc_and_the_python_client(server: Running, project: str) -> None:
    server.run(server.engine.core.store.add_audit(_rows(project)))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub: Any = pb_grpc.AuditServiceStub(channel)
        query = pb.AuditQuery(project=project, result="denied")
        call = stub.ListEntries(
            pb.ListEntriesRequest(query=query), metadata=(("x-correlation-id", "mine"),)
        )
        answer = await call
        assert [(entry.actor, entry.count) for entry in answer.entries] == [("eve", 12)]
        assert ("x-correlation-id", "mine") in tuple(await call.trailing_metadata())
        whole = pb.ExportEntriesRequest(query=pb.AuditQuery(project=project))
        exported = [entry.action async for entry in stub.ExportEntries(whole)]
        assert exported == ["secret.set", "job.submit", "audit.export"]
        wrong = stub.ListEntries(
            pb.ListEntriesRequest(query=pb.AuditQuery(result="maybe")),
            metadata=(("x-correlation-id", "no id at all"),),
        )
        assert await wrong.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "x-correlation-id" in await wrong.details()
    async with AsyncClient(server.url) as client:
        listed = [row["actor"] async for row in client.audit(project=project, limit=2)]
        assert listed == ["local", "eve"]
        lines = [line async for line in client.export_audit(project=project, actor="ana")]
        assert [json.loads(line)["action"] for line in lines] == ["secret.set"]
