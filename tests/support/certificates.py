"""Certificates for tests: authorities of the moment, and what they sign, as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hodei.adapters.security.authority import Authorities
from hodei.adapters.security.leaves import IssuedCertificates

DAY = timedelta(days=1)
LOCAL = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, PEM."""

    cert: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """The two files, which replace those of that name."""
        folder.mkdir(exist_ok=True)
        places = folder / f"{name}.pem", folder / f"{name}.key"
        for path, content in zip(places, (self.cert, self.key), strict=True):
            fresh = path.with_suffix(".new")
            fresh.write_bytes(content)
            fresh.replace(path)
        return places


class Authority:
    """Signs certificates for servers."""

    def __init__(self, name: str = "authority of a test") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.pem = self._sign(self._name, self._key, (), DAY).public_bytes(
            serialization.Encoding.PEM
        )

    def issue(self, names: Sequence[str] = LOCAL, *, ends_in: timedelta = DAY) -> Pair:
        """A pair for these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        made = self._sign(subject, key, names, ends_in)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Pair(made.public_bytes(serialization.Encoding.PEM), private)

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        names: Sequence[str],
        ends_in: timedelta,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 30 * DAY)
            .not_valid_after(now + ends_in)
            .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        )
        if names:
            alternative = x509.SubjectAlternativeName([_general(name) for name in names])
            builder = builder.add_extension(alternative, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def worker_credentials(
    secret: bytes,
    worker_id: UUID,
    *,
    session: bytes | None = None,
    life: timedelta = DAY,
    believes: bytes | None = None,
) -> grpc.ChannelCredentials:
    """What a worker shows to a server that has this secret key; `believes` is PEM."""
    now = datetime.now(UTC)
    issued = IssuedCertificates(Authorities(lambda: (secret,)))
    identity = issued.issue(worker_id, session, now=now - DAY, not_after=now + life).pem.encode()
    # The key is the last block, and both sides find what is theirs.
    authorities = believes or issued.authorities(now).encode()
    return grpc.ssl_channel_credentials(authorities, identity, identity)
