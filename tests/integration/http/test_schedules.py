"""Schedules over REST, gRPC and the live topic, on a running server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from websockets.asyncio.client import connect

from hodei.wire.gen import jobs_pb2, schedules_pb2_grpc
from hodei.wire.gen import schedules_pb2 as pb
from tests.integration.http.jobs import Client, Data, problem_of
from tests.integration.http.running import Running

NEVER_SOON = {"kind": "cron", "expression": "30 2 29 2 *"}


def config(client: Client, name: str = "nightly", **more: Any) -> Data:
    """A schedule of the test's project that does not fire by itself."""
    return {
        "name": name,
        "project": client.project,
        "rule": NEVER_SOON,
        "zone": "Europe/Madrid",
        "target": {"spec": {"command": "true"}},
        **more,
    }


async def created(client: Client, name: str = "nightly", **more: Any) -> Data:
    """A stored one."""
    answer = await client.http.post("/schedules", json=config(client, name, **more))
    assert answer.status_code == 201, answer.text
    made = dict(answer.json())
    assert answer.headers["location"] == f"/api/v1/schedules/{made['id']}"
    return made


async def asked(client: Client, key: str, verb: str, **query: str) -> Data:
    """What a verb answers."""
    answer = await client.http.post(f"/schedules/{key}:{verb}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_it_fires_by_itself_and_whoever_looks_is_told(
    client: Client, server: Running
) -> None:
    async with connect(f"{server.ws}/ws") as socket:
        await socket.send(json.dumps({"op": "sub", "topic": "schedules"}))
        while json.loads(await socket.recv()).get("op") != "resync":
            pass
        rule = {"kind": "interval", "every_ms": 1000}
        made = await created(client, rule=rule, overlap="allow")
        last = None
        while last is None or last["job_state"] != "SUCCEEDED":
            frame = json.loads(await socket.recv())
            for row in frame.get("data", {}).get("rows", ()):
                last = row["last_firing"] if row["id"] == made["id"] else last
    await asked(client, made["id"], "pause")
    page = await client.get(f"/schedules/{made['id']}/firings", outcome="submitted")
    jobs = [row["job_id"] for row in page["items"]]
    assert last["job_id"] in jobs and len(set(jobs)) == len(jobs)
    listed = await client.get("/jobs", schedule=made["id"], limit=200)
    assert {row["id"] for row in listed["items"]} == set(jobs)
    job = await client.get(f"/jobs/{last['job_id']}")
    assert job["origin"]["schedule"] == {"id": made["id"], "name": "nightly"}
    assert job["origin"]["slot"] == last["slot"]
    assert job["owner"] == "schedule:nightly"


async def test_from_made_to_gone(client: Client) -> None:
    made = await created(client, description="by night", jitter_ms=60_000, paused=True)
    assert (made["paused"], made["next_fire_at"], made["version"]) == (True, None, 1)
    assert made["words"]["es"] == "A las 02:30, el día 29 del mes en febrero"
    assert made["target"]["spec"]["name"] == "nightly"
    assert len(made["next"]) == 5 and made["next"][0]["offset"] == "+01:00"
    key = {"project": client.project}
    assert await client.get("/schedules/nightly", **key) == made
    resumed = await asked(client, "nightly", "resume", **key)
    assert not resumed["paused"] and resumed["next_fire_at"] >= resumed["next"][0]["slot"]
    ran = await asked(client, made["id"], "run")
    assert (ran["outcome"], ran["manual"], ran["reason"]) == ("submitted", True, None)
    await client.finished(ran["job_id"])
    body = config(client, "weekly", zone="UTC", version=made["version"])
    stale = await client.http.put(f"/schedules/{made['id']}", json=body)
    assert (stale.status_code, problem_of(stale)["code"]) == (409, "stale_version")
    body["version"] = resumed["version"]
    changed = (await client.http.put(f"/schedules/{made['id']}", json=body)).json()
    assert (changed["name"], changed["description"]) == ("weekly", "")
    assert changed["version"] == resumed["version"] + 1
    twin = await client.http.post("/schedules", json=config(client, "weekly"))
    assert (twin.status_code, problem_of(twin)["code"]) == (409, "conflict")
    page = await client.get("/schedules", **key)
    assert [row["id"] for row in page["items"]] == [made["id"]]
    gone = await client.http.delete(f"/schedules/{made['id']}")
    assert gone.status_code == 204
    again = await client.http.get(f"/schedules/{made['id']}")
    assert problem_of(again)["detail"] == f"no schedule '{made['id']}'"
    assert (await client.get(f"/jobs/{ran['job_id']}"))["state"] == "SUCCEEDED"


