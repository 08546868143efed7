"""Providers, workers, queue, metrics and the system over REST."""

from __future__ import annotations

import asyncio
import csv
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import httpx
import pytest

from hodei.api.http.app import create_app
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from hodei.domain.errors import Unavailable
from hodei.engine.provider_settings import with_stored_secrets, without_secrets
from hodei.ports.hosts import HostSample
from hodei.wire.gen import metrics_pb2, metrics_pb2_grpc
from tests.integration.http.jobs import Client, Data, problem_of
from tests.integration.http.running import Running


async def test_a_provider_from_creation_to_removal(client: Client) -> None:
    body = {
        "name": client.project,
        "type": "scripted",
        "labels": {"tier": "test"},
        "region": "here",
        "max_workers": 2,
        "enabled": False,
    }
    made = await client.http.post("/providers", json=body)
    assert made.status_code == 201, made.text
    provider = made.json()
    assert made.headers["location"] == f"/api/v1/providers/{provider['id']}"
    assert (provider["enabled"], provider["region"], provider["max_workers"]) == (False, "here", 2)
    taken = await client.http.post("/providers", json=body)
    assert (taken.status_code, problem_of(taken)["code"]) == (409, "conflict")

    path = f"/providers/{client.project}"
    assert (await client.http.post(f"{path}:enable")).json()["enabled"] is True
    current = (await client.http.post(f"{path}:disable")).json()
    change = {"name": client.project, "type": "scripted", "max_workers": 3}
    changed = await client.http.put(path, json={**change, "version": current["version"]})
    assert (changed.status_code, changed.json()["max_workers"]) == (200, 3)
    stale = await client.http.put(path, json={**change, "version": current["version"]})
    assert (stale.status_code, problem_of(stale)["code"]) == (409, "stale_version")
    health = (await client.http.post(f"{path}:test")).json()
    assert set(health) == {"ok", "reason", "details", "checked_at"}
    assert (await client.get(f"{path}/health"))["current"]["checked_at"] is not None
    assert client.project in [item["name"] for item in (await client.get("/providers"))["items"]]

    assert (await client.http.delete(path)).status_code == 204
    assert (await client.http.get(path)).status_code == 404


async def test_warm_pools_as_configured_and_as_they_are(client: Client) -> None:
    image, path = "nothing/here:1", f"/providers/{client.project}"
    warm = {"size": 2, "image": image, "cpu": 0.5, "memory_mb": 64, "network": "none"}
    learned = {"budget_cpu": 2.0, "budget_memory_mb": 1024, "max_workers": 3}
    body = {
        "name": client.project,
        "type": "scripted",
        "enabled": False,
        "settings": {"reusable_workers": False},
        "warm": [warm],
        "warm_learned": learned,
    }
    made = await client.http.post("/providers", json=body)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert (shown["warm"], shown["warm_learned"]) == ([warm], learned)
    (pool,) = (await client.get(path))["pools"]
    assert pool == {
        **warm,
        "fixed": 2,
        "ready": 0,
        "starting": 0,
        "reason": "2 configured",
        "fault": "the provider is disabled",
        "retry_at": None,
    }
    fewer = {"name": client.project, "type": "scripted", "warm_learned": None}
    emptied = (await client.http.put(path, json=fewer)).json()
    assert (emptied["warm"], emptied["warm_learned"], emptied["pools"]) == ([], None, [])
    del body["enabled"]
    wrong = {**body, "warm": [{**warm, "network": "host"}], "warm_learned": {"max_workers": 0}}
    refused = problem_of(await client.http.put(path, json=wrong))
    assert [fault["field"] for fault in refused["violations"]] == [
        "warm[0].network",
        "warm_learned.budget_cpu",
        "warm_learned.budget_memory_mb",
        "warm_learned.max_workers",
    ]
    assert (await client.http.delete(path)).status_code == 204


async def test_a_configuration_is_tested_without_being_stored(client: Client) -> None:
    body = {"name": client.project, "type": "process"}
    answer = await client.http.post("/providers:test", json=body)
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert (await client.http.get(f"/providers/{client.project}")).status_code == 404
    types = {item["type"]: item for item in (await client.get("/provider-types"))["items"]}
    assert types["process"]["settings_schema"]["type"] == "object"
    assert types["process"]["title"] == "Process provider"
    assert "isolation" in types["process"]["description"]


async def test_types_that_are_missing_are_named(client: Client) -> None:
    found = await client.get("/provider-types")
    installed = {item["type"] for item in found["items"]}
    missing = {item["type"] for item in found["missing"]}
    assert not installed & missing
    assert {"docker", "kubernetes", "firecracker"} <= installed | missing


