"""Next fire times against two other readings of cron, over all zones and their odd years.

`HODEI_SCHEDULE_EXAMPLES` is how many examples each property tries (default 60).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from cronsim import CronSim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hodei.adapters.system import PackagedZones
from hodei.domain.errors import InvalidRequest
from hodei.domain.schedules.cron import parse_cron
from hodei.domain.schedules.next_fire import Note, cron_slots
from tests.unit.schedules.walker import Walker

EXAMPLES = settings(
    max_examples=int(os.environ.get("HODEI_SCHEDULE_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
ZONES = PackagedZones()
ODD = [
    # Half an hour of summer time, both ways.
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 10)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 10)),
    # Clocks change at midnight, so that a day begins at one o'clock, or twice.
    ("America/Santiago", datetime(2026, 4, 4, 20)),
    ("America/Santiago", datetime(2026, 9, 5, 20)),
    # Ramadan: back and forth within weeks.
    ("Africa/Casablanca", datetime(2026, 2, 14, 20)),
    ("Africa/Casablanca", datetime(2026, 3, 21, 20)),
    # Days that never were: 30 December 2011, and 21 August 1993.
    ("Pacific/Apia", datetime(2011, 12, 29, 20)),
    ("Pacific/Kwajalein", datetime(1993, 8, 20, 2)),
    # A standing offset moved by half an hour, by a quarter, and by three hours.
    ("America/Caracas", datetime(2016, 4, 30, 20)),
    ("Asia/Pyongyang", datetime(2018, 5, 4, 5)),
    ("Asia/Kathmandu", datetime(1985, 12, 31, 6)),
    ("Antarctica/Casey", datetime(2020, 10, 3, 6)),
    # Winter time is the one that is set forward by law.
    ("Europe/Dublin", datetime(2026, 10, 24, 14)),
    ("Europe/Madrid", datetime(2026, 3, 28, 14)),
    # Two hours of summer time.
    ("Antarctica/Troll", datetime(2026, 3, 28, 14)),
]


def _field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    # cronsim reads a range of one value with a step as if it had no end.
    ends = st.tuples(number, number).filter(lambda pair: pair[0] != pair[1])
    span = ends.map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.integers(1, most)
    term = st.one_of(
        number.map(str), span, st.tuples(span, step).map(lambda pair: f"{pair[0]}/{pair[1]}")
    )
    star = st.one_of(st.just("*"), st.one_of(st.just("*"), step.map(lambda n: f"*/{n}")))
    return st.one_of(star, st.lists(term, min_size=1, max_size=3).map(",".join))


DAYS = st.one_of(
    st.just("*"),
    st.just("*"),
    _field(1, 28),
    st.just("L"),
    st.just("LW"),
    st.integers(1, 31).map(lambda day: f"{day}W"),
)
WEEKDAYS = st.one_of(
    st.just("*"),
    st.just("*"),
    _field(0, 7),
    st.tuples(st.integers(0, 7), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
    st.integers(0, 7).map(lambda day: f"{day}L"),
)
EXPRESSIONS = st.tuples(
    _field(0, 59), _field(0, 23), DAYS, st.one_of(st.just("*"), _field(1, 12)), WEEKDAYS
).map(" ".join)


def _slots(expression: str, zone: str, after: datetime, before: datetime) -> list[datetime]:
    found = ZONES.get(zone)
    assert found is not None
    try:
        cron = parse_cron(expression)
    except InvalidRequest as error:
        assert "never fires" in str(error)
        return []
    slots = cron_slots(cron, found, after)
    return [slot.at for slot in takewhile(lambda slot: slot.at < before, slots)]


def _walked(expression: str, zone: str, after: datetime, before: datetime) -> Sequence[datetime]:
    found = ZONES.get(zone)
    assert found is not None
    return Walker(expression).slots(found, after, before)


@EXAMPLES
@given(EXPRESSIONS, st.sampled_from(ODD), st.integers(0, 40 * 60))
def test_odd_days_agree_with_looking_at_every_minute(
    expression: str, odd: tuple[str, datetime], minutes: int
) -> None:
    zone, start = odd
    after = start.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    before = after + timedelta(hours=30)
    assert _slots(expression, zone, after, before) == _walked(expression, zone, after, before)


@EXAMPLES
@given(
    EXPRESSIONS,
    st.sampled_from(ZONES.names()),
    st.datetimes(datetime(1973, 1, 1), datetime(2037, 1, 1)),
)
def test_any_day_in_any_zone_agrees_with_looking_at_every_minute(
    expression: str, zone: str, start: datetime
) -> None:
    after = start.replace(second=0, microsecond=0, tzinfo=UTC)
    before = after + timedelta(hours=26)
    assert _slots(expression, zone, after, before) == _walked(expression, zone, after, before)


# ---- an implementation by others

FIXED_MINUTE = st.one_of(
    st.integers(0, 59).map(str),
    st.lists(st.integers(0, 59), min_size=2, max_size=3).map(lambda n: ",".join(map(str, n))),
)
FIXED_HOUR = st.one_of(
    st.integers(0, 23).map(str),
    st.lists(st.integers(0, 23), min_size=2, max_size=3).map(lambda n: ",".join(map(str, n))),
)
STAR_MINUTE = st.one_of(st.just("*"), st.integers(1, 30).map(lambda n: f"*/{n}"))
CRONSIM = st.one_of(
    st.tuples(FIXED_MINUTE, FIXED_HOUR, _field(1, 28), _field(1, 12), _field(0, 7)),
    st.tuples(STAR_MINUTE, _field(0, 23), st.just("*"), _field(1, 12), _field(0, 7)),
).map(" ".join)


@EXAMPLES
@given(
    CRONSIM,
    st.sampled_from(ZONES.names()),
    st.datetimes(datetime(1973, 1, 1), datetime(2037, 1, 1)),
)
def test_agrees_with_cronsim_where_both_mean_the_same(
    expression: str, zone: str, start: datetime
) -> None:
    """They differ, on purpose: a step in a range counts as a star for us, so that expressions
    with one are left out above; and cronsim tells a repeated time of day in the summer's offset
    of whichever pass, which is why instants are compared."""
    found = ZONES.get(zone)
    assert found is not None
    after = start.replace(microsecond=0, tzinfo=UTC)
    theirs: list[datetime] = []
    for at in CronSim(expression, after.astimezone(found)):
        theirs.append(at.astimezone(UTC))
        if len(theirs) == 8:
            break
    slots = cron_slots(parse_cron(expression), found, after)
    ours = [slot.at for slot, _ in zip(slots, theirs, strict=False)]
    assert ours == theirs


# ---- what the rule says, by example


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        # The clocks jump from 02:00 to 03:00: once, right after.
        ("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00Z", "2026-03-29T03:00:00+02:00 gap"),
        ("0,15,30 2 * * *", "Europe/Madrid", "2026-03-28T12:00Z", "2026-03-29T03:00:00+02:00 gap"),
        # 02:30 comes twice: the first time only.
        ("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00Z", "2026-10-25T02:30:00+02:00 repeated"),
        ("30 2 * * *", "Europe/Madrid", "2026-10-25T00:30Z", "2026-10-26T02:30:00+01:00"),
        # Again and again: in both passes.
        (
            "*/30 * * * *",
            "Europe/Madrid",
            "2026-10-25T00:30Z",
            "2026-10-25T02:00:00+01:00 repeated",
        ),
        ("*/30 * * * *", "Europe/Madrid", "2026-03-29T00:30Z", "2026-03-29T03:00:00+02:00"),
        # Half an hour.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T10:00Z", "2026-10-04T02:30:00+11:00 gap"),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T10:00Z",
            "2026-04-05T01:45:00+11:00 repeated",
        ),
        # A day that begins at one o'clock.
        ("@daily", "America/Santiago", "2026-09-05T12:00Z", "2026-09-06T01:00:00-03:00 gap"),
        # A day that never was.
        ("0 10 30 12 *", "Pacific/Apia", "2011-12-29T12:00Z", "2011-12-31T00:00:00+14:00 gap"),
        ("0 10 * * *", "Pacific/Kwajalein", "1993-08-21T00:00Z", "1993-08-22T00:00:00+12:00 gap"),
        # Six fields: the same rule.
        ("30 30 2 * * *", "Europe/Madrid", "2026-03-28T12:00Z", "2026-03-29T03:00:00+02:00 gap"),
        (
            "*/20 0 2 * * *",
            "Europe/Madrid",
            "2026-10-25T00:00:10Z",
            "2026-10-25T02:00:20+02:00 repeated",
        ),
        # Leap days.
        ("0 0 29 2 *", "UTC", "2097-01-01T00:00Z", "2104-02-29T00:00:00+00:00"),
        ("0 0 29 2 */7", "UTC", "2088-03-01T00:00Z", "2128-02-29T00:00:00+00:00"),
    ],
)
def test_the_rule_by_example(expression: str, zone: str, after: str, expected: str) -> None:
    found = ZONES.get(zone)
    assert found is not None
    slot = next(cron_slots(parse_cron(expression), found, datetime.fromisoformat(after)))
    text = slot.at.astimezone(found).isoformat()
    assert f"{text} {slot.note or ''}".strip() == expected


def test_a_gap_and_a_time_after_it_are_one_slot() -> None:
    madrid = ZONES.get("Europe/Madrid")
    assert madrid is not None
    slots = cron_slots(parse_cron("0 2,3 * * *"), madrid, datetime(2026, 3, 28, 12, tzinfo=UTC))
    first, second = next(slots), next(slots)
    assert (first.at.hour, first.note) == (1, Note.GAP)
    assert second.at - first.at == timedelta(hours=23)
