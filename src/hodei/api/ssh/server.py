"""Listening, signing in, and the limits of the SSH gateway."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncssh

from hodei.api.access.gate import Gate, Grant, Origin
from hodei.api.access.table import SSH
from hodei.api.identity import Identity
from hodei.api.ssh.authorized_keys import AuthorizedKeys
from hodei.api.ssh.limits import Failures
from hodei.api.ssh.session import JobSession, Who, nobody
from hodei.domain.access.principal import Principal
from hodei.domain.audit import Interface
from hodei.domain.errors import Unauthenticated, Unavailable
from hodei.engine.engine import Engine

logger = logging.getLogger(__name__)

LOGIN_S = 30.0
"""From the connection to the end of signing in."""
MAX_TRIES = 6
"""Keys and passwords per connection."""
MAX_UNKNOWN = 32
"""Connections that have not signed in yet."""
MAX_CONNECTIONS = 200
MAX_SESSIONS = 8
"""Per connection; a job has a limit of its own."""
WINDOW = 128 << 10
KEEPALIVE_S = 30.0
PROHIBITED = asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED


@dataclass(slots=True)
class Shared:
    """What all connections share."""

    engine: Engine
    identity: Identity
    gate: Gate
    keys: AuthorizedKeys | None
    failures: Failures
    unknown: set[Connection] = field(default_factory=set)
    known: set[Connection] = field(default_factory=set)
    sessions: set[JobSession] = field(default_factory=set)
    noting: set[asyncio.Task[None]] = field(default_factory=set)

    def note_refusal(self, address: str, tries: int) -> None:
        """Tells the audit log of a connection that never signed in."""
        error = Unauthenticated(f"{tries} keys and passwords were not accepted")
        grant = Grant(self.gate, SSH["session"], Origin(Interface.SSH, address))
        task = asyncio.get_running_loop().create_task(grant.note(error))
        self.noting.add(task)
        task.add_done_callback(self.noting.discard)


class Connection(asyncssh.SSHServer):
    """One client; the user name is the job, the key or the token says who it is."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._principal: Principal | None = None
        self._who: Who = nobody
        self._tries = 0
        self._counted = False
        """Every wrong password counts as a failed sign-in; of keys, all that were tried as one."""
        self._address = ""
        self._sessions: set[JobSession] = set()
        self.conn: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.conn = conn
        self._address = str((conn.get_extra_info("peername") or ("",))[0])
        shared = self._shared
        if len(shared.unknown) >= MAX_UNKNOWN or len(shared.known) >= MAX_CONNECTIONS:
            logger.warning("too many SSH connections", extra={"address": self._address})
            conn.abort()
            return
        shared.unknown.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self._shared.unknown and self._tries:
            about = {"address": self._address, "tries": self._tries}
            logger.warning("SSH sign-in failed", extra=about)
            self._shared.note_refusal(self._address, self._tries)
            if not self._counted:
                self._shared.failures.add(self._address)
        self._shared.unknown.discard(self)
        self._shared.known.discard(self)

    # ---- signing in

    def begin_auth(self, username: str) -> bool:
        wait_s = self._shared.failures.wait_s(self._address)
        if wait_s:
            raise asyncssh.DisconnectError(
                asyncssh.DISC_BY_APPLICATION,
                f"too many failed sign-ins from {self._address}; try again in {wait_s:.0f} s",
            )
        return True

    def public_key_auth_supported(self) -> bool:
        return self._shared.keys is not None

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return await self._judge(lambda: self._by_key(key))

    async def _by_key(self, key: asyncssh.SSHKey) -> Principal:
        """Raises Unauthenticated for a key that is nobody's (any more)."""
        owner = self._shared.keys.owner(key) if self._shared.keys else None
        if owner is None:
            raise Unauthenticated("the key is not among the authorized ones")
        return await self._shared.identity.keyed(owner)

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        if await self._judge(lambda: self._shared.identity.principal(f"Bearer {password}")):
            return True
        self._shared.failures.add(self._address)
        self._counted = True
        return False

    async def _judge(self, who: Who) -> bool:
        # What was validated last is what signs in, once its signature fits.
        try:
            self._principal, self._who = await who(), who
            return True
        except Unauthenticated:
            self._principal, self._who = None, nobody
        self._tries += 1
        if self._tries >= MAX_TRIES:
            raise asyncssh.DisconnectError(
                asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many keys and passwords tried"
            )
        return False

    @property
    def _name(self) -> str:
        return self._principal.name if self._principal else ""

    def auth_completed(self) -> None:
        self._shared.unknown.discard(self)
        self._shared.known.add(self)
        logger.info("SSH signed in", extra={"actor": self._name, "address": self._address})

    # ---- what is offered, and what is not

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        if self.conn is None or len(self._sessions) >= MAX_SESSIONS:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_RESOURCE_SHORTAGE, f"at most {MAX_SESSIONS} sessions per connection"
            )
        key = str(self.conn.get_extra_info("username"))
        session = JobSession(self._shared.engine, self._shared.gate, key, self._who, self._address)
        session.on_lost = lambda: self._left(session)
        self._sessions.add(session)
        self._shared.sessions.add(session)
        return session

    def _left(self, session: JobSession) -> None:
        self._sessions.discard(session)
        self._shared.sessions.discard(session)

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> bool:
        raise asyncssh.ChannelOpenError(PROHIBITED, "Hodei forwards no ports")

    def unix_connection_requested(self, dest_path: str) -> bool:
        raise asyncssh.ChannelOpenError(PROHIBITED, "Hodei forwards no sockets")


class SshServer:
    """Serves on one address."""

    def __init__(
        self,
        engine: Engine,
        identity: Identity,
        host_key: asyncssh.SSHKey,
        keys: AuthorizedKeys | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._host_key = host_key
        gate = Gate(engine.jobs, engine.audit, engine.core.clock, engine.standing)
        self._shared = Shared(engine, identity, gate, keys, Failures(monotonic))
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens and serves; returns the port. Raises Unavailable when it cannot."""
        # Its information names commands, which may hold secrets.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)
        try:
            self._acceptor = await asyncssh.listen(
                host,
                port,
                family=socket.AF_INET6 if ":" in host else socket.AF_INET,
                server_factory=lambda: Connection(self._shared),
                server_host_keys=[self._host_key],
                server_version="Hodei",
                encoding=None,
                line_editor=False,
                host_based_auth=False,
                kbdint_auth=False,
                gss_host=None,
                x11_forwarding=False,
                agent_forwarding=False,
                allow_scp=False,
                login_timeout=LOGIN_S,
                keepalive_interval=KEEPALIVE_S,
                window=WINDOW,
            )
        except OSError as error:
            raise Unavailable(
                f"SSH cannot listen on {host}:{port}: {error.strerror or error} (HODEI_SSH_PORT)"
            ) from None
        bound: int = self._acceptor.get_port()
        fingerprint = self._host_key.get_fingerprint()
        logger.info("SSH serves", extra={"port": bound, "host_key": fingerprint})
        return bound

    async def stop(self, grace_s: float) -> None:
        """Takes no new connection, ends those that are open and records how."""
        if self._acceptor is None:
            return
        self._acceptor.close()
        relays = [session.done for session in self._shared.sessions if session.done is not None]
        for connection in [*self._shared.unknown, *self._shared.known]:
            if connection.conn is not None:
                connection.conn.disconnect(asyncssh.DISC_BY_APPLICATION, "the server stops")
        if relays:
            await asyncio.wait(relays, timeout=grace_s)
        self._acceptor = None
