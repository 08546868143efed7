"""Addresses, and non-blocking byte streams over connected sockets.

Built on `_socket`, the module below `socket`, for the price of its import.
"""

from __future__ import annotations

import _socket
import select
from time import monotonic

from hodei.agent.http2.flow import Buffer

READ_BYTES = 65_536
# sendmsg takes at most IOV_MAX buffers, 1024 on Linux.
_MAX_BUFFERS = 1024

_AF_VSOCK = 40

Address = (
    str | bytes | tuple[int, int] | tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
)


class TransportError(Exception):
    """The byte stream could not be made, or is broken."""


class Target:
    """Where a server is: `unix:/path`, `unix-abstract:name`, `vsock:CID:PORT`,
    `tls://host:port`, `tcp://host:port` or `host:port`.

    Raises ValueError for anything else.
    """

    __slots__ = ("authority", "family", "host", "place", "port", "tls")

    def __init__(self, text: str) -> None:
        self.tls = False
        self.host = "localhost"
        self.port = 0
        self.authority = "localhost"
        self.place: Address = ""
        scheme, colon, rest = text.partition(":")
        if scheme in ("unix", "unix-abstract") and colon:
            self.family = int(_socket.AF_UNIX)
            path = rest.removeprefix("//") if scheme == "unix" else "\0" + rest
            if len(path) < 2:
                raise ValueError(f"no path in the address {text!r}")
            self.place = path
        elif scheme == "vsock" and colon:
            cid, _, port = rest.partition(":")
            self.family = _AF_VSOCK
            self.place = (_number(cid, 2**32 - 1, text), _number(port, 2**32 - 1, text))
        else:
            self.family = int(_socket.AF_UNSPEC)
            self.tls = scheme == "tls" and rest.startswith("//")
            self._parse_host(text)

    def _parse_host(self, text: str) -> None:
        scheme, separator, rest = text.rpartition("://")
        if separator and scheme not in ("tls", "tcp"):
            raise ValueError(f"unknown scheme in the address {text!r}")
        host, _, port = rest.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise ValueError(f"an IPv6 host needs brackets in the address {text!r}")
        if not host or "/" in host:
            raise ValueError(f"no host in the address {text!r}")
        self.host = host
        self.port = _number(port, 65_535, text)
        self.authority = rest


def _number(digits: str, largest: int, text: str) -> int:
    if not (digits.isascii() and digits.isdecimal()) or int(digits) > largest:
        raise ValueError(f"no valid port in the address {text!r}")
    return int(digits)


class PlainTransport:
    """A connected stream socket in non-blocking mode."""

    __slots__ = ("_socket",)

    def __init__(self, connected: _socket.socket) -> None:
        self._socket = connected

    def fileno(self) -> int:
        """The descriptor to poll, -1 when closed."""
        return self._socket.fileno()

    @property
    def has_output(self) -> bool:
        """Whether bytes already accepted by `send` still wait inside."""
        return False

    @property
    def has_input(self) -> bool:
        """Whether `receive` has bytes that polling the descriptor does not show."""
        return False

    def send(self, buffers: list[Buffer]) -> int:
        """Writes what the socket takes; returns the number of bytes, 0 when it is full.

        Raises TransportError when the stream is broken.
        """
        try:
            return self._socket.sendmsg(buffers[:_MAX_BUFFERS])
        except BlockingIOError:
            return 0
        except OSError as exc:
            raise TransportError(f"cannot write: {exc.strerror}") from exc

    def receive(self) -> bytes | None:
        """Some bytes, None when there are none yet, b"" at the end of the stream.

        Raises TransportError when the stream is broken.
        """
        try:
            return self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError as exc:
            raise TransportError(f"cannot read: {exc.strerror}") from exc

    def close(self) -> None:
        """Closes the descriptor; idempotent."""
        self._socket.close()


def wait(fd: int, events: int, deadline: float) -> int:
    """Waits until `fd` is ready and returns the poll events; 0 at the deadline."""
    poll = select.poll()
    poll.register(fd, events)
    # Rounded up: a poll that returns a little early would make the caller spin.
    remaining = int((deadline - monotonic()) * 1000) + 1
    ready = poll.poll(max(0, remaining))
    return ready[0][1] if ready else 0
