"""Frames against hyperframe, an independent implementation, and against noise."""

from __future__ import annotations

import pytest
from hyperframe import frame as oracle
from hypothesis import given
from hypothesis import strategies as st

from hodei.agent.http2 import errors, frames
from hodei.agent.http2.errors import ConnectionFault
from hodei.agent.http2.frames import Frame, FrameReader

STREAM_IDS = st.integers(1, frames.MAX_WINDOW)
CODES = st.integers(0, 0xFFFFFFFF)


def read_all(data: bytes, step: int = 0) -> list[Frame]:
    reader = FrameReader()
    found: list[Frame] = []
    step = step or max(1, len(data))
    for start in range(0, len(data), step):
        reader.push(data[start : start + step])
        while (frame := reader.pop()) is not None:
            found.append(frame)
    return found


def parse_with_oracle(data: bytes) -> oracle.Frame:
    frame, length = oracle.Frame.parse_frame_header(memoryview(data[:9]))
    assert length == len(data) - 9
    frame.parse_body(memoryview(data[9:]))
    return frame


@given(STREAM_IDS, st.binary(max_size=300), st.booleans(), st.integers(0, 255), st.integers(1, 40))
def test_data_written_by_the_oracle_is_read(
    stream_id: int, body: bytes, end: bool, padding: int, step: int
) -> None:
    flags = (["END_STREAM"] if end else []) + (["PADDED"] if padding else [])
    sent = oracle.DataFrame(stream_id, body, flags=flags, pad_length=padding).serialize()
    [(kind, seen_flags, seen_id, payload)] = read_all(sent, step)
    assert (kind, seen_id) == (frames.DATA, stream_id)
    assert bool(seen_flags & frames.END_STREAM) == end
    assert frames.strip_padding(seen_flags, payload) == body


@given(STREAM_IDS, st.binary(max_size=300), st.integers(0, 255), st.booleans())
def test_headers_written_by_the_oracle_are_read(
    stream_id: int, block: bytes, padding: int, prioritised: bool
) -> None:
    flags = (["PADDED"] if padding else []) + (["PRIORITY"] if prioritised else [])
    frame = oracle.HeadersFrame(stream_id, block, flags=flags, pad_length=padding)
    [(kind, seen_flags, _, payload)] = read_all(frame.serialize())
    assert kind == frames.HEADERS
    assert frames.header_fragment(seen_flags, payload) == block


# hyperframe writes only the low byte of an identifier.
@given(st.dictionaries(st.integers(0, 0xFF), CODES, max_size=8))
def test_settings_survive_both_ways(settings: dict[int, int]) -> None:
    [(_, _, _, payload)] = read_all(oracle.SettingsFrame(settings=settings).serialize())
    assert dict(frames.parse_settings(payload)) == settings
    parsed = parse_with_oracle(frames.encode_settings(tuple(settings.items())))
    assert isinstance(parsed, oracle.SettingsFrame)
    assert parsed.settings == settings


@given(st.integers(0, frames.MAX_WINDOW), CODES, st.binary(max_size=64))
def test_goaway_survives_both_ways(last: int, code: int, debug: bytes) -> None:
    written = frames.encode_goaway(last, code, debug)
    assert written == oracle.GoAwayFrame(0, last, code, debug).serialize()
    [(_, _, _, payload)] = read_all(written)
    assert frames.parse_goaway(payload) == (last, code, debug)


@given(STREAM_IDS, CODES, st.integers(1, frames.MAX_WINDOW))
def test_short_frames_are_those_of_the_oracle(stream_id: int, code: int, increment: int) -> None:
    assert (
        frames.encode_rst_stream(stream_id, code)
        == oracle.RstStreamFrame(stream_id, code).serialize()
    )
    assert (
        frames.encode_window_update(stream_id, increment)
        == oracle.WindowUpdateFrame(stream_id, increment).serialize()
    )
    ping = oracle.PingFrame(0, b"12345678", flags=["ACK"]).serialize()
    assert frames.encode_frame(frames.PING, frames.ACK, 0, b"12345678") == ping


