"""Jobs over REST: from submission to the end, lists, and bulk."""

from __future__ import annotations

import httpx

from tests.integration.http.jobs import Client, Data, problem_of
from tests.integration.http.running import Running


async def test_hello_from_submission_to_log(client: Client) -> None:
    answer = await client.http.post("/jobs", json=client.spec('echo "Hello from Hodei!"'))
    assert answer.status_code == 201
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["state"], job["outcome"]) in {("PENDING", None), ("ASSIGNED", None)}

    done = await client.finished(job["id"])
    assert (done["state"], done["cause"], done["exit_code"]) == ("SUCCEEDED", "exit", 0)
    [attempt] = done["attempts"]
    phases = [mark["phase"] for mark in attempt["phases"]]
    assert phases[0] == "QUEUED"
    assert phases[-3:] == ["RUNNING", "CLEANUP", "DONE"]
    assert attempt["provider"]["name"] == "local"

    log = await client.get(f"/jobs/{job['id']}/logs")
    assert [(line["n"], line["s"], line["m"]) for line in log["lines"]] == [
        (1, "stdout", "Hello from Hodei!")
    ]
    assert (log["attempt"], log["total"], log["ended"], log["complete"]) == (1, 1, True, True)


async def test_a_job_is_found_by_the_beginning_of_its_id(client: Client) -> None:
    job = await client.submit()
    found = await client.get(f"/jobs/{job['id'][:13]}")
    assert found["id"] == job["id"]


