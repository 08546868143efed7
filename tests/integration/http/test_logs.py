"""Logs over REST: ranges, search, landmarks, downloads and events."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from hodei.domain.errors import NotFound
from hodei.engine.logs import NO_ATTEMPT_YET, LogRange
from hodei.wire.gen import logs_pb2 as pb
from hodei.wire.gen import logs_pb2_grpc, metrics_pb2, metrics_pb2_grpc
from tests.integration.http.jobs import Client
from tests.integration.http.running import Running
from tests.support.gate import Gate

MIXED = (
    "for i in $(seq 1 400); do echo step $i; done; echo '[WARN] low'; "
    "echo '--- part'; echo '[ERROR] bad' >&2; printf 'bytes \\377 end'"
)


async def test_ranges(client: Client) -> None:
    job = await client.ran("seq 1 2500")
    path = f"/jobs/{job['id']}/logs"
    first = await client.get(path)
    assert (first["total"], len(first["lines"]), first["lines"][0]["m"]) == (2500, 500, "1")
    middle = await client.get(path, **{"from": 1999, "limit": 2})
    assert [(line["n"], line["m"]) for line in middle["lines"]] == [(1999, "1999"), (2000, "2000")]
    tail = await client.get(path, **{"from": -3})
    assert [line["n"] for line in tail["lines"]] == [2498, 2499, 2500]
    assert len((await client.get(path, **{"from": -9999, "limit": 1000}))["lines"]) == 1000
    assert (await client.get(path, **{"from": 2501}))["lines"] == []


async def test_a_range_of_long_lines_ends_early(client: Client) -> None:
    job = await client.ran(
        "for i in $(seq 1 20); do head -c 500000 /dev/zero | tr '\\0' x; echo; done"
    )
    found = await client.get(f"/jobs/{job['id']}/logs")
    assert found["total"] == 20
    assert 1 < len(found["lines"]) < 12
    after = await client.get(f"/jobs/{job['id']}/logs", **{"from": found["lines"][-1]["n"] + 1})
    assert after["lines"][0]["n"] == found["lines"][-1]["n"] + 1


async def test_search_and_marks(client: Client) -> None:
    job = await client.ran(MIXED)
    path = f"/jobs/{job['id']}/logs"
    found = await client.get(f"{path}/search", q="STEP 39")
    assert (found["line_numbers"], found["total"]) == ([39, *range(390, 400)], 11)
    found = await client.get(f"{path}/search", q="STEP 39", case=1)
    assert found["total"] == 0
    found = await client.get(f"{path}/search", q="^step 3[0-9]$", re=1, **{"from": 35, "limit": 2})
    assert (found["line_numbers"], found["total"], found["offset"]) == ([35, 36], 10, 5)
    found = await client.get(f"{path}/search", q="step 3", offset=-2)
    assert (found["line_numbers"], found["offset"], found["total"]) == ([398, 399], 109, 111)
    assert (found["bucket_lines"], sum(found["buckets"])) == (4, 111)
    grave = await client.get(f"{path}/search", level="WARN,ERROR")
    assert grave["total"] == 2
    assert (await client.get(f"{path}/search", stream="stderr"))["total"] == 1
    marks = await client.get(f"{path}/marks")
    assert marks["total"] == 404
    assert (marks["counts"]["WARN"], marks["counts"]["ERROR"], marks["counts"]["NONE"]) == (
        1,
        1,
        402,
    )
    head = await client.get(path, limit=1)
    assert head["first_error"] == marks["first_error"] is not None
    assert (head["warn_count"], head["error_count"]) == (1, 1)
    assert (len(marks["groups"]), marks["group_kinds"]) == (1, "-")
    assert sum(bucket["error"] for bucket in marks["buckets"]) == 1


async def test_views(client: Client) -> None:
    job = await client.ran(MIXED)
    path = f"/jobs/{job['id']}/logs/view"

    def numbers(found: dict[str, Any]) -> list[int]:
        return [line["n"] for line in found["lines"]]

    found = await client.get(path, q="step 39")
    assert (numbers(found), found["rows"], found["matches"]) == ([39, *range(390, 400)], 11, 11)
    assert (found["total"], found["offset"]) == (404, 0)
    page = await client.get(path, q="step 39", offset=-3, limit=2)
    assert (numbers(page), page["offset"]) == ([397, 398], 8)
    page = await client.get(path, q="step 39", at=40, limit=1)
    assert (numbers(page), page["offset"]) == ([390], 1)
    page = await client.get(path, q="step 39", after=391)
    assert (numbers(page), page["rows"], page["offset"]) == ([*range(392, 400)], 8, 0)
    page = await client.get(path, q="^step (7|9)$", re=1, context=1)
    assert (numbers(page), page["rows"], page["matches"]) == ([6, 7, 8, 9, 10], 5, 2)
    assert [line["n"] for line in page["lines"] if line.get("x")] == [6, 8, 10]
    grave = await client.get(path, level="WARN,ERROR", stream="stderr")
    assert [(line["l"], line["s"]) for line in grave["lines"]] == [("ERROR", "stderr")]
    assert (await client.get(path, q="nowhere"))["rows"] == 0


async def test_a_view_of_a_running_job_grows(client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = await client.running(f"seq 1 30; while [ ! -e {gate} ]; do sleep 0.05; done; seq 31 60")
    path = f"/jobs/{job['id']}/logs/view"
    await client.until(f"/jobs/{job['id']}/logs", lambda log: log["total"] == 30)
    before = await client.get(path, q="5", context=1)
    found = await client.get(f"/jobs/{job['id']}/logs/search", q="5")
    gate.touch()
    await client.finished(job["id"])
    after = await client.get(path, q="5", context=1)
    assert after["lines"][: before["rows"]] == before["lines"]
    assert (found["total"], after["matches"], after["rows"]) == (3, 15, 27)


async def test_downloads(client: Client) -> None:
    job = await client.ran(MIXED)
    path = f"/jobs/{job['id']}/logs/download"
    head = await client.get(f"/jobs/{job['id']}/logs", limit=1000)
    whole = await client.http.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in whole.headers
    assert hashlib.sha256(whole.content).hexdigest() == head["sha256"]
    assert whole.headers["x-hodei-sha256"] == head["sha256"]
    assert whole.headers["content-disposition"].endswith('-attempt-1.log"')
    assert b"bytes \xff end" in whole.content

    async with client.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join([piece async for piece in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == whole.content

    file = await client.http.get(path, params={"gz": "1"})
    assert file.headers["content-disposition"].endswith('-attempt-1.log.gz"')
    assert gzip.decompress(file.content) == whole.content

    part = await client.http.get(path, params={"q": "step 39"})
    assert part.text.splitlines() == ["step 39", *(f"step {n}" for n in range(390, 400))]
    rows = (await client.http.get(path, params={"format": "ndjson"})).text.splitlines()
    assert [json.loads(row) for row in rows] == head["lines"]
    grave = await client.http.get(path, params={"level": "ERROR", "format": "ndjson"})
    assert [json.loads(row)["s"] for row in grave.text.splitlines()] == ["stderr"]


async def test_the_log_of_a_job_that_waits(server: Running, client: Client) -> None:
    await client.http.patch("/queue/settings", json={"paused": True})
    try:
        job = await client.submit()
        log = await client.get(f"/jobs/{job['id']}/logs")
        assert (log["attempt"], log["total"], log["ended"], log["lines"]) == (None, 0, False, [])
        assert (await client.get(f"/jobs/{job['id']}/logs/search", q="x"))["total"] == 0
        assert (await client.get(f"/jobs/{job['id']}/logs/marks"))["total"] == 0
        assert (await client.get(f"/jobs/{job['id']}/stats"))["items"] == []
        found = await over_grpc(server, job["id"])
        assert found == (pb.LogRange(), pb.SearchLogsResponse(), metrics_pb2.AttemptStats())
        second = await client.http.get(f"/jobs/{job['id']}/logs", params={"attempt": 2})
        assert second.status_code == 404
        why = await client.get(f"/jobs/{job['id']}/explain")
        assert (why["reason"], why["state"]) == ("dispatch is paused", "PENDING")
    finally:
        await client.http.patch("/queue/settings", json={"paused": False})
    assert (await client.finished(job["id"]))["state"] == "SUCCEEDED"
    assert (await over_grpc(server, job["id"]))[0].attempt == 1


async def over_grpc(
    server: Running, job_id: str
) -> tuple[pb.LogRange, pb.SearchLogsResponse, metrics_pb2.AttemptStats]:
    """What gRPC has of a job's log and samples."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        logs = logs_pb2_grpc.LogStreamServiceStub(channel)
        metrics = metrics_pb2_grpc.MetricsServiceStub(channel)
        return (
            await logs.GetLogs(pb.GetLogsRequest(job_id=job_id)),
            await logs.SearchLogs(pb.SearchLogsRequest(job_id=job_id, text="x")),
            await metrics.GetAttemptStats(metrics_pb2.GetAttemptStatsRequest(job_id=job_id)),
        )


