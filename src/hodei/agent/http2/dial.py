"""Connecting to a server by unix socket, TCP, TLS over TCP, or vsock."""

from __future__ import annotations

import _socket
import select
from os import strerror

from hodei.agent.http2.transport import Address, PlainTransport, Target, TransportError, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hodei.agent.http2.tls import TlsTransport


def connect(
    target: Target,
    deadline: float,
    ca: bytes | None,
    server_name: str | None,
    identity: bytes | None = None,
) -> PlainTransport | TlsTransport:
    """A connected transport, the TLS handshake included.

    `deadline` is in seconds of `time.monotonic`; name resolution does not respect it.
    `ca` is PEM text, None means the system's authorities; `identity` is PEM text of the
    certificate and key to show. Raises TransportError.
    """
    plain = PlainTransport(_connect_any(target, deadline))
    if not target.tls:
        return plain
    # Imported here because it costs more than the rest of the agent's wire code together.
    from hodei.agent.http2.tls import TlsTransport, client_context

    try:
        transport = TlsTransport(plain, client_context(ca, identity), server_name or target.host)
        while not transport.handshake():
            events = select.POLLIN | (select.POLLOUT if transport.has_output else 0)
            if not wait(plain.fileno(), events, deadline):
                raise TransportError("TLS handshake timed out")
    except BaseException:
        plain.close()
        raise
    return transport


def _connect_any(target: Target, deadline: float) -> _socket.socket:
    """Tries the addresses of the target in order; the last failure is the one reported."""
    failure = TransportError("no address")
    for family, address in _addresses(target):
        candidate = _socket.socket(family, _socket.SOCK_STREAM)
        try:
            _connect_one(candidate, address, deadline)
        except TransportError as exc:
            candidate.close()
            failure = exc
        except BaseException:
            candidate.close()
            raise
        else:
            return candidate
    raise failure


def _addresses(target: Target) -> list[tuple[int, Address]]:
    if target.family != _socket.AF_UNSPEC:
        return [(target.family, target.place)]
    try:
        found = _socket.getaddrinfo(target.host.encode(), target.port, 0, _socket.SOCK_STREAM)
    except OSError as exc:
        raise TransportError(f"cannot resolve {target.host}: {exc.strerror}") from exc
    return [(entry[0], entry[4]) for entry in found]


def _connect_one(candidate: _socket.socket, address: Address, deadline: float) -> None:
    candidate.setblocking(False)
    try:
        candidate.connect(address)
    except BlockingIOError as exc:
        _await_connection(candidate, address, deadline, exc)
    except (OSError, ValueError) as exc:
        # ValueError: a NUL byte in the path.
        raise TransportError(f"cannot connect: {getattr(exc, 'strerror', exc)}") from exc
    if candidate.family in (_socket.AF_INET, _socket.AF_INET6):
        candidate.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)


def _await_connection(
    candidate: _socket.socket,
    address: Address,
    deadline: float,
    started: BlockingIOError,
) -> None:
    if candidate.family == _socket.AF_UNIX:
        # Not in progress: the listener's queue is full, and poll cannot tell when it is not.
        raise TransportError("cannot connect: the server's queue is full") from started
    if not wait(candidate.fileno(), select.POLLOUT, deadline):
        raise TransportError("cannot connect: timed out")
    error = candidate.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR)
    if error:
        raise TransportError(f"cannot connect: {strerror(error)}")
