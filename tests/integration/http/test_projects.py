"""Projects: configured over REST and gRPC, seen with what they use, and in the way of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
import pytest

from hodei.wire.gen import projects_pb2 as pb
from hodei.wire.gen import projects_pb2_grpc, secrets_pb2, secrets_pb2_grpc
from tests.integration.http.jobs import Client, Data, problem_of
from tests.integration.http.running import Running


async def _set(client: Client, **config: Any) -> Data:
    answer = await client.http.put(f"/projects/{client.project}", json=config)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_project_is_configured_and_set_back(client: Client) -> None:
    quota = {"running_jobs": 3, "cpu": 1.5, "memory_mb": 2048}
    retention = {"job_days": 7, "log_days": 1, "audit_days": 400}
    made = await _set(client, description="Ünï", quota=quota, retention=retention)
    assert made["description"] == "Ünï"
    assert (made["quota"], made["retention"]) == (quota, retention)
    assert made["usage"] == {"running_jobs": 0, "cpu": 0.0, "memory_mb": 0}
    assert made in (await client.get("/projects"))["items"]
    bare = await _set(client)
    assert set(bare["quota"].values()) == set(bare["retention"].values()) == {None}
    assert bare["version"] == made["version"] + 1


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"quota": {"running_jobs": -1}}, "quota.running_jobs"),
        ({"quota": {"running_jobs": 1.5}}, "quota.running_jobs"),
        ({"quota": {"cpu": 0}}, "quota.cpu"),
        ({"quota": {"cpu": "2"}}, "quota.cpu"),
        ({"quota": {"memory_mb": 1}}, "quota.memory_mb"),
        ({"quota": 3}, "quota"),
        ({"quota": {"disk": 3}}, "quota.disk"),
        ({"retention": {"log_days": 0}}, "retention.log_days"),
        ({"retention": {"audit_days": 40_000}}, "retention.audit_days"),
        ({"description": "x" * 501}, "description"),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, config: Mapping[str, Any], field: str
) -> None:
    answer = await client.http.put(f"/projects/{client.project}", json=config)
    [violation] = problem_of(answer)["violations"]
    assert (answer.status_code, violation["field"]) == (400, field)


async def test_a_job_of_no_project_is_refused(client: Client) -> None:
    spec = client.spec() | {"project": "nowhere"}
    for path in ("/jobs", "/jobs:plan"):
        answer = await client.http.post(path, json=spec)
        found = answer.json()["violations"] if path == "/jobs:plan" else problem_of(answer)
        violations = found if isinstance(found, list) else found["violations"]
        assert [each["field"] for each in violations] == ["project"]


async def test_a_job_beyond_the_quota_waits_and_says_why(client: Client) -> None:
    await _set(client, quota={"running_jobs": 1})
    first = await client.running("sleep 600", resources={"cpu": 0.5})
    [project] = [
        each for each in (await client.get("/projects"))["items"] if each["name"] == client.project
    ]
    assert project["usage"] == {"running_jobs": 1, "cpu": 0.5, "memory_mb": 512}
    second = await client.submit("true")
    reason = f"project '{client.project}' uses 1 of its 1 running jobs"
    told = await client.get(f"/jobs/{second['id']}/explain")
    assert told["reason"] == reason
    plan = (await client.http.post("/jobs:plan", json=client.spec())).json()
    assert (plan["accepted"], plan["reason"]) == (True, reason)
    await client.until(
        "/queue",
        lambda queue: reason in [each["reason"] for each in queue["items"]],
        limit=1000,
    )
    other = await client.http.post("/jobs", json=client.spec() | {"project": "default"})
    assert (await client.finished(other.json()["id"]))["state"] == "SUCCEEDED"
    assert (await client.get(f"/jobs/{second['id']}"))["state"] == "PENDING"
    await client.http.post(f"/jobs/{first['id']}:cancel")
    assert (await client.finished(second["id"]))["state"] == "SUCCEEDED"


async def test_a_job_that_could_never_fit_is_refused(client: Client) -> None:
    await _set(client, quota={"cpu": 1, "memory_mb": 256})
    spec = client.spec(resources={"cpu": 2, "memory_mb": 257})
    problem = problem_of(await client.http.post("/jobs", json=spec))
    fields = [each["field"] for each in problem["violations"]]
    assert fields == ["resources.cpu", "resources.memory_mb"]
    assert f"project '{client.project}' may use 1 CPUs at most" in problem["detail"]


async def test_only_an_empty_project_can_be_deleted(client: Client) -> None:
    path = f"/projects/{client.project}"
    query = {"project": client.project}
    await client.http.put("/secrets/A", params=query, json={"value": "value"})
    assert (await client.http.delete(path)).status_code == 409
    await client.http.delete("/secrets/A", params=query)
    assert (await client.http.delete(path)).status_code == 204
    assert (await client.http.delete(path)).status_code == 404
    assert (await client.http.delete("/projects/default")).status_code == 409
    refused = await client.http.post("/jobs", json=client.spec())
    assert problem_of(refused)["violations"][0]["field"] == "project"


async def test_the_same_over_grpc(client: Client, server: Running) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        projects = projects_pb2_grpc.ProjectServiceStub(channel)
        secrets = secrets_pb2_grpc.SecretServiceStub(channel)
        quota = pb.ProjectQuota(running_jobs=0, cpu=2)
        made = await projects.PutProject(pb.PutProjectRequest(name=client.project, quota=quota))
        assert made.quota == quota
        assert not made.quota.HasField("memory_mb")
        [seen] = [
            each
            for each in (await projects.ListProjects(pb.ListProjectsRequest())).projects
            if each.name == client.project
        ]
        assert seen == made
        put = secrets_pb2.PutSecretRequest(project=client.project, name="A", value="canary-9")
        assert (await secrets.PutSecret(put)).version == 1
        asked = secrets_pb2.ListSecretsRequest(project=client.project)
        listed = await secrets.ListSecrets(asked)
        assert [each.name for each in listed.secrets] == ["A"]
        assert "canary" not in str(listed)
        rotated = await secrets.RotateSecrets(secrets_pb2.RotateSecretsRequest())
        assert (rotated.unreadable, rotated.next_cursor) == (0, "")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await projects.DeleteProject(pb.DeleteProjectRequest(name=client.project))
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        drop = secrets_pb2.DeleteSecretRequest(project=client.project, name="A")
        await secrets.DeleteSecret(drop)
        await projects.DeleteProject(pb.DeleteProjectRequest(name=client.project))
