"""The connection against h2 as the server, against hostile servers, and against noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.agent.http2 import connection as subject
from hodei.agent.http2 import errors, frames
from hodei.agent.http2.connection import Connection
from hodei.agent.http2.errors import ConnectionFault
from hodei.agent.http2.events import (
    DataReceived,
    GoingAway,
    HeadersReceived,
    PongReceived,
    StreamReset,
)
from hodei.agent.http2.hpack import encode_headers

HEAD = encode_headers(
    [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/a/b"), (b":authority", b"x")]
)
OK_HEAD = encode_headers([(b":status", b"200")])
SETTINGS = frames.encode_settings(())
ANSWER = [(":status", "200")]
TRAILERS = [("grpc-status", "0")]


def output(connection: Connection, budget: int = 1 << 24) -> bytes:
    return b"".join(bytes(piece) for piece in connection.take_output(budget))


def greeted() -> Connection:
    connection = Connection()
    connection.receive(SETTINGS)
    output(connection)
    return connection


def sent_frames(connection: Connection) -> list[frames.Frame]:
    reader = frames.FrameReader(frames.LARGEST_MAX_FRAME_SIZE)
    reader.push(output(connection))
    found = []
    while (frame := reader.pop()) is not None:
        found.append(frame)
    return found


class Pair:
    """A client of ours and a server of h2, joined in memory."""

    def __init__(self) -> None:
        self.client = Connection()
        self.server = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding=None)
        )
        self.server.initiate_connection()
        self.server_events: list[h2.events.Event] = []
        self.client_events: list[Any] = []

    def exchange(self) -> None:
        """Moves bytes until both sides have nothing more to say."""
        while True:
            up = output(self.client)
            if up:
                self.server_events += self.server.receive_data(up)
            down = self.server.data_to_send()
            if down:
                self.client.receive(down)
                self.client_events += self.client.take_events()
            if not up and not down:
                return

    def received_by_server(self) -> bytes:
        return b"".join(
            event.data or b""
            for event in self.server_events
            if isinstance(event, h2.events.DataReceived)
        )

    def acknowledge_all(self) -> None:
        for event in self.server_events:
            if isinstance(event, h2.events.DataReceived) and event.flow_controlled_length:
                self.server.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id or 0
                )


def test_a_whole_call() -> None:
    pair = Pair()
    stream_id = pair.client.open_stream(HEAD)
    pair.client.send_data(stream_id, (b"ask",), end=True)
    pair.exchange()
    assert any(isinstance(event, h2.events.StreamEnded) for event in pair.server_events)
    assert pair.received_by_server() == b"ask"
    pair.server.send_headers(stream_id, ANSWER)
    pair.server.send_data(stream_id, b"tell", pad_length=7)
    pair.server.send_headers(stream_id, TRAILERS, end_stream=True)
    pair.exchange()
    head, data, trailers = pair.client_events
    assert isinstance(head, HeadersReceived) and head.headers == [(b":status", b"200")]
    assert isinstance(data, DataReceived) and data.data == b"tell" and data.flow_bytes == 12
    assert isinstance(trailers, HeadersReceived) and trailers.end_stream


def test_the_server_accepts_our_greeting_and_we_accept_its_settings() -> None:
    pair = Pair()
    pair.exchange()
    assert pair.client.greeted
    changed = next(
        event for event in pair.server_events if isinstance(event, h2.events.RemoteSettingsChanged)
    )
    new = {code: setting.new_value for code, setting in changed.changed_settings.items()}
    assert new[h2.settings.SettingCodes.HEADER_TABLE_SIZE] == 0
    assert new[h2.settings.SettingCodes.ENABLE_PUSH] == 0
    assert new[h2.settings.SettingCodes.INITIAL_WINDOW_SIZE] == subject.STREAM_WINDOW
    assert any(isinstance(event, h2.events.SettingsAcknowledged) for event in pair.server_events)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("send"), st.integers(0, 90_000)),
            st.tuples(st.just("window"), st.integers(0, 200_000)),
            st.tuples(st.just("frame"), st.integers(16_384, 70_000)),
            st.tuples(st.just("acknowledge"), st.just(0)),
        ),
        max_size=12,
    )
)
def test_no_window_is_overrun_and_all_data_arrives(steps: list[tuple[str, int]]) -> None:
    # h2 raises when the client overruns a window or a frame size.
    pair = Pair()
    pair.exchange()
    stream_id = pair.client.open_stream(HEAD)
    expected = bytearray()
    codes = h2.settings.SettingCodes
    for what, number in steps:
        if what == "send":
            piece = bytes((len(expected) & 0xFF,)) * number
            pair.client.send_data(stream_id, (piece[:5], piece[5:]), end=False)
            expected += piece
        elif what == "window":
            pair.server.update_settings({codes.INITIAL_WINDOW_SIZE: number})
        elif what == "frame":
            pair.server.update_settings({codes.MAX_FRAME_SIZE: number})
        else:
            pair.acknowledge_all()
            pair.server_events = [
                event
                for event in pair.server_events
                if not isinstance(event, h2.events.DataReceived)
            ]
            del expected[: len(expected) - pair.client.backlog(stream_id)]
        pair.exchange()
        assert len(pair.received_by_server()) + pair.client.backlog(stream_id) == len(expected)
    pair.server.update_settings({codes.INITIAL_WINDOW_SIZE: 1 << 24})
    pair.server.increment_flow_control_window(1 << 24)
    pair.exchange()
    # Not earlier: h2 refuses even an empty frame while a window is negative.
    pair.client.send_data(stream_id, (), end=True)
    pair.exchange()
    assert pair.received_by_server() == expected
    assert any(isinstance(event, h2.events.StreamEnded) for event in pair.server_events)


def test_a_negative_window_has_to_be_filled_before_anything_is_sent() -> None:
    connection = greeted()
    stream_id = connection.open_stream(HEAD)
    connection.send_data(stream_id, (b"x" * 70_000,), end=False)
    output(connection)
    connection.receive(frames.encode_settings(((frames.INITIAL_WINDOW_SIZE, 10),)))
    connection.receive(frames.encode_window_update(0, 1000))
    output(connection)
    connection.receive(frames.encode_window_update(stream_id, 65_525))
    assert not connection.has_output()
    connection.receive(frames.encode_window_update(stream_id, 3))
    [(kind, _, _, payload)] = sent_frames(connection)
    assert (kind, payload) == (frames.DATA, b"xxx")


def test_control_frames_overtake_queued_data_and_streams_share_the_budget() -> None:
    connection = greeted()
    first, second = connection.open_stream(HEAD), connection.open_stream(HEAD)
    output(connection)
    for stream_id in (first, second):
        connection.send_data(stream_id, (b"x" * 20_000,), end=False)
    connection.receive(frames.encode_frame(frames.PING, 0, 0, b"12345678"))
    found = sent_frames(connection)
    assert found[0][:2] == (frames.PING, frames.ACK)
    assert [frame[2] for frame in found[1:]] == [first, second, first, second]


def test_received_data_gives_credit_only_when_it_is_consumed() -> None:
    connection = greeted()
    stream_id = connection.open_stream(HEAD)
    connection.receive(frames.encode_headers(stream_id, OK_HEAD, False, 16_384))
    output(connection)
    chunk = frames.encode_frame(frames.DATA, 0, stream_id, b"x" * 16_384)
    for _ in range(subject.STREAM_WINDOW // 16_384):
        connection.receive(chunk)
    updates = sent_frames(connection)
    assert {frame[2] for frame in updates} == {0}
    connection.consume(stream_id, subject.STREAM_WINDOW)
    [(kind, _, updated, payload)] = sent_frames(connection)
    assert (kind, updated) == (frames.WINDOW_UPDATE, stream_id)
    assert frames.parse_word(payload) == subject.STREAM_WINDOW
    for _ in range(subject.STREAM_WINDOW // 16_384):
        connection.receive(chunk)
    with pytest.raises(ConnectionFault) as caught:
        connection.receive(chunk)
    assert caught.value.code == errors.FLOW_CONTROL_ERROR


def test_goaway_refuses_later_streams_and_lets_earlier_ones_finish() -> None:
    connection = greeted()
    first, second = connection.open_stream(HEAD), connection.open_stream(HEAD)
    connection.receive(frames.encode_goaway(first, errors.NO_ERROR, b"bye"))
    going, refused = connection.take_events()
    assert isinstance(going, GoingAway) and going.debug == b"bye"
    assert isinstance(refused, StreamReset)
    assert (refused.stream_id, refused.code) == (second, errors.REFUSED_STREAM)
    assert not connection.can_open
    connection.receive(frames.encode_headers(first, OK_HEAD, True, 16_384))
    [answer] = connection.take_events()
    assert isinstance(answer, HeadersReceived) and answer.stream_id == first


def test_frames_in_flight_to_a_stream_we_reset_are_dropped_but_counted() -> None:
    connection = greeted()
    stream_id = connection.open_stream(HEAD)
    connection.send_data(stream_id, (b"x" * 100,), end=False)
    connection.reset(stream_id, errors.CANCEL)
    assert [frame[0] for frame in sent_frames(connection)] == [frames.HEADERS, frames.RST_STREAM]
    connection.receive(frames.encode_headers(stream_id, b"\x40\x01a\x01b", False, 16_384))
    for _ in range(40):
        connection.receive(frames.encode_frame(frames.DATA, 0, stream_id, b"x" * 16_384))
    connection.receive(frames.encode_rst_stream(stream_id, errors.CANCEL))
    connection.receive(frames.encode_window_update(stream_id, 5))
    assert connection.take_events() == []
    assert [frame[:3] for frame in sent_frames(connection)] == [(frames.WINDOW_UPDATE, 0, 0)]
    # The header that was dropped is in the table all the same.
    other = connection.open_stream(HEAD)
    connection.receive(frames.encode_headers(other, b"\xbe", False, 16_384))
    [head] = connection.take_events()
    assert isinstance(head, HeadersReceived) and head.headers == [(b"a", b"b")]


def test_a_response_that_ends_before_the_request_cuts_the_request_off() -> None:
    connection = greeted()
    stream_id = connection.open_stream(HEAD)
    connection.send_data(stream_id, (b"x" * 100_000,), end=False)
    output(connection)
    connection.receive(frames.encode_headers(stream_id, OK_HEAD, True, 16_384))
    assert [frame[0] for frame in sent_frames(connection)] == [frames.RST_STREAM]
    assert connection.backlog(stream_id) == 0


def test_a_ping_of_ours_is_answered() -> None:
    pair = Pair()
    pair.client.ping(b"abcdefgh")
    pair.exchange()
    [pong] = pair.client_events
    assert isinstance(pong, PongReceived) and pong.payload == b"abcdefgh"


def test_headers_too_long_reset_only_their_stream() -> None:
    connection = greeted()
    stream_id = connection.open_stream(HEAD)
    long = encode_headers([(b"a", b"x" * 70_000)])
    connection.receive(frames.encode_headers(stream_id, long, False, 16_384))
    [event] = connection.take_events()
    assert isinstance(event, StreamReset) and event.code == errors.ENHANCE_YOUR_CALM
    assert not event.by_peer


def test_too_many_streams_are_not_opened() -> None:
    connection = greeted()
    connection.receive(frames.encode_settings(((frames.MAX_CONCURRENT_STREAMS, 1),)))
    assert connection.can_open
    connection.open_stream(HEAD)
    assert not connection.can_open


PING = frames.encode_frame(frames.PING, 0, 0, b"12345678")
HALF_HEADERS = frames.encode_frame(frames.HEADERS, 0, 1, OK_HEAD)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frames.encode_frame(frames.PUSH_PROMISE, 4, 1, b"\0\0\0\x02"), errors.PROTOCOL_ERROR),
        (frames.encode_frame(frames.DATA, 0, 3, b"x"), errors.PROTOCOL_ERROR),
        (frames.encode_frame(frames.DATA, 0, 2, b"x"), errors.PROTOCOL_ERROR),
        (frames.encode_headers(9, OK_HEAD, False, 16_384), errors.PROTOCOL_ERROR),
        (frames.encode_rst_stream(9, 0), errors.PROTOCOL_ERROR),
        (frames.encode_window_update(9, 1), errors.PROTOCOL_ERROR),
        (frames.encode_window_update(0, 0), errors.PROTOCOL_ERROR),
        (frames.encode_window_update(0, frames.MAX_WINDOW), errors.FLOW_CONTROL_ERROR),
        (frames.encode_settings(((frames.INITIAL_WINDOW_SIZE, 1 << 31),)), 3),
        (frames.encode_settings(((frames.MAX_FRAME_SIZE, 16_383),)), errors.PROTOCOL_ERROR),
        (frames.encode_settings(((frames.MAX_FRAME_SIZE, 1 << 24),)), errors.PROTOCOL_ERROR),
        (frames.encode_settings(((frames.ENABLE_PUSH, 1),)), errors.PROTOCOL_ERROR),
        (frames.encode_frame(frames.CONTINUATION, 4, 1, OK_HEAD), errors.PROTOCOL_ERROR),
        (HALF_HEADERS + PING, errors.PROTOCOL_ERROR),
        (HALF_HEADERS + frames.encode_frame(frames.CONTINUATION, 4, 3, b""), 1),
        (HALF_HEADERS + frames.encode_frame(frames.CONTINUATION, 0, 1, b""), 0xB),
        (frames.encode_headers(1, OK_HEAD * 140_000, False, 16_384), errors.ENHANCE_YOUR_CALM),
        (frames.encode_headers(1, b"\x80", False, 16_384), errors.COMPRESSION_ERROR),
        (PING * 70_000, errors.ENHANCE_YOUR_CALM),
    ],
)
def test_a_fault_of_the_server_ends_the_connection_with_goaway(data: bytes, code: int) -> None:
    connection = greeted()
    connection.open_stream(HEAD)
    output(connection)
    with pytest.raises(ConnectionFault) as caught:
        connection.receive(data)
    assert caught.value.code == code
    kind, _, _, payload = sent_frames(connection)[-1]
    assert kind == frames.GOAWAY
    assert frames.parse_goaway(payload)[1] == code


@pytest.mark.parametrize("increment", [0, frames.MAX_WINDOW])
def test_a_bad_window_update_on_a_stream_resets_the_stream(increment: int) -> None:
    connection = greeted()
    stream_id = connection.open_stream(HEAD)
    connection.receive(frames.encode_window_update(stream_id, increment))
    [event] = connection.take_events()
    assert isinstance(event, StreamReset)
    assert sent_frames(connection)[-1][0] == frames.RST_STREAM


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        PING,
        b"\x15\x03\x01\0\x02\x02",
    ],
)
def test_a_peer_that_does_not_speak_http2_is_called_so(data: bytes) -> None:
    with pytest.raises(ConnectionFault, match="does not speak HTTP/2"):
        Connection().receive(data + bytes(20))


def feed_noise(data: bytes, cut: Callable[[int], int]) -> None:
    connection = greeted()
    for _ in range(2):
        connection.send_data(connection.open_stream(HEAD), (b"x" * 1000,), end=False)
    position = 0
    try:
        while position < len(data):
            step = max(1, cut(position))
            connection.receive(data[position : position + step])
            position += step
            connection.take_events()
            output(connection)
    except ConnectionFault:
        assert sent_frames(connection)[-1][0] == frames.GOAWAY


FRAMES = st.lists(
    st.builds(
        frames.encode_frame,
        st.integers(0, 11),
        st.integers(0, 255),
        st.sampled_from([0, 0, 1, 1, 2, 3, 5]),
        st.one_of(
            st.binary(max_size=40),
            st.just(OK_HEAD),
            st.binary(min_size=4, max_size=4),
            st.binary(min_size=8, max_size=8),
        ),
    ),
    max_size=20,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(FRAMES, st.integers(1, 64))
def test_any_sequence_of_frames_is_taken_or_faulted(data: bytes, step: int) -> None:
    feed_noise(data, lambda position: step)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_conversation_is_taken_or_faulted(data: st.DataObject) -> None:
    pair = Pair()
    stream_id = pair.client.open_stream(HEAD)
    pair.exchange()
    pair.server.send_headers(stream_id, ANSWER)
    pair.server.send_data(stream_id, b"some data" * 20, pad_length=3)
    pair.server.send_headers(stream_id, TRAILERS, end_stream=True)
    pair.server.ping(b"12345678")
    pair.server.close_connection(0, b"bye")
    said = bytearray(pair.server.data_to_send())
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(said) - 1), st.integers(0, 255)), max_size=6)
    ):
        said[place] = value
    feed_noise(bytes(said), lambda position: 50)
