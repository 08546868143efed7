"""One gRPC call: messages in their five-byte framing, flow control credit, final status."""

from __future__ import annotations

from struct import Struct

from hodei.agent import rpc_headers as grpc
from hodei.agent.http2 import errors, events
from hodei.agent.http2.connection import Connection
from hodei.agent.http2.flow import Outbox
from hodei.agent.http2.hpack import Header

MAX_MESSAGE_BYTES = 16 << 20

# Short messages are copied behind their prefix; for long ones the prefix is a piece of its own.
_COPY_BELOW = 4096

_PREFIX = Struct(">BI")


class RpcError(Exception):
    """A call ended with a status other than OK.

    `details` is a serialised google.rpc.Status, empty when the server sent none.
    """

    def __init__(self, code: int, message: str, details: bytes = b"") -> None:
        super().__init__(f"{grpc.status_name(code)}: {message}")
        self.code = code
        self.message = message
        self.details = details


class Stream:
    """One call. Messages and the status are collected while the channel is driven."""

    __slots__ = (
        "_buffer",
        "_connection",
        "_details",
        "_head",
        "_id",
        "_outbox",
        "_ready",
        "_status",
        "_trailers",
        "_uncredited",
        "ended_by_server",
    )

    def __init__(self, connection: Connection, outbox: Outbox, stream_id: int) -> None:
        self._connection = connection
        self._outbox = outbox
        self._id = stream_id
        self._buffer = bytearray()
        self._ready: list[bytes] = []
        self._uncredited = 0
        self._head: list[Header] | None = None
        self._trailers: list[Header] = []
        self._status: tuple[int, str] | None = None
        self._details = b""
        # Whether the status came in the server's trailers.
        self.ended_by_server = False

    def send(self, payload: bytes) -> int:
        """Queues one message and returns the backlog in bytes.

        The caller decides how much backlog is too much. On a call that has ended the message
        is dropped; see `status`.
        """
        if self._status is None:
            prefix = _PREFIX.pack(0, len(payload))
            small = len(payload) < _COPY_BELOW
            pieces = (prefix + payload,) if small else (prefix, payload)
            self._connection.send_data(self._id, pieces, end=False)
        return self.backlog()

    def backlog(self) -> int:
        """Bytes that wait for the server's window or for the socket."""
        return self._connection.backlog(self._id) + self._outbox.size

    def close_send(self) -> None:
        """Ends our side once everything queued has been sent."""
        self._connection.send_data(self._id, (), end=True)

    def receive(self) -> list[bytes]:
        """Takes the complete messages received so far.

        The server may send about a mebibyte of messages that have not been taken.
        """
        ready = self._ready
        self._ready = []
        self._give_credit()
        return ready

    def status(self) -> tuple[int, str] | None:
        """Code and message of a call that has ended; messages may still wait in `receive`."""
        return self._status

    @property
    def details(self) -> bytes:
        """Serialised google.rpc.Status of a call that has ended, or nothing."""
        return self._details

    def metadata(self) -> list[Header] | None:
        """The head of the response, None until it has arrived."""
        return self._head

    def trailers(self) -> list[Header]:
        """The trailers of the response, empty until it has ended."""
        return self._trailers

    def cancel(self) -> None:
        """Ends the call at once, dropping what is queued; idempotent."""
        self.fail(grpc.CANCELLED, "cancelled by the agent")

    def fail(self, code: int, message: str) -> None:
        """Gives the call a status of our own, unless it has one, and resets its stream."""
        if self._status is None:
            self._status = (code, message)
            self._buffer.clear()
            self._connection.reset(self._id, errors.CANCEL)

    def _give_credit(self) -> None:
        if self._uncredited:
            self._connection.consume(self._id, self._uncredited)
            self._uncredited = 0

    # ------------------------------------------------------------------ from the channel

    def on_headers(self, event: events.HeadersReceived) -> None:
        """The response's head, its trailers, or both in one."""
        if self._head is None:
            status = grpc.find(event.headers, b":status") or b""
            if status.startswith(b"1") and not event.end_stream:
                return
            self._head = event.headers
            refused = grpc.refusal(event.headers)
            if refused:
                self.fail(*refused)
        elif not event.end_stream:
            self.fail(grpc.INTERNAL, "headers in the middle of a response")
        if event.end_stream:
            self._on_trailers(event.headers)

    def _on_trailers(self, headers: list[Header]) -> None:
        if self._status is not None:
            return
        self._trailers = headers
        code, message, self._details = grpc.trailing_status(headers)
        if code == grpc.OK and self._buffer:
            code, message = grpc.INTERNAL, "the response ends inside a message"
        self._status = (code, message)
        self.ended_by_server = True

    def on_data(self, event: events.DataReceived) -> None:
        """A piece of the response's body."""
        if self._status is not None:
            return
        if self._head is None:
            self.fail(grpc.INTERNAL, "data before the response's head")
            return
        self._buffer += event.data
        self._uncredited += event.flow_bytes
        self._cut_messages()
        # A message longer than the window could never arrive if its parts gave no credit;
        # complete messages hold their credit back until somebody takes them.
        if not self._ready:
            self._give_credit()
        if event.end_stream:
            self.fail(grpc.INTERNAL, "the response ends without a status")

    def _cut_messages(self) -> None:
        buffer = self._buffer
        start = 0
        while len(buffer) - start >= _PREFIX.size:
            compressed, length = _PREFIX.unpack_from(buffer, start)
            if compressed:
                self.fail(grpc.INTERNAL, "a compressed message, which was not agreed")
                return
            if length > MAX_MESSAGE_BYTES:
                self.fail(
                    grpc.RESOURCE_EXHAUSTED,
                    f"a message of {length} bytes, the limit is {MAX_MESSAGE_BYTES}",
                )
                return
            end = start + _PREFIX.size + length
            if len(buffer) < end:
                break
            self._ready.append(bytes(memoryview(buffer)[start + _PREFIX.size : end]))
            start = end
        if start:
            del buffer[:start]

    def on_reset(self, event: events.StreamReset) -> None:
        """The stream is over without trailers."""
        self.fail(grpc.status_of_reset(event.code), f"stream reset: {event.reason}")
