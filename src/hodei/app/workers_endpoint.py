"""Where agents call: a unix socket for those on this machine, TLS for those elsewhere.

Both serve the worker protocol and nothing else: whoever is in a container may call, and without a
password or a session of its own gets nowhere. The socket lies in a directory of its own, which
containers get to see. TLS is off unless HODEI_AGENT_LISTEN says where to listen.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hodei.app.certificates import worker_certificate
from hodei.app.keys import secret_keys
from hodei.app.settings import Settings
from hodei.domain.errors import Unavailable

if TYPE_CHECKING:
    from hodei.adapters.security.agent_tls import AgentTls
    from hodei.ports.certificates import WorkerCertificates

FOLDER, NAME = "agents", "agent.sock"
MAX_SOCKET_PATH = 100
"""The kernel takes 107 bytes."""
TLS = "tls://"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersEndpoint:
    """One server's, as it listens and as agents are told."""

    socket: Path
    address: str | None
    """host:port to listen on with TLS."""
    tls: AgentTls | None
    servers: tuple[str, ...]
    """Targets for agents, in order of preference."""

    @property
    def certificates(self) -> WorkerCertificates | None:
        """Issues those of agents that call with TLS; None: there are none."""
        return self.tls.certificates if self.tls else None


def workers_endpoint(settings: Settings) -> WorkersEndpoint:
    """What the settings ask for. Makes directories and certificates; raises Unavailable."""
    path = agent_socket(settings.data_dir)
    servers = settings.agent_servers
    if not any(target.startswith("unix:") for target in servers):
        # Whoever shares this machine, a job without a network above all, has this way.
        servers = (f"unix:{path}", *servers)
    if settings.agent_listen is None:
        return WorkersEndpoint(socket=path, address=None, tls=None, servers=servers)
    host, port = settings.agent_listen
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not any(target.startswith(TLS) for target in servers):
        if ip_address(host).is_unspecified:
            raise Unavailable(
                f"HODEI_AGENT_LISTEN: workers cannot call {host}; set HODEI_AGENT_SERVERS to "
                f"tls://NAME:{port}, with a name or address of this machine that they can reach"
            )
        servers = (*servers, f"{TLS}{address}")
    return WorkersEndpoint(
        socket=path, address=address, tls=_tls(settings, servers), servers=servers
    )


def _tls(settings: Settings, servers: tuple[str, ...]) -> AgentTls:
    # Few servers need it, and it takes its time to load.
    from hodei.adapters.security.agent_tls import AgentTls
    from hodei.adapters.security.authority import Authorities

    named = [urlsplit(target).hostname for target in servers if target.startswith(TLS)]
    hosts = list(dict.fromkeys(host for host in named if host))
    return AgentTls(Authorities(secret_keys(settings)), hosts, worker_certificate(settings))


def agent_socket(data_dir: Path) -> Path:
    """Where agents of this machine reach the server: the same path after every restart.

    Its directory is made now: closed to this machine's other users by the one above, open to
    whatever user a container runs as, which sees it without those above. Raises Unavailable.
    """
    path = data_dir / "run" / FOLDER / NAME
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        short = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"hodei-{os.getuid()}-{short}" / FOLDER / NAME
    private = path.parent.parent
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    if private.stat().st_uid != os.getuid():
        raise Unavailable(f"{private} belongs to somebody else; set HODEI_DATA_DIR")
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.parent.chmod(0o755)
    return path
