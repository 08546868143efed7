"""The authority of remote workers: one for all replicas, renewed and replaced with overlap."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from hodei.adapters.security.agent_tls import AgentTls
from hodei.adapters.security.authority import EPOCH, Authorities
from hodei.adapters.security.certificate_files import CertificateFiles, FilePlaces
from hodei.adapters.security.keys import KeyFile
from hodei.adapters.security.leaves import IssuedCertificates, server_certificate
from hodei.domain.errors import Unauthenticated, Unavailable
from hodei.ports.certificates import ServerCertificate
from tests.support.certificates import Authority

OLD, NEW = b"o" * 32, b"n" * 32
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def authorities(*keys: bytes) -> Authorities:
    """Made from these secret keys."""
    return Authorities(lambda: keys)


def test_every_replica_has_the_same_one() -> None:
    first, second = authorities(OLD), authorities(OLD)
    assert first.accepted(NOW) == second.accepted(NOW)
    assert first.accepted(NOW) != authorities(NEW).accepted(NOW)
    assert "PRIVATE" not in repr(first.signing(NOW))


def test_the_next_one_is_announced_before_it_signs() -> None:
    ours = authorities(OLD)
    later = ours.signing(NOW + EPOCH)
    assert later.name != ours.signing(NOW).name
    known = ours.accepted(NOW)
    assert known.count("BEGIN CERTIFICATE") == 3
    assert later.certificate().not_valid_before_utc <= NOW
    assert ssl.DER_cert_to_PEM_cert(_der(later.certificate())).strip() in known


def _der(certificate: object) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import Certificate

    assert isinstance(certificate, Certificate)
    return certificate.public_bytes(Encoding.DER)


def shakes(tmp_path: Path, server: ServerCertificate, client: str, believed: str) -> str:
    """Whether the two ends accept one another: "" or why not."""
    (tmp_path / "server").write_bytes(server.key + server.chain)
    (tmp_path / "client").write_text(client)
    inner = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inner.load_cert_chain(tmp_path / "server")
    inner.load_verify_locations(cadata=server.clients.decode())
    inner.verify_mode = ssl.CERT_REQUIRED
    outer = ssl.create_default_context(cadata=believed)
    outer.load_cert_chain(tmp_path / "client")
    pipes = [ssl.MemoryBIO() for _ in range(2)]
    ends = [
        outer.wrap_bio(pipes[0], pipes[1], server_hostname="10.1.2.3"),
        inner.wrap_bio(pipes[1], pipes[0], server_side=True),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    return ""


@pytest.mark.parametrize(
    ("agent", "server"),
    [
        ((OLD,), (OLD,)),
        # A replica that has the new key already, and an agent that knows only the old one.
        ((OLD,), (NEW, OLD)),
        # An agent of that replica at one that has not been restarted yet.
        ((NEW, OLD), (OLD,)),
        # An agent of that replica after the old key was taken away.
        ((NEW, OLD), (NEW,)),
    ],
)
def test_keys_are_replaced_while_everybody_works(
    tmp_path: Path, agent: tuple[bytes, ...], server: tuple[bytes, ...]
) -> None:
    shown = server_certificate(authorities(*server), ["10.1.2.3"], NOW)
    issued = IssuedCertificates(authorities(*agent))
    identity = issued.issue(uuid4(), b"s" * 32, now=NOW, not_after=NOW + HOUR)
    assert shakes(tmp_path, shown, identity.pem, issued.authorities(NOW)) == ""


def test_who_knows_another_key_is_a_stranger(tmp_path: Path) -> None:
    shown = server_certificate(authorities(NEW), ["10.1.2.3"], NOW)
    stranger = IssuedCertificates(authorities(OLD))
    identity = stranger.issue(uuid4(), None, now=NOW, not_after=NOW + HOUR).pem
    ours = authorities(NEW).accepted(NOW)
    assert shakes(tmp_path, shown, identity, ours) == "unable to get local issuer certificate"
    assert shakes(tmp_path, shown, identity, stranger.authorities(NOW)) != ""
    past = IssuedCertificates(authorities(NEW)).issue(
        uuid4(), None, now=NOW - HOUR, not_after=NOW - timedelta(minutes=1)
    )
    assert shakes(tmp_path, shown, past.pem, ours) == "certificate has expired"


def test_a_certificate_names_its_worker_and_session() -> None:
    issued = IssuedCertificates(authorities(OLD))
    worker, until = uuid4(), (NOW + HOUR).replace(microsecond=0)
    for session in (None, b"\x00" * 32):
        made = issued.issue(worker, session, now=NOW, not_after=until)
        shown = issued.read(made.pem.encode())
        assert (shown.worker_id, shown.session, shown.not_after) == (worker, session, until)
        assert "PRIVATE" in made.pem and "PRIVATE" not in repr(made)
    for other in (Authority().issue().cert, b"nonsense"):
        with pytest.raises(Unauthenticated):
            issued.read(other)


def test_the_listener_takes_up_keys_that_were_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(OLD + b"\n")
    tls = AgentTls(Authorities(KeyFile(path)), ["10.1.2.3"])
    first = tls.current()
    assert tls.current() is first
    path.write_bytes(NEW + b"\n" + OLD + b"\n")
    second = tls.current()
    assert second is not first
    assert second.clients.decode() == authorities(NEW, OLD).accepted(NOW)
    path.write_bytes(b"too short\n")
    assert tls.current() is second


def test_the_listener_shows_the_operator_s_newest_files(tmp_path: Path) -> None:
    given = Authority()
    cert, key = given.issue(["10.1.2.3"]).write(tmp_path, "server")
    (tmp_path / "ca.pem").write_bytes(given.pem)
    places = FilePlaces(
        cert=cert,
        key=key,
        ca=tmp_path / "ca.pem",
        cert_setting="CERT",
        key_setting="KEY",
        ca_setting="CA",
    )
    files = CertificateFiles(places)
    tls = AgentTls(authorities(OLD), [], files)
    first = tls.current()
    assert (first.chain, tls.current()) == (cert.read_bytes(), first)
    other = Authority()
    other.issue(["10.1.2.3"]).write(tmp_path, "server")
    # An authority that did not sign it changes nothing; the right one is announced with it.
    with pytest.raises(Unavailable, match=r"CA: .* did not sign"):
        files.reload()
    assert tls.current() is first
    (tmp_path / "ca.pem").write_bytes(other.pem)
    assert files.reload()
    assert tls.current().chain == cert.read_bytes()
    assert tls.certificates.authorities(NOW) == other.pem.decode()
    assert tls.current().clients == first.clients
