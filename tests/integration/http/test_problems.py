"""Errors over REST: every class, every kind of bad body and query, and the words of gRPC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.json_format import ParseDict
from google.rpc import error_details_pb2, status_pb2

from hodei.domain.schema import job_spec_schema
from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc
from tests.integration.http.jobs import Client, problem_of
from tests.integration.http.running import Running

GONE = "00000000-0000-4000-8000-000000000000"
JSON = {"Content-Type": "application/json"}


def spec(**changes: object) -> dict[str, Any]:
    """A good spec, spoilt."""
    return {"name": "x", "command": {"type": "shell", "script": "true"}, **changes}


BAD_SPECS: list[dict[str, Any]] = [
    spec(name=""),
    spec(name="a" * 201),
    spec(command={"type": "perl", "script": "1"}),
    spec(command={"type": "exec"}),
    spec(command={"type": "shell", "script": "echo \0"}),
    spec(image="Not An Image"),
    spec(env={"HODEI_X": {"value": "1"}}),
    spec(env={"1X": {"value": "1"}}),
    spec(resources={"cpu": 99}),
    spec(resources={"memory_mb": 1}),
    spec(timeout_ms=1),
    spec(priority="SOON"),
    spec(retry={"max_attempts": 99}),
    spec(labels={"a b": "c"}),
    spec(project="Not A Project"),
    spec(working_dir="relative"),
    spec(preferences={"provider": "nowhere"}),
    spec(resources={"gpus": 4}),
    spec(image="alpine:latest"),
    spec(name="", priority="SOON", timeout_ms=1),
]


@pytest.fixture
async def stub(server: Running) -> AsyncIterator[jobs_pb2_grpc.JobExecutionServiceAsyncStub]:
    """The same engine over gRPC."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield jobs_pb2_grpc.JobExecutionServiceStub(channel)


def given(value: str) -> str:
    """How gRPC shows a value."""
    return f" (given: {value})" if value else ""


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """The rich status of a failed call."""
    metadata: Any = error.trailing_metadata()
    for key, value in metadata:
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    raise AssertionError("the error has no details")


def rest_form(data: dict[str, Any]) -> dict[str, Any]:
    """A spec written for protobuf as REST takes it: environment values are plain text."""
    if "env" not in data:
        return data
    return {**data, "env": {name: value["value"] for name, value in data["env"].items()}}


@pytest.mark.parametrize("bad", BAD_SPECS, ids=lambda bad: str(bad)[:60])
async def test_rest_and_grpc_say_the_same(
    client: Client, stub: jobs_pb2_grpc.JobExecutionServiceAsyncStub, bad: dict[str, Any]
) -> None:
    problem = problem_of(await client.http.post("/jobs", json=rest_form(bad)))
    request = jobs_pb2.QueueJobRequest(spec=ParseDict(bad, jobs_pb2.JobSpec()))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.QueueJob(request)
    status = status_of(caught.value)
    info, request_faults = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info) and status.details[1].Unpack(request_faults)
    over_grpc = [(fault.field, fault.description) for fault in request_faults.field_violations]
    over_rest = [
        (
            fault["field"],
            fault["message"] + (f" (given: {fault['value']})" if fault["value"] else ""),
        )
        for fault in problem["violations"]
    ]
    assert over_rest == over_grpc
    assert (problem["code"].upper(), problem["detail"]) == (info.reason, status.message)


BAD_BODIES: list[tuple[bytes, dict[str, str], int, str]] = [
    (b"", JSON, 400, "is required: a JSON object"),
    (b"{", JSON, 400, "is not valid JSON at line 1, column 2"),
    (b'{"name": "x",}', JSON, 400, "is not valid JSON at line 1, column"),
    (b'{"name": "\xff"}', JSON, 400, "is not valid UTF-8 at byte 10"),
    (b'{"name": "a", "name": "b"}', JSON, 400, "an object has the key 'name' twice"),
    (b'{"timeout_ms": NaN}', JSON, 400, "NaN is not a JSON number"),
    (b'{"timeout_ms": -Infinity}', JSON, 400, "-Infinity is not a JSON number"),
    (b'{"timeout_ms": 1e999}', JSON, 400, "the number 1e999 is too large"),
    (b'{"timeout_ms": ' + b"9" * 5000 + b"}", JSON, 400, "a number with too many digits"),
    (b'{"env": ' * 40 + b"1" + b"}" * 40, JSON, 400, "nested deeper than 32 levels"),
    (b"[" * 100_000, JSON, 400, "nested deeper than 32 levels"),
    (b"[]", JSON, 400, "must be an object"),
    (b'{"name": "\\ud800"}', JSON, 400, "half of a surrogate pair"),
    (b"name: x", {"Content-Type": "application/yaml"}, 415, "Content-Type: application/json"),
    (b"{}", {}, 415, "given: none"),
    (b"{}", {"Content-Type": "application/json; charset=latin-1"}, 415, "send JSON in UTF-8"),
    (b"{}", JSON | {"Content-Encoding": "gzip"}, 415, "without Content-Encoding"),
    (b" " * ((1 << 20) + 1), JSON, 413, "must be at most 1048576 bytes"),
]


