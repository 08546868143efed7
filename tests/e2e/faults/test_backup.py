"""A backup made under load and restored elsewhere: all is there, and nothing is told twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from hodei.client import AsyncClient
from tests.e2e.faults.programs import Counting
from tests.e2e.faults.site import Site, close, new_directory, new_site
from tests.e2e.faults.submitter import Submitter
from tests.support.observer import FAILED, SUCCEEDED, Observer, shell
from tests.support.processes import end_workers, until_told
from tests.support.receiver import Received, receiving
from tests.support.server import clean_environment, hodei_command

KEY = "the key of both, which no backup holds"
ENV = {"HODEI_WEBHOOK_ALLOW": "127.0.0.1", "HODEI_SECRET_KEY": KEY}
OFTEN = {"kind": "interval", "every_ms": 3000}


async def _hodei(data: Path, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *hodei_command(*words),
        env=clean_environment(**ENV, HODEI_DATA_DIR=str(data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def _arrange(client: AsyncClient, receiver: str) -> str:
    """What goes on by itself: a webhook, and a template with a schedule and a trigger; the address
    by which that is fired."""
    await client.create_webhook({"name": "told", "url": receiver, "events": ["job.failed"]})
    await client.create_template({"name": "fails", "spec": {"command": "exit 4"}})
    target = {"template": "fails"}
    await client.create_schedule(
        {"name": "often", "rule": OFTEN, "target": target, "overlap": "skip"}
    )
    trigger = await client.create_trigger("fails", "push")
    return f"{trigger['url']}?token={trigger['token']}"


async def _arranged(client: AsyncClient) -> list[object]:
    """All of that, as far as it stays the same."""
    schedule = await client.get_schedule("often")
    webhooks = await client.webhooks("default")
    return [
        *((one["id"], one["name"], one["url"], one["events"]) for one in webhooks),
        *(schedule[key] for key in ("id", "rule", "target", "overlap", "paused")),
        (await client.get_template("fails"))["spec"],
        [(one["id"], one["name"]) for one in await client.triggers("fails")],
    ]


async def _fires(client: AsyncClient, since: datetime) -> None:
    """Until the schedule has fired after that, its job has failed, and the webhook has told it."""

    async def look() -> str | None:
        found = [one async for one in client.firings("often", outcomes=["submitted"])]
        return next((one["job_id"] for one in found if _ended_since(one, since)), None)

    await _told(client, await until_told(look, what="the schedule fires"))


def _ended_since(firing: Mapping[str, Any], since: datetime) -> bool:
    return firing["job_state"] == "FAILED" and datetime.fromisoformat(firing["slot"]) > since


async def _is_triggered(client: AsyncClient, url: str) -> None:
    """The address from before the backup still fires, and what it fired is told."""
    async with httpx.AsyncClient(timeout=60) as http:
        fired = await http.post(url)
    assert fired.status_code == 201, fired.text
    await _told(client, fired.json()["job_id"])


async def _told(client: AsyncClient, job_id: str) -> str:
    """The id of the delivery about a job, once it has arrived and that is stored."""

    async def look() -> str | None:
        found = [one async for one in client.deliveries("told") if one["job_id"] == job_id]
        return str(found[0]["id"]) if found and found[0]["state"] == "delivered" else None

    return await until_told(look, what="the webhook is told")


def _about(received: list[Received], job_id: str) -> int:
    return sum(json.loads(each.body)["job"]["id"] == job_id for each in received)


@pytest.mark.timeout(900)
async def test_a_backup_under_load_is_restored_elsewhere() -> None:
    with new_site(ENV) as site, new_directory() as elsewhere:
        async with receiving() as receiver, site.observer() as observer:
            async with AsyncClient(site.server.url) as client:
                await client.set_secret("TOKEN", "the value of it")
                trigger = await _arrange(client, receiver.url)
                arranged = await _arranged(client)
                failed = await observer.submit(shell("echo before; exit 3"))
                await _told(client, failed)
            running = Counting(name="running", files=site.files)
            spec = running.spec()
            spec.timeout_ms = 3_600_000
            held = await observer.submit(spec)
            await running.reached(20)
            await observer.lines(held, 10)
            submitter, enough = Submitter(observer), asyncio.Event()
            submitting = asyncio.create_task(submitter.run(enough))
            await submitter.accepts_more()
            before = dict(submitter.accepted)

            file = elsewhere / "backup"
            code, said, error = await _hodei(site.data, "db", "backup", str(file))
            assert code == 0, error
            assert "keep the secret key apart" in said and file.stat().st_mode & 0o077 == 0
            code, _, error = await _hodei(site.data, "db", "backup", str(file))
            assert code == 1 and "is there already" in error

            await submitter.accepts_more()
            enough.set()
            await submitting
            await asyncio.to_thread(end_workers, site.data)
            await site.stop()
            second = Site(elsewhere, ENV)
            try:
                moment = datetime.now(UTC)
                await _restored(second, file)
                async with second.observer() as newer, AsyncClient(second.server.url) as client:
                    await _past_is_there(newer, client, before, failed)
                    # What ran when the backup was made has been lost since, and says so.
                    lost = await newer.finished(held)
                    assert (lost.state, lost.outcome.cause) == (FAILED, "lost")
                    assert len((await newer.log(held)).lines) >= 10
                    await _told(client, held)
                    assert _about(receiver.received, failed) == 1
                    assert await _arranged(client) == arranged
                    await _fires(client, moment)
                    await _is_triggered(client, second.server.url + trigger)
            finally:
                await asyncio.to_thread(close, second)


async def _restored(site: Site, file: Path) -> None:
    code, said, error = await _hodei(site.data, "db", "restore", str(file))
    assert code == 0, error
    assert "restored from" in said
    code, _, error = await _hodei(site.data, "db", "restore", str(file))
    assert code == 1 and "the database has a Hodei in it" in error
    await site.restart()


async def _past_is_there(
    observer: Observer, client: AsyncClient, accepted: dict[str, str], failed: str
) -> None:
    for key, job_id in accepted.items():
        job = await observer.finished(job_id)
        if job.state == SUCCEEDED:
            assert (await observer.log(job_id)).text == [key]
        else:
            # It was under way at the moment of the backup.
            assert job.outcome.cause in ("lost", "provision", "timeout"), job.outcome
    assert (await observer.log(failed)).text == ["before"]
    env = {"TOKEN": {"secret": "TOKEN"}}
    script = 'test "$TOKEN" = "the value of it" && echo the same'
    command = {"type": "shell", "script": script}
    again = await client.submit({"name": "again", "command": command, "env": env})
    assert (await observer.finished(again.id)).state == SUCCEEDED
