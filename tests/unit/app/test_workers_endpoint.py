"""Where agents are told to call, and whom they are told to believe."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from hodei.app.settings import read_settings
from hodei.app.workers_endpoint import WorkersEndpoint, workers_endpoint
from hodei.domain.errors import InvalidRequest, Unavailable
from tests.support.certificates import Authority


def endpoint(tmp_path: Path, **given: str) -> WorkersEndpoint:
    """What these settings come to."""
    return workers_endpoint(read_settings({"HODEI_DATA_DIR": str(tmp_path), **given}))


def test_only_a_socket_by_default(tmp_path: Path) -> None:
    made = endpoint(tmp_path)
    assert made.servers == (f"unix:{tmp_path}/run/agents/agent.sock",)
    assert (made.address, made.tls, made.certificates) == (None, None, None)


def test_the_socket_comes_before_other_servers_and_is_not_named_twice(tmp_path: Path) -> None:
    own = f"unix:{tmp_path}/run/agents/agent.sock"
    made = endpoint(tmp_path, HODEI_AGENT_SERVERS="tls://one:1, tls://two:2")
    assert made.servers == (own, "tls://one:1", "tls://two:2")
    made = endpoint(tmp_path, HODEI_AGENT_SERVERS="unix:/elsewhere/x.sock")
    assert made.servers == ("unix:/elsewhere/x.sock",)


def test_a_listener_is_named_by_its_address(tmp_path: Path) -> None:
    made = endpoint(tmp_path, HODEI_AGENT_LISTEN="127.0.0.1:7001")
    assert made.servers[1:] == ("tls://127.0.0.1:7001",)
    made = endpoint(tmp_path, HODEI_AGENT_LISTEN="[::1]:7001")
    assert (made.address, made.servers[1]) == ("[::1]:7001", "tls://[::1]:7001")


def test_nobody_can_call_every_address(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="set HODEI_AGENT_SERVERS to tls://NAME:7001"):
        endpoint(tmp_path, HODEI_AGENT_LISTEN="0.0.0.0:7001")
    made = endpoint(
        tmp_path, HODEI_AGENT_LISTEN="0.0.0.0:7001", HODEI_AGENT_SERVERS="tls://me.example:9"
    )
    assert made.tls is not None
    leaf = x509.load_pem_x509_certificate(made.tls.current().chain)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["me.example"]


@pytest.mark.parametrize("text", ["7001", "host:7001", "127.0.0.1:", "127.0.0.1:0", ":::", "a"])
def test_an_address_is_exact(text: str) -> None:
    with pytest.raises(InvalidRequest, match="HODEI_AGENT_LISTEN"):
        read_settings({"HODEI_AGENT_LISTEN": text})


def test_the_files_go_together() -> None:
    with pytest.raises(InvalidRequest, match="go together"):
        read_settings({"HODEI_AGENT_TLS_CERT": "/a", "HODEI_AGENT_TLS_KEY": "/b"})


def test_the_operator_s_files_are_shown_and_announced(tmp_path: Path) -> None:
    authority = Authority()
    cert, key = authority.issue(["me.example"]).write(tmp_path, "given")
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    given = {
        "HODEI_AGENT_LISTEN": "127.0.0.1:7001",
        "HODEI_AGENT_TLS_CERT": str(cert),
        "HODEI_AGENT_TLS_KEY": str(key),
        "HODEI_AGENT_TLS_CA": str(tmp_path / "ca.pem"),
    }
    made = endpoint(tmp_path, **given)
    assert made.tls is not None and made.certificates is not None
    assert made.tls.current().chain == cert.read_bytes()
    assert made.certificates.authorities(datetime.now(UTC)) == authority.pem.decode()
    # Whose workers are let in is the server's own affair all the same.
    assert authority.pem not in made.tls.current().clients
    (tmp_path / "ca.pem").write_bytes(Authority().pem)
    with pytest.raises(Unavailable, match=r"HODEI_AGENT_TLS_CA: .* did not sign"):
        endpoint(tmp_path, **given)
