"""A gRPC client without threads: blocking where that is enough, driven by poll elsewhere.

A `Channel` is one connection. `connect` and `unary` block with a timeout. A `Stream` never
blocks: its owner polls `Channel.fileno()` and calls `on_readable` and `on_writable`, which
move bytes between the socket and the queues of the streams.

    ConnectionLost    the connection is gone; `connect` may be called again, and what the
                      streams had received before can still be taken
    RpcError          the server, or the protocol between us, ended a call with a status
"""

from __future__ import annotations

import select
from time import monotonic

from hodei.agent import rpc_headers as grpc
from hodei.agent.http2 import errors, events
from hodei.agent.http2.connection import Connection
from hodei.agent.http2.dial import connect
from hodei.agent.http2.errors import ConnectionFault
from hodei.agent.http2.flow import Outbox
from hodei.agent.http2.transport import READ_BYTES, Target, TransportError, wait
from hodei.agent.rpc_stream import RpcError, Stream

__all__ = ["Channel", "ConnectionLost", "RpcError", "Stream"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from hodei.agent.http2.tls import TlsTransport
    from hodei.agent.http2.transport import PlainTransport

# Data is cut into frames in portions of this size, so that answers to the server's PING or
# SETTINGS wait behind no more than one portion.
_PORTION_BYTES = 262_144
_PORTIONS_PER_TURN = 16
_READS_PER_TURN = 16


class ConnectionLost(Exception):
    """There is no connection, or no more; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel:
    """One connection to a gRPC server; for the forms of `target` see `transport.Target`.

    `ca` is the PEM text of the authorities to trust for `tls://`, None means the system's.
    `server_name` replaces the host as the name that the certificate must carry.
    Raises ValueError for an address that cannot be understood.
    """

    def __init__(
        self, target: str, *, ca: bytes | None = None, server_name: str | None = None
    ) -> None:
        self._target = Target(target)
        self._ca = ca
        self._identity: bytes | None = None
        self._server_name = server_name
        self._transport: PlainTransport | TlsTransport | None = None
        self._connection = Connection()
        self._streams: dict[int, Stream] = {}
        self._outbox = Outbox()
        self._reason = "not connected"
        self._farewell = ""
        self.going_away = False
        self.pongs = 0

    # ------------------------------------------------------------------ connecting

    @property
    def tls(self) -> bool:
        """Whether connections are by TLS."""
        return self._target.tls

    def show(self, identity: str, authorities: str = "") -> None:
        """From the next connection on: the certificate and key to show, and whom to believe.

        Both are PEM text; nothing changes where one is empty.
        """
        self._identity = identity.encode() or self._identity
        self._ca = authorities.encode() or self._ca

    def connect(self, timeout_s: float) -> None:
        """Connects, or connects again; calls of an earlier connection end.

        Returns once the socket, and TLS over it, are connected; the server's HTTP/2 greeting
        is not waited for. Raises ConnectionLost.
        """
        self.close()
        try:
            self._transport = connect(
                self._target,
                monotonic() + timeout_s,
                self._ca,
                self._server_name,
                self._identity,
            )
        except TransportError as exc:
            self._reason = str(exc)
            raise ConnectionLost(self._reason) from exc
        self._connection = Connection()
        self._outbox = Outbox()
        self.going_away = False
        self._farewell = ""
        self.on_writable()

    def close(self) -> None:
        """Says goodbye as far as the socket takes it, and closes; idempotent."""
        if self._transport is None:
            return
        self._connection.close(errors.NO_ERROR)
        self._flush_quietly()
        self._abandon(grpc.CANCELLED, "the channel was closed")

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._transport is not None

    # ------------------------------------------------------------------ calls

    def unary(
        self,
        path: str,
        payload: bytes,
        *,
        metadata: grpc.Metadata = (),
        timeout_s: float,
    ) -> bytes:
        """Makes one call and blocks for its answer, driving other streams meanwhile.

        Raises RpcError, with DEADLINE_EXCEEDED after `timeout_s` seconds, or ConnectionLost.
        """
        deadline = monotonic() + timeout_s
        stream = self._open(path, metadata, timeout_s)
        stream.send(payload)
        stream.close_send()
        try:
            while stream.status() is None:
                if not self.drive(deadline):
                    stream.fail(grpc.DEADLINE_EXCEEDED, f"no answer within {timeout_s:g} s")
                    self.on_writable()
        except ConnectionLost:
            if not stream.ended_by_server:
                raise
        code, message = stream.status() or (grpc.UNKNOWN, "")
        if code == grpc.CANCELLED and monotonic() >= deadline:
            # The server knows the deadline too and may be the first to give the call up.
            code, message = grpc.DEADLINE_EXCEEDED, f"no answer within {timeout_s:g} s"
        if code != grpc.OK:
            raise RpcError(code, message, stream.details)
        messages = stream.receive()
        if len(messages) != 1:
            raise RpcError(grpc.INTERNAL, f"{len(messages)} messages in answer to one")
        return messages[0]

    def open_stream(self, path: str, metadata: grpc.Metadata = ()) -> Stream:
        """Starts a streaming call.

        Raises ConnectionLost when there is no connection or the server is going away, and
        RpcError when the server allows no further stream.
        """
        return self._open(path, metadata, None)

    def _open(self, path: str, metadata: grpc.Metadata, timeout_s: float | None) -> Stream:
        self._require()
        if self.going_away:
            raise ConnectionLost(self._farewell)
        if not self._connection.can_open:
            raise RpcError(grpc.UNAVAILABLE, "the server allows no further stream")
        scheme = b"https" if self._target.tls else b"http"
        authority = self._server_name or self._target.authority
        # Calls that their owner cancelled are over without an event that would remove them.
        for ended in [key for key, call in self._streams.items() if call.status() is not None]:
            del self._streams[ended]
        block = grpc.request_head(path, scheme, authority, metadata, timeout_s)
        stream_id = self._connection.open_stream(block)
        stream = Stream(self._connection, self._outbox, stream_id)
        self._streams[stream_id] = stream
        return stream

    def ping(self) -> None:
        """Asks the server for a sign of life; each answer increments `pongs`."""
        self._require()
        self._connection.ping(b"hodei-ag")

    # ------------------------------------------------------------------ driving

    def fileno(self) -> int:
        """The descriptor to poll. Raises ConnectionLost."""
        return self._require().fileno()

    def wants_write(self) -> bool:
        """Whether `on_writable` is to be called when the descriptor can be written."""
        if self._transport is None:
            return False
        return bool(
            self._outbox.size or self._transport.has_output or self._connection.has_output()
        )

    def drive(self, deadline: float) -> bool:
        """Waits for the socket and serves it once; False when the deadline came first.

        `deadline` is in seconds of `time.monotonic`. Raises ConnectionLost.
        """
        wanted = select.POLLIN | (select.POLLOUT if self.wants_write() else 0)
        ready = wait(self.fileno(), wanted, deadline)
        if ready & ~select.POLLOUT:
            self.on_readable()
        elif ready:
            self.on_writable()
        return ready != 0

    def on_readable(self) -> None:
        """Reads what has arrived and answers what needs an answer. Raises ConnectionLost.

        May be called at any time; does nothing when nothing has arrived.
        """
        transport = self._require()
        reads = 0
        while reads < _READS_PER_TURN or transport.has_input:
            reads += 1
            try:
                data = transport.receive()
            except TransportError as exc:
                self._lose(str(exc))
            if data is None:
                break
            if not data and reads > 1:
                # The end is seen again at the next call: first the owner gets what came before.
                return
            if not data:
                self._lose("the server closed the connection")
            self._take(data)
            if len(data) < READ_BYTES and not transport.has_input:
                # Most likely all there is; if not, the next poll says so.
                break
        if self.wants_write():
            # Who has left after its last words cannot be answered: the next call finds that out,
            # and first the owner gets what came before.
            self._flush_quietly()

    def on_writable(self) -> None:
        """Writes queued bytes until the socket is full. Raises ConnectionLost.

        May be called at any time, for instance right after `Stream.send`.
        """
        try:
            self._flush(self._require())
        except TransportError as exc:
            self._read_last_words()
            self._lose(str(exc))

    def _flush(self, transport: PlainTransport | TlsTransport) -> None:
        outbox = self._outbox
        for _ in range(_PORTIONS_PER_TURN):
            if not outbox.size:
                outbox.fill(self._connection.take_output(_PORTION_BYTES))
            if not outbox.size and not transport.has_output:
                return
            sent = transport.send(outbox.buffers)
            if not sent:
                return
            outbox.advance(sent)

    def _flush_quietly(self) -> None:
        try:
            self._flush(self._require())
        except TransportError:
            self._outbox = Outbox()

    def _read_last_words(self) -> None:
        """After a failed write: what the server sent before it left explains the failure."""
        transport = self._require()
        try:
            while data := transport.receive():
                self._take(data)
        except TransportError:
            return

    def _take(self, data: bytes) -> None:
        try:
            self._connection.receive(data)
        except ConnectionFault as fault:
            self._deliver()
            self._flush_quietly()
            self._lose(str(fault))
        self._deliver()

    def _deliver(self) -> None:
        for event in self._connection.take_events():
            if isinstance(event, events.GoingAway):
                self._on_going_away(event)
            elif isinstance(event, events.PongReceived):
                self.pongs += 1
            elif stream := self._streams.get(event.stream_id):
                if isinstance(event, events.DataReceived):
                    stream.on_data(event)
                elif isinstance(event, events.HeadersReceived):
                    stream.on_headers(event)
                else:
                    stream.on_reset(event)
                if stream.status() is not None:
                    del self._streams[event.stream_id]

    def _on_going_away(self, event: events.GoingAway) -> None:
        self.going_away = True
        words = event.debug[:200].decode("utf-8", "replace")
        name = errors.error_name(event.code)
        self._farewell = f"the server is going away ({name}{': ' if words else ''}{words})"

    # ------------------------------------------------------------------ losing

    def _require(self) -> PlainTransport | TlsTransport:
        if self._transport is None:
            raise ConnectionLost(self._reason)
        return self._transport

    def _lose(self, reason: str) -> NoReturn:
        if self._farewell:
            reason = f"{reason}; before that, {self._farewell}"
        self._abandon(grpc.UNAVAILABLE, reason)
        raise ConnectionLost(reason)

    def _abandon(self, code: int, reason: str) -> None:
        self._reason = reason
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.fail(code, reason)
        self._outbox = Outbox()
