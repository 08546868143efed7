"""Durations and sizes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain.errors import InvalidRequest
from hodei.domain.units import format_duration, parse_duration, parse_size_mb


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("30s", 30_000),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("2d", 172_800_000),
        ("1500ms", 1_500),
        ("1.5h", 5_400_000),
        ("0.25s", 250),
        ("0s", 0),
        (" 1H 5S ", 3_605_000),
        ("1d2h3m4s5ms", 93_784_005),
    ],
)
def test_durations(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s",
        "5",
        "5x",
        "-5s",
        "30m1h",
        "1h1h",
        "1,5s",
        "٣s",
        "1e3s",
        "1.s",
        "5s" * 99,
        "0.5ms",
    ],
)
def test_durations_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_duration(text, "timeout")
    assert [v.field for v in caught.value.violations] == ["timeout"]


def test_a_number_without_unit_is_told_the_unit() -> None:
    with pytest.raises(InvalidRequest, match="write 300s for seconds"):
        parse_duration("300")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"),
        (450, "450 ms"),
        (1_000, "1 s"),
        (1_500, "1.5 s"),
        (65_000, "1 m 5 s"),
        (300_000, "5 m"),
        (3_605_000, "1 h 5 s"),
        (183_600_000, "2 d 3 h"),
        (59_999, "59.999 s"),
        (-1_500, "-1.5 s"),
    ],
)
def test_format(ms: int, text: str) -> None:
    assert format_duration(ms) == text


@settings(deadline=None)
@given(st.integers(0, 10**11))
def test_what_is_shown_can_be_read_back(ms: int) -> None:
    assert parse_duration(format_duration(ms)) == ms


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_duration, parse_size_mb):
        try:
            assert read(text) >= 0
        except InvalidRequest as refusal:
            assert len(refusal.violations) == 1


@pytest.mark.parametrize(
    ("text", "mb"),
    [
        ("512", 512),
        ("512m", 512),
        ("512 MB", 512),
        ("1g", 1024),
        ("1.5GiB", 1536),
        ("2Ti", 2_097_152),
    ],
)
def test_sizes(text: str, mb: int) -> None:
    assert parse_size_mb(text) == mb


@pytest.mark.parametrize("text", ["", "g", "1k", "1.5", "-1", "1 g b", "0.3m", "1" * 50])
def test_sizes_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_size_mb(text)
