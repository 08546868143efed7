"""A secret value that comes with a job: the process gets it, nobody else ever does."""

from __future__ import annotations

import httpx

from hodei.domain.spec import SealedText
from tests.integration.http.jobs import Client, problem_of
from tests.integration.http.running import Running

VALUE = "canary-5f0c1d"


async def test_a_secret_value_is_in_no_answer_and_no_log(client: Client) -> None:
    script = 'echo "token=$API_TOKEN ${#API_TOKEN}"; printf %s "$API_TOKEN" | base64'
    spec = client.spec(script, env={"API_TOKEN": {"secret_value": VALUE}, "PLAIN": "1"})
    answers: list[httpx.Response] = [await client.http.post("/jobs", json=spec)]
    key = answers[0].json()["id"]
    await client.finished(key)
    answers += [
        await client.http.get(f"/jobs/{key}{path}")
        for path in ("", "/explain", "/events", "/logs", "/logs/search?q=canary")
    ]
    answers.append(await client.http.post(f"/jobs/{key}:rerun"))
    again = answers[-1].json()["id"]
    await client.finished(again)
    answers.append(await client.http.get(f"/jobs/{again}/logs"))
    for answer in answers:
        assert answer.is_success
        assert VALUE not in answer.text
    shown = answers[1].json()["spec"]["env"]
    assert shown == {"API_TOKEN": {"secret_value": None}, "PLAIN": "1"}
    for log in (answers[4], answers[-1]):
        lines = [line["m"] for line in log.json()["lines"]]
        assert lines == [f"token=*** {len(VALUE)}", "***"]


async def test_a_spec_that_was_read_back_has_to_say_the_value_again(client: Client) -> None:
    spec = client.spec(env={"API_TOKEN": {"secret_value": VALUE}})
    job = (await client.http.post("/jobs", json=spec)).json()
    stored = (await client.get(f"/jobs/{job['id']}"))["spec"]
    refused = await client.http.post("/jobs", json=stored)
    [violation] = problem_of(refused)["violations"]
    assert violation["field"] == "env.API_TOKEN.secret_value"
    assert "write the value again" in violation["message"]


async def test_the_store_holds_it_sealed_and_a_plan_does_not_repeat_it(
    client: Client, server: Running
) -> None:
    spec = client.spec(env={"KEY": {"secret_value": VALUE}})
    plan = await client.http.post("/jobs:plan", json=spec)
    assert plan.is_success
    assert VALUE not in plan.text
    job = (await client.http.post("/jobs", json=spec)).json()
    stored = server.run(server.engine.jobs.get(job["id"])).job.spec.env["KEY"]
    assert isinstance(stored, SealedText)
    assert VALUE not in stored.sealed
