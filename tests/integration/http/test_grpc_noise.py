"""Whatever is sent to a gRPC method gets a refusal that is the sender's own, and harms nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from hodei.api.grpc.origin import source_from
from hodei.api.grpc.server import MAX_MESSAGE
from hodei.wire import gen
from hodei.wire.gen import scheduler_pb2
from tests.e2e.faults.hostile import CLIENT_FAULT
from tests.integration.http.running import Running
from tests.support.noise import garbage, messages

FILES = [
    import_module(f"{gen.__name__}.{found.name}")
    for found in iter_modules(gen.__path__)
    if found.name.endswith("_pb2")
]
ALL = [
    method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
OF_SERVERS = [each for each in ALL if each.containing_service.name == "RelayService"]
"""Those of a port of their own, which nobody but other servers can speak to."""
METHODS = [each for each in ALL if each not in OF_SERVERS]
FINE = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)
LISTENING_S = 15.0
"""A stream that has not ended by then was let in and waits for news."""
EACH = 30


@pytest.fixture
async def channel(fuzzed: Running) -> AsyncIterator[grpc.aio.Channel]:
    """To a server that runs nothing of what it is sent."""
    options = (("grpc.max_send_message_length", 64 << 20),)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{fuzzed.grpc_port}", options) as opened:
        yield opened


async def _end(
    channel: grpc.aio.Channel,
    method: MethodDescriptor,
    sent: bytes,
    *metadata: tuple[str, str],
    within_s: float = LISTENING_S,
) -> tuple[grpc.StatusCode, str]:
    """How the server ends a call."""
    while True:
        end = await _once(channel, method, sent, metadata, within_s)
        if end[1] != CLIENT_FAULT:
            return end


async def _once(
    channel: grpc.aio.Channel,
    method: MethodDescriptor,
    sent: bytes,
    metadata: Sequence[tuple[str, str]],
    within_s: float,
) -> tuple[grpc.StatusCode, str]:
    path = f"/{method.containing_service.full_name}/{method.name}"
    call: Any
    if method.client_streaming:
        call = channel.stream_stream(path, bytes, bytes)(iter([sent]), metadata=metadata)
    elif method.server_streaming:
        call = channel.unary_stream(path, bytes, bytes)(sent, metadata=metadata)
    else:
        call = channel.unary_unary(path, bytes, bytes)(sent, metadata=metadata)
    try:
        async with asyncio.timeout(within_s):
            if method.server_streaming:
                with suppress(grpc.aio.AioRpcError):
                    async for _ in call:
                        pass
            return await call.code(), await call.details() or ""
    except TimeoutError:
        call.cancel()
        return grpc.StatusCode.OK, ""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.full_name))
async def test_no_message_makes_a_method_fail(
    channel: grpc.aio.Channel, method: MethodDescriptor
) -> None:
    seed = str(method.full_name)
    sent = [*messages(method.input_type, seed, EACH), *garbage(seed)]
    ends = await asyncio.gather(*(_end(channel, method, each) for each in sent))
    failed = [
        (code.name, words, each[:80])
        for each, (code, words) in zip(sent, ends, strict=True)
        if code not in FINE
    ]
    assert not failed
    assert any(code is not grpc.StatusCode.OK for code, _ in ends), "nothing was refused"


@pytest.mark.parametrize("method", OF_SERVERS, ids=lambda method: str(method.full_name))
async def test_what_servers_ask_one_another_is_not_served_to_people(
    channel: grpc.aio.Channel, method: MethodDescriptor
) -> None:
    code, _ = await _end(channel, method, b"", ("authorization", "Bearer x"))
    assert code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.full_name))
async def test_without_a_credential_that_counts_nothing_is_read(
    channel: grpc.aio.Channel, method: MethodDescriptor
) -> None:
    if method.containing_service.name == "WorkerAgentService":
        key, values = "hodei-session", ["guess", "x" * 4000]
    else:
        key, values = "authorization", ["Bearer x", "Basic YTpi", "Bearer", "x" * 4000]
    for value in values:
        for sent in (b"", *garbage(value)):
            code, words = await _end(channel, method, sent, (key, value))
            refusals = {grpc.StatusCode.UNAUTHENTICATED}
            if key == "hodei-session":
                refusals.add(grpc.StatusCode.INVALID_ARGUMENT)
            assert code in refusals, (value[:20], sent[:20], words)
            assert "guess" not in words and "YTpi" not in words


async def test_a_message_that_is_too_large_is_refused_unread(
    channel: grpc.aio.Channel,
) -> None:
    large = b"x" * (MAX_MESSAGE + 1)
    for method in METHODS:
        if method.name not in ("QueueJobs", "SubscribeLogs", "Register"):
            continue
        code, _ = await _end(channel, method, large, within_s=20)
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED, method.full_name


async def test_the_server_is_as_well_as_before(
    channel: grpc.aio.Channel,
) -> None:
    method = scheduler_pb2.DESCRIPTOR.services_by_name["SchedulerService"].methods_by_name[
        "GetQueueStatus"
    ]
    assert (await _end(channel, method, b""))[0] is grpc.StatusCode.OK


@pytest.mark.parametrize(
    ("peer", "source"),
    [
        ("ipv4:10.0.0.9:50123", "10.0.0.9"),
        ("ipv6:%5B::1%5D:50123", "::1"),
        ("unix:", "unix"),
        ("unix:/run/agent.sock", "unix"),
    ],
)
def test_where_a_call_comes_from(peer: str, source: str) -> None:
    assert source_from(peer) == source
