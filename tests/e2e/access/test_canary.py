"""A canary of every kind of secret, used for all that it is good for, then looked for everywhere.

Stored secrets, secret values, a registry's password, a user's password, a token, a sign-in and
one-time passwords of workers: none of them is in the database, in the server's own log, in an
answer to a GET, in the metrics, in a spool or in the arguments of a process.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import zstandard

from hodei.api.http.app import OPERATIONS
from tests.e2e.docker.yard import BUNDLES
from tests.support.ports import free_port
from tests.support.postgres import postgres_dsn, postgres_server, postgres_template
from tests.support.processes import agent_of, arguments, pids, send
from tests.support.server import ServerProcess, clean_environment, data_directory, hodei_command

__all__ = ["postgres_dsn", "postgres_server", "postgres_template"]

SPOOLED_LINES = 70_000
FILLER = "x" * 90
"""Lines of 94 bytes once they are masked: more than the agent keeps in memory."""
SHAPES = """
echo "plain $NAMED and $GIVEN"; echo "$NAMED" >&2; printf '%s' "$GIVEN" | base64; env
printf 'user:%s' "$NAMED" | base64 -w0; echo; printf '%s' "$NAMED" | od -An -v -tx1 | tr -d ' \\n'
echo; set -x; : "$GIVEN"; set +x; printf '{"a":"%s"}\\n' "$NAMED"
printf '%s' "${NAMED%????????}"; sleep 0.3; echo "${NAMED#????????????????????????}"
"""
STREAMS = {"text/event-stream"}
PASSWORD_LENGTH = 43
"""Characters of a one-time password: 32 bytes in base64."""


@dataclass(slots=True)
class Canaries:
    """What is looked for, by what it is."""

    values: dict[str, str] = field(default_factory=dict)

    def new(self, kind: str) -> str:
        """A canary of 32 characters."""
        self.values[kind] = "canary" + secrets.token_hex(13)
        return self.values[kind]

    def check(self, where: str, content: bytes) -> None:
        """That none is in there, in a usual spelling."""
        for kind, value in self.values.items():
            for form in _forms(value.encode()):
                at = content.find(form)
                around = content[max(0, at - 60) : at + 60]
                assert at < 0, f"{kind} is in {where}: {around!r}"


def _forms(value: bytes) -> Iterator[bytes]:
    yield value
    yield value.hex().encode()
    for shift in range(3):
        coded = b64encode(bytes(shift) + value)
        yield coded[(0, 2, 3)[shift] : len(coded) - 4]


@contextmanager
def _one_time_passwords(folder: Path, found: set[str]) -> Iterator[None]:
    """Reads those of workers from where only their agents look, before they do."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.002):
            for path in folder.glob("*/workers/*/otp*"):
                with suppress(OSError):
                    password = path.read_text().strip()
                    # One that is still being written is none yet.
                    if len(password) >= PASSWORD_LENGTH:
                        found.add(password)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def server(postgres_dsn: str) -> Iterator[ServerProcess]:
    """A server that says all it has to say."""
    settings = {
        "HODEI_DATABASE_URL": postgres_dsn,
        "HODEI_LOG_LEVEL": "debug",
        "HODEI_METRICS_PORT": str(free_port()),
    }
    with data_directory() as directory:
        BUNDLES.mkdir(exist_ok=True)
        (directory / "agent-bundles").symlink_to(BUNDLES)
        with ServerProcess(directory, settings) as server:
            yield server


