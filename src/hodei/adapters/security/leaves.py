"""Certificates that the authority signs: servers for agents, and remote workers for servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hodei.adapters.security.authority import Authorities
from hodei.domain.errors import Unauthenticated
from hodei.ports.certificates import Presented, ServerCertificate, WorkerCertificate

SKEW = timedelta(days=1)
"""Clocks of other machines may be slow."""
SERVER_LIFE = timedelta(days=30)
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
_WORKER = "hodei:worker:"
_SESSION = "hodei:session:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    name: str
    names: Iterable[x509.GeneralName]
    usage: Sequence[x509.ObjectIdentifier]
    begins: datetime
    ends: datetime


def server_certificate(
    authorities: Authorities, hosts: Iterable[str], now: datetime, *, calls: bool = False
) -> ServerCertificate:
    """For these names and addresses; asks clients for certificates of the same authority.

    `calls`: it is shown in calls to other servers as well.
    """
    leaf = _Leaf(
        name="Hodei server",
        names=[_host(each) for each in hosts],
        usage=(ExtendedKeyUsageOID.SERVER_AUTH, *((CLIENT_AUTH,) if calls else ())),
        begins=now - SKEW,
        ends=now + SERVER_LIFE,
    )
    key, chain = _signed(authorities, leaf, now)
    return ServerCertificate(
        chain=chain.encode(), key=key.encode(), clients=authorities.accepted(now).encode()
    )


class IssuedCertificates:
    """Implements `WorkerCertificates`."""

    def __init__(
        self, authorities: Authorities, believed: Callable[[datetime], str] | None = None
    ) -> None:
        """`believed` gives PEM of who signs the server's certificates, if not `authorities`."""
        self._authorities = authorities
        self._believed = believed or authorities.accepted

    def issue(
        self, worker_id: UUID, session: bytes | None, *, now: datetime, not_after: datetime
    ) -> WorkerCertificate:
        names = [x509.UniformResourceIdentifier(f"{_WORKER}{worker_id}")]
        if session is not None:
            names.append(x509.UniformResourceIdentifier(f"{_SESSION}{session.hex()}"))
        leaf = _Leaf(
            name=f"worker {worker_id}",
            names=names,
            usage=(CLIENT_AUTH,),
            # Servers alone judge it, by clocks that agree.
            begins=now - timedelta(minutes=5),
            ends=not_after,
        )
        key, chain = _signed(self._authorities, leaf, now)
        return WorkerCertificate(pem=chain + key, not_after=not_after)

    def read(self, pem: bytes) -> Presented:
        try:
            leaf = x509.load_pem_x509_certificate(pem)
            found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            names = found.get_values_for_type(x509.UniformResourceIdentifier)
            worker = [UUID(name.removeprefix(_WORKER)) for name in names if _WORKER in name]
            session = [bytes.fromhex(name.removeprefix(_SESSION)) for name in names[1:]]
            return Presented(
                worker_id=worker[0],
                session=session[0] if session else None,
                not_before=leaf.not_valid_before_utc,
                not_after=leaf.not_valid_after_utc,
            )
        except (ValueError, IndexError, x509.ExtensionNotFound):
            raise Unauthenticated("the certificate is not that of a worker") from None

    def authorities(self, now: datetime) -> str:
        return self._believed(now)


def _signed(authorities: Authorities, leaf: _Leaf, now: datetime) -> tuple[str, str]:
    """A new key, and the certificate with those that vouch for its authority; PEM."""
    signer = authorities.signing(now)
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf.name)]))
        .issuer_name(signer.name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(leaf.begins)
        .not_valid_after(leaf.ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(leaf.names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(leaf.usage), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()),
            critical=False,
        )
        .sign(signer.key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    text = made.public_bytes(serialization.Encoding.PEM).decode("ascii")
    return private.decode("ascii"), text + authorities.vouched(now)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
