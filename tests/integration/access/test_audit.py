"""What the audit log holds of changes and refusals by whichever door, and who may read it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import grpc
import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hodei.domain.audit import Entry, Interface, Result
from hodei.domain.errors import Unavailable
from hodei.ports.audit import AuditFilter
from hodei.wire.gen import audit_pb2, jobs_pb2, scheduler_pb2
from tests.integration.access.asking import SPEC, ask_ssh, ask_terminal
from tests.integration.access.installation import (
    OURS,
    THEIRS,
    Installation,
    bearer,
    metadata,
)

CONFIGURE = "/hodei.v1.SchedulerService/ConfigureScheduler"
SECRET = "hunter2-hunter2-hunter2"


async def _stored(place: Installation, **where: object) -> list[Entry]:
    """Rows that are stored already."""
    found = await place.engine.core.store.list_audit(AuditFilter(), limit=500, oldest=True)
    return [row for row in found if all(getattr(row, k) == v for k, v in where.items())]


async def _all(place: Installation, **where: object) -> list[Entry]:
    """Rows that were stored or wait."""
    await place.engine.audit.flush()
    return await _stored(place, **where)


async def test_a_change_is_in_the_log_before_it_is_answered(place: Installation) -> None:
    async with httpx.AsyncClient(base_url=place.api) as client:
        answer = await client.patch(
            "/queue/settings",
            json={"paused": True},
            headers={**bearer("admin-of-all"), "X-Correlation-Id": "by-rest"},
        )
        assert answer.status_code == 200
        [by_rest] = await _stored(place, correlation_id="by-rest")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{place.grpc_port}") as channel:
        request = scheduler_pb2.ConfigureSchedulerRequest(paused=False)
        call = channel.unary_unary(
            CONFIGURE, scheduler_pb2.ConfigureSchedulerRequest.SerializeToString, bytes
        )(request, metadata=(*metadata("admin-of-all"), ("x-correlation-id", "by-grpc")))
        await call
        [by_grpc] = await _stored(place, correlation_id="by-grpc")
    for row, interface in ((by_rest, Interface.REST), (by_grpc, Interface.GRPC)):
        assert (row.actor, row.via, row.action) == ("admin-of-all", "token", "scheduler.change")
        assert (row.result, row.code, row.interface) == (Result.OK, "", interface)
        assert (row.source, row.count) == ("127.0.0.1", 1)


async def test_a_change_whose_row_cannot_be_stored_is_not_answered_as_done(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(entries: Sequence[Entry]) -> None:
        raise Unavailable("away")

    async with httpx.AsyncClient(base_url=place.api) as client:
        with monkeypatch.context() as patch:
            patch.setattr(place.engine.core.store, "add_audit", away)
            answer = await client.patch(
                "/queue/settings", json={"paused": True}, headers=bearer("admin-of-all")
            )
        assert answer.status_code == 503
    [row] = await _all(place, action="scheduler.change")
    assert row.actor == "admin-of-all", "its row is not forgotten"


async def test_submissions_follow_and_refusals_say_who_and_why(place: Installation) -> None:
    async with httpx.AsyncClient(base_url=place.api) as client:
        for who, status in (("operator", 201), ("viewer", 403), ("stranger", 404), (SECRET, 401)):
            answer = await client.post("/jobs", json=SPEC, headers=bearer(who))
            assert answer.status_code == status, answer.text
    rows = await _all(place, action="job.submit")
    told = [(row.actor, row.result.value, row.code, row.project) for row in rows]
    assert sorted(told) == [
        ("anonymous", "denied", "unauthenticated", ""),
        ("operator", "ok", "", OURS),
        ("stranger", "denied", "not_found", OURS),
        ("viewer", "denied", "forbidden", OURS),
    ]


async def test_every_door_tells_of_a_refusal(place: Installation) -> None:
    job = str((await place.cancelled()).id)
    async with httpx.AsyncClient(base_url=place.api) as client:
        await client.get(f"/jobs/{job}", headers=bearer("stranger"))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{place.grpc_port}") as channel:
        call = channel.unary_unary(
            "/hodei.v1.JobExecutionService/GetJob",
            jobs_pb2.GetJobRequest.SerializeToString,
            bytes,
        )(jobs_pb2.GetJobRequest(job_id=job), metadata=metadata("stranger"))
        assert await call.code() is grpc.StatusCode.NOT_FOUND
    async with connect(f"{place.ws}/ws", additional_headers=bearer("stranger")) as socket:
        await socket.send(json.dumps({"op": "sub", "topic": f"job:{job}"}))
        await socket.recv()
    await ask_terminal(place, job, "viewer")
    await ask_ssh(place, job, "viewer")
    rows = await _all(place, result=Result.DENIED, target=job)
    told = {(row.interface.value, row.actor, row.action, row.target_kind) for row in rows}
    assert told == {
        ("rest", "stranger", "jobs.read", "job"),
        ("grpc", "stranger", "jobs.read", "job"),
        ("websocket", "stranger", "jobs.read", "job"),
        ("websocket", "viewer", "terminal.open", "job"),
        ("ssh", "viewer", "terminal.open", "job"),
    }
    assert {row.source for row in rows} == {"127.0.0.1"}


async def test_requests_from_another_place_are_in_it(place: Installation) -> None:
    async with httpx.AsyncClient(base_url=place.api) as client:
        elsewhere = {"Host": "evil.example", **bearer("admin-of-all")}
        assert (await client.get("/jobs", headers=elsewhere)).status_code == 403
        page = {"Origin": "https://evil.example", **bearer("admin-of-all")}
        assert (await client.post("/jobs", json=SPEC, headers=page)).status_code == 403
    with pytest.raises(InvalidStatus):
        await connect(f"{place.ws}/ws", additional_headers=page)
    rows = await _all(place, action="call.from_elsewhere")
    assert [(row.interface.value, row.result.value, row.actor) for row in rows] == [
        ("rest", "denied", "anonymous"),
        ("rest", "denied", "anonymous"),
        ("websocket", "denied", "anonymous"),
    ]
    assert all("evil.example" in row.detail for row in rows)


async def test_no_credential_and_no_body_is_in_it(place: Installation) -> None:
    spec = {**SPEC, "env": {"KEY": {"secret_value": SECRET}}, "command": f"echo {SECRET}"}
    async with httpx.AsyncClient(base_url=place.api) as client:
        for who in (SECRET, "viewer", "operator"):
            await client.post("/jobs", json=spec, headers=bearer(who))
            await client.post("/jobs", json={SECRET: 1, "name": SECRET}, headers=bearer(who))
            await client.get("/jobs", params={"q": SECRET}, headers=bearer(who))
        provider = {"name": "x", "type": "scripted", "settings": {"password": SECRET}}
        await client.post("/providers", json=provider, headers=bearer("admin-of-all"))
    rows = await _all(place)
    assert len(rows) > 5
    assert SECRET not in repr(rows)


async def test_a_project_s_administrator_reads_the_rows_of_the_project(
    place: Installation,
) -> None:
    async with httpx.AsyncClient(base_url=place.api) as client:
        for who, project in (("admin-of-all", OURS), ("admin-of-all", THEIRS)):
            body = {**SPEC, "project": project}
            await client.post("/jobs", json=body, headers=bearer(who))
        change = bearer("admin-of-all")
        await client.patch("/queue/settings", json={"paused": True}, headers=change)
        await place.engine.audit.flush()

        async def seen(who: str, path: str = "/audit") -> set[str | None]:
            answer = await client.get(path, headers=bearer(who))
            assert answer.status_code == 200, answer.text
            if path == "/audit":
                return {row["project"] for row in answer.json()["items"]}
            return {json.loads(line)["project"] for line in answer.text.splitlines()}

        assert await seen("admin") == {OURS}
        assert await seen("admin", "/audit/export") == {OURS}
        assert await seen("stranger") == {THEIRS}
        assert await seen("admin-of-all") == {OURS, THEIRS, None}
        asked = await client.get("/audit", params={"project": THEIRS}, headers=bearer("admin"))
        assert asked.json()["items"] == []
        for who in ("viewer", "operator", "viewer-of-all", "none"):
            assert (await client.get("/audit", headers=bearer(who))).status_code == 403
    async with grpc.aio.insecure_channel(f"127.0.0.1:{place.grpc_port}") as channel:
        call = channel.unary_unary(
            "/hodei.v1.AuditService/ListEntries",
            audit_pb2.ListEntriesRequest.SerializeToString,
            audit_pb2.ListEntriesResponse.FromString,
        )
        answer = await call(audit_pb2.ListEntriesRequest(), metadata=metadata("admin"))
        assert {entry.project for entry in answer.entries} == {OURS}