async def test_the_effect_of_disabling_is_known_before(client: Client) -> None:
    body = {"name": client.project, "type": "process", "max_workers": 1}
    assert (await client.http.post("/providers", json=body)).status_code == 201
    path = f"/providers/{client.project}"
    try:
        wish: Data = {"preferences": {"provider": client.project}}
        running = await client.running("sleep 600", **wish)
        waiting = [await client.submit("true", **wish) for _ in range(2)]
        effect = await client.get(f"{path}/effect")
        assert (effect["running"], effect["waiting"]) == (1, 2)
        assert effect["workers"] == 1 and effect["at_least"] is False
        assert (await client.get("/providers/local/effect"))["waiting"] == 0
        for job in (*waiting, running):
            await client.http.post(f"/jobs/{job['id']}:cancel")
        await client.finished(running["id"])
        assert (await client.get(f"{path}/effect"))["running"] == 0
    finally:
        await client.http.post(f"{path}:disable")
    assert (await client.http.get("/providers/nowhere/effect")).status_code == 404


def test_hidden_settings_go_in_and_never_out() -> None:
    schema = {
        "properties": {
            "url": {},
            "token": {"writeOnly": True},
            "tls": {"properties": {"key": {"writeOnly": True}, "name": {}}},
        }
    }
    stored = {"url": "u", "token": "secret", "tls": {"key": "k", "name": "n"}}
    shown, hidden = without_secrets(schema, stored)
    assert shown == {"url": "u", "tls": {"name": "n"}}
    assert hidden == ["token", "tls.key"]
    kept = with_stored_secrets(schema, stored, {"url": "v", "tls": {"name": "m"}})
    assert kept == {"url": "v", "token": "secret", "tls": {"name": "m", "key": "k"}}
    changed = with_stored_secrets(schema, stored, {"url": "v", "token": None})
    assert changed == {"url": "v"}


async def test_workers(client: Client) -> None:
    job = await client.running("sleep 600")
    attempt = job["attempts"][-1]
    worker = await client.get(f"/workers/{attempt['worker_id']}")
    assert (worker["state"], worker["job_id"]) == ("BUSY", job["id"])
    assert worker["job_name"] == job["name"]
    heard = datetime.fromisoformat(worker["heard_at"])
    assert timedelta(0) <= datetime.now(UTC) - heard < timedelta(seconds=60)
    sampled = await client.until(
        f"/workers/{worker['id']}", lambda data: data["cpus_used"] is not None
    )
    assert sampled["memory_used_bytes"] > 0
    provider = await client.get("/providers/local")
    load = provider["load"]
    assert load["running"] >= 1
    assert load["workers"] == provider["live_workers"] >= 1
    assert load["cpu"] >= worker["cpu"] and load["memory_mb"] >= worker["memory_mb"]
    assert worker["provider"]["name"] == "local"
    listed = await client.get("/workers", provider="local", state="BUSY")
    assert worker["id"] in [item["id"] for item in listed["items"]]
    drained = await client.http.post(f"/workers/{worker['id']}:drain")
    assert (drained.status_code, drained.json()["reusable"]) == (200, False)
    ended = await client.http.post(f"/workers/{worker['id']}:terminate")
    assert ended.status_code == 200
    done = await client.finished(job["id"])
    assert (done["state"], done["cause"]) == ("CANCELLED", "cancelled")
    gone = await client.until(f"/workers/{worker['id']}", lambda data: data["state"] == "GONE")
    assert gone["ended_at"] is not None and gone["heard_at"] is None
    again = await client.http.post(f"/workers/{worker['id']}:terminate")
    assert (again.status_code, problem_of(again)["code"]) == (409, "conflict")
    everyone = await client.get("/workers", all=1, limit=1000)
    assert worker["id"] in [item["id"] for item in everyone["items"]]


async def test_the_queue(client: Client) -> None:
    saved = await client.http.patch("/queue/settings", json={"paused": True})
    assert saved.json()["paused"] is True
    try:
        low = await client.submit(priority="LOW")
        high = await client.submit(priority="HIGH")
        queue = await client.get("/queue", limit=1000)
        order = [entry["job_id"] for entry in queue["items"]]
        assert order.index(high["id"]) < order.index(low["id"])
        assert queue["pending"] >= 2
        first = await client.get("/queue", limit=1)
        second = await client.get("/queue", limit=1, cursor=first["next_cursor"])
        assert first["items"][0]["job_id"] != second["items"][0]["job_id"]
        assert (await client.get("/summary"))["queue"]["paused"] is True
    finally:
        await client.http.patch("/queue/settings", json={"paused": False})
    for job in (low, high):
        assert (await client.finished(job["id"]))["state"] == "SUCCEEDED"


