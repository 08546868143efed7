"""What a connection reports to its owner. Plain slotted classes: dataclasses are slow to import."""

from __future__ import annotations

from hodei.agent.http2.hpack import Header


class HeadersReceived:
    """A header block: the response's head, or its trailers when the stream ends with it."""

    __slots__ = ("end_stream", "headers", "stream_id")

    def __init__(self, stream_id: int, headers: list[Header], end_stream: bool) -> None:
        self.stream_id = stream_id
        self.headers = headers
        self.end_stream = end_stream


class DataReceived:
    """Body bytes. `flow_bytes`, padding included, are to be given back by `Connection.consume`."""

    __slots__ = ("data", "end_stream", "flow_bytes", "stream_id")

    def __init__(self, stream_id: int, data: bytes, flow_bytes: int, end_stream: bool) -> None:
        self.stream_id = stream_id
        self.data = data
        self.flow_bytes = flow_bytes
        self.end_stream = end_stream


class StreamReset:
    """The stream is over: by the peer, or by us because the peer broke a rule on it."""

    __slots__ = ("by_peer", "code", "reason", "stream_id")

    def __init__(self, stream_id: int, code: int, by_peer: bool, reason: str) -> None:
        self.stream_id = stream_id
        self.code = code
        self.by_peer = by_peer
        self.reason = reason


class GoingAway:
    """The peer takes no further stream; those above `last_stream_id` were not looked at."""

    __slots__ = ("code", "debug", "last_stream_id")

    def __init__(self, last_stream_id: int, code: int, debug: bytes) -> None:
        self.last_stream_id = last_stream_id
        self.code = code
        self.debug = debug


class PongReceived:
    """The peer answered a PING with its eight bytes."""

    __slots__ = ("payload",)

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


Event = HeadersReceived | DataReceived | StreamReset | GoingAway | PongReceived
