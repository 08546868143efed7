"""The client side of one HTTP/2 connection (RFC 9113) without input or output.

Received bytes go into `receive`, what they mean comes out of `take_events`, and what must be
written comes out of `take_output`. DATA waits in its stream's queue until the windows of the
stream and of the connection let it go, and is cut into frames only then: a reset stream
leaves nothing half-sent behind, and control frames overtake queued data.

A stream is opened by us and lives until both sides have ended it or one has reset it. Frames
that arrive for it afterwards are in flight legitimately and are dropped, but they still count
for the connection's window and pass through the header decoder.
"""

from __future__ import annotations

from hodei.agent.http2 import errors, frames
from hodei.agent.http2.errors import ConnectionFault, StreamFault
from hodei.agent.http2.events import (
    DataReceived,
    Event,
    GoingAway,
    HeadersReceived,
    PongReceived,
    StreamReset,
)
from hodei.agent.http2.flow import Buffer, ReceiveWindow, SendQueue
from hodei.agent.http2.hpack import Decoder, HeaderListTooLong

DEFAULT_WINDOW = 65_535
STREAM_WINDOW = 1 << 20
CONNECTION_WINDOW = 1 << 20
MAX_HEADER_LIST_BYTES = 1 << 16
# A header block may be longer than the list that it encodes only by its own overhead.
MAX_HEADER_BLOCK_BYTES = 1 << 17
# Answers to the peer that it does not read: beyond this it is flooding us.
MAX_CONTROL_BYTES = 1 << 20
# Servers permit frames of megabytes; in shorter ones, control frames do not wait long.
_LONGEST_FRAME = 65_536
# Frames no longer than this are copied together; longer ones are sent from where they lie.
_COPY_BELOW = 4096


class _Stream:
    __slots__ = ("end_queued", "id", "local_closed", "queue", "receive_window", "send_window")

    def __init__(self, stream_id: int, send_window: int) -> None:
        self.id = stream_id
        self.send_window = send_window
        self.receive_window = ReceiveWindow(STREAM_WINDOW)
        self.queue = SendQueue()
        self.end_queued = False
        self.local_closed = False


