"""From the first administrator to a revoked token, with the command line, gRPC and the client."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from hodei.client import AsyncClient, Unauthenticated
from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc
from tests.support.server import (
    ServerProcess,
    clean_environment,
    data_directory,
    hodei_command,
)

PASSWORD = "correct horse battery"
NEW = "a quite different one"


class Place:
    """One computer, as far as Hodei is concerned, and the server that it talks to."""

    def __init__(self, server: ServerProcess, home: Path) -> None:
        self.server = server
        self.home = home

    def hodei(self, *words: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Runs `hodei WORDS...` here."""
        return subprocess.run(
            hodei_command(*words),
            env=clean_environment(HODEI_URL=self.server.url, XDG_CONFIG_HOME=str(self.home), **env),
            input=stdin,
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        )

    def ok(self, *words: str, stdin: str = "", **env: str) -> str:
        """Its output, once it went well."""
        done = self.hodei(*words, stdin=stdin, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str, stdin: str = "", **env: str) -> str:
        """What it says when it does not."""
        done = self.hodei(*words, stdin=stdin, **env)
        assert done.returncode != 0, done.stdout
        return done.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server that asks everybody, and a computer on which nobody is signed in."""
    env = {"HODEI_SIGN_IN": "required", "HODEI_PROCESS_ENABLED": "0"}
    with data_directory() as directory, ServerProcess(directory, env) as server:
        yield Place(server, tmp_path_factory.mktemp("home"))


def credentials(place: Place) -> dict[str, dict[str, str]]:
    """What is kept on the computer."""
    file = place.home / "hodei" / "credentials"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found: dict[str, dict[str, str]] = json.loads(file.read_text())
    return found


def test_the_first_administrator_needs_the_code_of_the_console(place: Place) -> None:
    assert "hodei login" in place.refused("jobs", "list")
    code_file = place.server.data_dir / "setup-code"
    assert stat.S_IMODE(code_file.stat().st_mode) == 0o600
    code = code_file.read_text().strip()
    assert f"with the setup code {code}" in place.server.log
    words = ("users", "create", "ana", "--admin", "--setup-code-file")
    wrong = place.home / "wrong"
    wrong.write_text("wrong\n")
    assert "setup code" in place.refused(*words, str(wrong), stdin=PASSWORD)
    weak = place.refused(*words, str(code_file), stdin="short")
    assert "password" in weak and "short" not in weak
    assert "signed in" in place.ok(*words, str(code_file), stdin=PASSWORD)
    assert not code_file.exists()
    assert set(credentials(place)) == {place.server.url}
    assert place.ok("jobs", "list") is not None


def test_users_sign_in_and_do_what_their_role_lets_them(place: Place) -> None:
    place.ok("users", "create", "bo", "--role", "default=viewer", stdin=PASSWORD)
    [ana, bo] = json.loads(place.ok("users", "list", "--json"))
    assert (ana["roles"], bo["roles"]) == ({"*": "admin"}, {"default": "viewer"})
    *_, shown = place.ok("users", "list").splitlines()
    assert shown.split() == ["bo", "enabled", "password", "never", "default=viewer"]
    mine = (place.home / "hodei" / "credentials").read_bytes()
    assert "wrong" in place.refused("login", "--name", "bo", stdin="not the password")
    assert (place.home / "hodei" / "credentials").read_bytes() == mine
    place.ok("login", "--name", "bo", stdin=PASSWORD + "\n")
    assert credentials(place)[place.server.url]["name"] == "bo"
    assert place.ok("jobs", "list") is not None
    assert "users.manage" in place.refused("users", "list")
    assert "jobs.run" in place.refused("run", "-d", "--", "true")
    place.ok("logout")
    assert credentials(place) == {}
    place.ok("login", "-n", "ana", stdin=PASSWORD)
    place.ok("users", "edit", "bo", "--disable")
    assert "disabled" in place.refused("login", "--name", "bo", stdin=PASSWORD)
    assert credentials(place)[place.server.url]["name"] == "ana"


async def test_a_token_opens_every_door_until_it_is_revoked(place: Place) -> None:
    made = place.ok("tokens", "create", "ci", "--role", "viewer", "--expires", "1h")
    token = made.strip()
    assert token.startswith("hodei_")
    [unused] = [one for one in place.ok("tokens", "list").splitlines() if one.endswith(" ci")]
    assert unused.split()[-2] == "never"
    assert place.ok("jobs", "list", HODEI_TOKEN=token) is not None
    async with AsyncClient(place.server.url, token=token) as client:
        assert (await client.me())["owner"] == "ana"
    assert await code_of(place, token) == grpc.StatusCode.OK
    assert await code_of(place, None) == grpc.StatusCode.UNAUTHENTICATED
    assert await code_of(place, token[:-1] + "-") == grpc.StatusCode.UNAUTHENTICATED
    assert "token" in place.refused("login", "--token", stdin=token, HODEI_TOKEN=token).lower()
    [row] = [one for one in json.loads(place.ok("tokens", "list", "--json")) if one["name"] == "ci"]
    assert row["last_used_at"] is not None
    place.ok("tokens", "revoke", "ci")
    assert await code_of(place, token) == grpc.StatusCode.UNAUTHENTICATED
    async with AsyncClient(place.server.url, token=token, patience_s=0) as client:
        with pytest.raises(Unauthenticated):
            await client.me()


async def code_of(place: Place, token: str | None) -> grpc.StatusCode:
    """How ListJobs over gRPC ends."""
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    async with grpc.aio.insecure_channel(place.server.grpc_target) as channel:
        stub = jobs_pb2_grpc.JobExecutionServiceStub(channel)
        call = stub.ListJobs(jobs_pb2.ListJobsRequest(), metadata=metadata)
        return grpc.StatusCode(await call.code())


def test_whoever_is_locked_out_gets_in_by_the_database(place: Place) -> None:
    env = {"HODEI_DATA_DIR": str(place.server.data_dir)}
    assert "created" in place.ok("users", "create", "zoe", "--local", stdin=NEW, **env)
    place.server.stop()
    words = ("users", "create", "ana", "--admin", "--local")
    assert "password" in place.refused(*words, stdin="short", **env)
    assert "changed" in place.ok(*words, stdin=NEW, **env)
    assert "created" in place.ok("users", "create", "eve", "--local", stdin=NEW, **env)
    place.server.start()
    assert not (place.server.data_dir / "setup-code").exists()
    place.ok("login", "-n", "ana", stdin=NEW)
    rows = json.loads(place.ok("audit", "list", "--json", "--target", "eve"))
    assert "cli" in json.dumps(rows)


def test_what_others_can_read_is_not_used(place: Place) -> None:
    file = place.home / "hodei" / "credentials"
    os.chmod(file, 0o644)
    assert "chmod 600" in place.refused("jobs", "list")
    os.chmod(file, 0o600)


def test_no_password_and_no_token_is_in_any_log(place: Place) -> None:
    token = credentials(place)[place.server.url]["token"]
    for secret in (PASSWORD, NEW, token):
        assert secret not in place.server.log
