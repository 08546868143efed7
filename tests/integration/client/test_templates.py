"""Templates through the client, with and without asyncio."""

from __future__ import annotations

from typing import Any

import pytest

from hodei.client import AsyncClient, Client, Conflict, InvalidRequest, NotFound
from tests.support.server import ServerProcess

CONFIG: dict[str, Any] = {
    "name": "client-report",
    "parameters": [
        {"name": "city", "type": "string"},
        {"name": "days", "type": "integer", "default": 7},
    ],
    "spec": {"command": "echo {{ city }} {{ days }}"},
}


async def test_a_template_from_storing_to_output(client: AsyncClient) -> None:
    made = await client.put_template(CONFIG)
    assert (made["outcome"], made["version"]) == ("created", 1)
    assert (await client.put_template(CONFIG))["outcome"] == "unchanged"
    job = await client.run_template("client-report", {"city": "a $(b) 'c'"}, labels={"a": "1"})
    done = await client.wait(job)
    assert await client.output(done) == "a $(b) 'c' 7\n"
    assert done.origin is not None and done.origin["parameters"]["days"] == 7
    assert [one.id async for one in client.list(template=made["id"])] == [job.id]
    with pytest.raises(InvalidRequest) as refused:
        await client.run_template(made["id"], {"days": "x"})
    assert {v.field for v in refused.value.violations} == {"parameters.city", "parameters.days"}
    changed = await client.update_template(made["id"], {**CONFIG, "tags": ["x"], "version": 1})
    assert [one["version"] for one in await client.template_versions(made["id"])] == [2, 1]
    assert [one["name"] for one in await client.list_templates(tag="x")] == [changed["name"]]
    assert (await client.template_stats(made["id"], buckets=1))["by_state"]["SUCCEEDED"] == 1
    assert "command: echo {{ city }}" in await client.export_template("client-report")
    kept = await client.job_as_template(job, "client-kept", "From a job.")
    assert (await client.get_template(kept["id"]))["description"] == "From a job."
    for key in (made["id"], kept["id"]):
        await client.delete_template(key)
    with pytest.raises(NotFound):
        await client.get_template(made["id"])


def test_the_same_without_asyncio(shared_server: ServerProcess) -> None:
    with Client(shared_server.url) as hodei:
        made = hodei.put_template({**CONFIG, "name": "plain-report"})
        spec = hodei.render_template("plain-report", {"city": "x"})
        assert spec["env"] == {"HODEI_PARAM_CITY": "x", "HODEI_PARAM_DAYS": "7"}
        job = hodei.run_template("plain-report", {"city": "x"}, name="by hand")
        assert hodei.wait(job).succeeded
        assert hodei.template_stats("plain-report")["runs"] == 1
        hodei.delete_template(made["id"])
        assert "plain-report" not in {one["name"] for one in hodei.list_templates()}


def test_what_makes_jobs_and_tells_of_them_without_asyncio(shared_server: ServerProcess) -> None:
    with Client(shared_server.url) as hodei:
        template = hodei.put_template({**CONFIG, "name": "plain-fired"})
        pointer = {"city": {"pointer": "/city"}}
        trigger = hodei.create_trigger(template["id"], "push", pointer)
        assert trigger["token"] and [one["name"] for one in hodei.triggers(template["id"])]
        hodei.delete_trigger(template["id"], trigger["id"])
        assert hodei.triggers("plain-fired") == []

        rule = {"kind": "cron", "expression": "0 0 29 2 *"}
        target = {"template": "plain-fired", "parameters": {"city": "x"}}
        schedule = hodei.create_schedule({"name": "plain", "rule": rule, "target": target})
        assert hodei.pause_schedule("plain")["paused"]
        job_id = hodei.run_schedule("plain")["job_id"]
        assert [one["job_id"] for one in hodei.firings("plain")] == [job_id]
        assert [one["id"] for one in hodei.schedules(q="plain")] == [schedule["id"]]
        hodei.delete_schedule("plain")

        config = {"name": "plain", "url": "https://192.0.9.1/", "events": ["job.failed"]}
        webhook = hodei.create_webhook(config)
        changed = hodei.update_webhook("plain", {**config, "enabled": False})
        assert (changed["secret"], changed["enabled"]) == (None, False)
        assert [one["id"] for one in hodei.webhooks("default")] == [webhook["id"]]
        assert list(hodei.deliveries("plain")) == []
        with pytest.raises(Conflict):
            hodei.test_webhook("plain")
        hodei.delete_webhook("plain")
        with pytest.raises(NotFound):
            hodei.get_webhook("plain")
