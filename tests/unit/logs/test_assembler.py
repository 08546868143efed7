"""Numbering, carriage returns, long lines, the limit, and the end of the log."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain.logs import (
    CHAIN_START,
    DEFAULT_LIMITS,
    ChunkGap,
    EndMark,
    Flag,
    Level,
    LogAssembler,
    LogClosed,
    LogHead,
    LogLimits,
    LogLine,
    RawChunk,
    Segment,
    Stream,
    extend_chain,
)
from hodei.domain.redaction import Redactor
from tests.unit.logs.reference import reference_lines

OUT, ERR = Stream.STDOUT, Stream.STDERR
Piece = tuple[Stream, bytes]


def chunks_of(pieces: list[Piece]) -> list[RawChunk]:
    return [
        RawChunk(seq=seq, stream=stream, time_ms=1000 + seq, data=data)
        for seq, (stream, data) in enumerate(pieces, 1)
    ]


def end_of(chunks: list[RawChunk]) -> EndMark:
    chain = CHAIN_START
    for chunk in chunks:
        chain = extend_chain(chain, chunk)
    return EndMark(last_seq=len(chunks), chain=chain)


def run(
    pieces: list[Piece], limits: LogLimits = DEFAULT_LIMITS, redactor: Redactor | None = None
) -> tuple[list[Segment], LogHead]:
    chunks = chunks_of(pieces)
    assembler = LogAssembler(limits=limits, redactor=redactor)
    segments = []
    for chunk in chunks:
        assert assembler.feed(chunk)
        segments += assembler.take()
    assembler.finish(end_of(chunks))
    segments += assembler.take()
    return segments, assembler.head()


def lines_of(segments: list[Segment]) -> list[LogLine]:
    for before, after in pairwise(segments):
        assert (before.end_line, before.end_byte) == (after.first_line, after.first_byte)
    lines = [line for segment in segments for line in segment.lines()]
    assert [line.n for line in lines] == list(range(1, len(lines) + 1))
    return lines


def texts(pieces: list[Piece], limits: LogLimits = DEFAULT_LIMITS) -> list[str]:
    return [line.text for line in lines_of(run(pieces, limits)[0])]


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\nb", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"10%\r20%\r30%\n", ["30%"]),
        (b"10%\r20%\r\n", ["20%"]),
        (b"10%\r20%\r\r\n", ["20%"]),
        (b"10%\r20%", ["20%"]),
        (b"10%\r20%\r", ["20%"]),
        (b"\r\r\n\r", [""]),
        (b"x\n1\r2\ny\n3\r4\nz\n", ["x", "2", "y", "4", "z"]),
        (b"a\0b\xff\n", ["a\0b\ufffd"]),
        (b"\xed\xa0\x80\n", ["\ufffd\ufffd\ufffd"]),
    ],
)
def test_lines_at_any_cut(raw: bytes, lines: list[str]) -> None:
    assert texts([(OUT, raw)]) == lines
    assert texts([(OUT, bytes([code])) for code in raw]) == lines
    for cut in range(len(raw)):
        assert texts([(OUT, raw[:cut]), (OUT, raw[cut:])]) == lines


def test_lines_are_numbered_over_both_streams_when_complete() -> None:
    segments, _ = run([(OUT, b"a"), (ERR, b"e\n"), (OUT, b"b\n"), (ERR, b"f")])
    made = [(line.n, line.text, line.stream, line.time_ms) for line in lines_of(segments)]
    assert made == [(1, "e", ERR, 1002), (2, "ab", OUT, 1003), (3, "f", ERR, 1004)]


def test_a_long_line_is_stored_in_pieces_that_join_exactly() -> None:
    limits = LogLimits(max_line_bytes=10)
    segments, _ = run([(OUT, b"x" * 25 + b"\ny\n"), (OUT, b"z" * 10 + b"\n")], limits)
    made = [(line.text, line.flags) for line in lines_of(segments)]
    assert made == [
        ("x" * 10, Flag.CONTINUED),
        ("x" * 10, Flag.CONTINUED | Flag.CONTINUATION),
        ("x" * 5, Flag.CONTINUATION),
        ("y", Flag(0)),
        ("z" * 10, Flag(0)),
    ]


def test_the_middle_of_a_long_line_has_no_level() -> None:
    limits = LogLimits(max_line_bytes=10)
    segments, head = run([(OUT, b"0123456789ERROR x\nERROR y\n")], limits)
    levels = [line.level for line in lines_of(segments)]
    assert levels == [Level.NONE, Level.NONE, Level.ERROR]
    assert (head.error_count, head.first_error_line) == (1, 3)


def test_no_newline_at_all_stays_small() -> None:
    limits = LogLimits(max_line_bytes=1000)
    assembler = LogAssembler(limits=limits)
    stored = 0
    for seq in range(1, 200):
        assembler.feed(RawChunk(seq=seq, stream=OUT, time_ms=seq, data=b"x" * 700))
        stored += sum(segment.line_count * 1000 for segment in assembler.take())
        assert assembler.carried_bytes <= 1000
    assert stored + assembler.carried_bytes == 199 * 700


def test_an_endless_progress_bar_stays_small() -> None:
    assembler = LogAssembler()
    for seq in range(1, 300):
        data = b"".join(b"%d%%\r" % step for step in range(1000))
        assembler.feed(RawChunk(seq=seq, stream=OUT, time_ms=seq, data=data))
        assert assembler.carried_bytes < 10
        assert assembler.take() == []
    assembler.finish()
    assert [line.text for line in lines_of(assembler.take())] == ["999%"]


def test_limit_ends_in_a_marker_and_counts_the_rest() -> None:
    limits = LogLimits(max_bytes=20)
    pieces = [(ERR, b"tail"), (OUT, b"0123456\n89\nabcdefghijkl\nq\n"), (OUT, b"more\nof it\n")]
    segments, head = run(pieces, limits)
    lines = lines_of(segments)
    assert [line.text for line in lines[:-1]] == ["0123456", "89"]
    assert lines[-1].flags == Flag.MARKER
    assert "log limit of 20 bytes" in lines[-1].text
    assert head.capped
    assert head.complete
    assert head.discarded_bytes == len(b"tail" + b"abcdefghijkl\nq\n" + b"more\nof it\n")
    assert head.received_bytes == sum(len(data) for _, data in pieces)


def test_limit_reached_by_the_tails_writes_one_marker() -> None:
    segments, head = run([(OUT, b"0123456789"), (ERR, b"0123456789")], LogLimits(max_bytes=5))
    assert [line.flags for line in lines_of(segments)] == [Flag.MARKER]
    assert head.discarded_bytes in (20, 21)


def test_duplicates_change_nothing_and_gaps_are_refused() -> None:
    assembler = LogAssembler()
    first, second, third = chunks_of([(OUT, b"a\n"), (OUT, b"b\n"), (OUT, b"c\n")])
    assert assembler.feed(first)
    assert not assembler.feed(first)
    with pytest.raises(ChunkGap) as gap:
        assembler.feed(third)
    assert (gap.value.expected, gap.value.got) == (2, 3)
    assert assembler.feed(second)
    assembler.finish()
    with pytest.raises(LogClosed):
        assembler.feed(third)
    assert [line.text for line in lines_of(assembler.take())] == ["a", "b"]


def test_complete_needs_the_agents_count_and_chain() -> None:
    chunks = chunks_of([(OUT, b"a\n"), (ERR, b"b\n")])
    good = end_of(chunks)
    ends = {
        good: True,
        None: False,
        EndMark(last_seq=3, chain=good.chain): False,
        EndMark(last_seq=2, chain=bytes(32)): False,
        EndMark(last_seq=2, chain=good.chain, lost_bytes=1): False,
    }
    for end, complete in ends.items():
        assembler = LogAssembler()
        for chunk in chunks:
            assembler.feed(chunk)
        assembler.finish(end)
        text = b"".join(segment.text for segment in assembler.take())
        head = assembler.head()
        assert head.complete is complete
        assert head.finished
        assert head.sha256 == sha256(text).hexdigest()


def test_head_is_refused_before_take() -> None:
    assembler = LogAssembler()
    assembler.feed(chunks_of([(OUT, b"a\n")])[0])
    with pytest.raises(RuntimeError):
        assembler.head()


def test_segments_close_at_their_size() -> None:
    limits = LogLimits(segment_bytes=1000)
    segments, _ = run([(OUT, b"0123456789\n" * 1000), (OUT, b"x" * 5000 + b"\ny\n")], limits)
    assert max(len(segment.text) for segment in segments) <= 5001
    assert sum(len(segment.text) > 2000 for segment in segments) == 1
    assert len(lines_of(segments)) == 1002


def test_rehash_notices_missing_text() -> None:
    segments, head = run([(OUT, b"a\nb\n")])
    with pytest.raises(ValueError, match="4"):
        LogAssembler.from_head(head, prior_text=[b"a\n"])
    assert LogAssembler.from_head(head, prior_text=[segments[0].text]).head() == head


def test_head_without_known_hash_gets_it_later() -> None:
    chunks = chunks_of([(OUT, b"a\n"), (OUT, b"b\n")])
    assembler = LogAssembler()
    assembler.feed(chunks[0])
    stored = [segment.text for segment in assembler.take()]
    resumed = LogAssembler.from_head(assembler.head())
    needed = resumed.needs_rehash
    assert needed
    resumed.feed(chunks[1])
    resumed.finish(end_of(chunks))
    stored += [segment.text for segment in resumed.take()]
    assert resumed.head().sha256 == ""
    resumed.rehash(stored)
    assert not resumed.needs_rehash
    assert resumed.head().sha256 == sha256(b"a\nb\n").hexdigest()


# ---- properties

STREAMS = st.sampled_from(list(Stream))
ALPHABET = st.sampled_from(
    [b"a", b"b", b"\n", b"\r", b"\r\n", b"s3cr", b"et", b"ERROR x\n", b"\xff"]
)
DATA = st.lists(ALPHABET, max_size=12).map(b"".join) | st.binary(max_size=20)
PIECES = st.lists(st.tuples(STREAMS, DATA), max_size=12)
SMALL = LogLimits(max_line_bytes=5, segment_bytes=12)


@settings(max_examples=400)
@given(PIECES)
def test_any_chunking_equals_the_reference(pieces: list[Piece]) -> None:
    made = run(pieces, SMALL)[0]
    lines_of(made)
    expected = reference_lines(chunks_of(pieces), SMALL.max_line_bytes)
    got = [
        (text, line.stream, line.flags)
        for segment in made
        for text, line in zip(segment.text.split(b"\n")[:-1], segment.lines(), strict=True)
    ]
    assert got == expected


@settings(max_examples=200)
@given(st.lists(ALPHABET, max_size=20).map(b"".join), st.lists(st.integers(0, 60), max_size=6))
def test_cuts_do_not_matter(raw: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    pieces = [(OUT, raw[low:high]) for low, high in pairwise(edges)]
    for limits in (SMALL, LogLimits(), LogLimits(max_bytes=15)):
        redactor = Redactor(["s3cret", "eta"])
        whole = [line.text for line in lines_of(run([(OUT, raw)], limits, redactor)[0])]
        cut = [line.text for line in lines_of(run(pieces, limits, redactor)[0])]
        assert cut == whole


@settings(max_examples=300)
@given(
    PIECES,
    st.lists(st.sampled_from(["take", "crash before save", "crash after save"]), max_size=30),
    st.sampled_from([SMALL, LogLimits(max_bytes=25), LogLimits()]),
)
def test_a_crash_at_any_point_changes_nothing(
    pieces: list[Piece], events: list[str], limits: LogLimits
) -> None:
    redactor = Redactor(["s3cret", "eta"])
    expected, expected_head = run(pieces, limits, redactor)
    chunks = chunks_of(pieces)
    stored: list[Segment] = []
    saved = LogHead()
    assembler = LogAssembler(limits=limits, redactor=redactor)
    todo = iter(events)
    while True:
        if assembler.acked_seq < len(chunks):
            assembler.feed(chunks[assembler.acked_seq])
        elif not assembler.finished:
            assembler.finish(end_of(chunks))
        event = next(todo, "take")
        if event != "crash before save":
            stored += assembler.take()
            saved = LogHead.from_json(assembler.head().to_json())
            if saved.finished:
                break
        if event != "take":
            assembler = LogAssembler.from_head(
                saved, limits=limits, redactor=Redactor(["s3cret", "eta"])
            )
    if assembler.needs_rehash:
        assembler.rehash(segment.text for segment in stored)
    assert lines_of(stored) == lines_of(expected)
    assert assembler.head() == expected_head


@given(PIECES)
def test_no_secret_in_any_head(pieces: list[Piece]) -> None:
    assembler = LogAssembler(redactor=Redactor(["s3cret"]))
    for chunk in chunks_of([*pieces, (OUT, b"\ns3cre"), (ERR, b"\ns3cr")]):
        assembler.feed(chunk)
        assembler.take()
    for carried in assembler.head().carried:
        assert b"s3cr" not in carried.tail
        assert carried.held is not None
