"""Where agents are told to call, and whom they are told to believe."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from hodei.adapters.security.agent_tls import given_tls, own_tls
from hodei.app.settings import read_settings
from hodei.app.workers_endpoint import WorkersEndpoint, workers_endpoint
from hodei.domain.errors import InvalidRequest, Unavailable


def endpoint(tmp_path: Path, **given: str) -> WorkersEndpoint:
    """What these settings come to."""
    return workers_endpoint(read_settings({"HODEI_DATA_DIR": str(tmp_path), **given}))


def test_only_a_socket_by_default(tmp_path: Path) -> None:
    made = endpoint(tmp_path)
    assert made.servers == (f"unix:{tmp_path}/run/agents/agent.sock",)
    assert (made.address, made.tls, made.ca_pem) == (None, None, "")
    assert not (tmp_path / "agent-tls").exists()


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
    leaf = x509.load_pem_x509_certificate(made.tls.chain)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["me.example"]


@pytest.mark.parametrize("text", ["7001", "host:7001", "127.0.0.1:", "127.0.0.1:0", ":::", "a"])
def test_an_address_is_exact(text: str) -> None:
    with pytest.raises(InvalidRequest, match="HODEI_AGENT_LISTEN"):
        read_settings({"HODEI_AGENT_LISTEN": text})


def test_the_files_go_together() -> None:
    with pytest.raises(InvalidRequest, match="go together"):
        read_settings({"HODEI_AGENT_TLS_CERT": "/a", "HODEI_AGENT_TLS_KEY": "/b"})


def test_the_authority_stays_and_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    first, second = own_tls(folder, ["10.1.2.3"]), own_tls(folder, ["10.1.2.3"])
    assert first.ca_pem == second.ca_pem
    assert first.key != second.key
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "ca.key": 0o600,
        "ca.pem": 0o600,
    }
    assert "PRIVATE" not in repr(first)


@pytest.mark.parametrize("broken", ["ca.key", "ca.pem"])
def test_half_an_authority_is_none(tmp_path: Path, broken: str) -> None:
    first = own_tls(tmp_path, ["a.example"])
    other = own_tls(tmp_path / "other", ["a.example"])
    assert other.ca_pem != first.ca_pem
    (tmp_path / broken).write_bytes((tmp_path / "other" / broken).read_bytes())
    made = own_tls(tmp_path, ["a.example"])
    assert made.ca_pem not in (first.ca_pem, other.ca_pem)
    assert own_tls(tmp_path, ["a.example"]).ca_pem == made.ca_pem


def test_given_files_must_belong_together(tmp_path: Path) -> None:
    made, other = own_tls(tmp_path, ["a.example"]), own_tls(tmp_path, ["a.example"])
    cert, key, ca = (tmp_path / name for name in ("cert", "key", "ca"))
    cert.write_bytes(made.chain)
    key.write_bytes(made.key)
    ca.write_text(made.ca_pem)
    assert given_tls(cert, key, ca) == made
    key.write_bytes(other.key)
    with pytest.raises(Unavailable, match="not that of the certificate"):
        given_tls(cert, key, ca)
    key.write_bytes(b"nonsense")
    with pytest.raises(Unavailable, match="cannot be used"):
        given_tls(cert, key, ca)
    with pytest.raises(Unavailable, match="cannot be read"):
        given_tls(tmp_path / "none", key, ca)


def test_a_verifier_accepts_the_name_and_no_other(tmp_path: Path) -> None:
    made = own_tls(tmp_path, ["a.example", "10.1.2.3"])
    (tmp_path / "chain").write_bytes(made.chain)
    (tmp_path / "key").write_bytes(made.key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "chain", tmp_path / "key")
    client = ssl.create_default_context(cadata=made.ca_pem)
    for name, fits in (("a.example", True), ("10.1.2.3", True), ("b.example", False)):
        assert _shake(client, server, name) is fits


def _shake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> bool:
    pipes = [ssl.MemoryBIO() for _ in range(2)]
    ends = [
        client.wrap_bio(pipes[0], pipes[1], server_hostname=name),
        server.wrap_bio(pipes[1], pipes[0], server_side=True),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return True
