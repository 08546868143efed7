"""Segments: reading ranges, and the compact description."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.domain.logs import (
    Flag,
    Flagged,
    Level,
    LogAssembler,
    LogLimits,
    RawChunk,
    Run,
    Segment,
    Stream,
    decode_meta,
)


def made(pieces: list[tuple[Stream, int, bytes]]) -> Segment | None:
    assembler = LogAssembler(limits=LogLimits(max_line_bytes=7, segment_bytes=10**6))
    for seq, (stream, time_ms, data) in enumerate(pieces, 1):
        assembler.feed(RawChunk(seq=seq, stream=stream, time_ms=time_ms, data=data))
    assembler.finish()
    segments = assembler.take()
    return segments[0] if segments else None


DATA = st.lists(
    st.sampled_from([b"a", b"\n", b"ERROR x\n", b"[INFO] \n", b"long line here", b"\xfe"]),
    max_size=8,
).map(b"".join)
SEGMENTS = st.lists(
    st.tuples(st.sampled_from(list(Stream)), st.integers(0, 2**42), DATA), min_size=1, max_size=8
).map(made)


@given(SEGMENTS)
def test_the_description_round_trips(segment: Segment | None) -> None:
    if segment is not None:
        assert decode_meta(segment.encode_meta(), segment.text) == segment


@given(SEGMENTS, st.integers(-3, 30), st.integers(0, 30))
def test_a_range_is_a_slice_of_all_lines(segment: Segment | None, low: int, limit: int) -> None:
    if segment is not None:
        every = segment.lines()
        assert len(every) == segment.line_count
        begin = max(low - segment.first_line, 0)
        assert segment.lines(low, limit) == every[begin : begin + limit]
        assert [segment.level(line.n) for line in every] == [line.level for line in every]


def test_counts_and_first_error_come_from_the_levels() -> None:
    segment = Segment(
        first_line=11,
        line_count=4,
        first_byte=0,
        text=b"a\nERROR\nWARN\nERROR\n",
        runs=(Run(0, Stream.STDOUT, 1), Run(2, Stream.STDERR, 0)),
        levels=bytes([0, Level.ERROR, Level.WARN, Level.ERROR]),
        flags=(Flagged(3, Flag.UNTERMINATED),),
    )
    assert (segment.warn_count, segment.error_count, segment.first_error_line) == (1, 2, 12)
    assert [line.stream.label for line in segment.lines()] == ["stdout"] * 2 + ["stderr"] * 2
    assert segment.lines(14)[0].flags == Flag.UNTERMINATED
    assert segment.lines(15) == []
    assert [line.level.label for line in segment.lines(11, 2)] == ["", "ERROR"]


def test_damage_is_noticed() -> None:
    segment = made([(Stream.STDOUT, 1, b"ERROR x\nb\n")])
    assert segment is not None
    meta = segment.encode_meta()
    for broken, text in [
        (b"", segment.text),
        (b"\x09" + meta[1:], segment.text),
        (meta[:6], segment.text),
        (meta[:-3], segment.text),
        (meta, segment.text + b"x\n"),
    ]:
        with pytest.raises(ValueError, match="segment"):
            decode_meta(broken, text)