async def test_the_log_of_a_job_that_gets_its_worker_in_between(
    server: Running, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await client.ran("echo here")
    waits = [NotFound(NO_ATTEMPT_YET, job["id"])]
    read = server.engine.logs.range

    async def just_before(*words: Any, **more: Any) -> LogRange:
        if waits:
            raise waits.pop()
        return await read(*words, **more)

    monkeypatch.setattr(server.engine.logs, "range", just_before)
    log = await client.get(f"/jobs/{job['id']}/logs")
    assert not waits
    assert [line["m"] for line in log["lines"]] == ["here"]


async def events_of(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Server-sent events as they come."""
    event: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            event[name] = json.loads(value) if name == "data" else value
        elif "event" in event:
            yield event
            event = {}
        else:
            event = {}


async def test_events_and_their_resumption(client: Client) -> None:
    job = await client.submit("for i in 1 2 3 4 5; do echo line $i; sleep 0.05; done")
    path = f"/jobs/{job['id']}/logs/stream"
    async with client.http.stream("GET", path) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for event in events_of(answer):
            if event["event"] == "lines":
                break
    seen = event["data"]["lines"]
    headers = {"Last-Event-ID": event["id"]}
    kinds = []
    async with client.http.stream("GET", path, headers=headers) as answer:
        async for event in events_of(answer):
            kinds.append(event["event"])
            if event["event"] == "lines":
                seen += event["data"]["lines"]
            if event["event"] == "end":
                end = event["data"]
    assert kinds[-2:] == ["end", "done"]
    assert [(line["n"], line["m"]) for line in seen] == [(n, f"line {n}") for n in range(1, 6)]
    assert (end["total"], end["complete"], len(end["sha256"])) == (5, True, 64)
    bad = await client.http.get(path, headers={"Last-Event-ID": "x"})
    assert bad.status_code == 400


async def test_events_go_through_retries(client: Client, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    retry = {"max_attempts": 2, "backoff": {"initial_ms": 0, "jitter": 0}}
    job = await client.submit(f"echo try; {gate.wait}; exit 1", retry=retry)
    ends = []
    async with client.http.stream("GET", f"/jobs/{job['id']}/logs/stream") as answer:
        async for event in events_of(answer):
            # It begins with the newest attempt, which is the first one until it is seen.
            gate.open()
            if event["event"] == "end":
                ends.append(event["data"]["attempt"])
    assert ends == [1, 2]
    async with client.http.stream(
        "GET", f"/jobs/{job['id']}/logs/stream", headers={"Last-Event-ID": "1:1"}
    ) as answer:
        again = [e async for e in events_of(answer) if e["event"] in ("lines", "end")]
    assert [(e["event"], e["data"]["attempt"]) for e in again] == [
        ("end", 1),
        ("lines", 2),
        ("end", 2),
    ]


async def test_samples(client: Client) -> None:
    job = await client.running("while :; do :; done", timeout_ms=200_000)
    found = await client.until(f"/jobs/{job['id']}/stats", lambda data: len(data["items"]) >= 2)
    first, *_, last = found["items"]
    assert last["at"] > first["at"] and last["cpu_ms"] > first["cpu_ms"]
    later = await client.get(f"/jobs/{job['id']}/stats", since=first["at"], limit=1)
    assert len(later["items"]) == 1
    await client.http.post(f"/jobs/{job['id']}:cancel")
    await client.finished(job["id"])


@pytest.mark.parametrize("text", ["a\\033[31mred", "tab\\tend", "n\\303\\261"])
async def test_text_comes_as_it_was_written(client: Client, text: str) -> None:
    job = await client.ran(f"printf '{text}\\n'")
    [line] = (await client.get(f"/jobs/{job['id']}/logs"))["lines"]
    assert line["m"] == text.encode().decode("unicode_escape").encode("latin-1").decode()
