"""What is decided when slots of a schedule have come: one pure step, whoever takes it.

Slots are decided in their order and each once: a decision moves `handled_until` behind them,
and the store saves it by compare-and-set on `turn`. A slot that is decided more than
`ON_TIME` after it was due was missed, and the catch-up policy says what happens to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from hodei.domain.schedules.rule import Slot, Timing
from hodei.domain.schedules.schedule import Firing, Outcome, Overlap, Schedule

ON_TIME = timedelta(seconds=60)
MOST_ROWS = 100
"""Missed slots that have a row each; those before share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A job of the schedule that is not finished."""

    slot: datetime
    job_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a schedule stands at one moment."""

    schedule: Schedule
    now: datetime
    active: Sequence[Active] = ()
    open: Sequence[Firing] = ()
    """Firings that are submitting or waiting, in the order of their slots."""
    over: Sequence[datetime] = ()
    """Slots whose jobs have finished since the last turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be saved and done."""

    schedule: Schedule
    firings: tuple[Firing, ...] = ()
    """New ones, and those that wait no more."""
    cancel: tuple[UUID, ...] = ()
    """Jobs that make room."""


@dataclass(frozen=True, slots=True)
class Past:
    """Slots that have come."""

    older: tuple[Slot, Slot] | None
    """First and last of those before."""
    slots: Sequence[Slot]


def decide(standing: Standing, timing: Timing) -> Decision:
    """Decides every slot that is due."""
    schedule, now = standing.schedule, standing.now
    if schedule.paused:
        return Decision(schedule=replace(schedule, next_at=None, next_slot=None))
    queue = _Queue(standing)
    queue.promote()
    handled = schedule.handled_until
    for slot, missed, until in _due(schedule, timing, now):
        handled = (until or slot).at
        if missed:
            queue.skip(slot, until)
        else:
            queue.fire(slot)
    next_slot = timing.next(handled)
    return Decision(
        schedule=replace(
            schedule,
            handled_until=handled,
            next_slot=next_slot.at if next_slot else None,
            next_at=schedule.due(next_slot) if next_slot else None,
        ),
        firings=tuple(queue.decided.values()),
        cancel=queue.cancel,
    )


def passed_over(
    schedule: Schedule, timing: Timing, now: datetime, outcome: Outcome, code: str, reason: str
) -> tuple[Firing, ...]:
    """One row for all slots in (handled_until, now] that are not to fire."""
    past = past_slots(timing, schedule.handled_until, now, most=1)
    if not past.slots:
        return ()
    first = past.older[0] if past.older else past.slots[0]
    return (
        Firing(
            schedule_id=schedule.id,
            slot=first.at,
            until=past.slots[-1].at if past.slots[-1] != first else None,
            fired_at=now,
            outcome=outcome,
            code=code,
            reason=reason,
        ),
    )


def past_slots(timing: Timing, after: datetime, now: datetime, *, most: int) -> Past:
    """The newest `most` slots in (after, now], however many there are."""
    first = timing.next(after)
    if first is None or first.at > now:
        return Past(None, ())
    span = timedelta(minutes=1)
    while True:
        start = max(after, now - span)
        newest = deque(timing.until(start, now), maxlen=most + 1)
        if start == after or len(newest) > most:
            break
        span *= 2
    slots = list(newest)[-most:]
    if first.at >= slots[0].at:
        return Past(None, slots)
    return Past((first, _before(timing, after, slots[0])), slots)


def _before(timing: Timing, after: datetime, slot: Slot) -> Slot:
    """The last one in (after, slot)."""
    span = timedelta(minutes=1)
    while True:
        start = max(after, slot.at - span)
        found = deque((one for one in timing.until(start, slot.at) if one.at < slot.at), maxlen=1)
        if found:
            return found[0]
        span *= 2


