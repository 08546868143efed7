"""One valid request per operation, by whichever door, and what came of it in one word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import asyncssh
import grpc
import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hodei.api.access.rules import Rule, Scope
from hodei.api.access.table import REST
from hodei.api.http.operations import Operation
from hodei.domain.access.roles import (
    ALL_PROJECTS,
    GRANTS,
    OF_INSTALLATION,
    SHARED_READING,
    Role,
)
from hodei.wire.gen import (
    audit_pb2,
    jobs_pb2,
    logs_pb2,
    metrics_pb2,
    projects_pb2,
    providers_pb2,
    scheduler_pb2,
    schedules_pb2,
    secrets_pb2,
    templates_pb2,
    webhooks_pb2,
)
from tests.integration.access.installation import OURS, Installation, bearer, metadata, token_of

ALLOWED, FORBIDDEN, HIDDEN, UNKNOWN = "allowed", "forbidden", "hidden", "unauthenticated"
NOTHING = ("no job ", "no project ")
"""How what cannot be read says that it does not exist; other things may be missing as well."""


def wanted(rule: Rule, roles: Mapping[str, Role] | None) -> str:
    """What the table promises to somebody with these roles; None: a credential of nobody's."""
    if rule.scope is Scope.PUBLIC:
        return ALLOWED
    if roles is None:
        return UNKNOWN
    permission = rule.permission
    if permission is None:
        return ALLOWED
    if rule.scope in (Scope.JOB, Scope.PROJECT):
        there = [roles[name] for name in (OURS, ALL_PROJECTS) if name in roles]
        if not there:
            return HIDDEN
        return ALLOWED if any(permission in GRANTS[role] for role in there) else FORBIDDEN
    counts = dict(roles)
    if permission in OF_INSTALLATION - SHARED_READING:
        counts = {name: role for name, role in roles.items() if name == ALL_PROJECTS}
    return ALLOWED if any(permission in GRANTS[role] for role in counts.values()) else FORBIDDEN


def judged(code: str, detail: str) -> str:
    """One word for an error."""
    if code == "not_found" and detail.startswith(NOTHING):
        return HIDDEN
    return code if code in (FORBIDDEN, UNKNOWN) else ALLOWED


# ---- REST

SPEC = {"name": "asked", "command": "true", "image": "busybox:1", "project": OURS}
PROVIDER = {"name": "made", "type": "scripted", "settings": {}}
SCHEDULE = {
    "name": "asked",
    "project": OURS,
    "rule": {"kind": "cron", "expression": "0 0 1 1 *"},
    "target": {"spec": SPEC},
}
WEBHOOK = {"name": "made", "url": "https://192.0.9.1/", "events": ["job.failed"]}
BODIES: Mapping[str, object] = {
    "submitJob": SPEC,
    "submitJobs": {"jobs": [SPEC]},
    "planJob": SPEC,
    "changeJob": {"priority": "HIGH"},
    "configureQueue": {"aging_step_ms": 1000},
    "createProvider": PROVIDER,
    "updateProvider": PROVIDER,
    "testProviderConfig": PROVIDER,
    "putProject": {},
    "putSecret": {"value": "a value"},
    "createSchedule": SCHEDULE,
    "updateSchedule": SCHEDULE,
    "previewSchedule": {"rule": SCHEDULE["rule"]},
    "createTemplate": {"name": "asked", "project": OURS, "spec": {"command": "true"}},
    "updateTemplate": {"name": "asked", "spec": {"command": "true"}},
    "importTemplate": {"name": "asked", "spec": {"command": "true"}},
    "saveJobAsTemplate": {"name": "of-a-job"},
    "createTrigger": {"name": "made"},
    "createWebhook": {**WEBHOOK, "project": OURS},
    "updateWebhook": WEBHOOK,
}
KEYS = {
    "providers": "ghost",
    "workers": str(uuid4()),
    "users": "ghost",
    "tokens": str(uuid4()),
    "me": str(uuid4()),
    "secrets": "ghost",
    "schedules": "ghost",
    "webhooks": "ghost",
    "triggers": str(uuid4()),
    "deliveries": str(uuid4()),
    "projects": "ghost",
    "templates": "ghost",
}
"""By the first word of the path: of what there is not, which is hidden from nobody."""


