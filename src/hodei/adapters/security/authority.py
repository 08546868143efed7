"""The authorities that remote workers and servers, and servers among themselves, know one another
by.

It is made from the secret key, so that every replica has the same one and nothing has to be
handed out. There is a new one every 90 days; the one before and the one after it are accepted and
announced as well. While a second secret key counts, the authority that is made from that one
vouches for the first (its cross-certificate goes along with what is signed), so that whoever
knows only the second believes the first.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

EPOCH = timedelta(days=90)
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
WORKERS, SERVERS = "workers", "servers"
"""Whom an authority is for; those of one are nobody to the other."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256; private keys are the numbers below it."""
_USAGE = x509.KeyUsage(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One of them, which signs and is valid for an epoch before and an epoch after its own."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    begins: datetime
    ends: datetime

    def certificate(self, by: Authority | None = None) -> x509.Certificate:
        """Its certificate by itself, or a cross-certificate by another one."""
        signer = by or self
        public = self.key.public_key()
        serial = sha256(f"{self.name}{signer.name}".encode()).digest()
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(public)
            .serial_number(int.from_bytes(serial[:16]) | 1)
            .not_valid_before(self.begins)
            .not_valid_after(min(self.ends, signer.ends))
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(_USAGE, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        # The same text wherever and whenever it is made.
        return builder.sign(signer.key, hashes.SHA256(), ecdsa_deterministic=True)


class Authorities:
    """All that count, for the secret keys in use; the first key signs."""

    def __init__(self, secrets: Callable[[], Sequence[bytes]], whose: str = WORKERS) -> None:
        """`secrets` gives the secret keys that count now, one at least."""
        self._secrets = secrets
        self._whose = whose

    def signing(self, now: datetime) -> Authority:
        """The one that signs now."""
        return _authority(self._secrets()[0], _epoch(now), self._whose)

    def accepted(self, now: datetime) -> str:
        """PEM of all that are believed now."""
        return "".join(_text(each.certificate()) for each in self._all(now))

    def vouched(self, now: datetime) -> str:
        """PEM to send along with what is signed now: the other secret keys vouch for who signs."""
        epoch, whose = _epoch(now), self._whose
        others = (_authority(secret, epoch, whose) for secret in self._secrets()[1:])
        return "".join(_text(self.signing(now).certificate(each)) for each in others)

    def _all(self, now: datetime) -> Iterator[Authority]:
        for secret in self._secrets():
            for epoch in range(_epoch(now) - 1, _epoch(now) + 2):
                yield _authority(secret, epoch, self._whose)


def _epoch(now: datetime) -> int:
    return (now - _BEGIN) // EPOCH


@lru_cache(maxsize=64)
def _authority(secret: bytes, epoch: int, whose: str) -> Authority:
    purpose = f"hodei authority for {whose}\0{epoch}\0".encode()
    # Twice as many bits as needed: the remainder is then as good as even.
    wide = b"".join(hmac.digest(secret, purpose + bytes([part]), "sha256") for part in range(2))
    key = ec.derive_private_key(int.from_bytes(wide) % (_ORDER - 1) + 1, ec.SECP256R1())
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    name = f"Hodei {whose} {sha256(point).hexdigest()[:12]}"
    return Authority(
        name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        key=key,
        begins=_BEGIN + (epoch - 1) * EPOCH,
        ends=_BEGIN + (epoch + 2) * EPOCH,
    )


def _text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
