"""The listener for agents of other machines: its certificate, and whose agents it lets in.

The certificate is the operator's, or one by the server's own authority that is made again long
before it ends. Agents must show a certificate of the server's own authority in either case, and
are told which authority to believe, so that nobody has to distribute anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hodei.adapters.security.authority import Authorities
from hodei.adapters.security.certificate_files import CertificateFiles
from hodei.adapters.security.leaves import SERVER_LIFE, IssuedCertificates, server_certificate
from hodei.ports.certificates import ServerCertificate

RENEW_AFTER = SERVER_LIFE / 2


class AgentTls:
    """What the listener shows at each handshake; any thread may ask."""

    def __init__(
        self, authorities: Authorities, hosts: Sequence[str], files: CertificateFiles | None = None
    ) -> None:
        """`hosts` are the names of a certificate of our own; `files` are the operator's."""
        self._authorities = authorities
        self._hosts = tuple(hosts)
        self.files = files
        self._made: ServerCertificate | None = None
        self._made_for: object = None
        self._made_at = datetime.min.replace(tzinfo=UTC)
        believed = None if files is None else (lambda now: files.ca)
        self.certificates = IssuedCertificates(authorities, believed)

    def current(self) -> ServerCertificate:
        """The certificate to show now."""
        now = datetime.now(UTC)
        clients = self._authorities.accepted(now).encode()
        given = self.files.current if self.files else None
        aged = given is None and now - self._made_at > RENEW_AFTER
        if self._made is None or aged or self._made_for != (given, clients):
            self._made = (
                replace(given, clients=clients)
                if given
                else server_certificate(self._authorities, self._hosts, now)
            )
            self._made_for, self._made_at = (given, clients), now
        return self._made
