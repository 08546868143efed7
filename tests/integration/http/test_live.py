"""Live topics and terminals over WebSockets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from hodei.api.http.websocket import log_feed, pace
from tests.integration.http.jobs import Client
from tests.integration.http.running import Running
from tests.support.gate import Gate

Frame = dict[str, Any]


async def send(socket: ClientConnection, **frame: object) -> None:
    """One client frame."""
    await socket.send(json.dumps(frame))


async def receive(socket: ClientConnection) -> Frame:
    """The next frame that is not a ping: those come whenever it takes long."""
    while (frame := dict(json.loads(await socket.recv()))).get("op") == "ping":
        pass
    return frame


async def frames_until_end(socket: ClientConnection) -> list[Frame]:
    """Frames up to and with the first end."""
    frames = [await receive(socket)]
    while frames[-1].get("op") != "end":
        frames.append(await receive(socket))
    return frames


def lines_of(frames: list[Frame]) -> list[tuple[int, str]]:
    """Numbers and texts of all lines."""
    return [(line["n"], line["m"]) for f in frames if "data" in f for line in f["data"]["lines"]]


async def test_a_log_from_its_first_line_to_its_end(client: Client, server: Running) -> None:
    job = await client.submit("for i in 1 2 3 4; do echo line $i; sleep 0.05; done")
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=f"logs:{job['id']}", since=1)
        frames = await frames_until_end(socket)
    assert lines_of(frames) == [(n, f"line {n}") for n in range(1, 5)]
    data = [frame for frame in frames if "data" in frame]
    assert [frame["seq"] for frame in data] == list(range(1, len(data) + 1))
    assert data[-1]["data"]["ended"]["complete"] is True
    end = frames[-1]
    log = await client.get(f"/jobs/{job['id']}/logs")
    assert (end["total"], end["complete"], end["sha256"]) == (4, True, log["sha256"])


async def test_a_log_is_resumed_at_a_line(client: Client, server: Running) -> None:
    job = await client.ran("seq 1 5000")
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=f"logs:{job['id']}:1", since=4990)
        rest = lines_of(await frames_until_end(socket))
        await send(socket, op="sub", topic=f"logs:{job['id']}")
        tail = lines_of(await frames_until_end(socket))
        await send(socket, op="sub", topic=f"logs:{job['id']}", since=1)
        everything = lines_of(await frames_until_end(socket))
    assert rest == [(n, str(n)) for n in range(4990, 5001)]
    assert tail == [(n, str(n)) for n in range(4801, 5001)]
    assert everything == [(n, str(n)) for n in range(1, 5001)]


async def test_a_log_goes_through_retries(client: Client, server: Running, tmp_path: Path) -> None:
    # A topic begins with the newest attempt: the first may only end once it is followed.
    gate = Gate(tmp_path)
    retry = {"max_attempts": 2, "backoff": {"initial_ms": 0, "jitter": 0}}
    job = await client.submit(f"echo try; {gate.wait}; exit 1", retry=retry)
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=f"logs:{job['id']}", since=1)
        first = await receive(socket)
        gate.open()
        frames = [first, *await frames_until_end(socket)]
    ended = [f["data"]["attempt"] for f in frames if "data" in f and "ended" in f["data"]]
    assert (ended, frames[-1]["attempt"]) == ([1, 2], 2)


async def test_a_client_that_lags_gets_the_newest_lines(
    client: Client, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await client.ran("seq 1 20000")
    monkeypatch.setattr(log_feed, "SLOW_S", -1.0)  # every batch counts as a slow one
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=f"logs:{job['id']}", since=1)
        frames = await frames_until_end(socket)
    [tick] = [f["data"] for f in frames if f.get("data", {}).get("skipped")]
    numbers = [n for n, _ in lines_of(frames)]
    assert (numbers[0], numbers[-1]) == (1, 20_000)
    assert tick["skipped"] == 20_000 - len(numbers) > 10_000
    assert ([line["n"] for line in tick["lines"]], tick["total"]) == (
        list(range(19_801, 20_001)),
        20_000,
    )
    assert frames[-1]["total"] == 20_000


async def test_a_job_is_followed_to_its_end(
    client: Client, server: Running, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    job = await client.submit(gate.wait)
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=f"job:{job['id']}")
        frames = [await receive(socket)]
        while frames[-1]["data"]["state"] != "RUNNING":
            frames.append(await receive(socket))
        gate.open()
        frames += await frames_until_end(socket)
    states = [frame["data"]["state"] for frame in frames[:-1]]
    assert states[-1] == "SUCCEEDED"
    assert frames[-2]["data"]["attempts"][-1]["phase"] == "DONE"


async def test_rows_of_changed_jobs(client: Client, server: Running) -> None:
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic="jobs")
        await send(socket, op="sub", topic="queue")
        assert (await receive(socket))["topic"] in ("jobs", "queue")
        job = await client.submit("true", name="watched")
        while True:
            frame = await receive(socket)
            if frame["topic"] != "jobs" or "data" not in frame:
                continue
            rows = {row["id"]: row for row in frame["data"]["rows"]}
            if rows.get(job["id"], {}).get("state") == "SUCCEEDED":
                break
    assert rows[job["id"]]["name"] == "watched"


@pytest.mark.parametrize("topic", ["jobs", "schedules"])
async def test_whoever_begins_to_listen_is_told_to_read(
    client: Client, server: Running, topic: str
) -> None:
    """Rows only come as changes: what changed since a page was read and before it listened is
    in none of them, also when others listen already."""
    for _ in range(2):
        async with connect(f"{server.ws}/ws") as first, connect(f"{server.ws}/ws") as second:
            for socket in (first, second):
                await send(socket, op="sub", topic=topic)
                assert await receive(socket) == {"topic": topic, "op": "resync"}


@pytest.mark.parametrize(
    ("topic", "key"),
    [
        ("summary", "jobs"),
        ("providers", "items"),
        ("provider:local", "capabilities"),
        ("workers", "items"),
        ("queue", "pending"),
    ],
)
async def test_states_come_at_once(server: Running, topic: str, key: str) -> None:
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=topic)
        frame = await receive(socket)
    assert (frame["topic"], frame["seq"]) == (topic, 1)
    assert key in frame["data"]


async def test_a_state_comes_again_when_it_changes(client: Client, server: Running) -> None:
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic="provider:local")
        assert (await receive(socket))["data"]["enabled"] is True
        await client.http.post("/providers/local:disable")
        try:
            while (await receive(socket))["data"]["enabled"]:
                pass
        finally:
            await client.http.post("/providers/local:enable")
        while not (await receive(socket))["data"]["enabled"]:
            pass


async def test_samples_come_live(client: Client, server: Running) -> None:
    job = await client.running("sleep 600")
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=f"stats:{job['id']}")
        frame = await receive(socket)
        assert frame["data"]["points"][0]["processes"] >= 1
        await client.http.post(f"/jobs/{job['id']}:cancel")
        assert (await frames_until_end(socket))[-1]["op"] == "end"


async def test_what_is_refused(client: Client, server: Running) -> None:
    # They wait or run for as long as the test looks: their topics stay.
    made = await client.http.post("/jobs:bulk", json={"jobs": [client.spec("sleep 600")] * 65})
    jobs = made.json()["job_ids"]
    # While it subscribes it reads nothing.
    async with connect(f"{server.ws}/ws", max_queue=None) as socket:
        for frame, words in (
            ("{", "is not valid JSON"),
            ("[]", "must be an object"),
            ('{"op": "sub"}', "topic: must be text"),
            ('{"op": "jump", "topic": "jobs"}', "op: must be sub or unsub"),
            ('{"op": "sub", "topic": "weather"}', "must be one of jobs, summary"),
            ('{"op": "sub", "topic": "jobs", "sinse": 1}', "did you mean 'since'?"),
            ('{"op": "sub", "topic": "logs:x", "since": 0}', "since: must be a whole number"),
            (b"bytes", "must be text, not binary"),
        ):
            await socket.send(frame)
            answer = await receive(socket)
            assert (answer["op"], answer["code"]) == ("error", "invalid_request")
            assert words in answer["detail"], answer
        await send(socket, op="sub", topic="job:zzzz")
        answer = await receive(socket)
        assert (answer["code"], answer["topic"]) == ("not_found", "job:zzzz")
        for job_id in jobs:
            await send(socket, op="sub", topic=f"job:{job_id}")
        while "at most 64 topics" not in (await receive(socket)).get("detail", ""):
            pass
    cancelled = await client.http.post("/jobs:cancel", json={"job_ids": jobs})
    assert cancelled.status_code == 200, cancelled.text


async def test_too_many_bad_frames_close_the_socket(server: Running) -> None:
    async with connect(f"{server.ws}/ws") as socket:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(30):
                await socket.send("{")
                await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_a_topic_can_be_left(client: Client, server: Running) -> None:
    job = await client.running("while :; do echo tick; sleep 0.05; done")
    topic = f"logs:{job['id']}"
    async with connect(f"{server.ws}/ws") as socket:
        await send(socket, op="sub", topic=topic, since=1)
        await receive(socket)
        await send(socket, op="unsub", topic=topic)
        await send(socket, op="sub", topic="queue")
        while (await receive(socket))["topic"] != "queue":
            pass
        await client.http.post(f"/jobs/{job['id']}:cancel")
        await client.finished(job["id"])
        await send(socket, op="sub", topic="summary")
        topics = set()
        while "summary" not in topics:
            topics.add((await receive(socket))["topic"])
    assert topic not in topics


async def test_origins_and_credentials(server: Running) -> None:
    for path in ("/ws", "/jobs/abcd/terminal"):
        for address, origin in (
            (f"{server.ws}{path}", Origin("http://evil.example")),
            (f"{server.ws}{path}", Origin("http://[")),
            (f"ws://evil.example/api/v1{path}", None),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await connect(address, host="127.0.0.1", port=server.http_port, origin=origin)
            assert refused.value.response.status_code == 403
    async with connect(f"{server.ws}/ws", origin=Origin(server.url)) as socket:
        await send(socket, op="sub", topic="queue")
        assert (await receive(socket))["topic"] == "queue"
    bad = {"Authorization": "Bearer nobody"}
    async with connect(f"{server.ws}/ws", additional_headers=bad) as socket:
        assert (await receive(socket))["code"] == "unauthenticated"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_terminal(client: Client, server: Running) -> None:
    job = await client.running("sleep 600")
    async with connect(f"{server.ws}/jobs/{job['id']}/terminal?rows=30&columns=90") as socket:
        screen = b""
        await socket.send(b"echo $((6*7)); stty size\n")
        while b"42\r\n" not in screen or b"30 90" not in screen:
            piece = await socket.recv()
            assert isinstance(piece, bytes)
            screen += piece
        await socket.send(json.dumps({"op": "resize", "rows": 50, "columns": 120}))
        await socket.send(b"stty size; exit 3\n")
        while isinstance(piece := await socket.recv(), bytes):
            screen += piece
    assert b"50 120" in screen
    assert json.loads(piece) == {"op": "exit", "code": 3, "error": ""}
    argv = "command=sh&command=-c&command=echo%20direct"
    async with connect(f"{server.ws}/jobs/{job['id']}/terminal?{argv}") as socket:
        screen = b""
        while isinstance(piece := await socket.recv(), bytes):
            screen += piece
    assert screen == b"direct\r\n"
    await client.http.post(f"/jobs/{job['id']}:cancel")
    await client.finished(job["id"])


async def test_a_terminal_on_pipes(client: Client, server: Running) -> None:
    job = await client.running("sleep 600")
    argv = "command=sh&command=-c&command=cat;echo%20told>%262;exit%206"
    address = f"{server.ws}/jobs/{job['id']}/terminal?tty=0&flow=1&{argv}"
    ann = {"Authorization": "Bearer dev-ann"}
    async with connect(address, additional_headers=ann) as socket:
        await socket.send(b"\x00in\xff")
        await send(socket, op="end")
        streams = {1: b"", 2: b""}
        confirmed = 0
        while (frame := await socket.recv()) and "exit" not in str(frame):
            if isinstance(frame, bytes):
                streams[frame[0]] += frame[1:]
            else:
                confirmed += json.loads(frame)["bytes"]
    assert isinstance(frame, str)
    assert json.loads(frame) == {"op": "exit", "code": 6, "error": ""}
    assert streams == {1: b"\x00in\xff", 2: b"told\n"}
    assert confirmed == 4
    await client.http.post(f"/jobs/{job['id']}:cancel")
    await client.finished(job["id"])
    events = (await client.http.get(f"/jobs/{job['id']}/events")).json()["items"]
    opened, closed = (e for e in events if e["kind"].startswith("terminal."))
    assert (opened["actor"], opened["data"]["via"], opened["data"]["tty"]) == ("ann", "cli", False)
    assert opened["data"]["command"] == "sh -c 'cat;echo told>&2;exit 6'"
    assert (closed["data"]["exit_code"], closed["data"]["bytes_in"]) == (6, 4)


async def test_a_terminal_of_a_client_that_does_not_confirm_waits(
    client: Client, server: Running
) -> None:
    job = await client.running("sleep 600")
    argv = "command=head&command=-c&command=3000000&command=/dev/zero"
    address = f"{server.ws}/jobs/{job['id']}/terminal?tty=0&flow=1&{argv}"
    async with connect(address, max_queue=None) as socket:
        got = 0
        while got < 262_144:
            got += len(await socket.recv()) - 1
        # A piece of at most 16 KiB may have been on its way when the window closed.
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                while True:
                    got += len(await socket.recv()) - 1
        assert 262_144 <= got <= 262_144 + 16_384
        confirmed = 0
        while got < 3_000_000:
            # Once the rest fits into the window, the server hangs up when it has sent it.
            if 3_000_000 - confirmed > 262_144:
                # What came, and no more: a busy machine sends smaller pieces.
                await send(socket, op="taken", bytes=got - confirmed)
                confirmed = got
            got += len(await socket.recv()) - 1
        assert json.loads(await socket.recv())["op"] == "exit"
    await client.http.post(f"/jobs/{job['id']}:cancel")
    await client.finished(job["id"])


async def test_frames_that_a_terminal_refuses(client: Client, server: Running) -> None:
    job = await client.running("sleep 600")
    for frame, words in (
        ({"op": "resize", "rows": 5}, "columns: is required"),
        ({"op": "resize", "rows": 0, "columns": 1}, "rows: must be"),
        ({"op": "signal", "name": "STOP"}, "must be one of HUP, INT"),
        ({"op": "end", "bytes": 1}, "bytes: does not belong to end"),
        ({"op": "dance"}, "must be one of resize, signal, taken, end"),
    ):
        async with connect(f"{server.ws}/jobs/{job['id']}/terminal?command=cat") as socket:
            await send(socket, **frame)
            assert words in (await receive(socket))["detail"]
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400
    await client.http.post(f"/jobs/{job['id']}:cancel")
    await client.finished(job["id"])


async def test_terminals_that_cannot_be_had(client: Client, server: Running) -> None:
    job = await client.ran("true")
    for path, code, name in (
        (f"/jobs/{job['id']}/terminal", 4409, "conflict"),
        ("/jobs/zzzz/terminal", 4404, "not_found"),
        (f"/jobs/{job['id']}/terminal?rows=0", 4400, "invalid_request"),
        (f"/jobs/{job['id']}/terminal?row=5", 4400, "invalid_request"),
    ):
        async with connect(f"{server.ws}{path}") as socket:
            assert (await receive(socket))["code"] == name
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


async def test_a_slow_client_slows_nobody(client: Client, server: Running) -> None:
    job = await client.submit(f"yes {'y' * 200} | head -n 60000; echo last", timeout_ms=60_000)
    idle = await connect(f"{server.ws}/ws", max_queue=1)
    try:
        await send(idle, op="sub", topic=f"logs:{job['id']}", since=1)
        async with connect(f"{server.ws}/ws", max_size=None) as socket:
            await send(socket, op="sub", topic=f"logs:{job['id']}", since=1)
            frames = await frames_until_end(socket)
    finally:
        await idle.close()
    assert frames[-1]["total"] == 60_001


async def test_a_flood_of_frames_waits(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "BURST", 5)
    monkeypatch.setattr(pace, "PER_SECOND", 20.0)
    async with connect(f"{server.ws}/ws") as socket:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for _ in range(24):
            await socket.send(json.dumps({"op": "unsub", "topic": "jobs"}))
        await socket.send("{}")
        while json.loads(await socket.recv())["op"] != "error":
            pass
        assert loop.time() - begun > 0.9, "the last of 25 frames is taken a second later"