async def test_a_job_that_cannot_be_made_is_told(client: Client) -> None:
    env = {"T": {"secret": "NOT_THERE"}}
    made = await created(client, target={"spec": {"command": "true", "env": env}})
    ran = await asked(client, made["id"], "run")
    assert (ran["outcome"], ran["job_id"]) == ("refused", None)
    assert ran["reason"]["code"] == "invalid_request"
    assert "env.T.secret" in ran["reason"]["message"]


@pytest.mark.parametrize(
    ("changes", "field", "part"),
    [
        ({"rule": {"kind": "cron", "expression": "0 0 31 2 *"}}, "rule.expression", "never fires"),
        ({"rule": {"kind": "cron"}}, "rule.expression", "such as '30 2 * * *'"),
        ({"rule": {"kind": "weekly"}}, "rule.kind", "one of cron, interval, once"),
        ({"rule": {"kind": "interval", "every_ms": 10}}, "rule.every_ms", "between 1000"),
        ({"rule": {"kind": "once", "at": "2020-01-01T00:00"}}, "rule.at", "in the future"),
        ({"rule": {"kind": "once", "at": "tomorrow"}}, "rule.at", "2026-11-20T08:00:00Z"),
        ({"rule": {**NEVER_SOON, "every_ms": 1}}, "rule.every_ms", "unknown field"),
        ({"zone": "Europe/Madird"}, "zone", "did you mean 'Europe/Madrid'?"),
        ({"ends_at": "2020-01-01"}, "ends_at", "time to fire"),
        (
            {"starts_at": "2030-02-01", "ends_at": "2030-01-01"},
            "ends_at",
            "later than starts_at",
        ),
        ({"overlap": "drop"}, "overlap", "one of allow, skip, queue, replace"),
        ({"catch_up": {"policy": "all", "limit": 0}}, "catch_up.limit", "between 1 and 1000"),
        ({"jitter_ms": -1}, "jitter_ms", "between 0 and 86400000"),
        ({"name": "a b"}, "name", "letters, digits"),
        ({"target": {}}, "target", "{template, version, parameters} or {spec}"),
        ({"target": {"spec": {}}}, "target.spec.command", "is required"),
        (
            {"target": {"spec": {"command": "true", "env": {"A": {"secret_value": "x"}}}}},
            "target.spec.env.A",
            "{secret: NAME}",
        ),
        ({"target": {"template": "nope"}}, "target.template", "no template"),
        ({"paused": "yes"}, "paused", "true or false"),
        ({"when": 1}, "when", "unknown field"),
    ],
)
async def test_what_is_wrong_is_named_with_what_would_be_right(
    client: Client, changes: Mapping[str, Any], field: str, part: str
) -> None:
    answer = await client.http.post("/schedules", json={**config(client), **changes})
    assert answer.status_code == 400, answer.text
    [violation] = problem_of(answer)["violations"]
    assert violation["field"] == field
    assert part in violation["message"]


async def test_a_rule_is_explained_before_it_is_saved(client: Client) -> None:
    body = {
        "rule": {"kind": "cron", "expression": "30 2 31 * *"},
        "zone": "Europe/Madrid",
        "from": "2030-03-30T00:00",
        "count": 2,
    }
    told = (await client.http.post("/schedules:preview", json=body)).json()
    assert told["words"]["en"] == "At 02:30, on day 31 of the month"
    first = {"slot": "2030-03-31T01:00:00Z", "local": "2030-03-31T03:00:00"}
    assert told["next"][0] == {**first, "offset": "+02:00", "note": "gap"}
    assert len(told["next"]) == 2
    assert {one["code"] for one in told["warnings"]} == {"short_months", "gap"}
    wrong = await client.http.post("/schedules:preview", json={**body, "count": 51})
    assert problem_of(wrong)["violations"][0]["field"] == "count"