async def test_the_same_key_is_the_same_job(client: Client) -> None:
    headers = {"Idempotency-Key": f"key-{client.project}"}
    first = await client.http.post("/jobs", json=client.spec(), headers=headers)
    again = await client.http.post("/jobs", json=client.spec(), headers=headers)
    other = await client.http.post("/jobs", json=client.spec("date"), headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert problem_of(other)["code"] == "idempotency_mismatch"


async def test_bulk_keeps_the_order_and_takes_all_or_nothing(client: Client) -> None:
    specs = [client.spec("true", name=f"n{index}") for index in range(20)]
    answer = await client.http.post("/jobs:bulk", json={"jobs": specs})
    assert answer.status_code == 201
    ids = answer.json()["job_ids"]
    names = [(await client.get(f"/jobs/{job_id}"))["name"] for job_id in ids[:3]]
    assert names == ["n0", "n1", "n2"]

    bad = [*specs, client.spec("true", priority="SOON"), {"name": "x"}]
    refused = await client.http.post("/jobs:bulk", json={"jobs": bad})
    fields = [violation["field"] for violation in problem_of(refused)["violations"]]
    assert (refused.status_code, fields) == (400, ["jobs[20].priority", "jobs[21].command"])
    assert sum((await client.get("/jobs", project=client.project))["counts"].values()) == 20


async def test_bulk_with_a_key_can_be_repeated(client: Client) -> None:
    headers = {"Idempotency-Key": f"bulk-{client.project}"}
    body = {"jobs": [client.spec(), client.spec("date")]}
    first = await client.http.post("/jobs:bulk", json=body, headers=headers)
    again = await client.http.post("/jobs:bulk", json=body, headers=headers)
    assert first.json() == again.json()


async def test_filters(client: Client) -> None:
    red = await client.submit("true", name="Red Fish", labels={"team": "data"}, priority="HIGH")
    blue = await client.submit("exit 3", name="blue fish", labels={"team": "web"})
    for job in (red, blue):
        await client.finished(job["id"])

    async def names(**query: str | int) -> list[str]:
        page = await client.get("/jobs", project=client.project, **query)
        return [row["name"] for row in page["items"]]

    assert await names() == ["blue fish", "Red Fish"]
    assert await names(sort="created") == ["Red Fish", "blue fish"]
    assert await names(status="FAILED") == ["blue fish"]
    assert await names(status="FAILED,SUCCEEDED") == ["blue fish", "Red Fish"]
    assert await names(q="red") == ["Red Fish"]
    assert await names(q=blue["id"][:8]) == ["blue fish"]
    assert await names(label="team:data") == ["Red Fish"]
    assert await names(label="team=web") == ["blue fish"]
    assert await names(priority="HIGH") == ["Red Fish"]
    assert await names(type="shell") == ["blue fish", "Red Fish"]
    assert await names(type="python") == []
    assert await names(by="local", provider="local") == ["blue fish", "Red Fish"]
    assert await names(by="nobody") == []
    assert await names(to=blue["submitted_at"]) == ["Red Fish"]
    # The same moment with an unescaped plus sign, which arrives as a space.
    begin = blue["submitted_at"].replace("Z", " 00:00")
    assert await names(**{"from": begin}) == ["blue fish"]
    assert await names(image="alpine") == []

    counts = (await client.get("/jobs", project=client.project, status="FAILED"))["counts"]
    assert (counts["FAILED"], counts["SUCCEEDED"], counts["PENDING"]) == (1, 1, 0)
    assert (await client.get("/jobs", counts=0))["counts"] is None


async def test_cursors_walk_the_whole_list_once(client: Client) -> None:
    specs = [client.spec("true", name=f"n{index}") for index in range(7)]
    await client.http.post("/jobs:bulk", json={"jobs": specs})
    seen: list[str] = []
    query: dict[str, str | int] = {"project": client.project, "limit": 3}
    while True:
        page = await client.get("/jobs", **query)
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        await client.submit("true", name="added meanwhile")
        query["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 7


async def test_cancel_and_rerun(client: Client) -> None:
    job = await client.running("sleep 600")
    answer = await client.http.post(f"/jobs/{job['id']}:cancel", json={"reason": "enough"})
    assert answer.status_code == 200
    assert answer.json()["cancel_reason"] == "enough"
    done = await client.finished(job["id"])
    assert (done["state"], done["cause"]) == ("CANCELLED", "cancelled")
    again = await client.http.post(f"/jobs/{job['id']}:cancel")
    assert again.status_code == 200

    new = await client.http.post(f"/jobs/{job['id']}:rerun")
    assert (new.status_code, new.json()["rerun_of"]) == (201, job["id"])
    kinds = {event["kind"] for event in (await client.get(f"/jobs/{job['id']}/events"))["items"]}
    assert {"job.submitted", "job.cancel_requested", "job.finished"} <= kinds

    ids = [new.json()["id"], job["id"], "00000000-0000-0000-0000-00000000000f"]
    many = await client.http.post("/jobs:cancel", json={"job_ids": ids, "reason": "all"})
    assert [result["ok"] for result in many.json()["results"]] == [True, True, False]
    assert many.json()["results"][2]["error"].startswith("no job")
    finished = await client.ran("true")
    refused = await client.http.post(f"/jobs/{finished['id']}:cancel")
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "conflict")

    rerun = await client.http.post("/jobs:rerun", json={"job_ids": [finished["id"], "zzzz"]})
    first, second = rerun.json()["results"]
    assert first["ok"] and first["job_id"] not in (None, finished["id"])
    assert (second["ok"], second["job_id"], second["key"]) == (False, None, "zzzz")


async def test_a_rerun_may_differ(client: Client) -> None:
    env = {"STAGE": "prod", "TOKEN": {"secret_value": "s3cret-value"}}
    job = await client.ran(
        'test "$TOKEN" = s3cret-value && echo "$STAGE"', env=env, retry={"max_attempts": 2}
    )
    body = {
        "resources": {"memory_mb": 600},
        "priority": "high",
        "timeout_ms": 60_000,
        "retry": {"backoff": {"initial_ms": 5}},
        "labels": {"try": "2"},
    }
    answer = await client.http.post(f"/jobs/{job['id']}:rerun", json=body)
    assert answer.status_code == 201, answer.text
    new = answer.json()["spec"]
    old = job["spec"]
    assert new["resources"] == {**old["resources"], "memory_mb": 600}
    assert new["retry"]["max_attempts"] == 2
    assert new["retry"]["backoff"] == {**old["retry"]["backoff"], "initial_ms": 5}
    assert (new["priority"], new["timeout_ms"], new["labels"]) == ("HIGH", 60_000, {"try": "2"})
    assert (new["command"], new["env"]) == (old["command"], old["env"])
    done = await client.finished(answer.json()["id"])
    assert done["state"] == "SUCCEEDED", "the sealed value went along"

    refused = await client.http.post(
        f"/jobs/{job['id']}:rerun", json={"resources": {"memory_mb": 1}}
    )
    assert problem_of(refused)["violations"][0]["field"] == "resources.memory_mb"
    refused = await client.http.post(f"/jobs/{job['id']}:rerun", json={"command": "true"})
    assert problem_of(refused)["violations"][0]["field"] == "command"


async def test_the_priority_of_a_waiting_job_moves_it(client: Client) -> None:
    done = await client.ran("true")
    answer = await client.http.patch(f"/jobs/{done['id']}", json={"priority": "HIGH"})
    assert problem_of(answer)["code"] == "conflict"
    await client.http.patch("/queue/settings", json={"paused": True})
    try:
        first, second = await client.submit(), await client.submit()
        ids = [first["id"], second["id"]]

        async def order() -> list[str]:
            queue = await client.get("/queue", limit=1000)
            return [entry["job_id"] for entry in queue["items"] if entry["job_id"] in ids]

        assert await order() == ids
        moved = await client.http.patch(f"/jobs/{second['id']}", json={"priority": "HIGH"})
        assert (moved.status_code, moved.json()["spec"]["priority"]) == (200, "HIGH")
        assert await order() == ids[::-1]
        listed = await client.get("/jobs", project=client.project, priority="HIGH")
        assert [row["id"] for row in listed["items"]] == [second["id"]]
        events = (await client.get(f"/jobs/{second['id']}/events"))["items"]
        assert events[-1]["kind"] == "job.priority_changed"
        data = events[-1]["data"]
        assert (data["before"], data["after"]) == ("NORMAL", "HIGH")
        await client.http.patch(f"/jobs/{second['id']}", json={"priority": "LOW"})
        assert await order() == ids
        for bad in ({}, {"priority": "SOON"}, {"priority": "HIGH", "name": "x"}):
            refused = await client.http.patch(f"/jobs/{second['id']}", json=bad)
            assert refused.status_code == 400, bad
        gone = await client.http.patch("/jobs/00000000-0000-4000-8000-000000000000", json=bad)
        assert gone.status_code == 404
    finally:
        await client.http.patch("/queue/settings", json={"paused": False})
    for job_id in ids:
        await client.finished(job_id)


async def test_what_waits_is_told_when_it_will_run(client: Client) -> None:
    """One worker at a time, so that each job ahead has to end first."""
    name = client.project
    body = {"name": name, "type": "process", "max_workers": 1}
    assert (await client.http.post("/providers", json=body)).status_code == 201
    wish: Data = {"preferences": {"provider": name}}
    try:
        await _predictions(client, wish)
    finally:
        # The jobs of other tests must not come here.
        await client.http.post(f"/providers/{name}:disable")


async def _predictions(client: Client, wish: Data) -> None:
    await client.ran("true", **wish)
    holder = await client.running("sleep 600", **wish)
    waiting = [await client.submit("true", **wish) for _ in range(3)]
    queue = await client.get("/queue", limit=1000)
    found = {entry["job_id"]: entry["predicted_wait_ms"] for entry in queue["items"]}
    waits = [found[job["id"]] for job in waiting]
    assert all(wait is not None and wait > 0 for wait in waits)
    assert waits == sorted(waits) and waits[0] < waits[-1]
    why = await client.get(f"/jobs/{waiting[0]['id']}/explain")
    assert why["predicted_wait_ms"] is not None
    plan = (await client.http.post("/jobs:plan", json=client.spec(**wish))).json()
    assert plan["provider"] is None and plan["predicted_wait_ms"] >= waits[0]
    await client.http.post(f"/jobs/{holder['id']}:cancel")
    for job in waiting:
        done = await client.finished(job["id"])
        assert (await client.get(f"/jobs/{done['id']}/explain"))["predicted_wait_ms"] is None


async def test_plan_and_explain(client: Client) -> None:
    plan = (await client.http.post("/jobs:plan", json=client.spec())).json()
    assert (plan["accepted"], plan["provider"]["name"]) == (True, "local")
    refused = client.spec(preferences={"provider": "nowhere"})
    plan = (await client.http.post("/jobs:plan", json=refused)).json()
    assert plan["accepted"] is False
    assert plan["violations"][0]["field"] == "preferences.provider"
    job = await client.ran("exit 3")
    found = await client.get(f"/jobs/{job['id']}/explain")
    assert (found["state"], found["position"]) == ("FAILED", None)
    assert "3" in found["reason"]


async def test_a_secret_is_shown_by_its_name_only(client: Client) -> None:
    refused = await client.http.post(
        "/jobs", json=client.spec(env={"TOKEN": {"secret": "not-there"}})
    )
    assert refused.status_code == 400
    assert problem_of(refused)["violations"][0]["field"] == "env.TOKEN.secret"


async def test_who_submits_is_the_owner(client: Client, server: Running) -> None:
    headers = {"Authorization": "Bearer dev-ana"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers) as ana:
        job = (await ana.post("/jobs", json=client.spec())).json()
        me = (await ana.get("/me")).json()
    assert (job["owner"], me["owner"], me["dev_mode"]) == ("ana", "ana", True)
