"""The SSH gateway as the settings ask for it; off without a port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hodei.app.settings import Settings

if TYPE_CHECKING:
    from hodei.api.identity import Identity
    from hodei.api.ssh.server import SshServer
    from hodei.engine.engine import Engine

HOST_KEY = "ssh/host_key"
"""In the data directory; made once."""


class Gateway:
    """What is read before anything slow is started."""

    def __init__(self, settings: Settings) -> None:
        """Raises InvalidRequest and Unavailable when a file does not fit."""
        # Only here: a server without the gateway need not carry its libraries.
        from hodei.api.ssh.authorized_keys import AuthorizedKeys
        from hodei.api.ssh.host_key import host_key

        self._host_key = host_key(settings.data_dir / HOST_KEY)
        path = settings.ssh_authorized_keys
        self._keys = AuthorizedKeys(path) if path is not None else None

    def server(self, engine: Engine, identity: Identity) -> SshServer:
        """The server, not started yet."""
        from hodei.api.ssh.server import SshServer

        monotonic = engine.core.clock.monotonic
        return SshServer(engine, identity, self._host_key, self._keys, monotonic)