async def ask_rest(client: httpx.AsyncClient, asked: Operation, job: str, who: str) -> str:
    """What comes of one operation."""
    name, path, body = asked.name, asked.path, BODIES.get(asked.name)
    if name in ("cancelJobs", "rerunJobs"):
        body = {"job_ids": [job]}
    url = path.replace("{key}", KEYS.get(path.split("/")[1].split(":", maxsplit=1)[0], job))
    url = url.replace("{trigger}", str(uuid4()))
    query = {"topic": f"stats:{job}"} if name == "streamEvents" else {}
    if REST[name].scope is Scope.PROJECT and any(p.name == "project" for p in asked.query):
        query["project"] = OURS
    async with client.stream(
        asked.method, url, json=body, headers=bearer(who), params=query
    ) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return ALLOWED
        text = await answer.aread()
    if answer.status_code >= 500 and answer.status_code != 503:
        raise AssertionError(f"{name}: {text!r}")
    if answer.status_code < 400 and name in ("cancelJobs", "rerunJobs"):
        [result] = json.loads(text)["results"]
        code = "forbidden" if " may not: " in result["error"] else "not_found"
        return ALLOWED if result["ok"] else judged(code, result["error"])
    if answer.status_code < 400:
        return ALLOWED
    found = json.loads(text)
    return judged(found["code"], found["detail"])


# ---- gRPC


def _spec() -> jobs_pb2.JobSpec:
    command = jobs_pb2.Command(type="shell", script="true")
    return jobs_pb2.JobSpec(name="asked", image="busybox:1", command=command, project=OURS)


def _schedule_key() -> schedules_pb2.ScheduleKey:
    return schedules_pb2.ScheduleKey(schedule="ghost", project=OURS)


def _schedule() -> schedules_pb2.ScheduleConfig:
    rule = schedules_pb2.ScheduleRule(cron=schedules_pb2.ScheduleRule.Cron(expression="@yearly"))
    target = schedules_pb2.ScheduleTarget(spec=_spec())
    return schedules_pb2.ScheduleConfig(name="asked", project=OURS, rule=rule, target=target)


def _webhook_key() -> webhooks_pb2.WebhookKey:
    return webhooks_pb2.WebhookKey(webhook="ghost", project=OURS)


def _webhook() -> webhooks_pb2.WebhookConfig:
    return webhooks_pb2.WebhookConfig(
        project=OURS, name="made-too", url="https://192.0.9.1/", events=["job.failed"]
    )


def _config() -> providers_pb2.ProviderConfig:
    return providers_pb2.ProviderConfig(name="made", type="scripted")


