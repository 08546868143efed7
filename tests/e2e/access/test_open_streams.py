"""Whoever loses a right loses what they hold open by it, on a real server and by every door."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncssh
import grpc
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hodei.client import AsyncClient
from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc
from tests.support.ports import free_port
from tests.support.server import ServerProcess, data_directory

PASSWORD = "correct horse battery staple"
AT_MOST_S = 5.0
"""What is promised without a hint; a hint is at once."""
SLACK_S = 25.0
"""For a loaded machine."""


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    """A server that nobody has set up yet."""
    settings = {"HODEI_SSH_PORT": str(free_port())}
    with data_directory() as directory, ServerProcess(directory, settings) as server:
        yield server


@dataclass(slots=True)
class Ana:
    """An operator of one project, and the administrator who may change that."""

    admin: httpx.AsyncClient
    token: str
    token_id: str

    @property
    def header(self) -> dict[str, str]:
        """What shows who she is."""
        return {"Authorization": f"Bearer {self.token}"}

    async def becomes(self, role: str) -> None:
        """Her role is another one."""
        answer = await self.admin.patch("/users/ana", json={"roles": {"default": role}})
        assert answer.status_code == 200, answer.text

    async def loses_her_token(self) -> None:
        """What she shows is worth nothing any more."""
        answer = await self.admin.delete(f"/tokens/{self.token_id}")
        assert answer.status_code == 204, answer.text


@pytest.fixture
async def ana(server: ServerProcess) -> AsyncIterator[Ana]:
    """Made by whoever set the server up."""
    base = f"{server.url}/api/v1"
    async with httpx.AsyncClient(base_url=base) as admin, httpx.AsyncClient(base_url=base) as own:
        root = {"name": "root", "password": PASSWORD}
        admin.headers["X-CSRF-Token"] = (await _done(admin, "/setup", root))["csrf_token"]
        user = {"name": "ana", "password": PASSWORD, "roles": {"default": "operator"}}
        await _done(admin, "/users", user)
        signed_in = await _done(own, "/session", {"name": "ana", "password": PASSWORD})
        own.headers["X-CSRF-Token"] = signed_in["csrf_token"]
        token = await _done(own, "/tokens", {"name": "laptop", "role": "operator"})
        yield Ana(admin, token["token"], token["id"])


async def _done(client: httpx.AsyncClient, path: str, body: Mapping[str, object]) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_terminals_end_with_the_role_and_the_rest_with_the_token(
    server: ServerProcess, ana: Ana
) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncClient(server.url, token=ana.token))
        job = await client.submit(name="held", command="echo started; sleep 600")
        async for _ in client.logs(job):
            break
        ws = server.url.replace("http", "ws", 1) + "/api/v1"
        terminal = f"{ws}/jobs/{job.id}/terminal?tty=0&command=cat"
        shell = await stack.enter_async_context(connect(terminal, additional_headers=ana.header))
        await shell.send(b"hello\n")
        assert b"hello" in await shell.recv()
        ssh = await stack.enter_async_context(_entered(server, job.id, ana.token))
        cat = await ssh.create_process("echo in; cat")
        assert (await cat.stdout.readline()).strip() == "in"
        live = await stack.enter_async_context(connect(f"{ws}/ws", additional_headers=ana.header))
        await live.send(json.dumps({"op": "sub", "topic": f"job:{job.id}"}))
        assert json.loads(await live.recv())["topic"] == f"job:{job.id}"
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(server.grpc_target))
        events: Any = jobs_pb2_grpc.JobExecutionServiceStub(channel).ExecutionEventStream(
            jobs_pb2.ExecutionEventStreamRequest(job_id=job.id),
            metadata=(("authorization", f"Bearer {ana.token}"),),
        )
        told = aiter(events)
        assert (await anext(told)).kind == "job.submitted"

        began = time.monotonic()
        await ana.becomes("viewer")
        assert await _closed(shell) == 4403
        assert "may not: terminal.open" in await cat.stderr.read()
        assert (await cat.wait()).exit_status not in (0, None)
        assert time.monotonic() - began < AT_MOST_S + SLACK_S
        assert (await client.get(job)).id == job.id, "a viewer still reads"

        began = time.monotonic()
        await ana.loses_her_token()
        assert await _closed(live) == 4401
        assert await _status(told) is grpc.StatusCode.UNAUTHENTICATED
        assert time.monotonic() - began < AT_MOST_S + SLACK_S
    with pytest.raises(asyncssh.PermissionDenied):
        async with _entered(server, job.id, ana.token):
            pass
    query = {"actor": "ana", "action": "terminal.open", "result": "denied"}
    rows = (await ana.admin.get("/audit", params=query)).json()["items"]
    assert {row["interface"] for row in rows} == {"websocket", "ssh"}


def _entered(server: ServerProcess, job: str, token: str) -> Any:
    return asyncssh.connect(
        "127.0.0.1",
        server.ssh_port,
        username=job,
        password=token,
        known_hosts=None,
        client_keys=None,
        agent_path=None,
        config=None,
    )


async def _closed(socket: ClientConnection) -> int:
    """The code with which it is closed."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 90)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


async def _status(call: Any) -> grpc.StatusCode:
    try:
        async for _ in call:
            pass
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK
