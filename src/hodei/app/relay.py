"""The way between servers as the settings ask for it; off without an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hodei.api.grpc.relay_client import GrpcRelay
from hodei.app.keys import secret_keys
from hodei.app.settings import Settings

if TYPE_CHECKING:
    from hodei.adapters.security.relay_tls import RelayTls


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayEndpoint:
    """Where this server is called by others, and what is shown there."""

    address: str
    tls: RelayTls

    def relay(self) -> GrpcRelay:
        """Calls the other servers."""
        return GrpcRelay(self.address, self.tls.current)


def relay_endpoint(settings: Settings) -> RelayEndpoint | None:
    """What the settings ask for. Raises Unavailable when there is no secret key to be had."""
    if settings.relay_listen is None:
        return None
    # Few servers need it, and it takes its time to load.
    from hodei.adapters.security.authority import SERVERS, Authorities
    from hodei.adapters.security.relay_tls import RelayTls

    host, port = settings.relay_listen
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return RelayEndpoint(
        address=address, tls=RelayTls(Authorities(secret_keys(settings), SERVERS), host)
    )
