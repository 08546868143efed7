"""What webhooks are told outlives the server, and tokens of triggers stay out of its log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from hodei.client import AsyncClient
from hodei.domain.webhooks.signing import signature
from tests.e2e.faults.site import Site, new_site
from tests.support.observer import shell
from tests.support.processes import until_told
from tests.support.receiver import Received, hangs, receiving

ENV = {"HODEI_WEBHOOK_ALLOW": "127.0.0.1", "HODEI_LOG_LEVEL": "debug"}
SECRET = "a-secret-of-the-test"


@asynccontextmanager
async def _client(site: Site) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(site.server.url) as client:
        yield client


def _check(request: Received) -> dict[str, object]:
    """The payload of a request, once its signature is the right one."""
    signed = request.headers["hodei-signature"]
    at = int(signed.removeprefix("t=").partition(",")[0])
    assert signed == signature(SECRET, request.body, at)
    payload: dict[str, object] = json.loads(request.body)
    assert request.headers["hodei-delivery"] == payload["id"]
    assert request.headers["hodei-event"] == payload["event"]
    return payload


async def test_a_delivery_under_way_when_the_server_is_killed_arrives_after_its_restart() -> None:
    with new_site(ENV) as site:
        async with receiving() as receiver, site.observer() as observer:
            # Nobody answers as long as the first server lives.
            receiver.answering = hangs
            async with _client(site) as client:
                config = {"name": "told", "url": receiver.url, "events": ["job.failed"]}
                await client.create_webhook({**config, "secret": SECRET, "timeout_ms": 2_000})
            job_id = await observer.submit(shell("exit 3"))
            told = _check((await receiver.until(1))[0])
            await site.kill()
            receiver.answering = None
            await site.restart()

            async with _client(site) as client:

                async def arrived() -> bool:
                    delivery = await client.get_delivery(str(told["id"]))
                    return bool(delivery["state"] == "delivered")

                await until_told(arrived, what=lambda: f"it arrives; {site.server.log[-2000:]}")
                assert [one["id"] async for one in client.deliveries("told")] == [told["id"]]
            assert len(receiver.received) > 1
            assert all(_check(each) == told for each in receiver.received)
            job = told["job"]
            assert isinstance(job, dict)
            assert (job["id"], job["state"], job["outcome"]["exit_code"]) == (job_id, "FAILED", 3)


async def test_a_token_in_the_address_of_a_trigger_is_in_no_log() -> None:
    with new_site(ENV) as site:
        async with _client(site) as client:
            template = {"name": "fired", "spec": {"command": "true"}}
            await client.create_template(template)
            trigger = await client.create_trigger("fired", "push")
            token, url = trigger["token"], f"{site.server.url}{trigger['url']}"
            async with httpx.AsyncClient(timeout=60) as http:
                fired = await http.post(url, params={"token": token})
                assert fired.status_code == 201, fired.text
                assert (await http.post(url, params={"token": f"{token}x"})).status_code == 404
                assert (await http.get(url, params={"token": token})).status_code == 405
                audit = await http.get(f"{site.server.url}/api/v1/audit", params={"limit": 200})
                assert "trigger.fire" in audit.text and token not in audit.text
            await client.wait(fired.json()["job_id"])
        await site.stop()
        log = site.server.log
        # It does say things at this level, so that what is not there is kept out.
        assert " DEBUG " in log, log[:2000]
        assert token not in log
