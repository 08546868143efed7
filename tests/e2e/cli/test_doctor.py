"""`hodei doctor`: what an operator would look for is found, with a server and without one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority
from tests.support.ports import free_port
from tests.support.server import ServerProcess, clean_environment, data_directory, hodei_command

KEY = "a key of the test that is long enough"
EXIT = {"ok": 0, "warning": 1, "fault": 2}


@pytest.fixture
def directory() -> Iterator[Path]:
    with data_directory() as path:
        yield path


class Doctor:
    """What one look at a data directory found, by subject."""

    def __init__(self, directory: Path, **env: str) -> None:
        ports = {"HODEI_HTTP_PORT": "0", "GRPC_PORT": "0", "HODEI_METRICS_PORT": "0"}
        self.environment = clean_environment(
            **{**ports, "HODEI_DATA_DIR": str(directory), "HODEI_SECRET_KEY": KEY, **env}
        )
        done = subprocess.run(
            hodei_command("doctor", "--json"),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        )
        assert done.stderr == ""
        told = json.loads(done.stdout)
        assert done.returncode == told["exit_code"]
        found: list[dict[str, Any]] = told["findings"]
        assert done.returncode == max(EXIT[one["level"]] for one in found)
        assert all(bool(one["remedy"]) == (one["level"] != "ok") for one in found), found
        self.found = {one["subject"]: one for one in found}

    def level(self, subject: str) -> str:
        """How it is."""
        return str(self.found[subject]["level"])

    def words(self, subject: str) -> str:
        """What was found, and what to do."""
        return f"{self.found[subject]['found']}; {self.found[subject]['remedy']}"


def test_before_during_and_after_a_server(directory: Path) -> None:
    before = Doctor(directory)
    assert before.words("database") == "none yet; the first start makes it; "
    with ServerProcess(directory, {"HODEI_SECRET_KEY": KEY}) as server:
        subprocess.run(
            hodei_command("secrets", "set", "TOKEN"),
            env=clean_environment(HODEI_URL=server.url),
            input="the value",
            capture_output=True,
            check=True,
            text=True,
        )
        during = Doctor(directory)
        assert f"process {server.process.pid} at {server.url}" in during.words("ports")
    after = Doctor(directory)
    for seen in (during, after):
        for subject in ("database", "schema", "clock", "connections", "time zones"):
            assert seen.level(subject) == "ok", seen.found
        assert "it opens all 1 stored secrets" in seen.words("secret key")
        assert seen.level("provider local") == seen.level("agent bundle") == "ok"
    assert after.words("ports") == "all are free; "
    other = Doctor(directory, HODEI_SECRET_KEY=KEY[::-1])
    assert other.level("secret key") == "fault"
    assert "it opens 0 of 1 secrets, not default/TOKEN" in other.words("secret key")


def test_what_is_in_the_way(directory: Path) -> None:
    cert, key = Authority().issue().write(directory / "tls", "server")
    port = free_port()
    seen = Doctor(
        directory,
        HODEI_DATABASE_URL="postgres://127.0.0.1:9/hodei",
        HODEI_TLS_CERT=str(cert),
        HODEI_TLS_KEY=str(key),
        HODEI_PUBLIC_URL="https://elsewhere.example",
        HODEI_HTTP_PORT=str(port),
        GRPC_PORT=str(port),
    )
    assert seen.level("database") == "fault"
    assert "127.0.0.1:9, database hodei: PostgreSQL does not answer" in seen.words("database")
    assert seen.level("certificate") == "fault"
    assert "does not name elsewhere.example, only" in seen.words("certificate")
    assert "give each its own" in seen.words("port HODEI_HTTP_PORT")
