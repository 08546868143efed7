"""The other ways to start it: a filtered socket, an older Compose, the database alone, images."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.docker import ROOT
from tests.support.server import ServerProcess, clean_environment, data_directory, hodei_command
from tests.support.stack import GUIDE, Stack

pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("engine")]

PROD = "-f docker-compose.prod.yml"
FILTERED = {
    "COMPOSE_PROFILES": "docker-proxy",
    "HODEI_DOCKER_HOST": "unix:///run/docker-proxy/docker.sock",
    "HODEI_DOCKER_SOCKET": "/dev/null",
}
"""As docs/deploy.md has it."""
DATABASE = "postgres://postgres:postgres@localhost:5432/hodei"
HELLO = "run --quiet --name hello --image alpine:latest -- 'echo Hello from Hodei!'"
PASSWORD = "correct horse battery"


class Terminal:
    """Somebody at this machine with the command line client."""

    def __init__(self, stack: Stack, home: Path) -> None:
        self._stack = stack
        self._home = home

    def hodei(self, words: str, url: str = "http://localhost") -> str:
        """A command of the client; what it says."""
        program = hodei_command()[0]
        return self._stack.shell(f"HOME={self._home} HODEI_URL={url} {program} {words}")

    def become_administrator(self, compose: str) -> None:
        """The first one, by the code in the server's log."""
        line = self._stack.shell(f"{compose} {PROD} logs api | grep 'setup code'")
        found = re.search(r"with the setup code (\S+)", line)
        assert found, line
        code, password = self._home / "code", self._home / "password"
        code.write_text(found.group(1), "ascii")
        password.write_text(PASSWORD, "ascii")
        files = f"--setup-code-file {code} --password-file {password}"
        self.hodei(f"users create ana --admin {files}")


@pytest.fixture
def terminal(stack: Stack, tmp_path: Path) -> Terminal:
    """A new one, who is nobody yet."""
    return Terminal(stack, tmp_path)


@contextmanager
def up(stack: Stack, env: Mapping[str, str], compose: str = "docker compose") -> Iterator[None]:
    """The stack with these settings, from images that are there; and nothing left of it."""
    stack.write_env({**GUIDE, **env})
    stack.shell(f"{compose} {PROD} up -d")
    try:
        stack.healthy("hodei-jobs-web")
        yield
    finally:
        stack.shell(f"{compose} {PROD} down -v")
    stack.nothing_left()


def test_each_image_is_built_alone(stack: Stack, sources: Mapping[str, str]) -> None:
    names = ("PIP_INDEX_URL", "PIP_TRUSTED_HOST", "NPM_CONFIG_REGISTRY")
    told = " ".join(f"--build-arg {name}={sources[name]}" for name in names)
    build = "docker build -f deploy/images"
    stack.shell(f"{build}/Dockerfile --target server -t hodei-server {told} .")
    stack.shell(f"{build}/Dockerfile --target agent -t hodei-agent {told} .")
    stack.shell(f"{build}/web.Dockerfile -t hodei-web .")
    for name, user in (("server", "65532"), ("agent", "65532"), ("web", "101")):
        assert stack.inspect(f"hodei-{name}")["Config"]["User"] == f"{user}:{user}"
    alone = "docker run --rm --network none --read-only"
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", stack.shell(f"{alone} hodei-server version"))
    # Nothing but the agent is in it, and it finds its own interpreter.
    assert "HODEI_AGENT" in stack.shell(f"{alone} hodei-agent", fails=True)
    stack.shell(f"{alone} --tmpfs /tmp hodei-web nginx -V")


def test_the_provider_works_through_the_filter(
    stack: Stack, sources: Mapping[str, str], terminal: Terminal
) -> None:
    engine = {"HODEI_ENGINE_SOCKET": str(stack.engine.socket)}
    with up(stack, {**sources, **FILTERED, **engine}):
        stack.healthy("hodei-jobs-docker-proxy")
        mounted = stack.inspect("hodei-jobs-api")["Mounts"]
        assert str(stack.engine.socket) not in [one["Source"] for one in mounted]
        terminal.become_administrator("docker compose")
        assert terminal.hodei(HELLO) == "Hello from Hodei!\n"
        ask = "curl --silent --output /dev/null --write-out '%{http_code}'"
        ask += " --unix-socket /run/docker-proxy/docker.sock http://docker/v1.41"
        ask = f"docker exec hodei-jobs-docker-proxy {ask}"
        assert stack.shell(f"{ask}/containers/json") == "200"
        # What it holds: passwords are in the environment of the others.
        for path, more in (
            ("containers/hodei-jobs-postgres/json", ""),
            ("containers/hodei-jobs-api/logs?stdout=1", ""),
            ("containers/hodei-jobs-postgres/exec", "--request POST"),
            ("containers/hodei-jobs-postgres/stop", "--request POST"),
            ("containers/hodei-jobs-postgres", "--request DELETE"),
            ("containers/create?name=other", "--request POST"),
            ("build", "--request POST"),
        ):
            assert stack.shell(f"{ask}/{path} {more}") == "403", path
        # Its socket is left behind, and made anew.
        stack.shell("docker kill --signal KILL hodei-jobs-docker-proxy")
        stack.shell("docker start hodei-jobs-docker-proxy")
        stack.healthy("hodei-jobs-docker-proxy")
        assert terminal.hodei(HELLO) == "Hello from Hodei!\n"


