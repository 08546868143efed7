"""Webhooks and triggers over gRPC, on a running server; sending is tested elsewhere."""

from __future__ import annotations

import json

import grpc
import pytest

from hodei.wire.gen import jobs_pb2, webhooks_pb2_grpc
from hodei.wire.gen import webhooks_pb2 as pb
from tests.integration.http.jobs import Client
from tests.integration.http.running import Running

URL = "https://192.0.9.1/hook"
EVENTS = ["job.failed", "job.timeout"]


async def test_grpc_configures_a_webhook_and_never_shows_a_secret_again(
    client: Client, server: Running
) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = webhooks_pb2_grpc.WebhookServiceStub(channel)
        config = pb.WebhookConfig(
            project=client.project,
            name="chat",
            url=URL,
            events=EVENTS,
            headers={"X-Team": "sesame"},
            filters=pb.WebhookFilters(name="nightly-*", labels={"team": "data"}),
        )
        made = await stub.CreateWebhook(pb.CreateWebhookRequest(config=config))
        assert len(made.secret) >= 16
        shown = await client.get(f"/webhooks/{made.webhook.id}")
        assert (shown["headers"], shown["timeout_ms"], shown["enabled"]) == (
            ["X-Team"],
            10_000,
            True,
        )
        assert shown["filters"]["labels"] == {"team": "data"}
        assert shown["filters"]["template"] is None
        key = pb.WebhookKey(webhook="chat", project=client.project)
        found = await stub.GetWebhook(key)
        assert (list(found.events), found.filters.name) == (EVENTS, "nightly-*")

        config.ClearField("headers")
        config.kept_headers.append("X-Team")
        config.enabled = False
        change = pb.UpdateWebhookRequest(
            webhook="chat", project=client.project, config=config, version=found.version
        )
        changed = await stub.UpdateWebhook(change)
        assert (changed.secret, changed.webhook.enabled) == ("", False)
        assert list(changed.webhook.headers) == ["X-Team"]
        with pytest.raises(grpc.aio.AioRpcError, match="read it again"):
            await stub.UpdateWebhook(change)
        with pytest.raises(grpc.aio.AioRpcError, match="enable it first"):
            await stub.TestWebhook(key)
        config.kept_headers.append("X-Other")
        with pytest.raises(grpc.aio.AioRpcError, match=r"headers\.X-Other"):
            await stub.UpdateWebhook(
                pb.UpdateWebhookRequest(webhook="chat", project=client.project, config=config)
            )

        listed = await stub.ListWebhooks(pb.ListWebhooksRequest(project=client.project))
        assert [one.id for one in listed.webhooks] == [made.webhook.id]
        none = pb.ListDeliveriesRequest(webhook="chat", project=client.project, state="dead")
        assert not (await stub.ListDeliveries(none)).deliveries
        none.state = "deed"
        with pytest.raises(grpc.aio.AioRpcError, match="state: must be"):
            await stub.ListDeliveries(none)
        await stub.DeleteWebhook(key)
        with pytest.raises(grpc.aio.AioRpcError) as gone:
            await stub.GetWebhook(key)
        assert gone.value.code() is grpc.StatusCode.NOT_FOUND


async def test_grpc_makes_a_trigger_that_http_fires(client: Client, server: Running) -> None:
    template = {
        "name": "build",
        "project": client.project,
        "spec": {"command": "echo {{ branch }} {{ days }}"},
        "parameters": [
            {"name": "branch", "type": "string", "required": True},
            {"name": "days", "type": "integer", "required": True},
        ],
    }
    assert (await client.http.post("/templates", json=template)).status_code == 201
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = webhooks_pb2_grpc.TriggerServiceStub(channel)
        wanted = pb.CreateTriggerRequest(
            template="build",
            project=client.project,
            name="push",
            parameters={
                "branch": pb.TriggerParameter(pointer="/ref"),
                "days": pb.TriggerParameter(value=jobs_pb2.ParameterValue(integer=3)),
            },
        )
        made = await stub.CreateTrigger(wanted)
        bearer = {"Authorization": f"Bearer {made.token}"}
        path = made.url.removeprefix("/api/v1")
        fired = await client.http.post(path, content=json.dumps({"ref": "x"}), headers=bearer)
        assert fired.status_code == 201, fired.text
        job = await client.get(f"/jobs/{fired.json()['job_id']}")
        assert job["origin"]["parameters"] == {"branch": "x", "days": 3}
        of_template = pb.ListTriggersRequest(template="build", project=client.project)
        [one] = (await stub.ListTriggers(of_template)).triggers
        assert one.parameters == made.trigger.parameters
        assert one.HasField("last_fired_at")
        gone = pb.DeleteTriggerRequest(
            template="build", project=client.project, trigger=made.trigger.id
        )
        await stub.DeleteTrigger(gone)
        assert (await client.http.post(path, json={"ref": "x"}, headers=bearer)).status_code == 404
        wanted.parameters["days"].Clear()
        with pytest.raises(grpc.aio.AioRpcError, match=r"parameters\.days"):
            await stub.CreateTrigger(wanted)
