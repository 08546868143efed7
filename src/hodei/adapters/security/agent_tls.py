"""The certificate under which agents of other machines meet this server.

Either the operator gives files, or the server has an authority of its own in the data directory
and signs a certificate at each start. Agents are told which authority to believe, and believe no
other, so that nobody has to distribute anything.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hodei.domain.errors import Unavailable

AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=800)
"""Longer than a server is likely to run; the longest that verifiers commonly accept."""
SKEW = timedelta(days=1)
"""Clocks of other machines may be slow."""
RENEW_BEFORE = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTls:
    """What the listener shows and what agents are told to believe, all PEM."""

    key: bytes = field(repr=False)
    chain: bytes
    ca_pem: str


def given_tls(cert: Path, key: Path, ca: Path) -> AgentTls:
    """The operator's files. Raises Unavailable when they cannot be read or do not fit together."""
    texts = [_read(path) for path in (cert, key, ca)]
    try:
        leaf = x509.load_pem_x509_certificates(texts[0])[0]
        private = serialization.load_pem_private_key(texts[1], None)
        x509.load_pem_x509_certificates(texts[2])
    except (ValueError, TypeError) as error:
        raise Unavailable(f"the TLS files for agents cannot be used: {error}") from error
    if private.public_key() != leaf.public_key():
        raise Unavailable(f"the key {key} is not that of the certificate {cert}")
    return AgentTls(key=texts[1], chain=texts[0], ca_pem=texts[2].decode("ascii", "replace"))


def own_tls(folder: Path, hosts: Sequence[str]) -> AgentTls:
    """A new certificate for these names and addresses, by the authority kept in `folder`.

    Raises Unavailable when the authority can be neither read nor made.
    """
    now = datetime.now(UTC)
    try:
        authority, key = _authority(folder, now)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be used: {error.strerror}") from error
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        _certificate("Hodei server", now, LEAF_LIFE)
        .issuer_name(authority.subject)
        .public_key(leaf_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return AgentTls(
        key=_pem(leaf_key),
        chain=leaf.public_bytes(serialization.Encoding.PEM),
        ca_pem=authority.public_bytes(serialization.Encoding.PEM).decode("ascii"),
    )


def _authority(folder: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The one in the folder, or a new one when there is none of use. Raises OSError."""
    try:
        kept = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        kept.verify_directly_issued_by(kept)
        if (
            isinstance(key, ec.EllipticCurvePrivateKey)
            and key.public_key() == kept.public_key()
            and kept.not_valid_after_utc > now + RENEW_BEFORE
        ):
            return kept, key
    except (FileNotFoundError, ValueError, TypeError, InvalidSignature):
        # A torn pair, from a crash between the two files, is as good as none.
        pass
    return _new_authority(folder, now)


def _new_authority(
    folder: Path, now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        _certificate("Hodei authority for agents", now, AUTHORITY_LIFE)
        .issuer_name(x509.Name([_common_name("Hodei authority for agents")]))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(folder / "ca.key", _pem(key))
    _write(folder / "ca.pem", made.public_bytes(serialization.Encoding.PEM))
    return made, key


def _certificate(name: str, now: datetime, life: timedelta) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([_common_name(name)]))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + life)
    )


def _common_name(name: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(NameOID.COMMON_NAME, name)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
