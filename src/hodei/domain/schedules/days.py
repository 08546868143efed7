"""The days on which a cron expression fires: day of month, month and day of week together."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

from hodei.domain.schedules.fields import DAY, WEEKDAY, Fault, term_values, terms_of

_NEAREST = re.compile(r"(\d{1,2})W\Z", re.ASCII)
_FROM_LAST = re.compile(r"L-(\d{1,2})\Z", re.ASCII)
_LAST_WEEKDAY = re.compile(r"([A-Z]{3}|\d)L\Z", re.ASCII)
_NTH = re.compile(r"([A-Z]{3}|\d)#(\d+)\Z", re.ASCII)
_SATURDAY, _SUNDAY = 6, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDays:
    """The day-of-month field."""

    days: tuple[int, ...] = ()
    from_last: tuple[int, ...] = ()
    """`L` is 0, `L-3` is 3: days before the last one."""
    nearest: tuple[int, ...] = ()
    """`15W`: the weekday (Monday to Friday) nearest to that day, within the month."""
    last_workday: bool = False
    """`LW`: the last weekday (Monday to Friday)."""
    every: bool = True
    """Whether the field begins with a star: it restricts nothing, or joins with the other."""

    @property
    def plain(self) -> bool:
        """Whether only numbers were written."""
        return not (self.from_last or self.nearest or self.last_workday)

    def of(self, year: int, month: int) -> set[int]:
        """Those of one month."""
        first, length = _shape(year, month)
        found = {day for day in self.days if day <= length}
        found |= {length - back for back in self.from_last if back < length}
        found |= {_nearest(day, first, length) for day in self.nearest if day <= length}
        if self.last_workday:
            found.add(_nearest(length, first, length))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekDays:
    """The day-of-week field; Sunday is 0."""

    days: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    """`MON#2`: weekday and which one of the month."""
    last: tuple[int, ...] = ()
    """`5L`: the last one of the month."""
    every: bool = True

    @property
    def plain(self) -> bool:
        """Whether only weekdays were written."""
        return not (self.nth or self.last)

    def of(self, year: int, month: int) -> set[int]:
        """Days of one month."""
        first, length = _shape(year, month)
        found = set(self.days)
        days = {day for day in range(1, length + 1) if (first + day - 1) % 7 in found}
        for weekday, number in self.nth:
            day = 1 + (weekday - first) % 7 + 7 * (number - 1)
            days |= {day} if day <= length else set()
        for weekday in self.last:
            days.add(length - (first + length - 1 - weekday) % 7)
        return days


def days_of(month_days: MonthDays, week_days: WeekDays, year: int, month: int) -> list[int]:
    """The days of a month that both fields together mean, in order.

    Where both are restricted either is enough; where one begins with a star both must match.
    """
    one, other = month_days.of(year, month), week_days.of(year, month)
    either = not (month_days.every or week_days.every)
    return sorted(one | other if either else one & other)


def read_month_days(text: str, seed: bytes) -> MonthDays:
    """The field day of month. Raises Fault."""
    days: set[int] = set()
    back: set[int] = set()
    nearest: set[int] = set()
    last_workday = False
    for term in terms_of(text):
        if term == "LW":
            last_workday = True
        elif term == "L":
            back.add(0)
        elif match := _FROM_LAST.match(term):
            back.add(_within(int(match[1]), 1, 30, "days before the last one"))
        elif match := _NEAREST.match(term):
            nearest.add(_within(int(match[1]), 1, 31, "the day of month before 'W'"))
        else:
            days.update(term_values(DAY, term, seed))
    return MonthDays(
        days=tuple(sorted(days)),
        from_last=tuple(sorted(back)),
        nearest=tuple(sorted(nearest)),
        last_workday=last_workday,
        every=text[0] in "*?",
    )


def read_week_days(text: str, seed: bytes) -> WeekDays:
    """The field day of week. Raises Fault."""
    days: set[int] = set()
    nth: set[tuple[int, int]] = set()
    last: set[int] = set()
    for term in terms_of(text):
        if term == "L":
            raise Fault("'L' needs a weekday here, as in 5L for the last Friday of the month")
        if match := _NTH.match(term):
            number = _within(int(match[2][:4]), 1, 5, "the number after '#'")
            nth.update((day, number) for day in _weekday(match[1], seed))
        elif match := _LAST_WEEKDAY.match(term):
            last.update(_weekday(match[1], seed))
        else:
            days.update(day % 7 for day in term_values(WEEKDAY, term, seed))
    return WeekDays(
        days=tuple(sorted(days)),
        nth=tuple(sorted(nth)),
        last=tuple(sorted(last)),
        every=text[0] in "*?",
    )


def _weekday(text: str, seed: bytes) -> Iterator[int]:
    return (day % 7 for day in term_values(WEEKDAY, text, seed))


def _within(value: int, least: int, most: int, what: str) -> int:
    if not least <= value <= most:
        raise Fault(f"{what} must be between {least} and {most}")
    return value


def _shape(year: int, month: int) -> tuple[int, int]:
    """Weekday of the first, Sunday being 0, and the number of days."""
    monday_first, length = monthrange(year, month)
    return (monday_first + 1) % 7, length


def _nearest(day: int, first: int, length: int) -> int:
    weekday = (first + day - 1) % 7
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < length else day - 2
    return day
