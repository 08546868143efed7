"""The socket that containers get to see serves agents and nothing else."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from stat import S_IMODE
from uuid import uuid4

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from hodei.wire import gen
from hodei.wire.gen import worker_pb2
from hodei.wire.gen import worker_pb2_grpc as worker_grpc
from tests.e2e.faults.site import Site

FILES = [
    *(
        import_module(f"{gen.__name__}.{found.name}")
        for found in iter_modules(gen.__path__)
        if found.name.endswith("_pb2") and found.name != "worker_pb2"
    ),
    health_pb2,
    reflection_pb2,
]
METHODS = [
    f"/{service.full_name}/{method.name}"
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]


def mode(path: Path) -> int:
    """Its permissions."""
    return S_IMODE(path.stat().st_mode)


async def test_every_other_service_is_unknown_there(shared: Site) -> None:
    assert len(METHODS) > 20
    async with grpc.aio.insecure_channel(f"unix:{shared.agent_socket}") as channel:
        for method in METHODS:
            call = channel.unary_unary(method, bytes, bytes)(b"")
            code, words = await call.code(), await call.details()
            assert code is grpc.StatusCode.UNIMPLEMENTED, (method, words)


async def test_the_workers_own_asks_for_a_password_or_a_session(shared: Site) -> None:
    async with grpc.aio.insecure_channel(f"unix:{shared.agent_socket}") as channel:
        service = worker_grpc.WorkerAgentServiceStub(channel)
        request = worker_pb2.RegisterRequest(worker_id=str(shared.pid), otp="guess")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await service.Register(request)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        request = worker_pb2.RegisterRequest(worker_id=str(uuid4()), otp="guess")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await service.Register(request)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        # A stream that says nothing: one that speaks may be reset before it hears the answer.
        stream = service.WorkerStream(iter(()), metadata=(("hodei-session", "guess"),))
        assert await stream.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_any_user_of_a_container_and_no_other_of_this_machine(shared: Site) -> None:
    path = shared.agent_socket
    assert mode(path) == 0o666
    assert mode(path.parent) == 0o755
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert mode(path.parent.parent) == 0o700
