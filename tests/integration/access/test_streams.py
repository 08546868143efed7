"""What is open when a right ends, ends with it: at once by a hint, within seconds without."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import grpc
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hodei.domain.access.roles import Role
from hodei.domain.audit import Result
from hodei.engine import standing
from hodei.engine.access import recognition
from hodei.ports.audit import AuditFilter
from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc, logs_pb2, logs_pb2_grpc
from tests.integration.access.installation import (
    OURS,
    THEIRS,
    Installation,
    bearer,
    metadata,
)

Change = Callable[[Installation], Awaitable[None]]


async def no_role(place: Installation) -> None:
    """The right is gone, the credential is not."""
    await place.set_roles("viewer", {THEIRS: Role.VIEWER})


async def no_credential(place: Installation) -> None:
    """Signed out, revoked, expired."""
    await place.set_roles("viewer", None)


@asynccontextmanager
async def topics(place: Installation, *names: str) -> AsyncIterator[ClientConnection]:
    """A socket of the viewer on which these have begun."""
    async with connect(f"{place.ws}/ws", additional_headers=bearer("viewer")) as socket:
        for name in (*names, "no such"):
            await socket.send(json.dumps({"op": "sub", "topic": name}))
        while (await frame_of(socket)).get("op") != "error":
            pass
        yield socket


async def frame_of(socket: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    return dict(json.loads(await socket.recv()))


async def test_topics_of_a_job_end(place: Installation) -> None:
    job = (await place.job()).id
    names = [f"{kind}:{job}" for kind in ("job", "logs", "stats")]
    async with topics(place, *names, "providers") as socket:
        await no_role(place)
        ended: dict[str, str] = {}
        while len(ended) < len(names):
            frame = await frame_of(socket)
            if frame.get("op") == "error":
                ended[frame["topic"]] = frame["code"]
        assert ended == dict.fromkeys(names, "not_found")
        await socket.send(json.dumps({"op": "sub", "topic": "queue"}))
        while (await frame_of(socket)).get("topic") != "queue":
            pass  # whoever has a role left goes on


async def test_what_depends_on_projects_begins_anew(place: Installation) -> None:
    await place.job(THEIRS)
    async with topics(place, "summary") as socket:
        await place.set_roles("viewer", {OURS: Role.VIEWER, THEIRS: Role.VIEWER})
        while (await frame_of(socket)).get("op") != "resync":
            pass
        while (frame := await frame_of(socket)).get("topic") != "summary":
            pass
        assert frame["data"]["jobs"]["total"] == 1


async def test_without_a_role_no_topic_is_left(place: Installation) -> None:
    async with topics(place, "summary", "jobs", "workers") as socket:
        await place.set_roles("viewer", {})
        ended: set[str] = set()
        while len(ended) < 3:
            frame = await frame_of(socket)
            if frame.get("op") == "error":
                assert frame["code"] == "forbidden"
                ended.add(frame["topic"])


async def test_the_socket_closes_with_its_credential(place: Installation) -> None:
    async with topics(place, "summary") as socket:
        await no_credential(place)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_a_look_every_few_seconds_suffices(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "RECHECK_S", 0.05)
    monkeypatch.setattr(recognition, "REMEMBERED", timedelta(milliseconds=50))
    async with topics(place, "summary") as socket:
        store = place.engine.core.store
        user = await place.engine.access.users.get("viewer")
        [token] = await store.list_tokens(user.id)
        assert await store.delete_token(token.id)  # and nobody says so
        with pytest.raises(ConnectionClosed):
            while True:
                await socket.recv()


@pytest.mark.parametrize(
    ("change", "code"), [(no_role, "not_found"), (no_credential, "unauthenticated")]
)
async def test_server_sent_events_end(place: Installation, change: Change, code: str) -> None:
    job = (await place.job()).id
    paths = (f"/events?topic=job:{job}", f"/jobs/{job}/logs/stream")
    async with httpx.AsyncClient(base_url=place.api, headers=bearer("viewer")) as client:
        told = [asyncio.create_task(_until_over(client, path)) for path in paths]
        await _opened(place, len(paths))
        await change(place)
        for text in await asyncio.gather(*told):
            last = [line for line in text.splitlines() if line.startswith("data: ")][-1]
            assert json.loads(last.removeprefix("data: "))["code"] == code
    denied = await _denials(place)
    assert len(denied) >= len(paths)
    assert {row.code for row in denied} == {code}


async def _until_over(client: httpx.AsyncClient, path: str) -> str:
    return (await client.get(path, timeout=90)).text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (no_role, grpc.StatusCode.NOT_FOUND),
        (no_credential, grpc.StatusCode.UNAUTHENTICATED),
    ],
)
async def test_grpc_streams_end(place: Installation, change: Change, code: grpc.StatusCode) -> None:
    job = str((await place.job()).id)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{place.grpc_port}") as channel:
        events = jobs_pb2_grpc.JobExecutionServiceStub(channel).ExecutionEventStream(
            jobs_pb2.ExecutionEventStreamRequest(job_id=job), metadata=metadata("viewer")
        )
        lines = logs_pb2_grpc.LogStreamServiceStub(channel).SubscribeLogs(
            logs_pb2.SubscribeLogsRequest(job_id=job), metadata=metadata("viewer")
        )
        told = [asyncio.create_task(_status(call)) for call in (events, lines)]
        await _opened(place, len(told))
        await change(place)
        assert await asyncio.gather(*told) == [code, code]


async def _status(call: Any) -> grpc.StatusCode:
    try:
        async for _ in call:
            pass
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def _opened(place: Installation, streams: int) -> None:
    """Until so many wait for their rights to end."""
    while place.engine.standing.waiting < streams:
        await asyncio.sleep(0.01)


async def _denials(place: Installation) -> list[Any]:
    await place.engine.audit.flush(everything=True)
    page = await place.engine.audit.page(AuditFilter(result=Result.DENIED), limit=100)
    return list(page.items)
