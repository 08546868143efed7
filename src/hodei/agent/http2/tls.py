"""TLS on memory buffers over a plain transport.

Cipher text is moved by the same code as plain text, so wishes of the TLS layer (to read
before it can write) never reach the caller. Built on `_ssl`, the module below `ssl`: that
one also imports `socket` and `enum`, and costs about ten times as much.
"""

from __future__ import annotations

import _ssl
import os

from hodei.agent.http2.flow import Buffer
from hodei.agent.http2.transport import READ_BYTES, PlainTransport, TransportError

_TLS_RECORD_BYTES = 16_384
_TLS_WRITE_BYTES = 262_144


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class _Session(Protocol):
        def do_handshake(self) -> None: ...
        def read(self, size: int, /) -> bytes: ...
        def write(self, data: Buffer, /) -> int: ...
        def pending(self) -> int: ...
        def shutdown(self) -> None: ...
        def selected_alpn_protocol(self) -> str | None: ...


class ClientContext(_ssl._SSLContext):
    """The context of the C module, with the two methods that its type stubs leave out."""

    if TYPE_CHECKING:

        def _wrap_bio(
            self,
            incoming: _ssl.MemoryBIO,
            outgoing: _ssl.MemoryBIO,
            server_side: bool,
            server_hostname: str,
            /,
        ) -> _Session: ...
        def _set_alpn_protocols(self, protocols: bytes, /) -> None: ...


class TlsTransport:
    """TLS over a plain transport; the interface is the same."""

    __slots__ = ("_cipher_in", "_cipher_out", "_ended", "_plain", "_ssl", "_unsent")

    def __init__(self, plain: PlainTransport, context: ClientContext, server_name: str) -> None:
        self._plain = plain
        self._cipher_in = _ssl.MemoryBIO()
        self._cipher_out = _ssl.MemoryBIO()
        self._ssl: _Session = context._wrap_bio(
            self._cipher_in, self._cipher_out, False, server_name
        )
        self._unsent: Buffer = b""
        self._ended = False

    def fileno(self) -> int:
        """The descriptor to poll, -1 when closed."""
        return self._plain.fileno()

    @property
    def has_output(self) -> bool:
        """Whether cipher text waits for the socket."""
        return bool(self._unsent) or bool(self._cipher_out.pending)

    @property
    def has_input(self) -> bool:
        """Whether `receive` has bytes that polling the descriptor does not show."""
        return bool(self._cipher_in.pending) or bool(self._ssl.pending())

    def handshake(self) -> bool:
        """One step of the handshake; True when it is done. Raises TransportError."""
        try:
            self._fill()
            self._ssl.do_handshake()
        except _ssl.SSLWantReadError:
            if self._ended:
                raise TransportError("the server closed during the TLS handshake") from None
            self._flush()
            return False
        except _ssl.SSLError as exc:
            # The alert tells the server why; the cause is ours to report in any case.
            self._flush_quietly()
            raise TransportError(f"TLS handshake failed: {exc}") from exc
        self._flush()
        if self._ssl.selected_alpn_protocol() != "h2":
            raise TransportError("the server does not offer HTTP/2 over TLS")
        return True

    def send(self, buffers: list[Buffer]) -> int:
        """Encrypts and writes; returns the plain bytes taken, 0 while the socket is full."""
        self._flush()
        if self.has_output:
            return 0
        taken = 0
        batch: list[Buffer] = []
        for buffer in buffers:
            batch.append(buffer)
            taken += len(buffer)
            if taken >= _TLS_WRITE_BYTES:
                break
        plain = memoryview(b"".join(batch))
        try:
            for start in range(0, taken, _TLS_RECORD_BYTES):
                self._ssl.write(plain[start : start + _TLS_RECORD_BYTES])
        except _ssl.SSLError as exc:
            raise TransportError(f"TLS cannot write: {exc}") from exc
        self._flush()
        return taken

    def receive(self) -> bytes | None:
        """Decrypted bytes, None when there are none yet, b"" at the end of the stream."""
        while True:
            try:
                return self._ssl.read(READ_BYTES)
            except _ssl.SSLWantReadError:
                if not self._fill():
                    return b"" if self._ended else None
            except _ssl.SSLZeroReturnError:
                return b""
            except _ssl.SSLError as exc:
                if self._ended:
                    return b""
                raise TransportError(f"TLS cannot read: {exc}") from exc

    def close(self) -> None:
        """Says goodbye as far as the socket takes it, and closes; idempotent."""
        if self._plain.fileno() >= 0:
            self._say_goodbye()
        self._plain.close()

    def _say_goodbye(self) -> None:
        try:
            self._ssl.shutdown()
        except _ssl.SSLError:
            # The peer's own goodbye has not come, and is not waited for.
            return
        finally:
            self._flush_quietly()

    def _fill(self) -> bool:
        data = None if self._ended else self._plain.receive()
        if data is None:
            return False
        if data:
            self._cipher_in.write(data)
        else:
            self._ended = True
            self._cipher_in.write_eof()
        return True

    def _flush(self) -> None:
        while True:
            if not self._unsent:
                self._unsent = memoryview(self._cipher_out.read())
            if not self._unsent:
                return
            sent = self._plain.send([self._unsent])
            if not sent:
                return
            self._unsent = self._unsent[sent:]

    def _flush_quietly(self) -> None:
        try:
            self._flush()
        except TransportError:
            self._unsent = b""


def client_context(ca: bytes | None, identity: bytes | None = None) -> ClientContext:
    """A client context that verifies certificate and name, for TLS 1.2 or later.

    `ca` is PEM text, None means the system's authorities; `identity` is PEM text of what this
    side shows, certificates and the key. Raises TransportError when one of them is neither.
    """
    # This protocol alone turns the verification on, of the chain and of the name.
    context = ClientContext(_ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _ssl.PROTO_TLSv1_2
    context._set_alpn_protocols(b"\x02h2")
    try:
        if ca is None:
            context.set_default_verify_paths()
        else:
            context.load_verify_locations(cadata=ca.decode("ascii"))
    except (_ssl.SSLError, UnicodeDecodeError, ValueError) as exc:
        raise TransportError(f"the server's CA is not a PEM certificate: {exc}") from exc
    if identity is not None:
        _show(context, identity)
    return context


def _show(context: ClientContext, identity: bytes) -> None:
    """Only files can be loaded; this one is in memory, and nobody else can name it."""
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, identity)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", None)
    except (_ssl.SSLError, OSError) as exc:
        raise TransportError(f"the agent's certificate cannot be used: {exc}") from exc
    finally:
        os.close(descriptor)
