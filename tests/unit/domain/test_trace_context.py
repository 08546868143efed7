"""What a `traceparent` says, and which traces are recorded."""

from __future__ import annotations

import pytest

from hodei.domain.trace_context import Sampler, TraceContext, parse_traceparent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("sampled", [True, False])
def test_what_is_written_is_read(sampled: bool) -> None:
    place = TraceContext(trace_id=TRACE, span_id=SPAN, sampled=sampled)
    assert parse_traceparent(str(place)) == place


@pytest.mark.parametrize(
    ("text", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f" 00-{TRACE}-{SPAN}-03 ", True),
        (f"00-{TRACE}-{SPAN}-02", False),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
        (f"cc-{TRACE}-{SPAN}-00", False),
    ],
)
def test_what_may_be_read(text: str, sampled: bool) -> None:
    assert parse_traceparent(text) == TraceContext(trace_id=TRACE, span_id=SPAN, sampled=sampled)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "mine",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n00-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01more",
    ],
)
def test_what_is_passed_over(text: str | None) -> None:
    assert parse_traceparent(text) is None


def test_a_sampler_follows_whoever_is_above_unless_it_is_told_not_to() -> None:
    above = TraceContext(trace_id=TRACE, span_id=SPAN, sampled=False)
    assert not Sampler().samples(TRACE, above)
    assert Sampler(follows=False).samples(TRACE, above)
    recorded = TraceContext(trace_id=TRACE, span_id=SPAN)
    assert Sampler(share=0).samples(TRACE, recorded)
    assert not Sampler(follows=False, share=0).samples(TRACE, recorded)


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.25, 200, 300), (1, 1000, 1000)])
def test_a_share_of_traces_is_recorded_and_the_same_ones_everywhere(
    share: float, least: int, most: int
) -> None:
    # Evenly spread over what the random end of an id can be.
    ids = [f"{TRACE[:18]}{number * 16**14 // 1000:014x}" for number in range(1000)]
    chosen = {each for each in ids if Sampler(share=share).samples(each)}
    assert least <= len(chosen) <= most
    assert chosen == {each for each in ids if Sampler(share=share).samples(each)}
