"""Templates over REST: kept in versions, filled, run, counted, brought in and out."""

from __future__ import annotations

from typing import Any

import grpc
import httpx
import pytest

from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc, templates_pb2_grpc
from hodei.wire.gen import templates_pb2 as pb
from hodei.wire.templates import from_struct, to_struct
from tests.integration.http.jobs import Client, Data, problem_of
from tests.integration.http.running import Running

PARAMETERS: list[Data] = [
    {"name": "city", "type": "string", "default": "Málaga", "max_length": 40},
    {"name": "days", "type": "integer", "minimum": 1, "maximum": 31},
    {"name": "how", "type": "choice", "choices": ["fast", "slow"], "default": "fast"},
    {"name": "token", "type": "secret", "required": False},
]
SPEC: Data = {
    "command": 'printf "%s|" {{ city }} "$((  {{ days }} + 1 ))" "$TOKEN" "$HODEI_PARAM_HOW"',
    "env": {"TOKEN": "{{ token }}"},
    "labels": {"how": "{{ how }}", "team": "data"},
}


async def _made(client: Client, name: str = "report", **more: Any) -> Data:
    body = {"name": name, "project": client.project, "parameters": PARAMETERS, "spec": SPEC}
    answer = await client.http.post("/templates", json=body | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _run(client: Client, key: str, status: int = 201, **body: Any) -> Data:
    query = {"project": client.project}
    answer = await client.http.post(f"/templates/{key}:run", json=body, params=query)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def test_a_run_gets_its_values_and_says_what_it_was_made_from(client: Client) -> None:
    template = await _made(client)
    wild = 'O\'Hare "$(id)" `id` \\ ñ;'
    job = await _run(
        client,
        "report",
        parameters={"city": wild, "days": 3, "token": "hush-hush-7"},
        name="by hand",
        labels={"team": "web"},
    )
    assert job["name"] == "by hand"
    assert job["spec"]["labels"] == {"how": "fast", "team": "web"}
    assert job["spec"]["env"]["TOKEN"] == {"secret_value": None}
    assert job["origin"] == {
        "template": {"id": template["id"], "name": "report", "version": 1},
        "parameters": {"city": wild, "days": 3, "how": "fast"},
        "secret_parameters": ["token"],
        "schedule": None,
        "slot": None,
        "trigger": None,
    }
    done = await client.finished(job["id"])
    assert done["state"] == "SUCCEEDED"
    log = await client.get(f"/jobs/{job['id']}/logs")
    assert [line["m"] for line in log["lines"]] == [f"{wild}|4|***|fast|"]
    again = await client.http.post(f"/jobs/{job['id']}:rerun")
    assert again.json()["origin"] == job["origin"]


async def test_versions_are_kept_and_a_run_can_ask_for_one(client: Client) -> None:
    first = await _made(client)
    path, query = f"/templates/{first['id']}", {"project": client.project}
    changed = {"name": "renamed", "parameters": [], "spec": {"command": "true"}}
    second = (await client.http.put(path, json={**changed, "version": 1})).json()
    assert (second["version"], second["name"], second["created_at"]) == (
        2,
        "renamed",
        first["created_at"],
    )
    same = (await client.http.put(path, json=changed)).json()
    assert same["version"] == 2
    stale = problem_of(await client.http.put(path, json={**changed, "version": 1}))
    assert (stale["code"], "version 2" in stale["detail"]) == ("stale_version", True)
    old = await client.get(path, version=1)
    assert (old["name"], old["spec"]) == ("report", SPEC)
    rows = (await client.get(f"{path}/versions"))["items"]
    assert [(row["version"], row["name"]) for row in rows] == [(2, "renamed"), (1, "report")]
    job = await _run(client, "renamed", version=1, parameters={"days": 1})
    assert job["origin"]["template"] == {"id": first["id"], "name": "report", "version": 1}
    gone = await _run(client, "renamed", 400, version=9)
    [violation] = gone["violations"]
    assert (violation["field"], violation["value"]) == ("version", "9")
    assert "it has 1 to 2" in violation["message"]
    assert (await client.http.get("/templates/report", params=query)).status_code == 404
    taken = {"name": "renamed", "project": client.project, "spec": {"command": "true"}}
    assert (await client.http.post("/templates", json=taken)).status_code == 409
    assert (await client.http.delete(path)).status_code == 204
    assert (await client.http.get(path)).status_code == 404
    assert (await client.get(f"/jobs/{job['id']}"))["origin"]["template"]["name"] == "report"


async def test_the_list_tells_how_the_jobs_went(client: Client) -> None:
    failing = await _made(client, "failing", tags=["x"], parameters=[], spec={"command": "exit 3"})
    await _made(client, "unused")
    job = await _run(client, failing["id"])
    await client.finished(job["id"])
    listed = await client.get("/templates", project=client.project)
    one, two = listed["items"]
    assert (one["name"], one["runs_30d"], one["success_rate_30d"]) == ("failing", 1, 0)
    assert one["last_run"] == {
        "job_id": job["id"],
        "state": "FAILED",
        "at": job["submitted_at"],
    }
    assert (two["last_run"], two["success_rate_30d"], two["avg_ms_30d"]) == (None, None, None)
    assert "spec" not in one
    tagged = await client.get("/templates", project=client.project, tag="x")
    assert [row["name"] for row in tagged["items"]] == ["failing"]
    page = await client.get("/templates", project=client.project, limit=1)
    rest = await client.get("/templates", project=client.project, cursor=page["next_cursor"])
    assert [row["name"] for row in rest["items"]] == ["unused"]
    stats = await client.get(f"/templates/{failing['id']}/stats", buckets=3)
    assert (stats["runs"], stats["by_state"]["FAILED"], stats["success_rate"]) == (1, 1, 0)
    assert [bucket["runs"] for bucket in stats["trend"]] == [0, 0, 1]
    jobs = await client.get("/jobs", template=failing["id"], template_version=1)
    assert [row["id"] for row in jobs["items"]] == [job["id"]]
    assert jobs["items"][0]["origin"]["template"]["version"] == 1
    assert (await client.get("/jobs", template=failing["id"], template_version=2))["items"] == []


async def test_what_is_rendered_is_what_would_be_run(client: Client) -> None:
    await _made(client)
    query = {"project": client.project}
    answer = await client.http.post(
        "/templates/report:render",
        json={"parameters": {"days": 2, "token": {"secret": "T"}}},
        params=query,
    )
    spec = answer.json()["spec"]
    assert spec["env"]["TOKEN"] == spec["env"]["HODEI_PARAM_TOKEN"] == {"secret": "T"}
    assert spec["env"]["HODEI_PARAM_CITY"] == "Málaga"
    assert (spec["name"], spec["project"]) == ("report", client.project)


@pytest.mark.parametrize(
    ("parameters", "field", "value", "said"),
    [
        ({"days": "3"}, "days", "3", "must be a whole number between 1 and 31"),
        ({"days": 32}, "days", "32", "must be a whole number between 1 and 31"),
        ({}, "days", "", "is required: a whole number between 1 and 31"),
        ({"days": 1, "how": "later"}, "how", "later", "must be one of fast, slow"),
        ({"days": 1, "city": 7}, "city", "7", "must be text of 0 to 40 characters"),
        ({"days": 1, "dais": 7}, "dais", "7", "did you mean 'days'?"),
        ({"days": 1, "token": 7}, "token", "", "must be text, or {secret: NAME}"),
    ],
)
async def test_values_that_do_not_fit_are_refused(
    client: Client, parameters: Data, field: str, value: str, said: str
) -> None:
    await _made(client)
    [violation] = (await _run(client, "report", 400, parameters=parameters))["violations"]
    assert violation["field"] == f"parameters.{field}"
    assert said in violation["message"]
    assert violation["value"] == value


async def test_a_secret_that_is_not_there_is_missed_when_it_is_run(client: Client) -> None:
    await _made(client)
    given = {"days": 1, "token": {"secret": "NOWHERE"}}
    found = await _run(client, "report", 400, parameters=given)
    assert {v["value"] for v in found["violations"]} == {"NOWHERE"}


async def test_templates_that_could_not_run_are_refused(client: Client) -> None:
    body: Data = {"name": "a b", "project": client.project, "tags": "x", "more": 1}
    assert problem_of(await client.http.post("/templates", json=body))["code"] == "invalid_request"
    body = {
        "name": "bad",
        "project": client.project,
        "parameters": [
            {"name": "city", "type": "string", "default": 7},
            {"name": "n", "type": "integer", "default": 1, "pattern": "x"},
        ],
        "spec": {"command": "true"},
    }
    found = problem_of(await client.http.post("/templates", json=body))["violations"]
    assert [v["field"] for v in found] == ["parameters[1].pattern", "parameters[0].default"]
    body["parameters"] = [{"name": "city", "type": "string"}]
    body["spec"] = {}
    [missing] = problem_of(await client.http.post("/templates", json=body))["violations"]
    assert missing["field"] == "spec.command"
    body["spec"] = {
        "command": "echo '{{ city }}' {{ town }}",
        "resources": {"cpu": "{{ city }}"},
        "image": "A",
    }
    found = problem_of(await client.http.post("/templates", json=body))["violations"]
    assert {v["field"] for v in found} == {"spec.command", "spec.resources.cpu"}


async def _import(client: Client, text: str) -> httpx.Response:
    return await client.http.post(
        "/templates:import",
        content=text,
        headers={"Content-Type": "application/yaml"},
        params={"project": client.project},
    )


async def test_yaml_goes_out_and_comes_back_as_the_same(client: Client) -> None:
    first = await _made(client, description="Two\nlines: {a}", tags=["x"])
    out = await client.http.get("/templates/report/export", params={"project": client.project})
    assert out.headers["content-type"].startswith("application/yaml")
    assert "  command: printf" in out.text
    same = await _import(client, out.text)
    assert (same.status_code, same.json()["outcome"], same.json()["version"]) == (
        200,
        "unchanged",
        1,
    )
    changed = (await _import(client, out.text.replace("maximum: 31", "maximum: 30"))).json()
    assert (changed["outcome"], changed["version"], changed["id"]) == ("updated", 2, first["id"])
    new = await _import(client, out.text.replace("name: report", "name: other"))
    assert (new.status_code, new.json()["outcome"], new.json()["spec"]) == (201, "created", SPEC)
    bad = problem_of(await _import(client, "name: x\nname: y\n"))
    assert "line:2:1: 'name' is given twice" in bad["detail"]


async def test_a_job_becomes_a_template(client: Client) -> None:
    job = await client.ran(
        "echo {{ x }} $A",
        env={"A": "a", "PASS_WORD": {"secret_value": "hush-hush-8"}},
        timeout_ms=9000,
    )
    path = f"/jobs/{job['id']}:save-as-template"
    answer = await client.http.post(path, json={"name": "kept"})
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert kept["spec"] == {
        "name": "a job",
        "command": {"type": "shell", "script": "echo {{! x }} $A"},
        "env": {"A": "a", "PASS_WORD": "{{ pass_word }}"},
        "timeout_ms": 9000,
    }
    assert [(p["name"], p["type"], p["required"]) for p in kept["parameters"]] == [
        ("pass_word", "secret", True)
    ]
    again = await _run(client, "kept", parameters={"pass_word": "hush-hush-9"})
    assert again["spec"]["command"] == job["spec"]["command"]
    # A job of a template keeps its parameters.
    await _made(client)
    made = await _run(client, "report", parameters={"days": 3})
    answer = await client.http.post(f"/jobs/{made['id']}:save-as-template", json={"name": "second"})
    assert {p["name"]: p["default"] for p in answer.json()["parameters"]} == {
        "city": "Málaga",
        "days": 3,
        "how": "fast",
    }


async def test_a_repeat_with_the_same_key_is_the_same_job(client: Client) -> None:
    template = await _made(client)
    path, key = f"/templates/{template['id']}:run", {"Idempotency-Key": f"k-{client.project}"}
    body = {"parameters": {"days": 3, "token": "hush-hush-7"}}
    one = await client.http.post(path, json=body, headers=key)
    two = await client.http.post(path, json=body, headers=key)
    assert (one.status_code, two.status_code) == (201, 200)
    assert one.json()["id"] == two.json()["id"]
    body["parameters"]["days"] = 4
    assert (await client.http.post(path, json=body, headers=key)).status_code == 409


async def test_the_same_over_grpc(client: Client, server: Running) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = templates_pb2_grpc.TemplateServiceStub(channel)
        put = pb.PutTemplateRequest(
            project=client.project,
            name="report",
            parameters=[to_struct(each) for each in PARAMETERS],
            spec=to_struct({**SPEC, "timeout_ms": 9000}),
        )
        made = await stub.PutTemplate(put)
        assert (made.version, (await stub.PutTemplate(put)).version) == (1, 1)
        assert from_struct(made.spec)["timeout_ms"] == 9000
        rest = await client.get(f"/templates/{made.id}")
        assert (rest["spec"]["timeout_ms"], rest["parameters"][1]["maximum"]) == (9000, 31)
        values = {
            "days": jobs_pb2.ParameterValue(integer=3),
            "token": jobs_pb2.ParameterValue(text="hush-hush-7"),
        }
        run = pb.RunTemplateRequest(template="report", project=client.project, parameters=values)
        job = await stub.RunTemplate(run)
        assert job.origin.template == jobs_pb2.TemplateRef(id=made.id, name="report", version=1)
        assert job.origin.parameters["city"].text == "Málaga"
        assert list(job.origin.secret_parameters) == ["token"]
        assert "hush" not in str(job)
        jobs = jobs_pb2_grpc.JobExecutionServiceStub(channel)
        listed = await jobs.ListJobs(jobs_pb2.ListJobsRequest(template_id=made.id))
        assert [one.id for one in listed.jobs] == [job.id]
        shown = await stub.GetTemplate(pb.GetTemplateRequest(template=made.id))
        assert (shown.runs_30d, shown.last_run.job_id) == (1, job.id)
        every = await stub.ListTemplates(pb.ListTemplatesRequest(project=client.project))
        assert [one.name for one in every.templates] == ["report"]
        render = pb.RenderTemplateRequest(template=made.id, parameters=values)
        spec = (await stub.RenderTemplate(render)).spec
        assert spec.env["HODEI_PARAM_DAYS"].value == "3"
        stats = await stub.GetTemplateStats(pb.GetTemplateStatsRequest(template=made.id))
        assert stats.total.runs == 1 and len(stats.trend) == 30
        versions = await stub.ListVersions(pb.ListVersionsRequest(template=made.id))
        assert [one.version for one in versions.versions] == [1]
        run.parameters["days"].CopyFrom(jobs_pb2.ParameterValue(text="3"))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.RunTemplate(run)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "parameters.days: must be a whole number" in str(refused.value.details())
        await stub.DeleteTemplate(pb.DeleteTemplateRequest(template=made.id))
        with pytest.raises(grpc.aio.AioRpcError) as gone:
            await stub.GetTemplate(pb.GetTemplateRequest(template=made.id))
        assert gone.value.code() is grpc.StatusCode.NOT_FOUND
