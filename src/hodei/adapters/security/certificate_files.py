"""A certificate chain and its key as files: checked as a whole, read again when they change."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from hodei.adapters.security.http_tls import server_context
from hodei.domain.errors import Unavailable
from hodei.ports.certificates import ServerCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlaces:
    """Where the files are, and the settings that say so."""

    cert: Path
    key: Path
    cert_setting: str
    key_setting: str
    ca: Path | None = None
    """The authority that whoever calls here is told to believe."""
    ca_setting: str = ""


_Signature = tuple[tuple[int, int, int], ...]


class CertificateFiles:
    """The last good state of the files; what is wrong with newer ones changes nothing."""

    def __init__(self, places: FilePlaces) -> None:
        """Raises Unavailable, in one line: the setting, what was found, what to do."""
        self._places = places
        self._seen = self._loaded = self._signature()
        self.current, self.not_after = read_pair(places, datetime.now(UTC))
        self.ca = read_authority(places, self.current.chain)

    def __str__(self) -> str:
        return str(self._places.cert)

    def changed(self) -> bool:
        """Whether the files differ from those read last, and not from those of the last look.

        Two files are not replaced in one step: whoever looks between them would see neither.
        """
        found = self._signature()
        settled, self._seen = found == self._seen, found
        return settled and found != self._loaded

    def reload(self) -> bool:
        """Reads the files again; whether they hold something new. Raises Unavailable."""
        self._seen = self._loaded = self._signature()
        fresh, not_after = read_pair(self._places, datetime.now(UTC))
        ca = read_authority(self._places, fresh.chain)
        if fresh == self.current and ca == self.ca:
            return False
        self.current, self.not_after, self.ca = fresh, not_after, ca
        return True

    def _signature(self) -> _Signature:
        return tuple(_state(path) for path in self._paths())

    def _paths(self) -> tuple[Path, ...]:
        places = self._places
        return (places.cert, places.key, *((places.ca,) if places.ca else ()))


def read_pair(places: FilePlaces, now: datetime) -> tuple[ServerCertificate, datetime]:
    """The pair and when it ends. Raises Unavailable."""
    chain = read_file(places.cert, places.cert_setting)
    key = read_file(places.key, places.key_setting)
    where = f"{places.cert_setting}: {places.cert}"
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except ValueError:
        raise Unavailable(
            f"{where} holds no PEM certificate; give the server's certificate, then those that "
            "lead to its authority"
        ) from None
    if _key(key, places).public_key() != leaf.public_key():
        raise Unavailable(
            f"{places.key_setting}: the key {places.key} is not that of the certificate "
            f"{places.cert}; give the two that belong together"
        )
    if now >= leaf.not_valid_after_utc:
        ended = f"{leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        raise Unavailable(f"{where} has ended on {ended}; give a certificate that is valid now")
    if now < leaf.not_valid_before_utc:
        begins = f"{leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise Unavailable(f"{where} is valid from {begins} on; look at this machine's clock")
    made = ServerCertificate(chain=chain, key=key)
    try:
        server_context(made)
    except ssl.SSLError as error:
        reason = error.reason or error
        raise Unavailable(f"{where} is refused by OpenSSL ({reason}); make a new one") from None
    return made, leaf.not_valid_after_utc


def read_authority(places: FilePlaces, chain: bytes) -> str:
    """PEM of the authority, empty when none is named. Raises Unavailable."""
    if places.ca is None:
        return ""
    text = read_file(places.ca, places.ca_setting)
    where = f"{places.ca_setting}: {places.ca}"
    try:
        authorities = x509.load_pem_x509_certificates(text)
    except ValueError:
        raise Unavailable(f"{where} holds no PEM certificate; give the authority's") from None
    last = x509.load_pem_x509_certificates(chain)[-1]
    if not any(last == each or _signed_by(last, each) for each in authorities):
        raise Unavailable(
            f"{where} did not sign {places.cert}; give the authority that did, or add what is "
            "missing between them to the certificate's file"
        )
    return text.decode("ascii", "replace")


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def read_file(path: Path, setting: str) -> bytes:
    """Raises Unavailable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(
            f"{setting}: {path} cannot be read: {error.strerror}; give a PEM file that the "
            "server's user may read"
        ) from error


def _key(text: bytes, places: FilePlaces) -> PrivateKeyTypes:
    where = f"{places.key_setting}: {places.key}"
    try:
        return serialization.load_pem_private_key(text, None)
    except TypeError:
        raise Unavailable(f"{where} has a passphrase; give the key without one") from None
    except ValueError:
        raise Unavailable(f"{where} holds no PEM private key; give that of {places.cert}") from None


def _state(path: Path) -> tuple[int, int, int]:
    """Of the file that a link leads to: whole directories of them are replaced by a link."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def names_in(chain: bytes) -> list[str]:
    """The DNS names and addresses that the first certificate of a chain is for."""
    leaf = x509.load_pem_x509_certificates(chain)[0]
    try:
        held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = held.get_values_for_type(x509.IPAddress)
    return [*held.get_values_for_type(x509.DNSName), *(str(address) for address in addresses)]