@pytest.fixture
async def client(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a sign-in, once there is one."""
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=60) as client:
        yield client


async def test_no_secret_is_where_it_does_not_belong(
    server: ServerProcess, client: httpx.AsyncClient, postgres_dsn: str
) -> None:
    canaries, passwords = Canaries(), set[str]()
    token = await _plant(server, client, canaries)
    with _one_time_passwords(server.data_dir / "providers", passwords):
        while True:
            job = await _post(client, "/jobs", _job(SHAPES, canaries))
            await _finished(client, job)
            if passwords:
                break
            # Its agent was quicker than we looked: the next worker has another one.
            await _end_workers(client)
        script = f'read go < {_pipe(server)}; yes "{FILLER} $NAMED" | head -n {SPOOLED_LINES}'
        spooling = await _post(client, "/jobs", _job(script, canaries))
        await _until(client, spooling, "RUNNING")
    canaries.values |= {f"one-time password {at}": each for at, each in enumerate(passwords)}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            canaries.check(str(path), path.read_bytes())
    server.kill9()
    (server.data_dir / "go").write_text("go\n")
    canaries.check("the spool", await _spool(server.data_dir))
    server.start()
    await _finished(client, spooling)
    log = (await client.get(f"/jobs/{job}/logs")).text
    assert "plain *** and ***" in log
    await _look_at_answers(client, canaries, {"jobs": job, "providers": "registry"})
    metrics = await client.get(server.metrics_url)
    assert metrics.is_success
    canaries.check("the metrics", metrics.content)
    assert (await client.get("/me", headers={"Authorization": f"Bearer {token}"})).is_success
    await _look_at_database(postgres_dsn, canaries)
    server.stop()
    canaries.check("the server's log", server.log_path.read_bytes())
    assert "debug" in server.log.lower()


async def _end_workers(client: httpx.AsyncClient) -> None:
    every = {"all": 1}
    while workers := (await client.get("/workers", params=every)).json()["items"]:
        for worker in workers:
            if agent := agent_of(worker["id"]):
                send(agent, signal.SIGKILL)
        await asyncio.sleep(0.02)


async def _plant(server: ServerProcess, client: httpx.AsyncClient, canaries: Canaries) -> str:
    """One of each kind, each used once; gives the token."""
    root = {"name": "root", "password": canaries.new("password")}
    answer = await client.post("/setup", json=root)
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    canaries.values["sign-in"] = client.cookies["hodei_session"]
    wrong = {"name": "root", "password": canaries.new("wrong password")}
    assert (await client.post("/session", json=wrong)).status_code == 401
    made = await client.post("/tokens", json={"name": "cli", "role": "admin"})
    assert made.status_code == 201, made.text
    token = str(made.json()["token"])
    canaries.values["token"] = token
    set_secret = subprocess.run(
        hodei_command("secrets", "set", "NAMED"),
        input=canaries.new("named secret").encode() + b"\n",
        env=clean_environment(HODEI_URL=server.url, HODEI_TOKEN=token),
        capture_output=True,
        check=True,
    )
    canaries.check("what the command says", set_secret.stdout + set_secret.stderr)
    login = {"username": "robot", "password": canaries.new("registry password")}
    provider = {
        "name": "registry",
        "type": "docker",
        "enabled": False,
        "settings": {"registries": {"registry.example.com": login}},
    }
    await _post(client, "/providers", provider)
    canaries.new("secret value")
    refused = _job("true", canaries) | {"cpus": 1}
    assert (await client.post("/jobs", json=refused)).status_code == 400
    return token


def _job(script: str, canaries: Canaries) -> dict[str, Any]:
    env = {"NAMED": {"secret": "NAMED"}, "GIVEN": {"secret_value": canaries.values["secret value"]}}
    return {"name": "canary", "command": script, "env": env, "project": "default"}


def _pipe(server: ServerProcess) -> str:
    path = server.data_dir / "go"
    os.mkfifo(path)
    return str(path)


async def _post(client: httpx.AsyncClient, path: str, body: Mapping[str, object]) -> str:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _until(client: httpx.AsyncClient, job: str, state: str) -> None:
    while (await client.get(f"/jobs/{job}")).json()["state"] != state:
        await asyncio.sleep(0.02)


async def _finished(client: httpx.AsyncClient, job: str) -> None:
    found: dict[str, Any] = {"finished_at": None}
    while found["finished_at"] is None:
        await asyncio.sleep(0.02)
        with suppress(httpx.TransportError):
            found = (await client.get(f"/jobs/{job}")).json()
    assert found["state"] == "SUCCEEDED", found


async def _spool(data_dir: Path) -> bytes:
    """What the agent has put aside; its file has no name any more."""
    while True:
        for descriptor in _open_files(data_dir):
            with suppress(OSError):
                place = os.readlink(descriptor)
                if place.startswith(str(data_dir)) and "spool" in place:
                    content = descriptor.read_bytes()
                    if len(content) > 200_000:
                        return content
        await asyncio.sleep(0.05)


def _open_files(data_dir: Path) -> Iterator[Path]:
    """Of whoever names the directory: agents, and what is over before we look."""
    for pid in pids():
        if str(data_dir) in " ".join(arguments(pid)):
            with suppress(OSError):
                yield from Path(f"/proc/{pid}/fd").iterdir()


async def _look_at_answers(
    client: httpx.AsyncClient, canaries: Canaries, keys: Mapping[str, str]
) -> None:
    workers = (await client.get("/workers", params={"all": 1})).json()["items"]
    named = {**keys, "workers": workers[0]["id"], "audit": "x", "users": "root"}
    for each in OPERATIONS:
        if each.method != "GET":
            continue
        path = each.path.replace("{key}", named.get(each.path.split("/")[1], keys["jobs"]))
        topics = {"streamEvents": {"topic": f"logs:{keys['jobs']}"}, "searchLogs": {"q": "plain"}}
        query = topics.get(each.name, {})
        async with client.stream("GET", path, params=query) as answer:
            canaries.check(path, str(answer.headers).encode())
            kind = answer.headers.get("content-type", "").partition(";")[0]
            if kind not in STREAMS:
                canaries.check(path, await answer.aread())
                continue
            parts = answer.aiter_bytes()
            seen = await anext(parts)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    async for part in parts:
                        seen += part
            canaries.check(path, seen)


async def _look_at_database(dsn: str, canaries: Canaries) -> None:
    session = await asyncpg.connect(dsn)
    tables = await session.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    )
    assert {"secrets", "providers", "audit_log", "workers"} <= {row[0] for row in tables}
    lines = 0
    for (table,) in tables:
        # A value of type bytea is written in hex, which is looked for, too.
        for (row,) in await session.fetch(f'SELECT t::text FROM "{table}" t'):
            canaries.check(f"table {table}", row.encode())
    packer = zstandard.ZstdDecompressor()
    for text, size in await session.fetch("SELECT text, text_bytes FROM log_segments"):
        plain = text if len(text) == size else packer.decompress(text)
        lines += plain.count(b"\n")
        canaries.check("a log", plain)
    assert lines > SPOOLED_LINES
    assert await session.fetchval("SELECT count(*) FROM secrets") == 1
    await session.close()


@pytest.mark.parametrize("before", ["", "u", "us", "use"])
def test_a_canary_is_noticed(before: str) -> None:
    canaries = Canaries()
    value = canaries.new("secret")
    text = f"{before}{value}:".encode()
    for leak in (text, text.hex().encode(), b64encode(text)):
        with pytest.raises(AssertionError, match="secret is in here"):
            canaries.check("here", b"some " + leak + b" more")
