"""A second reading of cron, written otherwise: it looks at every minute of time in turn.

It shares nothing with the product: expressions are taken apart anew, each minute is asked
whether it matches, and clock changes are seen by comparing the clocks of neighbouring minutes.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

_MINUTE = timedelta(minutes=1)
_LOWEST = (0, 0, 1, 1, 0)
_HIGHEST = (59, 23, 31, 12, 7)


class Walker:
    """Five fields of numbers, stars, ranges, lists and steps; and `L`, `LW`, `nW`, `n#k`, `nL`."""

    def __init__(self, expression: str) -> None:
        self._fields = expression.split()
        self._fixed = not any(set("*/") & set(field) for field in self._fields[:2])

    def slots(self, zone: tzinfo, after: datetime, before: datetime) -> list[datetime]:
        """The slots in (after, before), which are whole minutes of UTC."""
        if self._fixed:
            return sorted(self._times_of_day(zone, after, before))
        return [at for at, wall in _minutes(zone, after, before) if self._matches(wall)]

    def _times_of_day(self, zone: tzinfo, after: datetime, before: datetime) -> set[datetime]:
        """Each local time the first time that a clock shows it, or the minute after its gap."""
        found: set[datetime] = set()
        seen: set[datetime] = set()
        last: datetime | None = None
        # A local time that comes twice may have come before `after`.
        for at, wall in _minutes(zone, after - timedelta(hours=50), before):
            skipped = [] if last is None or wall <= last else _between(last, wall)
            if any(self._matches(missing) and missing not in seen for missing in skipped):
                found.add(at)
            seen.update(skipped)
            if wall not in seen and self._matches(wall):
                found.add(at)
            seen.add(wall)
            last = wall if last is None else max(last, wall)
        return {at for at in found if at > after}

    def _matches(self, wall: datetime) -> bool:
        minute, hour, day, month, weekday = self._fields
        if not (_holds(0, minute, wall.minute) and _holds(1, hour, wall.hour)):
            return False
        if not _holds(3, month, wall.month):
            return False
        by_day, by_weekday = _day_holds(day, wall), _weekday_holds(weekday, wall)
        if day[0] == "*" or weekday[0] == "*":
            return by_day and by_weekday
        return by_day or by_weekday


def _minutes(
    zone: tzinfo, after: datetime, before: datetime
) -> Iterator[tuple[datetime, datetime]]:
    at = after + _MINUTE
    while at < before:
        yield at, at.astimezone(zone).replace(tzinfo=None)
        at += _MINUTE


def _between(last: datetime, wall: datetime) -> list[datetime]:
    count = (wall - last) // _MINUTE
    return [last + number * _MINUTE for number in range(1, count)]


def _holds(index: int, field: str, value: int) -> bool:
    for term in field.split(","):
        span, _, step = term.partition("/")
        low, dash, high = span.partition("-")
        if low == "*":
            first, last = _LOWEST[index], _HIGHEST[index]
        else:
            first = int(low)
            last = int(high) if dash else (_HIGHEST[index] if step else first)
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


def _day_holds(field: str, wall: datetime) -> bool:
    last = calendar.monthrange(wall.year, wall.month)[1]
    if field == "L":
        return wall.day == last
    if field == "LW" or field.endswith("W"):
        meant = last if field == "LW" else int(field[:-1])
        if meant > last:
            return False
        workdays = [
            d for d in range(1, last + 1) if datetime(wall.year, wall.month, d).weekday() < 5
        ]
        return wall.day == min(workdays, key=lambda d: (abs(d - meant), d < meant))
    return _holds(2, field, wall.day)


def _weekday_holds(field: str, wall: datetime) -> bool:
    weekday = wall.isoweekday()  # Sunday is 7
    last = calendar.monthrange(wall.year, wall.month)[1]
    if "#" in field:
        meant, number = map(int, field.split("#"))
        return weekday % 7 == meant % 7 and (wall.day - 1) // 7 == number - 1
    if field.endswith("L"):
        return weekday % 7 == int(field[:-1]) % 7 and wall.day + 7 > last
    return _holds(4, field, weekday) or _holds(4, field, weekday % 7)