GRPC_REQUESTS: Mapping[str, Callable[[str], Any]] = {
    "QueueJob": lambda job: jobs_pb2.QueueJobRequest(spec=_spec()),
    "QueueJobs": lambda job: jobs_pb2.QueueJobsRequest(
        jobs=[jobs_pb2.QueueJobRequest(spec=_spec())]
    ),
    "GetJob": lambda job: jobs_pb2.GetJobRequest(job_id=job),
    "ListJobs": lambda job: jobs_pb2.ListJobsRequest(),
    "CancelJob": lambda job: jobs_pb2.CancelJobRequest(job_id=job),
    "RetryJob": lambda job: jobs_pb2.RetryJobRequest(job_id=job),
    "ExecutionEventStream": lambda job: jobs_pb2.ExecutionEventStreamRequest(job_id=job),
    "SubscribeLogs": lambda job: logs_pb2.SubscribeLogsRequest(job_id=job),
    "GetLogs": lambda job: logs_pb2.GetLogsRequest(job_id=job),
    "SearchLogs": lambda job: logs_pb2.SearchLogsRequest(job_id=job, text="x"),
    "GetJobMetrics": lambda job: metrics_pb2.GetJobMetricsRequest(),
    "GetHostMetrics": lambda job: metrics_pb2.GetHostMetricsRequest(),
    "GetAttemptStats": lambda job: metrics_pb2.GetAttemptStatsRequest(job_id=job),
    "StreamAttemptStats": lambda job: metrics_pb2.GetAttemptStatsRequest(job_id=job),
    "ListProviders": lambda job: providers_pb2.ListProvidersRequest(),
    "GetProvider": lambda job: providers_pb2.GetProviderRequest(provider="cloud"),
    "ListProviderTypes": lambda job: providers_pb2.ListProviderTypesRequest(),
    "CreateProvider": lambda job: providers_pb2.CreateProviderRequest(config=_config()),
    "UpdateProvider": lambda job: providers_pb2.UpdateProviderRequest(
        provider="ghost", config=_config()
    ),
    "DeleteProvider": lambda job: providers_pb2.DeleteProviderRequest(provider="ghost"),
    "EnableProvider": lambda job: providers_pb2.EnableProviderRequest(provider="ghost"),
    "DisableProvider": lambda job: providers_pb2.DisableProviderRequest(provider="ghost"),
    "TestProvider": lambda job: providers_pb2.TestProviderRequest(provider="ghost"),
    "GetQueueStatus": lambda job: scheduler_pb2.GetQueueStatusRequest(),
    "ExplainJob": lambda job: scheduler_pb2.ExplainJobRequest(job_id=job),
    "PlanJob": lambda job: scheduler_pb2.PlanJobRequest(spec=_spec()),
    "GetAvailableWorkers": lambda job: scheduler_pb2.GetAvailableWorkersRequest(),
    "ConfigureScheduler": lambda job: scheduler_pb2.ConfigureSchedulerRequest(aging_step_ms=1000),
    "ListProjects": lambda job: projects_pb2.ListProjectsRequest(),
    "PutProject": lambda job: projects_pb2.PutProjectRequest(name="ghost"),
    "DeleteProject": lambda job: projects_pb2.DeleteProjectRequest(name="ghost"),
    "ListSecrets": lambda job: secrets_pb2.ListSecretsRequest(),
    "PutSecret": lambda job: secrets_pb2.PutSecretRequest(project=OURS, name="A", value="a value"),
    "DeleteSecret": lambda job: secrets_pb2.DeleteSecretRequest(project=OURS, name="A"),
    "RotateSecrets": lambda job: secrets_pb2.RotateSecretsRequest(),
    "ListSchedules": lambda job: schedules_pb2.ListSchedulesRequest(),
    "GetSchedule": lambda job: _schedule_key(),
    "CreateSchedule": lambda job: schedules_pb2.CreateScheduleRequest(config=_schedule()),
    "UpdateSchedule": lambda job: schedules_pb2.UpdateScheduleRequest(
        schedule="ghost", project=OURS, config=_schedule()
    ),
    "DeleteSchedule": lambda job: _schedule_key(),
    "PauseSchedule": lambda job: _schedule_key(),
    "ResumeSchedule": lambda job: _schedule_key(),
    "RunSchedule": lambda job: _schedule_key(),
    "ListFirings": lambda job: schedules_pb2.ListFiringsRequest(schedule="ghost", project=OURS),
    "ValidateCron": lambda job: schedules_pb2.ValidateCronRequest(expression="@daily"),
    "ListTemplates": lambda job: templates_pb2.ListTemplatesRequest(),
    "GetTemplate": lambda job: templates_pb2.GetTemplateRequest(template="ghost", project=OURS),
    "PutTemplate": lambda job: templates_pb2.PutTemplateRequest(project=OURS, name="asked"),
    "DeleteTemplate": lambda job: templates_pb2.DeleteTemplateRequest(
        template="ghost", project=OURS
    ),
    "ListVersions": lambda job: templates_pb2.ListVersionsRequest(template="ghost", project=OURS),
    "RunTemplate": lambda job: templates_pb2.RunTemplateRequest(template="ghost", project=OURS),
    "RenderTemplate": lambda job: templates_pb2.RenderTemplateRequest(
        template="ghost", project=OURS
    ),
    "GetTemplateStats": lambda job: templates_pb2.GetTemplateStatsRequest(
        template="ghost", project=OURS
    ),
    "ListTriggers": lambda job: webhooks_pb2.ListTriggersRequest(template="ghost", project=OURS),
    "CreateTrigger": lambda job: webhooks_pb2.CreateTriggerRequest(
        template="ghost", project=OURS, name="made"
    ),
    "DeleteTrigger": lambda job: webhooks_pb2.DeleteTriggerRequest(
        template="ghost", project=OURS, trigger=str(uuid4())
    ),
    "ListWebhooks": lambda job: webhooks_pb2.ListWebhooksRequest(),
    "GetWebhook": lambda job: _webhook_key(),
    "CreateWebhook": lambda job: webhooks_pb2.CreateWebhookRequest(config=_webhook()),
    "UpdateWebhook": lambda job: webhooks_pb2.UpdateWebhookRequest(
        webhook="ghost", project=OURS, config=_webhook()
    ),
    "DeleteWebhook": lambda job: _webhook_key(),
    "TestWebhook": lambda job: _webhook_key(),
    "ListDeliveries": lambda job: webhooks_pb2.ListDeliveriesRequest(webhook="ghost", project=OURS),
    "GetDelivery": lambda job: webhooks_pb2.DeliveryKey(delivery=str(uuid4())),
    "Redeliver": lambda job: webhooks_pb2.DeliveryKey(delivery=str(uuid4())),
    "ListEntries": lambda job: audit_pb2.ListEntriesRequest(),
    "ExportEntries": lambda job: audit_pb2.ExportEntriesRequest(),
}
STATUSES = {
    grpc.StatusCode.UNAUTHENTICATED: "unauthenticated",
    grpc.StatusCode.PERMISSION_DENIED: "forbidden",
    grpc.StatusCode.NOT_FOUND: "not_found",
}


