"""The socket that containers get to see serves agents and nothing else."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from stat import S_IMODE
from time import monotonic
from uuid import uuid4

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from hodei.agent.messages import WORKER_STREAM
from hodei.agent.rpc import Channel
from hodei.wire import gen
from hodei.wire.gen import worker_pb2
from hodei.wire.gen import worker_pb2_grpc as worker_grpc
from tests.e2e.faults.site import Site, new_site
from tests.support.observer import Observer, shell
from tests.support.server import hodei_command

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

CALLERS = 1500
"""The library would refuse from the thousandth waiting call on."""
SOFT, HARD = 400, 4096
"""Descriptors that the server is started with and may take."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """Started as by a shell that allows few descriptors."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = f'ulimit -S -n {SOFT} && ulimit -H -n {HARD} && exec "$@"'
    command = ["sh", "-c", few, "sh", *hodei_command("serve")]
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        with new_site(command=command) as site:
            yield site
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


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


def answers(socket: Path, server: int) -> Counter[int]:
    """Codes that callers get who all called while the server could not hear."""
    os.kill(server, signal.SIGSTOP)
    try:
        channels = [Channel(f"unix:{socket}") for _ in range(CALLERS)]
        streams = []
        for channel in channels:
            channel.connect(60)
            streams.append(channel.open_stream(WORKER_STREAM, (("hodei-session", "guess"),)))
            channel.on_writable()
    finally:
        os.kill(server, signal.SIGCONT)
    codes = Counter[int]()
    for channel, stream in zip(channels, streams, strict=True):
        while (status := stream.status()) is None:
            assert channel.drive(monotonic() + 60), f"{codes} and then no answer"
        codes[status[0]] += 1
        channel.close()
    return codes


async def test_when_a_server_comes_back_all_agents_may_call_at_once(shared: Site) -> None:
    codes = await asyncio.to_thread(answers, shared.agent_socket, shared.pid)
    assert codes == {grpc.StatusCode.UNAUTHENTICATED.value[0]: CALLERS}


async def test_a_server_takes_the_descriptors_it_may_have_and_jobs_get_what_it_was_given(
    shared: Site, watcher: Observer
) -> None:
    assert resource.prlimit(shared.pid, resource.RLIMIT_NOFILE) == (HARD, HARD)
    job_id = await watcher.submit(shell("ulimit -S -n; ulimit -H -n"))
    await watcher.finished(job_id)
    assert (await watcher.log(job_id)).text == [str(SOFT), str(HARD)]