async def test_the_same_over_grpc(client: Client, server: Running) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        schedules = schedules_pb2_grpc.ScheduleServiceStub(channel)
        told = await schedules.ValidateCron(
            pb.ValidateCronRequest(expression="0 9 * * MON#2", zone="Europe/Madrid", count=3)
        )
        assert told.words.es == "A las 09:00, el segundo lunes del mes"
        assert [slot.local[10:] for slot in told.next] == ["T09:00:00"] * 3
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await schedules.ValidateCron(pb.ValidateCronRequest(expression="0 0 31 2 *"))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "never fires" in (refused.value.details() or "")
        command = jobs_pb2.Command(type="shell", script="true")
        wanted = pb.ScheduleConfig(
            name="by-grpc",
            project=client.project,
            rule=pb.ScheduleRule(cron=pb.ScheduleRule.Cron(expression="H H 1 1 *")),
            target=pb.ScheduleTarget(spec=jobs_pb2.JobSpec(command=command)),
            catch_up=pb.CatchUp(policy="all", limit=7),
        )
        made = await schedules.CreateSchedule(pb.CreateScheduleRequest(config=wanted))
        assert (made.config.zone, made.config.overlap) == ("UTC", "skip")
        assert made.config.catch_up == wanted.catch_up
        key = pb.ScheduleKey(schedule="by-grpc", project=client.project)
        assert (await schedules.PauseSchedule(key)).config.paused
        assert not (await schedules.ResumeSchedule(key)).config.paused
        made = await schedules.GetSchedule(key)
        changed = await schedules.UpdateSchedule(
            pb.UpdateScheduleRequest(schedule=made.id, config=made.config, version=made.version)
        )
        assert changed.version == made.version + 1
        assert changed.config == made.config
        fired = await schedules.RunSchedule(key)
        assert fired.outcome == "submitted"
        firings = pb.ListFiringsRequest(schedule=made.id, outcomes=["submitted"])
        found = await schedules.ListFirings(firings)
        assert [one.job_id for one in found.firings] == [fired.job_id]
        listed = await schedules.ListSchedules(pb.ListSchedulesRequest(project=client.project))
        assert [one.id for one in listed.schedules] == [made.id]
        await schedules.DeleteSchedule(key)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await schedules.GetSchedule(key)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


TEMPLATE = {
    "spec": {"command": "echo {{ n }}", "env": {"T": "{{ token }}"}},
    "parameters": [
        {"name": "n", "type": "integer", "default": 1},
        {"name": "token", "type": "secret"},
    ],
}


async def test_a_template_is_run_with_its_parameters(client: Client) -> None:
    query = {"project": client.project}
    body = {"name": "report", "project": client.project, **TEMPLATE}
    template = await client.http.post("/templates", json=body)
    assert template.status_code == 201, template.text
    await client.http.put("/secrets/TOKEN", json={"value": "hush-hush"}, params=query)
    parameters = {"n": 3, "token": {"secret": "TOKEN"}}
    target = {"template": "report", "parameters": parameters}
    made = await created(client, target=target)
    assert made["target"] == {
        "template": "report",
        "template_id": template.json()["id"],
        "version": None,
        "parameters": parameters,
    }
    ran = await asked(client, made["id"], "run")
    job = await client.finished(ran["job_id"])
    assert job["state"] == "SUCCEEDED"
    assert job["origin"]["template"]["version"] == 1
    assert job["origin"]["schedule"]["id"] == made["id"]
    assert job["origin"]["parameters"] == {"n": 3}
    for wrong, field in (
        ({"parameters": {**parameters, "n": "x"}}, "target.parameters.n"),
        ({"parameters": {"n": 1, "token": "in the open"}}, "target.parameters.token"),
        ({"version": 7}, "target.version"),
        ({"template": "other"}, "target.template"),
    ):
        refused = await client.http.post(
            "/schedules", json=config(client, "other", target={**target, **wrong})
        )
        assert refused.status_code == 400, refused.text
        assert [v["field"] for v in problem_of(refused)["violations"]] == [field]
        assert "in the open" not in refused.text
    gone = await client.http.delete(f"/templates/{template.json()['id']}")
    assert gone.status_code == 204, gone.text
    ran = await asked(client, made["id"], "run")
    assert (ran["outcome"], ran["reason"]["code"]) == ("refused", "not_found")