async def ask_grpc(channel: grpc.aio.Channel, method: str, job: str, who: str) -> str:
    """What comes of one method."""
    request = GRPC_REQUESTS[method.rpartition("/")[2]](job)
    # Whatever comes back is not looked at; a method that answers once is a stream of one.
    call = channel.unary_stream(
        method, request_serializer=type(request).SerializeToString, response_deserializer=bytes
    )(request, metadata=metadata(who), timeout=60)
    try:
        async for _ in call:
            break
    except grpc.aio.AioRpcError as error:
        if error.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
            raise
        return judged(STATUSES.get(error.code(), ""), error.details() or "")
    finally:
        call.cancel()
    return ALLOWED


# ---- WebSockets and SSH


async def ask_topics(place: Installation, topics: Mapping[str, str], who: str) -> dict[str, str]:
    """What comes of subscribing to each; by kind."""
    found = dict.fromkeys(topics, ALLOWED)
    by_topic = {topic: kind for kind, topic in topics.items()}
    async with connect(f"{place.ws}/ws", additional_headers=bearer(who)) as socket:
        try:
            for topic in topics.values():
                await socket.send(json.dumps({"op": "sub", "topic": topic}))
            # Frames are taken in order: once this is refused, the others are decided.
            await socket.send(json.dumps({"op": "sub", "topic": "no-such-topic"}))
            while True:
                frame = json.loads(await socket.recv())
                if frame.get("op") == "error" and frame["topic"] is None:
                    return found if frame["code"] == "invalid_request" else _all(topics, frame)
                if frame.get("op") == "error":
                    found[by_topic[frame["topic"]]] = judged(frame["code"], frame["detail"])
        except ConnectionClosed:
            return dict.fromkeys(topics, UNKNOWN)


def _all(topics: Mapping[str, str], frame: Mapping[str, str]) -> dict[str, str]:
    return dict.fromkeys(topics, judged(frame["code"], frame["detail"]))


async def ask_terminal(place: Installation, job: str, who: str) -> tuple[str, int]:
    """What comes of opening one, and the code with which it is closed."""
    url = f"{place.ws}/jobs/{job}/terminal"
    async with connect(url, additional_headers=bearer(who)) as socket:
        frame = json.loads(await socket.recv())
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 0
            return judged(frame["code"], frame["detail"]), code
    raise AssertionError("a terminal in a job that does not run")


async def ask_ssh(place: Installation, job: str, who: str) -> str:
    """What comes of a command in the job."""
    try:
        async with asyncssh.connect(
            "127.0.0.1",
            place.ssh_port,
            username=job,
            password=token_of(who),
            known_hosts=None,
            client_keys=None,
            agent_path=None,
            config=None,
        ) as connection:
            done = await asyncio.wait_for(connection.run("true"), 60)
    except asyncssh.PermissionDenied:
        return UNKNOWN
    said = str(done.stderr).removeprefix("hodei: ")
    if " may not: " in said:
        return FORBIDDEN
    return judged("not_found", said)
