"""Search within a segment and the landmarks of a log."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.domain.errors import InvalidRequest
from hodei.domain.logs import (
    Level,
    LogAssembler,
    LogLimits,
    LogQuery,
    MarksCounter,
    RawChunk,
    Segment,
    Stream,
    marks,
    matches,
)


def segments_of(*pieces: tuple[Stream, str], size: int = 10**6) -> list[Segment]:
    assembler = LogAssembler(limits=LogLimits(segment_bytes=size))
    for seq, (stream, text) in enumerate(pieces, 1):
        chunk = RawChunk(seq=seq, stream=stream, time_ms=seq, data=text.encode())
        assembler.feed(chunk)
    assembler.finish()
    return assembler.take()


OUT, ERR = Stream.STDOUT, Stream.STDERR
SAMPLE = segments_of(
    (OUT, "Alpha alpha\nbeta\n[WARN] Ñandú 1\n"),
    (ERR, "[ERROR] alpha\nitem 42\n"),
    (OUT, "\nlast (x)\n"),
)[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (LogQuery(), [1, 2, 3, 4, 5, 6, 7]),
        (LogQuery(text="alpha"), [1, 4]),
        (LogQuery(text="Alpha", case_sensitive=True), [1]),
        (LogQuery(text="ñANDÚ"), [3]),
        (LogQuery(text="ñandú", case_sensitive=True), []),
        (LogQuery(text="(x)"), [7]),
        (LogQuery(text="a\nb"), []),
        (LogQuery(text=r"^item \d+$", regex=True), [5]),
        (LogQuery(text=r"ñ\w+ú", regex=True), [3]),
        (LogQuery(text="^$", regex=True), [6]),
        (LogQuery(text="ALPHA", regex=True, case_sensitive=True), []),
        (LogQuery(levels=frozenset({Level.WARN, Level.ERROR})), [3, 4]),
        (LogQuery(levels=frozenset({Level.NONE}), stream=ERR), [5]),
        (LogQuery(stream=ERR), [4, 5]),
        (LogQuery(text="alpha", stream=OUT), [1]),
        (LogQuery(text="alpha", levels=frozenset({Level.ERROR})), [4]),
        (LogQuery(levels=frozenset({Level.DEBUG})), []),
    ],
)
def test_matches(query: LogQuery, found: list[int]) -> None:
    assert matches(SAMPLE, query) == found
    assert matches(SAMPLE, query, from_n=4) == [n for n in found if n >= 4]


@given(
    st.lists(st.text(alphabet="abAé \t", max_size=8), min_size=1, max_size=12),
    st.text(alphabet="abAé ", min_size=1, max_size=3),
    st.booleans(),
)
def test_plain_search_equals_line_by_line(lines: list[str], needle: str, exact: bool) -> None:
    segment = segments_of((OUT, "".join(line + "\n" for line in lines)))[0]
    expected = [
        n
        for n, line in enumerate(lines, 1)
        if (needle in line if exact else needle.lower() in line.lower())
    ]
    assert matches(segment, LogQuery(text=needle, case_sensitive=exact)) == expected
    pattern = LogQuery(text=re.escape(needle), regex=True, case_sensitive=exact)
    assert matches(segment, pattern) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[a",
        "*a",
        "(a+)+",
        "(a*)*b",
        "(?:a|b)*",
        "((a)+b)+",
        "(a{2,})+",
        "(?:x|y){5,}",
        "a" * 513,
    ],
)
def test_bad_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        LogQuery(text=pattern, regex=True)
    assert refused.value.violations[0].field == "text"


@pytest.mark.parametrize(
    "pattern",
    ["a+b+", "(ab)+", "(a+)?", "(a|b)", "(?:a|b){2}", r"\(a+\)+", "[(a+)]+", "(?i)x", "(?P<n>a)+"],
)
def test_fair_patterns_are_taken(pattern: str) -> None:
    assert not LogQuery(text=pattern, regex=True).plain


def test_marks_of_a_log() -> None:
    text = "--- build\nok\n[ERROR] x\n+++ test\n::group::a\n[WARN] y\n::endgroup::\n~~~ end\n---\n"
    found = marks(segments_of((OUT, text), size=20))
    assert found.total_lines == 9
    assert dict(found.counts) == {
        Level.NONE: 7,
        Level.DEBUG: 0,
        Level.INFO: 0,
        Level.WARN: 1,
        Level.ERROR: 1,
    }
    assert (found.first_error, found.first_warn) == (3, 6)
    assert found.groups == (1, 4, 5, 7, 8)
    assert (found.bucket_lines, len(found.buckets)) == (1, 9)
    assert (found.buckets[2].error, found.buckets[5].warn) == (1, 1)


@given(
    st.lists(st.sampled_from(["x", "[WARN] x", "[ERROR] x"]), max_size=900), st.integers(20, 999)
)
def test_buckets_hold_every_grave_line_in_its_place(lines: list[str], size: int) -> None:
    found = marks(segments_of((OUT, "".join(line + "\n" for line in lines)), size=size))
    assert len(found.buckets) <= 200
    for index, bucket in enumerate(found.buckets):
        part = lines[index * found.bucket_lines :][: found.bucket_lines]
        assert (bucket.warn, bucket.error) == (part.count("[WARN] x"), part.count("[ERROR] x"))
    assert len(found.buckets) * found.bucket_lines >= len(lines)


def test_marks_refuse_a_missing_segment() -> None:
    segments = segments_of((OUT, "a\n" * 50), size=10)
    counter = MarksCounter()
    counter.add(segments[0])
    with pytest.raises(ValueError, match="expected"):
        counter.add(segments[2])