def _due(
    schedule: Schedule, timing: Timing, now: datetime
) -> Sequence[tuple[Slot, bool, Slot | None]]:
    """Slots that are due, each with whether it is skipped, and the end of its stretch."""
    catch_up = schedule.catch_up.most
    on_time = max(schedule.handled_until, now - ON_TIME - _jitter(schedule))
    recent = [slot for slot in timing.until(on_time, now)]
    past = past_slots(timing, schedule.handled_until, on_time, most=max(catch_up, MOST_ROWS))
    found: list[tuple[Slot, bool, Slot | None]] = []
    if past.older is not None:
        first, last = past.older
        found.append((first, True, last if last != first else None))
    come: list[tuple[Slot, bool]] = []
    for slot in [*past.slots, *recent]:
        due = schedule.due(slot)
        if due > now:
            break  # later ones wait for it
        come.append((slot, now - due > ON_TIME))
    left = sum(missed for _, missed in come)
    for slot, missed in come:
        found.append((slot, missed and left > catch_up, None))
        left -= missed
    return found


def _jitter(schedule: Schedule) -> timedelta:
    return timedelta(milliseconds=schedule.jitter_ms)


class _Queue:
    """The firings of a schedule while slots are decided."""

    def __init__(self, standing: Standing) -> None:
        self._schedule = standing.schedule
        self._now = standing.now
        self._active = list(standing.active)
        self._submitting = [f for f in standing.open if f.outcome is Outcome.SUBMITTING]
        self._waiting = [f for f in standing.open if f.outcome is Outcome.WAITING]
        self.decided: dict[datetime, Firing] = {}

    @property
    def cancel(self) -> tuple[UUID, ...]:
        """Jobs that a waiting slot replaces."""
        replaces = self._schedule.overlap is Overlap.REPLACE and self._waiting
        return tuple(active.job_id for active in self._active) if replaces else ()

    @property
    def _busy(self) -> bool:
        return bool(self._active or self._submitting)

    def promote(self) -> None:
        """Lets the first waiting one fire when nothing is before it any more."""
        if self._waiting and not self._busy:
            self._submit(self._waiting.pop(0))

    def skip(self, slot: Slot, until: Slot | None) -> None:
        """Notes missed slots that do not fire."""
        late = "no server fired it in time"
        self._put(
            replace(
                self._firing(slot, Outcome.SKIPPED_MISSED, "missed", late),
                until=until.at if until else None,
            )
        )

    def fire(self, slot: Slot) -> None:
        """Decides one slot that is to fire."""
        overlap = self._schedule.overlap
        if overlap is Overlap.REPLACE:
            self._replace_waiting(slot)
        ahead = self._busy or bool(self._waiting)
        if overlap is Overlap.ALLOW or not ahead:
            self._submit(self._firing(slot, Outcome.SUBMITTING))
        elif overlap is Overlap.SKIP:
            self._put(self._firing(slot, Outcome.SKIPPED_OVERLAP, "overlap", self._why()))
        elif len(self._waiting) >= self._schedule.queue_limit and overlap is Overlap.QUEUE:
            full = f"{len(self._waiting)} slots wait already, which is the queue's limit"
            self._put(self._firing(slot, Outcome.SKIPPED_OVERLAP, "queue_full", full))
        else:
            waiting = self._firing(slot, Outcome.WAITING, "overlap", self._why())
            self._waiting.append(waiting)
            self._put(waiting)

    def _replace_waiting(self, slot: Slot) -> None:
        for old in self._waiting:
            reason = f"the slot {slot.at.isoformat()} took its place while it waited"
            self._put(
                replace(
                    old,
                    outcome=Outcome.REPLACED,
                    fired_at=self._now,
                    code="replaced",
                    reason=reason,
                )
            )
        self._waiting.clear()

    def _why(self) -> str:
        if self._active:
            return f"job {self._active[0].job_id} of the schedule is not finished"
        return "the job of an earlier slot is being submitted"

    def _submit(self, firing: Firing) -> None:
        firing = replace(firing, outcome=Outcome.SUBMITTING, fired_at=self._now, code="", reason="")
        self._submitting.append(firing)
        self._put(firing)

    def _firing(self, slot: Slot, outcome: Outcome, code: str = "", reason: str = "") -> Firing:
        return Firing(
            schedule_id=self._schedule.id,
            slot=slot.at,
            fired_at=self._now,
            outcome=outcome,
            code=code,
            reason=reason,
        )

    def _put(self, firing: Firing) -> None:
        self.decided[firing.slot] = firing
