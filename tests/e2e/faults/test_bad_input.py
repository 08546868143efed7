"""Bad input over gRPC: one clear status each time, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from hodei.wire.gen import jobs_pb2, logs_pb2, metrics_pb2, providers_pb2, scheduler_pb2
from tests.e2e.faults.site import Site
from tests.support.observer import SUCCEEDED, Observer, refused, shell

CODE = grpc.StatusCode
JOBS = "/hodei.v1.JobExecutionService/"
LOGS = "/hodei.v1.LogStreamService/"
NO_MESSAGE = b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff"
INVALID_TEXT = b"\x0a\x04\xff\xfe\xc3\x28"
"""Field 1, four bytes that no text begins with."""


def _violations(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """What the google.rpc details say: field -> description."""
    trailers = cast(Iterable[tuple[str, str | bytes]], error.trailing_metadata())
    packed = dict(trailers)["grpc-status-details-bin"]
    assert isinstance(packed, bytes)
    status = status_pb2.Status.FromString(packed)
    found: dict[str, str] = {}
    for detail in status.details:
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            found |= {one.field: one.description for one in bad.field_violations}
    return found


def _same(data: bytes) -> bytes:
    return data


async def _raw(watcher: Observer, method: str, message: bytes) -> None:
    call = (await watcher.channel()).unary_unary(method, _same, _same)
    await call(message, timeout=60)


async def _raw_stream(watcher: Observer, method: str, message: bytes) -> None:
    call = (await watcher.channel()).unary_stream(method, _same, _same)
    async for _ in call(message, timeout=60):
        continue


async def _unchanged(watcher: Observer, before: set[str]) -> None:
    assert {job.id for job in await watcher.list_all()} == before
    job = await watcher.finished(await watcher.submit(shell("echo fine")))
    assert job.state == SUCCEEDED


@pytest.mark.parametrize(
    "message",
    [NO_MESSAGE, b"\xff" * 100, b"\x0b", INVALID_TEXT],
    ids=["cut off", "noise", "open group", "no UTF-8"],
)
@pytest.mark.parametrize("method", [JOBS + "GetJob", JOBS + "CancelJob", LOGS + "GetLogs"])
async def test_no_message(shared: Site, watcher: Observer, method: str, message: bytes) -> None:
    before = {job.id for job in await watcher.list_all()}
    async with refused(CODE.INVALID_ARGUMENT) as error:
        await _raw(watcher, method, message)
    assert "protobuf" in (error[0].details() or "")
    await _unchanged(watcher, before)


async def test_no_message_to_a_stream(shared: Site, watcher: Observer) -> None:
    async with refused(CODE.INVALID_ARGUMENT):
        await _raw_stream(watcher, LOGS + "SubscribeLogs", NO_MESSAGE)


async def test_no_text_inside_a_spec(shared: Site, watcher: Observer) -> None:
    before = {job.id for job in await watcher.list_all()}
    good = jobs_pb2.QueueJobRequest(spec=shell("echo ABCDEFGH")).SerializeToString()
    async with refused(CODE.INVALID_ARGUMENT):
        await _raw(
            watcher,
            JOBS + "QueueJob",
            good.replace(b"ABCDEFGH", b"\xff\xfe\xc3\x28\xa0\xa1\x80\x80"),
        )
    await _unchanged(watcher, before)


async def test_too_large(shared: Site, watcher: Observer) -> None:
    before = {job.id for job in await watcher.list_all()}
    async with refused(CODE.RESOURCE_EXHAUSTED):
        await watcher.submit(shell("#" * (17 << 20)))
    async with refused(CODE.INVALID_ARGUMENT) as error:
        await watcher.submit(shell("#" * ((256 << 10) + 1)))
    assert "command.script" in _violations(error[0])
    async with refused(CODE.INVALID_ARGUMENT) as error:
        await watcher.submit_many([shell("true")] * 1001)
    assert "1000" in (error[0].details() or "")
    await _unchanged(watcher, before)


async def test_every_bad_field_is_named(shared: Site, watcher: Observer) -> None:
    before = {job.id for job in await watcher.list_all()}
    spec = shell("echo \0 nul", timeout_ms=1)
    spec.name = "x" * 201
    spec.priority = "URGENT"
    spec.resources.cpu = -1
    spec.network = "wide open"
    spec.env["1 bad"].value = "x"
    spec.retry.on.append("whim")
    async with refused(CODE.INVALID_ARGUMENT) as error:
        await watcher.submit(spec)
    found = _violations(error[0])
    for field in ("name", "command.script", "priority", "resources.cpu", "network", "timeout_ms"):
        assert field in found, found
    assert any(field.startswith("env") for field in found), found
    assert any(field.startswith("retry.on") for field in found), found
    assert "URGENT" in found["priority"] and "HIGH" in found["priority"]
    await _unchanged(watcher, before)


async def test_one_bad_job_of_many_refuses_all(shared: Site, watcher: Observer) -> None:
    before = {job.id for job in await watcher.list_all()}
    async with refused(CODE.INVALID_ARGUMENT) as error:
        await watcher.submit_many([shell("true"), shell(""), shell("true")])
    assert set(_violations(error[0])) == {"jobs[1].command.script"}
    await _unchanged(watcher, before)


@pytest.mark.parametrize(
    "job_id",
    ["00000000-0000-4000-8000-000000000000", "ffffffff", "", "x", "../..", "\0", "0" * 5000],
)
async def test_jobs_that_there_are_not(shared: Site, watcher: Observer, job_id: str) -> None:
    calls: list[tuple[str, Message]] = [
        (JOBS + "GetJob", jobs_pb2.GetJobRequest(job_id=job_id)),
        (JOBS + "CancelJob", jobs_pb2.CancelJobRequest(job_id=job_id)),
        (JOBS + "RetryJob", jobs_pb2.RetryJobRequest(job_id=job_id)),
        (LOGS + "GetLogs", logs_pb2.GetLogsRequest(job_id=job_id)),
        (LOGS + "SearchLogs", logs_pb2.SearchLogsRequest(job_id=job_id, text="x")),
        (
            "/hodei.v1.SchedulerService/ExplainJob",
            scheduler_pb2.ExplainJobRequest(job_id=job_id),
        ),
        (
            "/hodei.v1.MetricsService/GetAttemptStats",
            metrics_pb2.GetAttemptStatsRequest(job_id=job_id),
        ),
    ]
    for method, request in calls:
        async with refused(CODE.NOT_FOUND):
            await _raw(watcher, method, request.SerializeToString())
    streams: list[tuple[str, Message]] = [
        (LOGS + "SubscribeLogs", logs_pb2.SubscribeLogsRequest(job_id=job_id)),
        (JOBS + "ExecutionEventStream", jobs_pb2.ExecutionEventStreamRequest(job_id=job_id)),
    ]
    for method, request in streams:
        async with refused(CODE.NOT_FOUND):
            await _raw_stream(watcher, method, request.SerializeToString())


async def test_bad_ranges_and_searches(shared: Site, watcher: Observer) -> None:
    job_id = await watcher.submit(shell("echo one"))
    await watcher.finished(job_id)
    for method, request in (
        ("GetLogs", logs_pb2.GetLogsRequest(job_id=job_id, limit=1_000_000)),
        ("SearchLogs", logs_pb2.SearchLogsRequest(job_id=job_id, text="(", regex=True)),
        ("SearchLogs", logs_pb2.SearchLogsRequest(job_id=job_id, text="x", levels=["LOUD"])),
        ("SearchLogs", logs_pb2.SearchLogsRequest(job_id=job_id, text="x", stream="stdin")),
    ):
        async with refused(CODE.INVALID_ARGUMENT) as error:
            await _raw(watcher, LOGS + method, request.SerializeToString())
        assert _violations(error[0])
    for request in (
        logs_pb2.GetLogsRequest(job_id=job_id, from_line=(1 << 64) - 1),
        logs_pb2.GetLogsRequest(job_id=job_id, from_line=2),
    ):
        found = await (await watcher.logs()).GetLogs(request)
        assert list(found.lines) == []
    async with refused(CODE.NOT_FOUND):
        await _raw(
            watcher,
            LOGS + "GetLogs",
            logs_pb2.GetLogsRequest(job_id=job_id, attempt=(1 << 32) - 1).SerializeToString(),
        )
    for job_filter in (
        jobs_pb2.ListJobsRequest(page_size=(1 << 32) - 1),
        jobs_pb2.ListJobsRequest(page_token="no token"),
        jobs_pb2.ListJobsRequest(sort="colour"),
    ):
        async with refused(CODE.INVALID_ARGUMENT):
            await _raw(watcher, JOBS + "ListJobs", job_filter.SerializeToString())
    async with refused(CODE.INVALID_ARGUMENT):
        await _raw(watcher, JOBS + "ListJobs", b"\x12\x01\x63")  # states: 99


async def test_credentials_and_methods(shared: Site, watcher: Observer) -> None:
    stub = await watcher.jobs()
    for header in ("Bearer stolen", "Basic eDp5", "Bearer"):
        async with refused(CODE.UNAUTHENTICATED):
            await stub.ListJobs(
                jobs_pb2.ListJobsRequest(), metadata=(("authorization", header),), timeout=60
            )
    async with refused(CODE.UNIMPLEMENTED):
        await _raw(watcher, JOBS + "DropTables", b"")


async def test_provider_settings(shared: Site, watcher: Observer) -> None:
    for settings in ("{", "[]", '{"max_workers": -1}', '{"no such": 1}', "\0"):
        async with refused(CODE.INVALID_ARGUMENT):
            await watcher.configure_local(settings)
    async with refused(CODE.NOT_FOUND):
        await _raw(
            watcher,
            "/hodei.v1.ProviderManagementService/GetProvider",
            providers_pb2.GetProviderRequest(provider="nobody").SerializeToString(),
        )
    assert (await watcher.finished(await watcher.submit(shell("true")))).state == SUCCEEDED
