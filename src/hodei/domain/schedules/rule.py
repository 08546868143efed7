"""Rules of schedules: cron, interval and once; and the slots that each means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import takewhile
from uuid import UUID

from hodei.domain.schedules.cron import Cron, parse_cron
from hodei.domain.schedules.next_fire import Note, Slot, cron_slots, wall_of

_MICROSECOND = timedelta(microseconds=1)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""No slot is looked for after this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CronRule:
    """Local times of the zone."""

    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRule:
    """Every so much elapsed time, counted from the anchor."""

    every_ms: int
    anchor: datetime
    """The first slot, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceRule:
    """One time."""

    at: datetime
    """In UTC."""


Rule = CronRule | IntervalRule | OnceRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Everything that the times of a schedule depend on."""

    rule: Rule
    zone: tzinfo
    seed: bytes = b""
    """What `H` depends on."""
    starts_at: datetime | None = None
    """No slot lies before it."""
    ends_at: datetime | None = None
    """Every slot lies before it."""

    def slots(self, after: datetime) -> Iterator[Slot]:
        """The slots later than `after`, in order."""
        if self.starts_at is not None:
            after = max(after, self.starts_at - _MICROSECOND)
        end = LATEST if self.ends_at is None else min(self.ends_at, LATEST)
        return takewhile(lambda slot: slot.at < end, self._unbounded(after))

    def next(self, after: datetime) -> Slot | None:
        """The first slot later than `after`."""
        return next(self.slots(after), None)

    def until(self, after: datetime, end: datetime) -> Iterator[Slot]:
        """The slots in (after, end]."""
        return takewhile(lambda slot: slot.at <= end, self.slots(after))

    def _unbounded(self, after: datetime) -> Iterator[Slot]:
        match self.rule:
            case CronRule():
                return cron_slots(_read(self.rule.expression, self.seed), self.zone, after)
            case IntervalRule():
                return _every(self.rule, after)
            case OnceRule():
                return iter([Slot(self.rule.at)] if self.rule.at > after else [])


@dataclass(frozen=True, slots=True)
class LocalSlot:
    """A slot as people read it."""

    at: datetime
    local: datetime
    """The same instant in the zone."""
    note: Note | None

    @classmethod
    def of(cls, slot: Slot, zone: tzinfo) -> LocalSlot:
        """The slot in a zone."""
        return cls(at=slot.at, local=slot.at.astimezone(zone), note=slot.note)


def seed_of(schedule_id: UUID) -> bytes:
    """What `H` depends on in a schedule's expression."""
    return schedule_id.bytes


@lru_cache(maxsize=1024)
def _read(expression: str, seed: bytes) -> Cron:
    return parse_cron(expression, seed=seed)


def _every(rule: IntervalRule, after: datetime) -> Iterator[Slot]:
    every = timedelta(milliseconds=rule.every_ms)
    number = max(0, (after - rule.anchor) // every + 1)
    while True:
        yield Slot(rule.anchor + number * every)
        number += 1


__all__ = [
    "LATEST",
    "CronRule",
    "IntervalRule",
    "LocalSlot",
    "Note",
    "OnceRule",
    "Rule",
    "Slot",
    "Timing",
    "seed_of",
    "wall_of",
]
