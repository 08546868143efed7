"""When a cron expression fires next in a time zone, whatever its clocks do.

A slot is an instant. An expression that names times of day (neither hour nor minute has a star
or a step) means local times: one that the clocks jump over fires at the first instant after the
jump, several of them once; one that comes twice fires the first time only. Every other
expression means "again and again" and follows elapsed time: it fires whenever the local clock
shows a time that matches, in both passes of a repeated hour and never inside a jump.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from hodei.domain.schedules.cron import Cron

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_NEAR = timedelta(hours=48)
"""More than any clock was ever set forward or back, and two zones can differ, together."""
_ZERO = timedelta(0)


class Note(StrEnum):
    """What is odd about the local time of a slot."""

    GAP = "gap"
    """The clocks jump over the time that was meant; this is the first one after the jump."""
    REPEATED = "repeated"
    """The clocks show this local time twice."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a rule fires."""

    at: datetime
    """In UTC."""
    note: Note | None = None


def cron_slots(cron: Cron, zone: tzinfo, after: datetime) -> Iterator[Slot]:
    """The slots later than `after`, in order; ends when no other one is near."""
    slots = _elapsed(cron, zone, after) if cron.elapsed else _times_of_day(cron, zone, after)
    for slot in slots:
        if slot.at > after:
            after = slot.at
            yield slot


def resolve(wall: datetime, zone: tzinfo) -> Slot:
    """The instant of a local time: the first of two, the first after a jump over it."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return Slot(first)
    if first < second:
        return Slot(first, Note.REPEATED)
    # Inside a jump: before it lies `second`, after it `first`.
    return Slot(_edge(second, first, zone), Note.GAP)


def wall_of(at: datetime, zone: tzinfo) -> datetime:
    """What a clock in the zone shows at an instant, without zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _times_of_day(cron: Cron, zone: tzinfo, after: datetime) -> Iterator[Slot]:
    # Instants of local times are in the order of the times, so none before this one matters.
    for wall in cron.walls(wall_of(after, zone).replace(microsecond=0)):
        yield resolve(wall, zone)


def _elapsed(cron: Cron, zone: tzinfo, after: datetime) -> Iterator[Slot]:
    """Goes through stretches of time in which the zone's offset stays the same."""
    position = after.replace(microsecond=0)
    while True:
        offset = _offset(position, zone)
        wall = next(cron.walls(wall_of(position, zone)), None)
        if wall is None:
            return
        candidate = (wall - offset).replace(tzinfo=UTC)
        edge = _first_edge(position, candidate, zone)
        if edge is not None:
            position = edge
            continue
        yield Slot(candidate, _repeated(wall, zone))
        position = candidate + _SECOND


def _first_edge(start: datetime, end: datetime, zone: tzinfo) -> datetime | None:
    """The first instant in (start, end] with another offset that a matching time may follow.

    Far from both ends no time matches under any offset that the zone can have, for the times
    of the clock there lie between the last one looked at and the next one that matches; so
    what happens in the middle is passed over, and the offset is looked at anew behind it.
    """
    offset = _offset(start, zone)
    position = start
    while position < end:
        if end - position > 2 * _NEAR and position - start >= _NEAR:
            behind = end - _NEAR
            if _offset(behind, zone) != offset:
                return behind
            position = behind
            continue
        step = min(position + _HOUR, end)
        if _offset(step, zone) != offset:
            return _edge(position, step, zone)
        position = step
    return None


def _edge(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first instant, to the second, in (before, after] with another offset than `before`."""
    offset = _offset(before, zone)
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after


def _repeated(wall: datetime, zone: tzinfo) -> Note | None:
    first = wall.replace(tzinfo=zone, fold=0).utcoffset()
    second = wall.replace(tzinfo=zone, fold=1).utcoffset()
    return Note.REPEATED if (first or _ZERO) > (second or _ZERO) else None


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or _ZERO
