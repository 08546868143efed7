"""Commands of the documents, run as they stand there: README.md and docs/."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hodei.client import Client
from tests.support.documents import ROOT, fences, run_commands
from tests.support.postgres import (
    Server,
    chosen_binaries,
    empty_dsn,
    postgres_dsn,
    postgres_server,
    postgres_template,
)
from tests.support.receiver import receiving
from tests.support.server import ServerProcess, data_directory
from tests.support.ssh import SshClient, gateway

__all__ = ["empty_dsn", "postgres_dsn", "postgres_server", "postgres_template"]

DOCS = ROOT / "docs"
PROGRAMS = Path(sys.executable).parent
WORD = "correct horse battery"
JOB = "name: nightly\ncommand: echo from a file\n"
BUILD = """
name: build
spec: {command: 'echo {{ branch }} {{ days }}'}
parameters: [{name: branch, type: string}, {name: days, type: integer}]
"""
FIRST_ID = """python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])'"""


def environment(server: ServerProcess) -> dict[str, str]:
    """Where the programs and the server are."""
    return {"HODEI_URL": server.url, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of SSH."""
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="module")
def reader(keys: Path) -> Iterator[ServerProcess]:
    """A server for all documents that ask nobody to sign in."""
    env = {**gateway(keys), "HODEI_WEBHOOK_ALLOW": "127.0.0.1"}
    with data_directory() as directory, ServerProcess(directory, env) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files that a reader has."""
    (tmp_path / "job.yaml").write_text(JOB)
    (tmp_path / "build.yaml").write_text(BUILD)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "f").write_text("read from here\n")
    [report] = [
        each.text
        for each in fences(DOCS / "templates.md")
        if each.text.startswith("# report.yaml\n")
    ]
    (tmp_path / "report.yaml").write_text(report)
    return tmp_path


def entered(server: ServerProcess) -> str:
    """A job that runs, to be looked at and entered."""
    with Client(server.url) as client:
        job = client.submit(
            name="entered", command="mkdir out; echo kept >out/kept; echo started; sleep 600"
        )
        next(client.logs(job))
        return job.id


async def test_the_first_page(folder: Path) -> None:
    with (
        data_directory() as directory,
        ServerProcess(directory, {"HODEI_WEBHOOK_ALLOW": "127.0.0.1"}) as server,
    ):
        async with receiving() as receiver:
            job = await asyncio.to_thread(entered, server)
            instead = {
                "JOB": job,
                "sleep 1;": "",
                "https://api.example.com": receiver.url,
                "https://hooks.example.com/hodei": receiver.url,
                "hodei secrets set": "echo a-secret-value | hodei secrets set",
                "hodei users create": f"echo {WORD} | hodei users create",
                "hodei login": f"echo {WORD} | hodei login",
            }
            printed = await asyncio.to_thread(
                run_commands,
                ROOT / "README.md",
                folder=folder,
                env=environment(server),
                instead=instead,
            )
            asked = receiver.received[0].headers["authorization"]
    assert "Hello from Hodei!\n" in printed
    assert "\n45\n" in printed and "from a file\n" in printed and "started\n" in printed
    assert asked == "Bearer a-secret-value"
    assert "a-secret-value" not in printed


def test_templates_and_then_schedules_of_one(reader: ServerProcess, folder: Path) -> None:
    token = "echo a-secret-value | hodei secrets set REPORT_TOKEN"
    begin = "hodei templates run report -p days=3 --secret-param token=REPORT_TOKEN --detach"
    instead = {
        begin: f'{token}\njob=$({begin})\nhodei jobs wait "$job"',
        "1b36de96-ff1f-4a35-bb8b-6458d0068b2a kept": '"$job" kept',
    }
    env = environment(reader)
    printed = run_commands(DOCS / "templates.md", folder=folder, env=env, instead=instead)
    for line in (
        "default/report version 1\n",
        "O'Hare; rm -rf / over 3 days, seen by hodei/3\n",
        "hodei: --param: parameters.days: must be a whole number between 1 and 31 (given: many)\n",
        "default/report version 1 unchanged\n",
        "Málaga over 1 days, seen by hodei/1\n",
        "default/kept version 1\n",
    ):
        assert line in printed, printed
    printed = run_commands(DOCS / "schedules.md", folder=folder, env=env)
    assert "Every 15 minutes, from 09:00 to 17:59, Monday to Friday\n" in printed
    assert "Cada 15 minutos, de 09:00 a 17:59, de lunes a viernes\n" in printed


