"""Patterns: as Python reads them, and in time that no text can make explode."""

from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain.templates.pattern import LONGEST_TEXT, BadPattern, compiled, matches

_ATOMS = st.sampled_from(
    ["a", "b", "é", ".", "\\d", "\\w", "\\S", "[a-c]", "[^a]", "[\\d_-]", "\\.", "[]x]", "(?:ab|c)"]
)
PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(pattern=PATTERNS, text=st.text(alphabet="abcxé0_.-\n ]", max_size=8))
def test_it_reads_as_python_does(pattern: str, text: str) -> None:
    if "[]x]" in pattern:
        # The one thing that JavaScript reads otherwise.
        with pytest.raises(BadPattern, match="empty class"):
            matches(pattern, text)
        return
    found = re.fullmatch(pattern, text, re.ASCII) is not None
    assert matches(pattern, text) == found
    assert matches(f"^{pattern}$", text) == found


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*", "(a*)*b", "((a?){50}){4}", "(.*a){20}"])
def test_nothing_explodes(pattern: str) -> None:
    begun = process_time()
    matches(pattern, "a" * LONGEST_TEXT + "!")
    assert process_time() - begun < 4, "seconds of CPU, where a backtracking reader takes years"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a", r"has a '\(' without"),
        ("a)", r"has a '\)' without"),
        ("a**", "repeats a repetition"),
        ("*a", "out of place"),
        ("(?=a)", "no look-around"),
        ("(a)\\1", "is not taken"),
        ("a\\b", "is not taken"),
        ("[z-a]", "does not go upwards"),
        ("[a", "ends too early"),
        ("a{3,2}", "wrong way round"),
        ("a{x}", "no count"),
        ("(a{200}){200}", "too large"),
        ("a" * 201, "at most 200"),
        ("a\\", "ends too early"),
        ("(" * 30 + ")" * 30, "nested"),
    ],
)
def test_what_is_no_pattern_says_why(pattern: str, said: str) -> None:
    with pytest.raises(BadPattern, match=said):
        compiled(pattern)