@pytest.mark.parametrize(("body", "headers", "status", "words"), BAD_BODIES)
async def test_bad_bodies(
    client: Client, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    answer = await client.http.post("/jobs", content=body, headers=headers)
    problem = problem_of(answer)
    assert (answer.status_code, words in problem["detail"]) == (status, True), problem
    codes = {400: "invalid_request", 413: "too_large", 415: "unsupported_media_type"}
    assert problem["code"] == codes[status]


async def test_a_body_without_a_length_is_bounded_too(client: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * (1 << 16)

    answer = await client.http.post("/jobs", content=endless(), headers=JSON)
    assert (answer.status_code, problem_of(answer)["code"]) == (413, "too_large")


BAD_QUERIES = [
    ("/jobs?stauts=FAILED", "stauts", "unknown query parameter; did you mean 'status'?"),
    ("/jobs?status=DONE", "status", "must be any of PENDING, ASSIGNED, RUNNING"),
    ("/jobs?limit=0", "limit", "must be a whole number between 1 and 1000"),
    ("/jobs?limit=5&limit=6", "limit", "must be given once"),
    ("/jobs?from=yesterday", "from", "must be a time such as"),
    ("/jobs?label=team", "label", "must look like name:value"),
    ("/jobs?q=%00", "q", "must not contain a NUL character"),
    ("/jobs?q=%ff", "query", "must be percent-encoded UTF-8"),
    ("/jobs?cursor=nonsense", "cursor", "is not a cursor of this list"),
    ("/jobs?q=" + "a" * 17_000, "query", "must be at most 16384 bytes"),
    ("/jobs/{job}/logs?from=0", "from", "other than 0"),
    ("/jobs/{job}/logs?limit=1001", "limit", "between 1 and 1000"),
    ("/jobs/{job}/logs/search?q=(a%2B)%2B&re=1", "q", "must not repeat or branch inside"),
    ("/jobs/{job}/logs/search?q=(&re=1", "q", "no valid regular expression"),
    ("/jobs/{job}/logs/search?level=LOUD", "level", "must be any of NONE, DEBUG"),
    ("/metrics/jobs?range=2h", "range", "must be one of 1h, 24h, 7d, 30d"),
    ("/metrics/jobs?range=1h&from=2026-01-01", "range", "does not go with from and to"),
    ("/metrics/jobs?from=2026-01-02&to=2026-01-01", "to", "must be after from"),
    ("/version?x=1", "x", "this request takes none"),
]


@pytest.mark.parametrize(("path", "field", "words"), BAD_QUERIES)
async def test_bad_queries(client: Client, path: str, field: str, words: str) -> None:
    job = await client.submit()
    answer = await client.http.get(path.replace("{job}", job["id"]))
    problem = problem_of(answer)
    [fault] = problem["violations"]
    assert (answer.status_code, problem["code"]) == (400, "invalid_request")
    assert (fault["field"], words in fault["message"]) == (field, True), fault


async def test_what_is_not_there(client: Client) -> None:
    job = f"/jobs/{GONE}"
    of_the_log = ("", "/search", "/view", "/marks", "/download", "/stream")
    paths = [
        *(f"{job}/logs{part}" for part in of_the_log),
        *(job + part for part in ("", "/explain", "/events", "/stats")),
        *("/jobs/zz", "/jobs/", "/providers/nobody", f"/workers/{GONE}", "/workers/x", "/nothing"),
    ]
    for path in paths:
        answer = await client.http.get(path)
        problem = problem_of(answer)
        assert (answer.status_code, problem["code"]) == (404, "not_found"), path
        assert problem["instance"] == f"/api/v1{path}"


async def test_methods(client: Client) -> None:
    for method, path, allow in (
        ("DELETE", "/jobs", "GET, HEAD, POST"),
        ("GET", "/jobs:bulk", "POST"),
        ("GET", f"/jobs/{GONE}:cancel", "POST"),
        ("PATCH", "/providers/x", "DELETE, GET, HEAD, PUT"),
    ):
        answer = await client.http.request(method, path)
        assert problem_of(answer)["code"] == "method_not_allowed"
        assert (answer.status_code, answer.headers["allow"]) == (405, allow)


async def test_credentials(client: Client) -> None:
    for header in ("Basic abc", "Bearer nobody", "Bearer"):
        answer = await client.http.get("/jobs", headers={"Authorization": header})
        assert (answer.status_code, problem_of(answer)["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (await client.http.get("/health", headers={"Authorization": "x"})).status_code == 200


async def test_an_unexpected_error_is_not_shown(
    client: Client, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(server.engine.queue, "status", explode)
    answer = await client.http.get("/queue", headers={"X-Correlation-Id": "trace-1"})
    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (500, "internal")
    assert problem["correlation_id"] == "trace-1"
    assert "hunter2" not in answer.text


async def test_a_database_that_does_not_answer(
    client: Client, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hodei.domain.errors import Unavailable

    async def away() -> float:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(type(server.engine.core.store), "ping", lambda _: away())
    answer = await client.http.get("/ready")
    assert (answer.status_code, problem_of(answer)["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert (await client.http.get("/health")).json() == {"status": "ok"}


async def test_correlation_ids(client: Client) -> None:
    kept = await client.http.get("/version", headers={"X-Correlation-Id": "a.b-c_1"})
    made = await client.http.get("/version")
    assert kept.headers["x-correlation-id"] == "a.b-c_1"
    assert len(made.headers["x-correlation-id"]) == 32
    for bad in ("a b", "a" * 65, ""):
        answer = await client.http.get("/version", headers={"X-Correlation-Id": bad})
        assert problem_of(answer)["violations"][0]["field"] == "X-Correlation-Id"


async def test_hosts_and_origins(client: Client, server: Running) -> None:
    for host in ("evil.example", "localhost.evil.example", "10.0.0.1:80"):
        answer = await client.http.get("/version", headers={"Host": host})
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "forbidden")
    for host in ("localhost", "LOCALHOST:1", "[::1]:80", "hodei.example.com"):
        assert (await client.http.get("/version", headers={"Host": host})).status_code == 200
    body = client.spec()
    for origin, status in (
        ("http://evil.example", 403),
        ("null", 403),
        (server.url, 201),
        ("https://ui.example.com", 201),
        ("http://ui.example.com", 403),
    ):
        answer = await client.http.post("/jobs", json=body, headers={"Origin": origin})
        assert answer.status_code == status, origin
        assert "access-control-allow-origin" not in answer.headers
    assert (await client.http.get("/jobs", headers={"Origin": "null"})).status_code == 200


async def test_security_headers(client: Client) -> None:
    for path in ("/version", "/nothing"):
        headers = (await client.http.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers and "date" in headers


async def test_fields_of_other_bodies(client: Client) -> None:
    job = await client.submit()
    for path, body, field in (
        (f"/jobs/{job['id']}:cancel", {"raeson": "x"}, "raeson"),
        (f"/jobs/{job['id']}:cancel", {"reason": 5}, "reason"),
        (f"/jobs/{job['id']}:cancel", {"reason": "a" * 501}, "reason"),
        (f"/jobs/{job['id']}:cancel", {"reason": "a\0b"}, "reason"),
        ("/jobs:cancel", {}, "job_ids"),
        ("/jobs:cancel", {"job_ids": []}, "job_ids"),
        ("/jobs:cancel", {"job_ids": ["abcd", 5]}, "job_ids[1]"),
        ("/jobs:bulk", {"jobs": []}, "jobs"),
        ("/jobs:bulk", {"job": []}, "body"),
        ("/jobs:bulk", {"jobs": [], "x": 1}, "x"),
        ("/providers", {"name": "a"}, "type"),
        ("/providers", {"name": "a", "type": "magic"}, "type"),
        ("/providers", {"name": "A b", "type": "process"}, "name"),
        ("/providers", {"name": "a", "type": "process", "warm": [{"cpu": 1}]}, "warm[0].size"),
    ):
        answer = await client.http.post(path, json=body)
        problem = problem_of(answer)
        assert answer.status_code == 400
        assert [fault["field"] for fault in problem["violations"]] == [field], path
    answer = await client.http.patch("/queue/settings", json={"aging_step_ms": -1})
    assert problem_of(answer)["violations"][0]["field"] == "aging_step_ms"


async def test_the_document_is_served(client: Client, server: Running) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/api/docs")).status_code == 404
        document = (await http.get("/api/v1/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert document["components"]["schemas"]["JobSpec"] == job_spec_schema()
    assert "LogBatch" in document["components"]["schemas"]
