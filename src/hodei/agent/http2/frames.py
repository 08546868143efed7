"""HTTP/2 frames (RFC 9113, sections 4 and 6): bytes to frames, frames to bytes.

A frame is a plain tuple `(kind, flags, stream_id, payload)`. The reader checks what can be
known without the connection's state: the length, the padding, the size of fixed payloads,
and whether the kind belongs on stream 0.
"""

from __future__ import annotations

from struct import Struct

from hodei.agent.http2.errors import FRAME_SIZE_ERROR, PROTOCOL_ERROR, ConnectionFault

DATA = 0x0
HEADERS = 0x1
PRIORITY = 0x2
RST_STREAM = 0x3
SETTINGS = 0x4
PUSH_PROMISE = 0x5
PING = 0x6
GOAWAY = 0x7
WINDOW_UPDATE = 0x8
CONTINUATION = 0x9

END_STREAM = 0x1
ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITISED = 0x20

HEADER_TABLE_SIZE = 0x1
ENABLE_PUSH = 0x2
MAX_CONCURRENT_STREAMS = 0x3
INITIAL_WINDOW_SIZE = 0x4
MAX_FRAME_SIZE = 0x5
MAX_HEADER_LIST_SIZE = 0x6

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DEFAULT_MAX_FRAME_SIZE = 16_384
LARGEST_MAX_FRAME_SIZE = 16_777_215
MAX_WINDOW = 0x7FFFFFFF
FRAME_HEAD_BYTES = 9

Frame = tuple[int, int, int, bytes]

_HEAD = Struct(">HBBBI")
_WORD = Struct(">I")
_SETTING = Struct(">HI")
_GOAWAY = Struct(">II")

_ON_STREAM = frozenset({DATA, HEADERS, RST_STREAM, PUSH_PROMISE, CONTINUATION})
_ON_CONNECTION = frozenset({SETTINGS, PING, GOAWAY})
_FIXED_SIZE = {RST_STREAM: 4, PING: 8, WINDOW_UPDATE: 4}


class FrameReader:
    """Cuts a byte stream into frames."""

    __slots__ = ("_buffer", "_limit", "_start")

    def __init__(self, max_frame_size: int = DEFAULT_MAX_FRAME_SIZE) -> None:
        self._buffer = b""
        self._start = 0
        self._limit = max_frame_size

    def push(self, data: bytes) -> None:
        """Appends received bytes."""
        rest = self._buffer[self._start :]
        self._buffer = rest + data if rest else data
        self._start = 0

    def pop(self) -> Frame | None:
        """The next complete frame, or None until more bytes are pushed.

        Raises ConnectionFault when the frame is too long, has the wrong size for its kind or
        is on a stream where its kind cannot be. Its length is judged before its payload has
        arrived, so a reader never holds more than one frame of the largest permitted size.
        """
        start = self._start
        if len(self._buffer) - start < FRAME_HEAD_BYTES:
            return None
        high, low, kind, flags, stream_id = _HEAD.unpack_from(self._buffer, start)
        length = high << 8 | low
        stream_id &= MAX_WINDOW
        if length > self._limit:
            raise ConnectionFault(
                FRAME_SIZE_ERROR, f"frame of {length} bytes, the limit is {self._limit}"
            )
        end = start + FRAME_HEAD_BYTES + length
        if len(self._buffer) < end:
            return None
        _check_head(kind, length, flags, stream_id)
        self._start = end
        return kind, flags, stream_id, self._buffer[start + FRAME_HEAD_BYTES : end]


def _check_head(kind: int, length: int, flags: int, stream_id: int) -> None:
    if (kind in _ON_STREAM and not stream_id) or (kind in _ON_CONNECTION and stream_id):
        raise ConnectionFault(PROTOCOL_ERROR, f"frame of kind {kind} on stream {stream_id}")
    fixed = _FIXED_SIZE.get(kind, length)
    if length != fixed:
        raise ConnectionFault(FRAME_SIZE_ERROR, f"frame of kind {kind} with {length} bytes")
    if kind == SETTINGS and (length % 6 or (flags & ACK and length)):
        raise ConnectionFault(FRAME_SIZE_ERROR, f"SETTINGS with {length} bytes")
    if kind == GOAWAY and length < _GOAWAY.size:
        raise ConnectionFault(FRAME_SIZE_ERROR, f"GOAWAY with {length} bytes")


