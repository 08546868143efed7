"""`serve`, `up`, `config`, `db`, `health`: starting, refusing to start, stopping."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli.conftest import Hodei
from tests.support.ports import free_port
from tests.support.server import (
    ServerProcess,
    clean_environment,
    data_directory,
    hodei_command,
)

FREE_PORTS = {"HODEI_HTTP_PORT": "0", "GRPC_PORT": "0", "HODEI_METRICS_PORT": "0"}


@pytest.fixture
def directory() -> Iterator[Path]:
    with data_directory() as path:
        yield path


def hodei_alone(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        hodei_command(*words),
        env=clean_environment(**{**FREE_PORTS, **env}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


def test_up_once_runs_the_hello_job(directory: Path) -> None:
    done = hodei_alone("up", "--once", HODEI_DATA_DIR=str(directory))
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "Hello from Hodei!"
    assert second  # the date
    greeting = done.stderr.splitlines()
    ready = next(at for at, line in enumerate(greeting) if "Hodei is ready" in line)
    assert greeting[ready + 1].split()[0] == "web", "the address that a person wants comes first"
    assert "SUCCEEDED" in done.stderr
    assert not (directory / "run" / "server.json").exists()


def test_up_serves_until_ctrl_c(directory: Path) -> None:
    process = subprocess.Popen(
        hodei_command("up"),
        env=clean_environment(**FREE_PORTS, HODEI_DATA_DIR=str(directory)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    while "Ctrl-C stops the server" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    url = json.loads((directory / "run" / "server.json").read_text())["url"]
    with urllib.request.urlopen(f"{url}/api/v1/jobs") as answer:
        assert json.load(answer)["items"][0]["name"] == "Hello World"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)
    assert process.returncode == 0


def test_a_stopped_server_leaves_nothing_behind(directory: Path) -> None:
    with ServerProcess(directory) as server:
        assert server.stop() == 0
        assert not (directory / "run" / "server.json").exists()
        assert "hodei is ready: http http://127.0.0.1:" in server.log
        server.start()
        assert server.stop() == 0


@pytest.mark.parametrize("name", ["HODEI_HTTP_PORT", "GRPC_PORT", "HODEI_METRICS_PORT"])
def test_a_taken_port_is_one_line(directory: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = hodei_alone("serve", **{"HODEI_DATA_DIR": str(directory), name: str(port)})
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"hodei: {name}: 127.0.0.1:{port} is in use")
    assert f"{name}={port + 1}" in line


def test_a_second_server_is_told_about_the_first(directory: Path) -> None:
    with ServerProcess(directory) as server:
        done = hodei_alone("serve", HODEI_DATA_DIR=str(directory))
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert f"process {server.process.pid} at {server.url}" in line


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"HODEI_HTPP_PORT": "1"}, "HODEI_HTPP_PORT: is not a setting; did you mean HODEI_HTTP"),
        ({"HODEI_GRPC_PORT": "1"}, "HODEI_GRPC_PORT: is not a setting; did you mean GRPC_PORT?"),
        ({"HODEI_HOST": "0.0.0.0"}, "HODEI_HOST: without TLS everybody on the way can read"),
        ({"GRPC_PORT": "x"}, "GRPC_PORT: must be a whole number between 0 and 65535 (given: x)"),
        ({"HODEI_DATABASE_URL": "postgres://127.0.0.1:9/x"}, "PostgreSQL does not answer"),
        ({"HODEI_DATA_DIR": "/proc/none"}, "HODEI_DATA_DIR: /proc/none cannot be written"),
        ({"HODEI_HTTP_PORT": "18999", "GRPC_PORT": "18999"}, "give each its own"),
    ],
)
def test_what_keeps_a_server_from_starting_is_one_line(
    directory: Path, env: dict[str, str], says: str
) -> None:
    done = hodei_alone("serve", **{"HODEI_DATA_DIR": str(directory), **env})
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("hodei: ") and says in line


def test_metrics_are_prometheus_text(directory: Path) -> None:
    with (
        ServerProcess(directory, {"HODEI_METRICS_PORT": str(free_port())}) as server,
        urllib.request.urlopen(server.metrics_url) as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        page = answer.read().decode()
    assert 'hodei_jobs{priority="NORMAL",state="PENDING"} 0.0' in page
    assert 'hodei_provider_enabled{provider="local",type="process"} 1.0' in page
    assert "hodei_database_up 1.0" in page
    assert "hodei_process_resident_memory_bytes" in page


def test_config_check_shows_what_is_in_effect() -> None:
    done = hodei_alone("config", "check", HODEI_DATABASE_URL="postgres://u:secret@h/d")
    assert done.returncode == 0
    assert "* HODEI_DATABASE_URL=(set)" in done.stdout
    assert "  HODEI_HOST=127.0.0.1" in done.stdout
    assert "secret" not in done.stdout
    assert hodei_alone("config", "check", HODEI_LOG_LEVEL="loud").returncode == 2


def test_db_upgrade_works_without_a_server(directory: Path) -> None:
    env = {"HODEI_DATA_DIR": str(directory)}
    assert "schema 0" in hodei_alone("db", "version", **env).stdout
    assert hodei_alone("db", "upgrade", **env).stdout.startswith("upgraded to")
    assert hodei_alone("db", "upgrade", **env).stdout == "up to date\n"


def test_health_and_version(hodei: Hodei) -> None:
    done = hodei("health", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ready"]["status"] == "ready"
    assert hodei("version").stdout.count(".") == 2
    assert hodei("health", HODEI_URL="http://127.0.0.1:9").returncode == 1
