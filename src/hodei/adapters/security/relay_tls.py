"""What servers show one another: certificates by an authority that only servers can make."""

from __future__ import annotations

from datetime import UTC, datetime

from hodei.adapters.security.authority import Authorities
from hodei.adapters.security.leaves import SERVER_LIFE, server_certificate
from hodei.ports.certificates import ServerCertificate

RENEW_AFTER = SERVER_LIFE / 2


class RelayTls:
    """The same certificate for calling and for being called; any thread may ask."""

    def __init__(self, authorities: Authorities, host: str) -> None:
        self._authorities = authorities
        self._host = host
        self._made: ServerCertificate | None = None
        self._made_at = datetime.min.replace(tzinfo=UTC)

    def current(self) -> ServerCertificate:
        """Made anew long before it ends, and when the secret keys have changed."""
        now = datetime.now(UTC)
        made, believed = self._made, self._authorities.accepted(now).encode()
        if made is None or now - self._made_at > RENEW_AFTER or made.clients != believed:
            made = server_certificate(self._authorities, [self._host], now, calls=True)
            self._made, self._made_at = made, now
        return made