def strip_padding(flags: int, payload: bytes) -> bytes:
    """The payload of a DATA or HEADERS frame without its padding."""
    if not flags & PADDED:
        return payload
    if not payload:
        raise ConnectionFault(FRAME_SIZE_ERROR, "padded frame without a padding length")
    end = len(payload) - payload[0]
    if end < 1:
        raise ConnectionFault(PROTOCOL_ERROR, "padding longer than the frame")
    return payload[1:end]


def header_fragment(flags: int, payload: bytes) -> bytes:
    """The header block fragment of a HEADERS frame; its priority is dropped."""
    payload = strip_padding(flags, payload)
    if not flags & PRIORITISED:
        return payload
    if len(payload) < 5:
        raise ConnectionFault(FRAME_SIZE_ERROR, "HEADERS too short for its priority")
    return payload[5:]


def parse_settings(payload: bytes) -> list[tuple[int, int]]:
    """Identifier and value of each setting, in order."""
    return list(_SETTING.iter_unpack(payload))


def parse_word(payload: bytes) -> int:
    """The error code of RST_STREAM, or the increment of WINDOW_UPDATE with its high bit."""
    return int(_WORD.unpack(payload)[0])


def parse_goaway(payload: bytes) -> tuple[int, int, bytes]:
    """Last stream id, error code and debug data."""
    last, code = _GOAWAY.unpack_from(payload)
    return last & MAX_WINDOW, code, payload[_GOAWAY.size :]


def frame_head(length: int, kind: int, flags: int, stream_id: int) -> bytes:
    """The nine bytes before a payload of `length` bytes."""
    return _HEAD.pack(length >> 8, length & 0xFF, kind, flags, stream_id)


def encode_frame(kind: int, flags: int, stream_id: int, payload: bytes = b"") -> bytes:
    """One whole frame."""
    return frame_head(len(payload), kind, flags, stream_id) + payload


def encode_settings(settings: tuple[tuple[int, int], ...]) -> bytes:
    """A SETTINGS frame."""
    return encode_frame(SETTINGS, 0, 0, b"".join(_SETTING.pack(*pair) for pair in settings))


def encode_headers(stream_id: int, block: bytes, end_stream: bool, max_frame_size: int) -> bytes:
    """HEADERS, followed by as many CONTINUATION frames as the block needs."""
    flags = END_STREAM if end_stream else 0
    if len(block) <= max_frame_size:
        return encode_frame(HEADERS, flags | END_HEADERS, stream_id, block)
    parts = [encode_frame(HEADERS, flags, stream_id, block[:max_frame_size])]
    for start in range(max_frame_size, len(block), max_frame_size):
        piece = block[start : start + max_frame_size]
        last = start + max_frame_size >= len(block)
        parts.append(encode_frame(CONTINUATION, END_HEADERS if last else 0, stream_id, piece))
    return b"".join(parts)


def encode_window_update(stream_id: int, increment: int) -> bytes:
    """A WINDOW_UPDATE frame; stream 0 is the connection."""
    return encode_frame(WINDOW_UPDATE, 0, stream_id, _WORD.pack(increment))


def encode_rst_stream(stream_id: int, code: int) -> bytes:
    """A RST_STREAM frame."""
    return encode_frame(RST_STREAM, 0, stream_id, _WORD.pack(code))


def encode_goaway(last_stream_id: int, code: int, debug: bytes = b"") -> bytes:
    """A GOAWAY frame."""
    return encode_frame(GOAWAY, 0, 0, _GOAWAY.pack(last_stream_id, code) + debug)