@given(STREAM_IDS, st.binary(max_size=100), st.booleans(), st.integers(1, 40))
def test_long_header_blocks_are_continued(
    stream_id: int, block: bytes, end: bool, max_frame_size: int
) -> None:
    found = read_all(frames.encode_headers(stream_id, block, end, max_frame_size))
    assert found[0][0] == frames.HEADERS
    assert {frame[0] for frame in found[1:]} <= {frames.CONTINUATION}
    assert b"".join(frame[3] for frame in found) == block
    assert [bool(frame[1] & frames.END_HEADERS) for frame in found] == [
        place == len(found) - 1 for place in range(len(found))
    ]
    assert bool(found[0][1] & frames.END_STREAM) == end
    assert all(len(frame[3]) <= max_frame_size for frame in found)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_noise_is_frames_or_a_fault(noise: bytes, step: int) -> None:
    try:
        found = read_all(noise, step)
    except ConnectionFault as fault:
        assert fault.code in (errors.FRAME_SIZE_ERROR, errors.PROTOCOL_ERROR)
    else:
        assert sum(len(frame[3]) + frames.FRAME_HEAD_BYTES for frame in found) <= len(noise)


@given(st.binary(max_size=300), st.integers(1, 20))
def test_the_cut_of_the_input_does_not_matter(noise: bytes, step: int) -> None:
    def outcome(step: int) -> list[Frame] | int:
        try:
            return read_all(noise, step)
        except ConnectionFault as fault:
            return fault.code

    assert outcome(step) == outcome(0)


@pytest.mark.parametrize(
    ("kind", "flags", "stream_id", "payload", "code"),
    [
        (frames.DATA, 0, 0, b"", errors.PROTOCOL_ERROR),
        (frames.HEADERS, 0, 0, b"", errors.PROTOCOL_ERROR),
        (frames.CONTINUATION, 0, 0, b"", errors.PROTOCOL_ERROR),
        (frames.SETTINGS, 0, 1, b"", errors.PROTOCOL_ERROR),
        (frames.PING, 0, 1, b"12345678", errors.PROTOCOL_ERROR),
        (frames.PING, 0, 0, b"1234567", errors.FRAME_SIZE_ERROR),
        (frames.SETTINGS, 0, 0, b"12345", errors.FRAME_SIZE_ERROR),
        (frames.SETTINGS, frames.ACK, 0, b"123456", errors.FRAME_SIZE_ERROR),
        (frames.GOAWAY, 0, 0, b"1234567", errors.FRAME_SIZE_ERROR),
        (frames.RST_STREAM, 0, 1, b"123", errors.FRAME_SIZE_ERROR),
        (frames.WINDOW_UPDATE, 0, 0, b"12345", errors.FRAME_SIZE_ERROR),
    ],
)
def test_a_frame_of_the_wrong_size_or_place_is_refused(
    kind: int, flags: int, stream_id: int, payload: bytes, code: int
) -> None:
    with pytest.raises(ConnectionFault) as caught:
        read_all(frames.encode_frame(kind, flags, stream_id, payload))
    assert caught.value.code == code


def test_a_frame_too_long_is_refused_before_its_payload_arrives() -> None:
    reader = FrameReader(max_frame_size=20_000)
    reader.push(frames.frame_head(20_000, frames.DATA, 0, 1))
    assert reader.pop() is None
    reader = FrameReader(max_frame_size=20_000)
    reader.push(frames.frame_head(20_001, frames.DATA, 0, 1))
    with pytest.raises(ConnectionFault) as caught:
        reader.pop()
    assert caught.value.code == errors.FRAME_SIZE_ERROR


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x05abcd"])
def test_padding_must_fit_its_frame(payload: bytes) -> None:
    with pytest.raises(ConnectionFault):
        frames.strip_padding(frames.PADDED, payload)


def test_headers_too_short_for_their_priority_are_refused() -> None:
    with pytest.raises(ConnectionFault):
        frames.header_fragment(frames.PRIORITISED, b"1234")


def test_errors_have_names() -> None:
    assert errors.error_name(errors.HTTP_1_1_REQUIRED) == "HTTP_1_1_REQUIRED"
    assert errors.error_name(77) == "error 0x4d"