class Connection:
    """State of one connection; every method but `receive` is free of errors of the peer."""

    def __init__(self) -> None:
        self._reader = frames.FrameReader()
        self._decoder = Decoder(MAX_HEADER_LIST_BYTES)
        self._events: list[Event] = []
        self._streams: dict[int, _Stream] = {}
        self._next_stream_id = 1
        self._send_window = DEFAULT_WINDOW
        self._initial_send_window = DEFAULT_WINDOW
        self._max_frame_size = frames.DEFAULT_MAX_FRAME_SIZE
        self._max_streams = 0x7FFFFFFF
        self._receive_window = ReceiveWindow(CONNECTION_WINDOW)
        self._greeted = False
        self._going_away = False
        # The header block that CONTINUATION frames are still completing.
        self._block_stream = 0
        self._block_ends_stream = False
        self._block = b""
        self._control: list[bytes] = []
        self._control_bytes = 0
        self._emit(frames.PREFACE)
        self._emit(
            frames.encode_settings(
                (
                    (frames.HEADER_TABLE_SIZE, 0),
                    (frames.ENABLE_PUSH, 0),
                    (frames.INITIAL_WINDOW_SIZE, STREAM_WINDOW),
                    (frames.MAX_HEADER_LIST_SIZE, MAX_HEADER_LIST_BYTES),
                )
            )
        )
        self._emit(frames.encode_window_update(0, CONNECTION_WINDOW - DEFAULT_WINDOW))

    # ------------------------------------------------------------------ from the owner

    @property
    def greeted(self) -> bool:
        """Whether the peer's first SETTINGS have arrived."""
        return self._greeted

    @property
    def can_open(self) -> bool:
        """Whether the peer would look at one more stream."""
        room = len(self._streams) < self._max_streams
        return room and not self._going_away and self._next_stream_id <= frames.MAX_WINDOW

    def open_stream(self, header_block: bytes) -> int:
        """Sends the head of a request and returns the new stream's id; see `can_open`."""
        stream_id = self._next_stream_id
        self._next_stream_id += 2
        self._streams[stream_id] = _Stream(stream_id, self._initial_send_window)
        self._emit(frames.encode_headers(stream_id, header_block, False, self._max_frame_size))
        return stream_id

    def send_data(self, stream_id: int, pieces: tuple[Buffer, ...], end: bool) -> None:
        """Queues body bytes; without effect on a stream that is over."""
        stream = self._streams.get(stream_id)
        if stream is None or stream.end_queued:
            return
        for piece in pieces:
            stream.queue.push(piece)
        stream.end_queued = end

    def backlog(self, stream_id: int) -> int:
        """Queued body bytes of a stream that are not yet in a frame."""
        stream = self._streams.get(stream_id)
        return stream.queue.size if stream else 0

    def consume(self, stream_id: int, flow_bytes: int) -> None:
        """Gives bytes of `DataReceived` back to the stream's window."""
        stream = self._streams.get(stream_id)
        increment = stream.receive_window.consumed(flow_bytes) if stream else 0
        if increment:
            self._emit(frames.encode_window_update(stream_id, increment))

    def reset(self, stream_id: int, code: int) -> None:
        """Ends a stream at once; without effect when it is over."""
        if self._streams.pop(stream_id, None):
            self._emit(frames.encode_rst_stream(stream_id, code))

    def ping(self, payload: bytes) -> None:
        """Asks for an answer with the same eight bytes."""
        self._emit(frames.encode_frame(frames.PING, 0, 0, payload))

    def close(self, code: int, debug: bytes = b"") -> None:
        """Queues GOAWAY as the last frame; all streams and their queued data are dropped.

        The last stream id in it is always 0, because the peer opens no streams.
        """
        self._streams.clear()
        self._emit(frames.encode_goaway(0, code, debug))

    def take_events(self) -> list[Event]:
        """What has happened since the last call, in order."""
        events = self._events
        self._events = []
        return events

    def has_output(self) -> bool:
        """Whether `take_output` would return anything."""
        return bool(self._control) or any(map(self._sendable, self._streams.values()))

    def take_output(self, budget: int) -> list[Buffer]:
        """Bytes to write now: all control frames, and about `budget` bytes of data."""
        out: list[Buffer] = list(self._control)
        self._control.clear()
        self._control_bytes = 0
        # One frame per stream and turn, so that no stream waits for another one's backlog.
        turn = [stream for stream in self._streams.values() if self._sendable(stream)]
        while turn and budget > 0:
            for stream in turn:
                budget -= self._frame_data(stream, out)
            turn = [stream for stream in turn if self._sendable(stream)]
        return out

    # ------------------------------------------------------------------ sending

    def _emit(self, frame: bytes) -> None:
        self._control.append(frame)
        self._control_bytes += len(frame)

    def _sendable(self, stream: _Stream) -> bool:
        if stream.queue.size:
            return stream.send_window > 0 and self._send_window > 0
        return stream.end_queued and not stream.local_closed

    def _frame_data(self, stream: _Stream, out: list[Buffer]) -> int:
        size = stream.queue.size
        if size:
            size = min(size, self._max_frame_size, stream.send_window, self._send_window)
        if size < 0 or (not size and stream.queue.size):
            return 0
        pieces = stream.queue.take(size)
        stream.send_window -= size
        self._send_window -= size
        flags = 0
        if stream.end_queued and not stream.queue.size:
            flags = frames.END_STREAM
            stream.local_closed = True
        head = frames.frame_head(size, frames.DATA, flags, stream.id)
        if size <= _COPY_BELOW or len(pieces) > 2:
            out.append(b"".join((head, *pieces)))
        else:
            out.append(head)
            out.extend(pieces)
        return size + frames.FRAME_HEAD_BYTES

    # ------------------------------------------------------------------ receiving

    def receive(self, data: bytes) -> None:
        """Takes bytes from the peer.

        Raises ConnectionFault when the peer broke the protocol; GOAWAY is then queued and
        the events before the fault can still be taken.
        """
        self._reader.push(data)
        try:
            while (frame := self._reader.pop()) is not None:
                self._dispatch(frame)
        except ConnectionFault as fault:
            self.close(fault.code, fault.message.encode())
            if self._greeted:
                raise
            raise ConnectionFault(
                fault.code, f"the peer does not speak HTTP/2 ({fault.message})"
            ) from None

    def _dispatch(self, frame: frames.Frame) -> None:
        kind, flags, stream_id, payload = frame
        if not self._greeted and (kind != frames.SETTINGS or flags & frames.ACK):
            raise ConnectionFault(errors.PROTOCOL_ERROR, f"first frame of kind {kind}")
        if self._block_stream and (kind != frames.CONTINUATION or stream_id != self._block_stream):
            raise ConnectionFault(errors.PROTOCOL_ERROR, "header block interrupted")
        handler = _HANDLERS.get(kind)
        if handler is None:
            return
        try:
            handler(self, flags, stream_id, payload)
        except StreamFault as fault:
            if self._streams.pop(fault.stream_id, None):
                self._emit(frames.encode_rst_stream(fault.stream_id, fault.code))
                self._events.append(StreamReset(fault.stream_id, fault.code, False, fault.message))
        if self._control_bytes > MAX_CONTROL_BYTES:
            raise ConnectionFault(errors.ENHANCE_YOUR_CALM, "control frames without reading ours")

    def _known(self, stream_id: int) -> _Stream | None:
        """The stream, or None when it is over; a stream that never was is a fault."""
        if not stream_id & 1 or stream_id >= self._next_stream_id:
            raise ConnectionFault(errors.PROTOCOL_ERROR, f"frame on idle stream {stream_id}")
        return self._streams.get(stream_id)

    def _on_data(self, flags: int, stream_id: int, payload: bytes) -> None:
        stream = self._known(stream_id)
        count = len(payload)
        self._receive_window.received(count)
        # The connection's window is given back at once: memory is bounded by each stream's.
        if increment := self._receive_window.consumed(count):
            self._emit(frames.encode_window_update(0, increment))
        data = frames.strip_padding(flags, payload)
        if stream is None:
            return
        stream.receive_window.received(count)
        ends = bool(flags & frames.END_STREAM)
        self._events.append(DataReceived(stream_id, data, count, ends))
        if ends:
            self._end_remote(stream)

    def _on_headers(self, flags: int, stream_id: int, payload: bytes) -> None:
        self._known(stream_id)
        self._block_stream = stream_id
        self._block_ends_stream = bool(flags & frames.END_STREAM)
        self._block = b""
        self._extend_block(flags, frames.header_fragment(flags, payload))

    def _on_continuation(self, flags: int, stream_id: int, payload: bytes) -> None:
        if not self._block_stream:
            raise ConnectionFault(errors.PROTOCOL_ERROR, "CONTINUATION without HEADERS")
        if not payload and not flags & frames.END_HEADERS:
            raise ConnectionFault(errors.ENHANCE_YOUR_CALM, "empty CONTINUATION")
        self._extend_block(flags, payload)

    def _extend_block(self, flags: int, fragment: bytes) -> None:
        self._block += fragment
        if len(self._block) > MAX_HEADER_BLOCK_BYTES:
            raise ConnectionFault(errors.ENHANCE_YOUR_CALM, "header block too long")
        if not flags & frames.END_HEADERS:
            return
        stream_id, block = self._block_stream, self._block
        self._block_stream = 0
        self._block = b""
        try:
            headers = self._decoder.decode(block)
        except HeaderListTooLong as exc:
            raise StreamFault(stream_id, errors.ENHANCE_YOUR_CALM, str(exc)) from None
        stream = self._streams.get(stream_id)
        if stream is None:
            return
        self._events.append(HeadersReceived(stream_id, headers, self._block_ends_stream))
        if self._block_ends_stream:
            self._end_remote(stream)

    def _end_remote(self, stream: _Stream) -> None:
        """A complete response ends the call, so a request still in progress is cut off."""
        del self._streams[stream.id]
        if not stream.local_closed:
            self._emit(frames.encode_rst_stream(stream.id, errors.CANCEL))

    def _on_rst_stream(self, flags: int, stream_id: int, payload: bytes) -> None:
        stream = self._known(stream_id)
        if stream is None:
            return
        del self._streams[stream_id]
        code = frames.parse_word(payload)
        self._events.append(StreamReset(stream_id, code, True, errors.error_name(code)))

    def _on_settings(self, flags: int, stream_id: int, payload: bytes) -> None:
        if flags & frames.ACK:
            self._decoder.permit_table_size(0)
            return
        for identifier, value in frames.parse_settings(payload):
            self._apply_setting(identifier, value)
        self._greeted = True
        self._emit(frames.encode_frame(frames.SETTINGS, frames.ACK, 0))

    def _apply_setting(self, identifier: int, value: int) -> None:
        if identifier == frames.INITIAL_WINDOW_SIZE:
            self._apply_initial_window(value)
        elif identifier == frames.MAX_FRAME_SIZE:
            if not frames.DEFAULT_MAX_FRAME_SIZE <= value <= frames.LARGEST_MAX_FRAME_SIZE:
                raise ConnectionFault(errors.PROTOCOL_ERROR, f"MAX_FRAME_SIZE of {value}")
            self._max_frame_size = min(value, _LONGEST_FRAME)
        elif identifier == frames.MAX_CONCURRENT_STREAMS:
            self._max_streams = value
        elif identifier == frames.ENABLE_PUSH and value:
            raise ConnectionFault(errors.PROTOCOL_ERROR, f"ENABLE_PUSH of {value} by a server")

    def _apply_initial_window(self, value: int) -> None:
        if value > frames.MAX_WINDOW:
            raise ConnectionFault(errors.FLOW_CONTROL_ERROR, f"INITIAL_WINDOW_SIZE of {value}")
        change = value - self._initial_send_window
        self._initial_send_window = value
        for stream in self._streams.values():
            stream.send_window += change
            if stream.send_window > frames.MAX_WINDOW:
                raise ConnectionFault(errors.FLOW_CONTROL_ERROR, "a stream's window is too wide")

    def _on_push_promise(self, flags: int, stream_id: int, payload: bytes) -> None:
        raise ConnectionFault(errors.PROTOCOL_ERROR, "PUSH_PROMISE although push is off")

    def _on_ping(self, flags: int, stream_id: int, payload: bytes) -> None:
        if flags & frames.ACK:
            self._events.append(PongReceived(payload))
        else:
            self._emit(frames.encode_frame(frames.PING, frames.ACK, 0, payload))

    def _on_goaway(self, flags: int, stream_id: int, payload: bytes) -> None:
        last, code, debug = frames.parse_goaway(payload)
        self._going_away = True
        self._events.append(GoingAway(last, code, debug))
        for refused in [open_id for open_id in self._streams if open_id > last]:
            del self._streams[refused]
            self._events.append(StreamReset(refused, errors.REFUSED_STREAM, True, "GOAWAY"))

    def _on_window_update(self, flags: int, stream_id: int, payload: bytes) -> None:
        increment = frames.parse_word(payload) & frames.MAX_WINDOW
        if not stream_id:
            self._send_window += increment
            if not increment or self._send_window > frames.MAX_WINDOW:
                code = errors.FLOW_CONTROL_ERROR if increment else errors.PROTOCOL_ERROR
                raise ConnectionFault(code, f"WINDOW_UPDATE by {increment}")
            return
        stream = self._known(stream_id)
        if stream is None:
            return
        stream.send_window += increment
        if not increment or stream.send_window > frames.MAX_WINDOW:
            code = errors.FLOW_CONTROL_ERROR if increment else errors.PROTOCOL_ERROR
            raise StreamFault(stream_id, code, f"WINDOW_UPDATE by {increment}")


# PRIORITY, and kinds that nobody has defined yet, are ignored.
_HANDLERS = {
    frames.DATA: Connection._on_data,
    frames.HEADERS: Connection._on_headers,
    frames.RST_STREAM: Connection._on_rst_stream,
    frames.SETTINGS: Connection._on_settings,
    frames.PUSH_PROMISE: Connection._on_push_promise,
    frames.PING: Connection._on_ping,
    frames.GOAWAY: Connection._on_goaway,
    frames.WINDOW_UPDATE: Connection._on_window_update,
    frames.CONTINUATION: Connection._on_continuation,
}
