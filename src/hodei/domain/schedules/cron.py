"""Cron expressions: five fields, six with seconds first, or a macro such as `@daily`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

from hodei.domain.errors import InvalidRequest
from hodei.domain.schedules import fields
from hodei.domain.schedules.days import (
    MonthDays,
    WeekDays,
    days_of,
    read_month_days,
    read_week_days,
)
from hodei.domain.schedules.fields import Fault, Kind, values_of

MAX_CHARS = 200
MACROS: Mapping[str, str] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
LONGEST_WAIT_YEARS = 41
"""No expression that fires at all lets more years pass: a 29 February on a given weekday comes
after 40 at most, around a century without a leap day."""
_LAST_YEAR = 9998
_HASH = re.compile(r"(?<![A-Z])H(?![A-Z])")
_KINDS: tuple[Kind, ...] = (
    fields.SECOND,
    fields.MINUTE,
    fields.HOUR,
    fields.DAY,
    fields.MONTH,
    fields.WEEKDAY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """An expression that has been read; values are sorted."""

    expression: str
    """As it was written, its spaces made single."""
    parts: tuple[str, ...]
    """The six fields in capitals, seconds first."""
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    month_days: MonthDays
    week_days: WeekDays

    @property
    def elapsed(self) -> bool:
        """Whether it follows elapsed time where clocks change: hour or minute has a star or a
        step, so that it means "again and again" rather than a time of day."""
        return any("*" in part or "/" in part for part in self.parts[1:3])

    @property
    def hashed(self) -> bool:
        """Whether `H` is in it, so that its times depend on the schedule."""
        return any(_HASH.search(part) for part in self.parts)

    def days(self, year: int, month: int) -> list[int]:
        """The days of a month on which it fires."""
        return days_of(self.month_days, self.week_days, year, month)

    def walls(self, start: datetime) -> Iterator[datetime]:
        """Local times without zone from `start` on, in order; ends when none is near."""
        for day in self._days_from(start):
            same_day = day == start.date()
            for hour in self.hours:
                if same_day and hour < start.hour:
                    continue
                same_hour = same_day and hour == start.hour
                for minute in self.minutes:
                    if same_hour and minute < start.minute:
                        continue
                    for second in self.seconds:
                        wall = datetime(day.year, day.month, day.day, hour, minute, second)
                        if wall >= start:
                            yield wall

    def _days_from(self, start: datetime) -> Iterator[date]:
        idle_since = start.year
        year, month, first = start.year, start.month, start.day
        while year <= min(idle_since + LONGEST_WAIT_YEARS, _LAST_YEAR):
            if month in self.months:
                for day in self.days(year, month):
                    if day >= first:
                        idle_since = year
                        yield date(year, month, day)
            year, month, first = (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)


def parse_cron(text: str, *, seed: bytes = b"", field: str = "expression") -> Cron:
    """Reads an expression; `seed` is what `H` depends on. Raises InvalidRequest on `field`."""
    compact = " ".join(text.split()) if len(text) <= MAX_CHARS else ""
    if not compact:
        message = f"must be a cron expression of 1 to {MAX_CHARS} characters"
        raise InvalidRequest.of(field, message, text)
    parts = _parts(compact, text, field)
    read: list[tuple[int, ...]] = []
    try:
        for index in (0, 1, 2, 4):
            kind = _KINDS[index]
            read.append(values_of(kind, parts[index], seed))
        kind = fields.DAY
        month_days = read_month_days(parts[3], seed)
        kind = fields.WEEKDAY
        week_days = read_week_days(parts[5], seed)
    except Fault as fault:
        raise InvalidRequest.of(field, f"{kind.name}: {fault}", text) from None
    seconds, minutes, hours, months = read
    cron = Cron(
        expression=compact,
        parts=parts,
        seconds=seconds,
        minutes=minutes,
        hours=hours,
        months=months,
        month_days=month_days,
        week_days=week_days,
    )
    _refuse_never(cron, text, field)
    return cron


def _parts(compact: str, text: str, field: str) -> tuple[str, ...]:
    if compact.startswith("@"):
        return _macro(compact.lower(), text, field)
    parts = compact.upper().split(" ")
    if len(parts) == 5:
        return ("0", *parts)
    if len(parts) == 6:
        return tuple(parts)
    names = "minute, hour, day of month, month, day of week"
    message = f"must have five fields ({names}), or six with the second first; it has {len(parts)}"
    raise InvalidRequest.of(field, message, text)


def _macro(name: str, text: str, field: str) -> tuple[str, ...]:
    if name in MACROS:
        return ("0", *MACROS[name].split(" "))
    if name.startswith("@every"):
        raise InvalidRequest.of(field, "write it as an interval: {kind: interval, every_ms}", text)
    near = get_close_matches(name, MACROS, n=1)
    guess = f"; did you mean {near[0]}?" if near else ""
    raise InvalidRequest.of(field, f"must be one of {', '.join(MACROS)}{guess}", text)


def _refuse_never(cron: Cron, text: str, field: str) -> None:
    # Any start will do: the longest wait is part of `walls`.
    if next(cron.walls(datetime(2000, 1, 1)), None) is not None:
        return
    longest = max(29 if month == 2 else 31 - (month in (4, 6, 9, 11)) for month in cron.months)
    message = (
        f"never fires: no month that it names has such a day; the longest has {longest} days, "
        "and 'L' is the last day of any month"
    )
    raise InvalidRequest.of(field, message, text)