async def test_webhooks_and_triggers(reader: ServerProcess, folder: Path) -> None:
    env = {**environment(reader), "T": "1", "BODY": "{}", "SECRET": "sesame"}
    latest = f'"$(hodei webhooks deliveries chat --json | {FIRST_ID})"'
    async with receiving() as receiver:
        instead = {
            "https://hooks.example.com/hodei": receiver.url,
            "redeliver ID": f"redeliver {latest}",
            "hodei templates triggers": "hodei templates create -f build.yaml\n"
            "hodei templates triggers",
        }
        printed = await asyncio.to_thread(
            run_commands, DOCS / "webhooks.md", folder=folder, env=env, instead=instead
        )
        tested, again = await receiver.until(2)
    assert tested.headers["hodei-delivery"] == again.headers["hodei-delivery"]
    assert hmac.new(b"sesame", b"1.{}", hashlib.sha256).hexdigest() in printed


def test_shells(reader: ServerProcess, folder: Path, keys: Path) -> None:
    client = SshClient(keys, reader.ssh_port)
    instead = {
        "ssh -p 2222": shlex.join(["ssh", *client.options(), "-p", str(client.port)]),
        "'ps aux; exit 3'": "'ps aux; exit 3' || test $? = 3",
        "JOB": entered(reader),
    }
    env = environment(reader)
    printed = run_commands(DOCS / "shell.md", folder=folder, env=env, instead=instead)
    assert (folder / "out" / "kept").read_text() == "kept\n"
    assert printed.count("ps aux") >= 2


def test_a_certificate_to_try(folder: Path) -> None:
    tls = DOCS / "tls.md"
    run_commands(tls, folder=folder, env={}, about="openssl req")
    settings = {"HODEI_TLS_CERT": f"{folder}/server.pem", "HODEI_TLS_KEY": f"{folder}/server.key"}
    with data_directory() as directory, ServerProcess(directory, settings) as server:
        ports = {"8080": server.url.rpartition(":")[2], "50051": server.grpc_target.split(":")[1]}
        instead = {f"localhost:{port}": f"localhost:{actual}" for port, actual in ports.items()}
        printed = run_commands(
            tls, folder=folder, env=environment(server), instead=instead, about="curl --cacert"
        )
    assert "hello\n" in printed
    assert "Verify return code: 0 (ok)" in printed and "ALPN protocol: h2" in printed


def test_settings_of_single_sign_on(folder: Path) -> None:
    (folder / "oidc").write_text("a-secret-value")
    instead = {"/run/secrets/oidc": f"{folder}/oidc", "hodei serve": "hodei config check"}
    env = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    printed = run_commands(DOCS / "identity.md", folder=folder, env=env, instead=instead)
    assert "https://id.example.com" in printed and "a-secret-value" not in printed


def test_a_dump_by_hand(
    postgres_server: Server, postgres_dsn: str, empty_dsn: str, tmp_path: Path
) -> None:
    env: Mapping[str, str] = {
        "PATH": f"{chosen_binaries()}:{os.environ['PATH']}",
        "HODEI_DATABASE_URL": postgres_dsn,
        "NEW_DATABASE_URL": empty_dsn,
    }
    run_commands(DOCS / "operations.md", folder=tmp_path, env=env)
