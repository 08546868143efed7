"""Jobs over REST: from submission to the end, lists, and bulk."""

from __future__ import annotations

import httpx

from tests.integration.http.jobs import Client, problem_of
from tests.integration.http.running import Running


async def test_hello_from_submission_to_log(client: Client) -> None:
    answer = await client.http.post("/jobs", json=client.spec('echo "Hello from Hodei!"'))
    assert answer.status_code == 201
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["state"], job["attempts"], job["outcome"]) == ("PENDING", [], None)

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
    job = await client.running("sleep 60")
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
