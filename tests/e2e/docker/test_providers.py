"""Providers by the command line: what is changed holds at once, and after a restart."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Any

from tests.e2e.docker.yard import Yard, job
from tests.support.observer import PENDING, SUCCEEDED, Observer
from tests.support.processes import until_told
from tests.support.server import clean_environment, hodei_command


class CommandLine:
    """`hodei` for one server."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard

    async def run(self, *words: str, code: int = 0) -> str:
        """What it says; its exit code must be `code`."""
        done = await asyncio.to_thread(
            subprocess.run,
            hodei_command(*words),
            env=clean_environment(HODEI_URL=self._yard.site.server.url),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    async def json(self, *words: str) -> dict[str, Any]:
        """The same, as data."""
        found: dict[str, Any] = json.loads(await self.run(*words, "--json"))
        return found


def at(name: str) -> Any:
    """A job that asks for one provider."""
    spec = job("shell", "echo here")
    spec.preferences.provider = name
    return spec


async def test_from_its_making_to_its_end(mortal: Yard, witness: Observer) -> None:
    hodei, host = CommandLine(mortal), mortal.engine.host
    made = await hodei.json(
        "providers", "create", "second", "--type", "docker", "--set", f"host={host}",
        "--set", 'registries={"r.example": {"username": "u", "password": "very secret"}}',
        "--max-workers", "2",
    )  # fmt: skip
    assert made["health"]["ok"], made
    assert "very secret" not in json.dumps(made)
    done = await witness.finished(await witness.submit(at("second")))
    assert done.state == SUCCEEDED
    assert done.attempts[0].provider_id == made["id"]

    # Editing takes effect at once: its new name, and a network that is not there.
    await hodei.run("providers", "edit", "second", "--name", "other", "--set", "network=nowhere")
    assert "no network 'nowhere'" in await hodei.run("providers", "test", "other", code=1)
    waiting = await witness.submit(at("other"))

    async def explained() -> bool:
        return "no network 'nowhere'" in await witness.reason(waiting)

    await until_told(explained, what="the reason")
    assert (await witness.job(waiting)).state == PENDING
    await hodei.run("providers", "edit", "other", "--set", "network=bridge")
    assert (await witness.finished(waiting)).state == SUCCEEDED
    shown = await hodei.json("providers", "get", "other")
    assert shown["secrets_set"] == ["registries"], "the login was kept"

    await hodei.run("providers", "disable", "other")
    waiting = await witness.submit(at("other"))
    await mortal.site.stop()
    await mortal.site.restart()
    assert not (await hodei.json("providers", "get", "other"))["enabled"]
    assert "provider 'other' is disabled" in await witness.reason(waiting)
    assert (await witness.job(waiting)).state == PENDING
    await hodei.run("providers", "enable", "other")
    assert (await witness.finished(waiting)).state == SUCCEEDED

    await hodei.run("providers", "delete", "other")
    left = json.loads(await hodei.run("providers", "list", "--json"))
    assert [row["name"] for row in left] == ["docker", "local"]
    await mortal.nothing_left()


async def test_wrong_settings_name_the_field(mortal: Yard) -> None:
    said = await CommandLine(mortal).run(
        "providers", "create", "bad", "--type", "docker", "--set", "host=ssh://x",
        "--set", "pids_limit=1", code=2,
    )  # fmt: skip
    assert "settings.host" in said and "must be unix:///PATH or tcp://HOST:PORT" in said
    assert "settings.pids_limit" in said
