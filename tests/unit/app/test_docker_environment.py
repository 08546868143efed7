"""Docker's own variables become the settings of the seeded provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.app.docker_environment import docker_settings
from hodei.app.settings import read_settings
from hodei.domain.errors import InvalidRequest


def seeded(**given: str) -> dict[str, object]:
    """What these variables come to."""
    return docker_settings(read_settings(given))


def test_without_any_it_is_the_default() -> None:
    assert seeded() == {}
    assert seeded(DOCKER_TLS_VERIFY="1") == {}


def test_a_socket_elsewhere() -> None:
    host = "unix:///run/user/1000/docker.sock"
    assert seeded(DOCKER_HOST=host, DOCKER_TLS_VERIFY="1") == {"host": host}


def test_an_engine_by_tls() -> None:
    host = "tcp://build.example:2376"
    assert seeded(DOCKER_HOST=host) == {"host": host}
    given = seeded(DOCKER_HOST=host, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH="/certs")
    assert given["tls"] == {
        "ca": "/certs/ca.pem",
        "cert": "/certs/cert.pem",
        "key": "/certs/key.pem",
    }
    given = seeded(DOCKER_HOST=host, DOCKER_TLS_VERIFY="1")
    assert str(Path.home() / ".docker" / "ca.pem") in str(given["tls"])


def test_what_is_not_understood_names_the_variable() -> None:
    with pytest.raises(InvalidRequest, match="DOCKER_HOST") as refused:
        seeded(DOCKER_HOST="ssh://me@build.example")
    assert "must be unix:///PATH or tcp://HOST:PORT" in refused.value.violations[0].message
