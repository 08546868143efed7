"""Named secrets: jobs get them, people set them, and no answer holds one."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.http.jobs import Client, problem_of
from tests.integration.http.running import Running

VALUE = "canary-77aa-value"


async def _set(client: Client, name: str, value: object, status: int = 201) -> httpx.Response:
    query = {"project": client.project}
    answer = await client.http.put(f"/secrets/{name}", params=query, json={"value": value})
    assert answer.status_code == status, answer.text
    return answer


async def test_a_job_gets_what_was_set_and_nobody_reads_it(client: Client, server: Running) -> None:
    made = (await _set(client, "TOKEN", VALUE)).json()
    assert (made["version"], made["last_used_at"]) == (1, None)
    script = 'echo "it is $TOKEN"; printf %s "$TOKEN" | wc -c'
    job = await client.ran(script, env={"TOKEN": {"secret": "TOKEN"}})
    assert job["state"] == "SUCCEEDED"
    log = await client.get(f"/jobs/{job['id']}/logs")
    assert [line["m"].strip() for line in log["lines"]] == ["it is ***", str(len(VALUE))]
    [listed] = (await client.get("/secrets", project=client.project))["items"]
    assert listed["last_used_at"] is not None
    rows = await client.get("/audit", project=client.project, action="secret.deliver")
    assert [row["target"] for row in rows["items"]] == ["TOKEN"]
    assert f"attempt 1 of job {job['id']}, worker " in rows["items"][0]["detail"]
    again = (await _set(client, "TOKEN", "another value", 200)).json()
    assert (again["version"], again["created_at"]) == (2, made["created_at"])
    [stored] = server.run(server.engine.core.store.list_secrets(client.project))
    assert VALUE not in stored.sealed
    assert "another" not in repr(stored)


async def test_a_secret_that_is_not_there_is_missed_at_submission(client: Client) -> None:
    await _set(client, "TOKEN", VALUE)
    path, query = "/secrets/TOKEN", {"project": client.project}
    assert (await client.http.delete(path, params=query)).status_code == 204
    assert (await client.http.delete(path, params=query)).status_code == 404
    spec = client.spec(env={"TOKEN": {"secret": "TOKEN"}})
    [violation] = problem_of(await client.http.post("/jobs", json=spec))["violations"]
    assert violation["field"] == "env.TOKEN.secret"


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("OK", {}, "value"),
        ("OK", {"value": ""}, "value"),
        ("OK", {"value": 7}, "value"),
        ("OK", {"value": "x" * 65_537}, "value"),
        ("OK", {"value": "nul\0"}, "value"),
        ("OK", {"value": VALUE, "more": VALUE}, "more"),
        ("not%20a%20name", {"value": VALUE}, "name"),
    ],
)
async def test_what_is_refused_is_not_repeated(
    client: Client, name: str, body: dict[str, object], field: str
) -> None:
    query = {"project": client.project}
    answer = await client.http.put(f"/secrets/{name}", params=query, json=body)
    [violation] = problem_of(answer)["violations"]
    assert answer.status_code == 400
    assert violation["field"] == field
    assert VALUE not in answer.text


async def test_the_largest_value_reaches_the_job(client: Client) -> None:
    await _set(client, "LARGE", "é" * 32_768)
    job = await client.ran('printf %s "$LARGE" | wc -c', env={"LARGE": {"secret": "LARGE"}})
    log = await client.get(f"/jobs/{job['id']}/logs")
    assert [line["m"].strip() for line in log["lines"]] == ["65536"]


async def test_there_is_no_secret_without_a_project(client: Client) -> None:
    query = {"project": "nowhere"}
    answer = await client.http.put("/secrets/A", params=query, json={"value": VALUE})
    assert problem_of(answer)["detail"] == "no project 'nowhere'"
    assert answer.status_code == 404


async def test_everything_is_sealed_anew(client: Client) -> None:
    await _set(client, "TOKEN", VALUE)
    done = (await client.http.post("/secrets:rotate")).json()
    assert (done["secrets"], done["jobs"], done["unreadable"]) == (0, 0, 0)
    assert done["next_cursor"] is None
    refused = await client.http.post("/secrets:rotate", json={"cursor": "x"})
    assert problem_of(refused)["violations"][0]["field"] == "cursor"
