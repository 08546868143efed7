"""What expressions mean, how they are told in words, and what is refused with which advice."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from uuid import UUID

import pytest

from hodei.adapters.system import PackagedZones
from hodei.domain.errors import InvalidRequest
from hodei.domain.schedules.cron import parse_cron
from hodei.domain.schedules.words import cron_words, interval_words
from hodei.domain.schedules.zones import nearest


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("0 0 31 2 *", "never fires"),
        ("0 0 31 4,6,9,11 *", "the longest has 30 days"),
        ("0 0 30W 2 *", "never fires"),
        ("60 * * * *", "minute: 60 is out of range; write 0 to 59"),
        ("* 24 * * *", "hour: 24 is out of range; write 0 to 23"),
        ("* * 0 * *", "day of month: 0 is out of range; write 1 to 31"),
        ("* * * FOO *", "month: knows no 'FOO'; write 1 to 12 or JAN to DEC"),
        ("* * * * 8", "day of week: 8 is out of range; write 0 to 7 or SUN to SAT"),
        ("* * * * SAT-MON", "ends before it begins"),
        ("*/0 * * * *", "the step /0 must be between 1 and 59"),
        ("1,,2 * * * *", "an empty place in its list"),
        ("1-2-3 * * * *", "cannot read '1-2-3'"),
        ("? * * * *", "'?' stands in day fields only"),
        ("* * * * MON#6", "the number after '#' must be between 1 and 5"),
        ("* * * * L", "'L' needs a weekday here"),
        ("* * L-31 * *", "must be between 1 and 30"),
        ("* * * *", "it has 4"),
        ("* * * * * * *", "it has 7"),
        ("@dayly", "did you mean @daily?"),
        ("@every 5m", "write it as an interval"),
        ("", "1 to 200 characters"),
        ("0 " * 150, "1 to 200 characters"),
        ("H(40-30) * * * *", "ends before it begins"),
    ],
)
def test_what_is_wrong_is_said(expression: str, part: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_cron(expression, field="rule.expression")
    [violation] = caught.value.violations
    assert violation.field == "rule.expression"
    assert part in violation.message
    assert violation.value == (expression if len(expression) <= 100 else violation.value)


@pytest.mark.parametrize(
    ("expression", "en", "es"),
    [
        ("* * * * *", "Every minute", "Cada minuto"),
        ("*/5 * * * *", "Every 5 minutes", "Cada 5 minutos"),
        ("@daily", "At 00:00, every day", "A las 00:00, todos los días"),
        ("0 1 * * *", "At 01:00, every day", "A la 01:00, todos los días"),
        ("*/10 * * * * *", "Every 10 seconds", "Cada 10 segundos"),
        (
            "*/15 9-17 * * 1-5",
            "Every 15 minutes, from 09:00 to 17:59, Monday to Friday",
            "Cada 15 minutos, de 09:00 a 17:59, de lunes a viernes",
        ),
        (
            "0 9 L 6,12 *",
            "At 09:00, on the last day of the month in June and December",
            "A las 09:00, el último día del mes en junio y diciembre",
        ),
        (
            "0 9 * * MON#2,5L",
            "At 09:00, on the second Monday of the month and on the last Friday of the month",
            "A las 09:00, el segundo lunes del mes y el último viernes del mes",
        ),
        (
            "0 0 1,15 * SAT,SUN",
            "At 00:00, on days 1 and 15 of the month or on Saturdays and Sundays",
            "A las 00:00, los días 1 y 15 del mes o los sábados y domingos",
        ),
        (
            "30 8 15W * *",
            "At 08:30, on the weekday (Monday to Friday) nearest to day 15 of the month",
            "A las 08:30, el día laborable (de lunes a viernes) más cercano al día 15 del mes",
        ),
        (
            "5,20-30 */2 * * *",
            "At minutes 5 and 20 to 30, every 2 hours",
            "En los minutos 5 y 20 a 30, cada 2 horas",
        ),
    ],
)
def test_words(expression: str, en: str, es: str) -> None:
    words = cron_words(parse_cron(expression))
    assert (words.en, words.es) == (en, es)


def test_intervals_in_words() -> None:
    assert interval_words(5_400_000).en == "Every 90 minutes"
    assert interval_words(86_400_000).es == "Todos los días"
    assert interval_words(1500).es == "Cada 1,5 segundos"


@pytest.mark.parametrize(
    ("expression", "same"),
    [
        ("@hourly", "0 * * * *"),
        ("@weekly", "0 0 * * SUN"),
        ("@yearly", "0 0 1 JAN ?"),
        ("0 0 * * fri-sun", "0 0 * * 0,5,6"),
        ("0 0 * * 5-7", "0 0 * * FRI-SUN"),
        ("10/20 * * * *", "10,30,50 * * * *"),
        ("  0   0 1 *  * ", "0 0 1 * *"),
    ],
)
def test_spellings_of_the_same(expression: str, same: str) -> None:
    start = datetime(2026, 1, 1, 0, 0, 1)
    one, other = (list(islice(parse_cron(e).walls(start), 60)) for e in (expression, same))
    assert one == other


def test_hashed_values_are_a_schedules_own_and_stay() -> None:
    seeds = [UUID(int=number).bytes for number in range(200)]
    crons = [parse_cron("H H(0-7) H * *", seed=seed) for seed in seeds]
    assert len({cron.minutes for cron in crons}) > 40
    assert {cron.hours[0] for cron in crons} == set(range(8))
    assert max(cron.month_days.days[0] for cron in crons) <= 28
    assert crons[7].minutes == parse_cron("H * * * *", seed=seeds[7]).minutes
    every = [parse_cron("H/15 * * * *", seed=seed) for seed in seeds]
    assert {len(cron.minutes) for cron in every} == {4}
    assert {cron.minutes[0] for cron in every} == set(range(15))
    assert all(cron.hashed for cron in every)
    assert not parse_cron("0 0 * MAR THU").hashed


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("europe/madrid", "Europe/Madrid"),
        ("Madrid", "Europe/Madrid"),
        ("Europe/Madird", "Europe/Madrid"),
        ("America/New York", "America/New_York"),
        ("EDT", "America/New_York"),
        ("Tokio", "Asia/Tokyo"),
        ("qqqqqq", None),
    ],
)
def test_the_nearest_zone(given: str, meant: str | None) -> None:
    assert nearest(given, PackagedZones().names()) == meant


def test_every_zone_of_the_list_can_be_had() -> None:
    zones = PackagedZones()
    assert len(zones.names()) > 500
    assert all(zones.get(name) is not None for name in zones.names())
    assert zones.get("../etc/passwd") is None
    assert zones.get("europe/madrid") is None