def test_an_older_compose_reads_the_same_file(
    stack: Stack, sources: Mapping[str, str], terminal: Terminal
) -> None:
    assert "1.29" in stack.shell("docker-compose version --short")
    with up(stack, sources, "docker-compose"):
        terminal.become_administrator("docker-compose")
        assert terminal.hodei(HELLO) == "Hello from Hodei!\n"


@contextmanager
def pages_in_development(inside: list[str], server: str) -> Iterator[str]:
    """`npm run dev` in front of a server; where the pages are."""
    with subprocess.Popen(
        [*inside, "npm", "run", "dev"],
        cwd=ROOT / "web",
        env=clean_environment(HODEI_SERVER=server, NO_COLOR="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as vite:
        try:
            assert vite.stdout is not None
            said = ""
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)):
                line = vite.stdout.readline()
                assert line, said
                said += line
            yield found.group()
        finally:
            os.killpg(vite.pid, signal.SIGKILL)


def test_production_and_development_from_one_folder(
    stack: Stack, sources: Mapping[str, str], terminal: Terminal
) -> None:
    prod = f"docker compose {PROD}"
    dev = "POSTGRES_PORT=5433 docker compose -f docker-compose.dev.yml"
    made = "docker exec hodei-dev-postgres psql -U postgres -d hodei -Atc"
    names = ("hodei-jobs-api", "hodei-jobs-postgres", "hodei-jobs-web")

    def begun(*of: str) -> list[str]:
        return [stack.inspect(name)["State"]["StartedAt"] for name in of]

    stack.write_env({**GUIDE, **sources})
    try:
        stack.shell(f"{prod} up -d")
        stack.healthy("hodei-jobs-web")
        terminal.become_administrator("docker compose")
        before = begun(*names)
        stack.shell(f"{dev} up -d")
        stack.healthy("hodei-dev-postgres")
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        assert stack.shell(f'{made} "{tables}"') == ""
        stack.shell(f"{dev} down -v")
        assert begun(*names) == before
        assert terminal.hodei(HELLO) == "Hello from Hodei!\n"
        # Ended the other way round.
        stack.shell(f"{dev} up -d")
        stack.healthy("hodei-dev-postgres")
        stack.shell(f"{made} 'CREATE TABLE mine ()'")
        since = begun("hodei-dev-postgres")
        stack.shell(f"{prod} down -v")
        assert begun("hodei-dev-postgres") == since
        assert stack.shell(f'{made} "{tables}"') == "mine\n"
    finally:
        stack.shell(f"{dev} down -v")
        stack.shell(f"{prod} down -v")
    stack.nothing_left()


def test_the_database_alone_for_a_server_outside(stack: Stack, terminal: Terminal) -> None:
    stack.shell("docker compose -f docker-compose.dev.yml up -d")
    try:
        stack.healthy("hodei-dev-postgres")
        env = {
            "HODEI_DATABASE_URL": DATABASE,
            "HODEI_DEV_MODE": "1",
            "HODEI_DOCKER_ENABLED": "1",
            "DOCKER_HOST": stack.engine.host,
        }
        inside = ["nsenter", f"--net={stack.engine.network}", "--"]
        serve = [*inside, *hodei_command("serve")]
        with data_directory() as data, ServerProcess(data, env, serve) as server:
            assert terminal.hodei(HELLO, server.url) == "Hello from Hodei!\n"
            made = "docker exec hodei-dev-postgres psql -U postgres -d hodei -Atc"
            assert stack.shell(f'{made} "SELECT count(*) FROM jobs"') == "1\n"
            with pages_in_development(inside, server.url) as url:
                ask = f"curl --silent --fail {url}"
                page = stack.shell(f"{ask}/jobs")
                assert "/@vite/client" in page
                [entry] = re.findall(r'src="(/src/[^"]+)"', page)
                assert "import" in stack.shell(f"{ask}{entry}")
                assert '"hello"' in stack.shell(f"{ask}/api/v1/jobs")
    finally:
        stack.shell("docker compose -f docker-compose.dev.yml down -v")
    stack.nothing_left()
