"""Slow clients and many of them: nobody waits for them, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from hodei.engine.providers import Providers
from tests.integration.http.jobs import Client
from tests.integration.http.running import Running

LINES = 100_000
PAD = "x" * 250
"""So that all lines together do not fit into what the kernel keeps for a socket."""
Frame = dict[str, Any]


async def subscribe(socket: ClientConnection, *topics: str, since: int | None = None) -> None:
    """Asks for some topics."""
    for topic in topics:
        await socket.send(json.dumps({"op": "sub", "topic": topic, "since": since}))


async def until_end(socket: ClientConnection) -> list[Frame]:
    """Frames of the log up to its end."""
    frames: list[Frame] = []
    while not frames or frames[-1].get("op") != "end":
        frames.append(json.loads(await socket.recv()))
    return frames


def check_log(frames: list[Frame], total: int) -> int:
    """Every line once and in order, but for those that were said to be left out; how many."""
    following, skipped = 1, 0
    for frame in frames:
        if "data" not in frame:
            continue
        following += frame["data"].get("skipped", 0)
        skipped += frame["data"].get("skipped", 0)
        for line in frame["data"]["lines"]:
            assert (line["n"], line["m"]) == (following, f"{following} {PAD}")
            following += 1
    assert following == total + 1
    assert (frames[-1]["total"], frames[-1]["complete"]) == (total, True)
    return skipped


async def test_who_does_not_read_holds_up_nobody(client: Client, server: Running) -> None:
    address = f"{server.ws}/ws"
    async with (
        connect(address, max_queue=1, max_size=None, compression=None) as slow,
        connect(address, max_size=None, compression=None) as quick,
    ):
        job = await client.submit(f"seq 1 {LINES} | sed 's/$/ {PAD}/'")
        topic = f"logs:{job['id']}"
        await subscribe(slow, topic, since=1)
        await subscribe(quick, topic, since=1)
        assert check_log(await until_end(quick), LINES) == 0
        # Only now does the slow one read what the server kept for it, and the rest.
        skipped = check_log(await until_end(slow), LINES)
    assert 0 < skipped < LINES
    for line in (1, LINES // 2, LINES):
        found = await client.get(f"/jobs/{job['id']}/logs", **{"from": line, "limit": 1})
        assert found["lines"][0]["m"] == f"{line} {PAD}", "what was left out is there to be read"


async def test_many_clients_look_at_one_reading(
    client: Client, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty clients with four pages' topics each, while jobs come and go."""
    read = 0
    plain = Providers.all

    async def counted(self: Providers) -> Any:
        nonlocal read
        read += 1
        return await plain(self)

    monkeypatch.setattr(Providers, "all", counted)
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connect(f"{server.ws}/ws")) for _ in range(50)]
        began = time.monotonic()
        for socket in sockets:
            await subscribe(socket, "providers", "jobs", "queue", "workers")
        job = await client.submit("sleep 1", name="seen by all")
        seen = await asyncio.gather(*(_sees(socket, job["id"]) for socket in sockets))
        elapsed = time.monotonic() - began
    assert seen == ["SUCCEEDED"] * 50
    # Each client reads once when it comes; after that they share, twice a second at most.
    assert read <= 50 + 10 + 4 * elapsed, read


async def _sees(socket: ClientConnection, job_id: str) -> str:
    """The state in which a client sees the job end."""
    while True:
        frame = json.loads(await socket.recv())
        if frame.get("topic") != "jobs" or "data" not in frame:
            continue
        for row in frame["data"]["rows"]:
            if row["id"] == job_id and row["finished_at"] is not None:
                return str(row["state"])
