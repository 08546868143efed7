"""`webhooks` and `templates triggers` on the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx

from tests.e2e.cli.conftest import Hodei
from tests.support.receiver import receiving, status


async def test_a_webhook_from_made_to_gone(hodei: Hodei, tmp_path: Path) -> None:
    (tmp_path / "team").write_text("sesame\n")
    async with receiving() as receiver:
        given = ("--url", receiver.url, "-e", "job.failed", "--job-name", "cli-hook-*")
        header = ("--header-file", f"X-Team={tmp_path / 'team'}")
        made = hodei("webhooks", "create", "chat", *given, *header, "--json")
        assert made.returncode == 0, made.stderr
        assert len(json.loads(made.stdout)["secret"]) >= 16
        tested = await asyncio.to_thread(hodei, "webhooks", "test", "chat")
        assert (tested.returncode, "delivered: 200 in" in tested.stdout) == (0, True), tested.stderr
        assert receiver.received[0].headers["x-team"] == "sesame"

        changed = hodei("webhooks", "update", "chat", "-e", "job.timeout", "--json")
        assert changed.returncode == 0, changed.stderr
        webhook = json.loads(changed.stdout)
        assert (webhook["events"], webhook["headers"]) == (["job.timeout"], ["X-Team"])
        assert (webhook["filters"]["name"], webhook["secret"]) == ("cli-hook-*", None)
        receiver.answering = status(410)
        dead = await asyncio.to_thread(hodei, "webhooks", "test", "chat", "--json")
        assert (dead.returncode, json.loads(dead.stdout)["state"]) == (1, "dead")
        listed = hodei("webhooks", "deliveries", "chat", "--state", "dead").stdout
        assert json.loads(dead.stdout)["id"] in listed and "410" in listed
        receiver.answering = None
        again = hodei("webhooks", "redeliver", json.loads(dead.stdout)["id"])
        assert again.returncode == 0, again.stderr
        third = (await receiver.until(3))[2]
        assert third.headers["hodei-delivery"] == json.loads(dead.stdout)["id"]

    assert hodei("webhooks", "disable", "chat").stdout == "chat disabled\n"
    assert "disabled" in hodei("webhooks", "list").stdout
    refused = hodei("webhooks", "test", "chat")
    assert (refused.returncode, "enable it first" in refused.stderr) == (1, True)
    assert hodei("webhooks", "enable", "chat").stdout == "chat enabled\n"
    assert "X-Team" in hodei("webhooks", "get", "chat").stdout
    wrong = hodei("webhooks", "update", "chat", "--url", "http://10.0.0.1/")
    assert (wrong.returncode, "--url: url: must be a public" in wrong.stderr) == (2, True)
    assert hodei("webhooks", "delete", "chat").returncode == 0
    assert hodei("webhooks", "get", "chat").returncode == 1


def test_a_trigger_from_made_to_gone(hodei: Hodei) -> None:
    template = (
        "name: cli-fired\nspec: {command: 'echo {{ branch }} {{ days }}'}\n"
        "parameters: [{name: branch, type: string}, {name: days, type: integer}]\n"
    )
    assert hodei("templates", "create", "-f", "-", stdin=template).returncode == 0
    words = ("templates", "triggers")
    given = ("--from", "branch=/ref", "-p", "days=3")
    made = hodei(*words, "create", "cli-fired", "push", *given)
    assert made.returncode == 0, made.stderr
    url, token = made.stdout.splitlines()
    bearer = {"Authorization": f"Bearer {token}"}
    fired = httpx.post(url, json={"ref": "main"}, headers=bearer, timeout=60)
    assert fired.status_code == 201, fired.text
    job = json.loads(hodei("jobs", "get", fired.json()["job_id"], "--json").stdout)
    assert job["origin"]["parameters"] == {"branch": "main", "days": 3}
    assert token not in (listed := hodei(*words, "list", "cli-fired").stdout)
    assert "push" in listed and "never" not in listed
    wrong = hodei(*words, "create", "cli-fired", "x", "--from", "nobody=/ref")
    assert (wrong.returncode, "--from: parameters.nobody" in wrong.stderr) == (2, True)
    assert hodei(*words, "delete", "cli-fired", "push").stdout == "push deleted\n"
    assert httpx.post(url, json={}, headers=bearer, timeout=60).status_code == 404
    assert hodei(*words, "delete", "cli-fired", "push").returncode == 1
