"""An index of fitting lines equals a search over the whole log, however the log grew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.domain.logs import LogIndex, LogQuery, Run, Segment, Stream


def segment(first: int, texts: list[str]) -> Segment:
    return Segment(
        first_line=first,
        line_count=len(texts),
        first_byte=0,
        text="".join(f"{text}\n" for text in texts).encode(),
        runs=(Run(0, Stream.STDOUT, 1),),
    )


def indexed(parts: list[list[str]], context: int) -> LogIndex:
    index = LogIndex(LogQuery(text="x"), context)
    for part in parts:
        one = [segment(index.next_line, part)]
        index.extend(one, index.found_in(one))
    return index


LOGS = st.lists(st.lists(st.sampled_from(["x", "-"]), min_size=1, max_size=12), max_size=8)


@given(LOGS, st.integers(0, 5))
def test_rows_are_all_lines_near_a_match(parts: list[list[str]], context: int) -> None:
    texts = [text for part in parts for text in part]
    fitting = [n for n, text in enumerate(texts, 1) if text == "x"]
    near = [
        n
        for n in range(1, len(texts) + 1)
        if any(n - context <= other <= n + context for other in fitting)
    ]
    index = indexed(parts, context)
    assert list(index.lines) == fitting
    assert list(index.rows) == near
    for n in range(1, len(texts) + 2):
        assert index.rank(n) == sum(other < n for other in fitting)
        assert index.row(n) == sum(other < n for other in near)
        assert n > len(texts) or index.fits(n) == (n in fitting)


@given(LOGS, st.integers(0, 5))
def test_a_place_means_the_same_line_for_ever(parts: list[list[str]], context: int) -> None:
    index = LogIndex(LogQuery(text="x"), context)
    seen: list[int] = []
    for part in parts:
        one = [segment(index.next_line, part)]
        index.extend(one, index.found_in(one))
        assert list(index.rows[: len(seen)]) == seen
        seen = list(index.rows)


def test_segments_of_lines_and_density() -> None:
    index = indexed([["-", "x", "-"], ["x"], ["-"] * 4, ["x", "x"]], 1)
    assert index.starts([1, 2, 4, 9, 10]) == [1, 4, 9]
    assert index.density(4) == (4, [2, 0, 2])
    assert index.density(100) == (1, [0, 1, 0, 1, 0, 0, 0, 0, 1, 1])
    assert LogIndex(LogQuery(text="x")).density(4) == (1, [])


def test_a_gap_is_refused() -> None:
    index = indexed([["x"]], 0)
    with pytest.raises(ValueError, match="line 2 is next, not 3"):
        index.extend([segment(3, ["x"])], [[3]])