async def test_metrics(client: Client) -> None:
    await client.ran("true")
    await client.ran("false")
    found = await client.get("/metrics/jobs", range="1h", buckets=4, project=client.project)
    assert (found["total"]["submitted"], found["previous"]["submitted"]) == (2, 0)
    assert (found["total"]["finished"]["SUCCEEDED"], found["total"]["finished"]["FAILED"]) == (1, 1)
    assert len(found["series"]) == 4
    assert sum(bucket["submitted"] for bucket in found["series"]) == 2
    assert (found["states"]["SUCCEEDED"], found["states"]["FAILED"]) == (1, 1)
    assert found["bucket_ms"] == 900_000
    [use] = found["providers"]
    assert (use["provider"]["name"], use["attempts"], use["failed"]) == ("local", 2, 1)
    assert sum(bucket["attempts"] for bucket in use["series"]) == 2
    query = {"range": "1h", "buckets": "4", "project": client.project, "format": "csv"}
    table = await client.http.get("/metrics/jobs", params=query)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.DictReader(table.text.splitlines()))
    assert len(rows) == 4
    assert sum(int(row["submitted"]) for row in rows) == 2
    assert sum(int(row["failed"]) for row in rows) == 1
    days = await client.get("/metrics/jobs", **{"from": "2026-01-01", "to": "2026-01-02"})
    assert (days["start"], days["total"]["submitted"]) == ("2026-01-01T00:00:00Z", 0)


async def test_metrics_are_the_same_over_grpc(client: Client, server: Running) -> None:
    await client.ran("false")
    rest = await client.get("/metrics/jobs", range="1h", buckets=3, project=client.project)
    request = metrics_pb2.GetJobMetricsRequest(buckets=3, project=client.project)
    request.start.FromJsonString(rest["start"])
    request.end.FromJsonString(rest["end"])
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub: Any = metrics_pb2_grpc.MetricsServiceStub(channel)
        found = await stub.GetJobMetrics(request)
        hosts = await stub.GetHostMetrics(metrics_pb2.GetHostMetricsRequest())
    assert dict(found.states) == rest["states"]
    assert found.total.submitted == rest["total"]["submitted"] == 1
    [use], [shown] = found.providers, rest["providers"]
    assert (use.attempts, use.failed) == (shown["attempts"], shown["failed"]) == (1, 1)
    assert [bucket.attempts for bucket in use.series] == [
        bucket["attempts"] for bucket in shown["series"]
    ]
    assert len(hosts.hosts) <= 1


async def test_metrics_of_machines(client: Client, server: Running) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for minute, cpu in ((0, 0.25), (1, 0.75), (30, 1.0)):
        sample = HostSample(
            host="machine",
            at=at + timedelta(minutes=minute),
            cpus=4,
            cpu=cpu,
            load_1m=2.0,
            memory_used_bytes=3,
            memory_total_bytes=8,
        )
        adding = server.engine.core.store.add_host_sample(sample)
        await asyncio.to_thread(server.run, adding)
    query = {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T13:00:00Z"}
    found = await client.get("/metrics/hosts", buckets=6, **query)
    assert found["bucket_ms"] == 600_000
    [machine] = found["hosts"]
    assert (machine["name"], machine["cpus"]) == ("machine", 4)
    points = [(point["at"], point["cpu"]) for point in machine["points"]]
    assert points == [("2026-03-01T12:00:00Z", 0.5), ("2026-03-01T12:30:00Z", 1.0)]
    answer = await client.http.get("/metrics/hosts", params={"range": "1h", "from": "2026-01-01"})
    assert problem_of(answer)["violations"][0]["field"] == "range"


async def test_the_system(client: Client) -> None:
    summary = await client.get("/summary")
    assert summary["jobs"]["total"] == sum(summary["jobs"]["counts"].values())
    assert summary["providers"]["total"] >= 1
    assert summary["host"]["cpus"] >= 1 and summary["host"]["name"]
    nodes = summary["nodes"]
    assert nodes["online"] == summary["providers"]["up"] >= 1
    assert sum(nodes.values()) == summary["providers"]["total"]
    assert (await client.get("/ready"))["status"] == "ready"
    assert (await client.get("/version"))["api"] == "v1"
    system = await client.get("/system")
    assert system["database"]["product"].startswith("PostgreSQL 1")
    assert system["database"]["size_bytes"] > 1_000_000
    assert system["retention"]["jobs_ms"] == 90 * 86_400_000
    assert system["features"]["dev_mode"] is True
    assert "process" in system["features"]["provider_types"]
    assert system["hosts"] == [summary["host"]["name"]]
    me = await client.get("/me")
    assert (me["owner"], "jobs.run" in me["permissions"]) == ("local", True)


async def test_a_taken_port_is_named(server: Running) -> None:
    app = create_app(server.engine, Identity(server.engine.access, dev_mode=False))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"{port}: .*in use \(HODEI_HTTP_PORT\)"):
            await HttpServer(app).start("127.0.0.1", port)


async def test_a_server_stops_and_starts(server: Running) -> None:
    """In this test's own loop, and without touching signal handlers."""
    before = len(asyncio.all_tasks())
    for _ in range(2):
        http = HttpServer(create_app(server.engine, Identity(server.engine.access, dev_mode=False)))
        port = await http.start("127.0.0.1", 0)
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{port}/api/v1/health")
        assert answer.json() == {"status": "ok"}
        await http.stop(1)
        await http.stop(1)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/api/v1/health")
    assert len(asyncio.all_tasks()) == before
