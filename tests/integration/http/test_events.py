"""Live topics as server-sent events: the WebSocket's frames, for where it cannot pass."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from hodei.api.http import event_stream
from tests.integration.http.jobs import Client, problem_of
from tests.integration.http.running import Running

Frame = dict[str, Any]


@asynccontextmanager
async def listening(
    http: httpx.AsyncClient, *topics: str, **query: int
) -> AsyncIterator[AsyncIterator[Frame]]:
    """Frames of some topics."""
    params: dict[str, list[str] | int] = {"topic": list(topics), **query}
    async with http.stream("GET", "/events", params=params) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        yield _frames(answer)


async def _frames(answer: httpx.Response) -> AsyncIterator[Frame]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_states_come_at_once_and_again_when_they_change(client: Client) -> None:
    async with listening(client.http, "summary", "provider:local") as frames:
        first = await anext(frames)
        assert first["op"] == "ping" and first["at"]
        both = [await anext(frames), await anext(frames)]
        seen = {frame["topic"]: frame["data"] for frame in both}
        assert seen["summary"]["jobs"]["total"] >= 0
        assert seen["provider:local"]["enabled"] is True
        await client.http.post("/providers/local:disable")
        try:
            while (frame := await anext(frames))["topic"] != "provider:local":
                pass
            assert frame["data"]["enabled"] is False
            assert frame["seq"] == 2
        finally:
            await client.http.post("/providers/local:enable")


async def test_a_log_is_resumed_and_ends_the_stream(client: Client) -> None:
    job = await client.ran("seq 1 3000")
    async with listening(client.http, f"logs:{job['id']}", since=2995) as frames:
        got = [frame async for frame in frames if frame.get("op") != "ping"]
    numbers = [line["n"] for frame in got if "data" in frame for line in frame["data"]["lines"]]
    assert numbers == list(range(2995, 3001))
    assert (got[-1]["op"], got[-1]["total"], got[-1]["complete"]) == ("end", 3000, True)
    async with listening(client.http, f"logs:{job['id']}") as frames:
        tail = [frame async for frame in frames if "data" in frame]
    assert tail[0]["data"]["lines"][0]["n"] == 2801


async def test_what_cannot_be_had_is_an_error_frame_or_a_refusal(client: Client) -> None:
    async with listening(client.http, "job:zzzz") as frames:
        got = [frame async for frame in frames if frame.get("op") != "ping"]
    assert [(frame["op"], frame["code"]) for frame in got] == [("error", "not_found")]
    for query in ("", "topic=weather", "topic=jobs&since=-1", "&".join(["topic=jobs:"] * 9)):
        refused = await client.http.get(f"/events?{query}")
        assert problem_of(refused)["code"] == "invalid_request", query


async def test_it_pings_and_lets_go_of_who_signed_out(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "KEEP_ALIVE_S", 0.05)
    async with httpx.AsyncClient(base_url=server.api, timeout=60) as http:
        csrf = (await http.post("/session", json={"token": "dev-ana"})).json()["csrf_token"]
        async with listening(http, "queue") as frames:
            pings = 0
            while pings < 3:
                pings += (await anext(frames)).get("op") == "ping"
            async with httpx.AsyncClient(base_url=server.api, cookies=http.cookies) as tab:
                await tab.delete("/session", headers={"X-CSRF-Token": csrf})
            last = [frame async for frame in frames][-1]
    assert (last["op"], last["code"]) == ("error", "unauthenticated")


async def test_a_client_that_goes_leaves_nothing_behind(client: Client, server: Running) -> None:
    live = server.engine.live
    before = live.watchers
    for _ in range(3):
        async with listening(client.http, "summary", "jobs") as frames:
            await anext(frames)
            await anext(frames)
    job = await client.ran("true")
    assert job["state"] == "SUCCEEDED"
    await client.until("/summary", lambda _: live.watchers <= before)
