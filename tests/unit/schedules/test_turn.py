"""What is decided when slots have come, policy by policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from uuid import uuid4

import pytest

from hodei.domain.schedules.rule import IntervalRule, Timing
from hodei.domain.schedules.schedule import (
    CatchUp,
    CatchUpPolicy,
    Firing,
    Outcome,
    Overlap,
    Schedule,
)
from hodei.domain.schedules.turn import MOST_ROWS, Active, Decision, Standing, decide
from hodei.testing.store_contract.rows import T0
from hodei.testing.store_contract.schedules import new_schedule

MINUTE = timedelta(minutes=1)
RULE = IntervalRule(every_ms=60_000, anchor=T0)


def minutely(**more: Any) -> Schedule:
    """A schedule whose slots are whole minutes, decided up to T0."""
    return replace(new_schedule(), rule=RULE, **more)


def decided(
    schedule: Schedule, after: timedelta, *, open_: Sequence[Firing] = (), active: int = 0
) -> Decision:
    """The turn that is taken so long after T0."""
    jobs = [Active(slot=T0, job_id=uuid4()) for _ in range(active)]
    standing = Standing(schedule=schedule, now=T0 + after, open=open_, active=jobs)
    return decide(standing, Timing(rule=RULE, zone=UTC))


def told(decision: Decision) -> list[tuple[int, str]]:
    """Minutes and outcomes."""
    return [((one.slot - T0) // MINUTE, one.outcome.value) for one in decision.firings]


def waiting(minute: int) -> Firing:
    """A slot that waits."""
    slot = T0 + minute * MINUTE
    return Firing(schedule_id=uuid4(), slot=slot, fired_at=slot, outcome=Outcome.WAITING)


@pytest.mark.parametrize(
    ("catch_up", "fired"),
    [
        (CatchUp(policy=CatchUpPolicy.NONE), [10]),
        (CatchUp(policy=CatchUpPolicy.LAST), [9, 10]),
        (CatchUp(policy=CatchUpPolicy.ALL, limit=3), [7, 8, 9, 10]),
        (CatchUp(policy=CatchUpPolicy.ALL), list(range(1, 11))),
    ],
)
def test_missed_slots_are_caught_up_with_by_policy(catch_up: CatchUp, fired: list[int]) -> None:
    # The tenth is 30 s old, the ninth a minute and a half.
    schedule = minutely(overlap=Overlap.ALLOW, catch_up=catch_up)
    decision = decided(schedule, 10.5 * MINUTE)
    assert [minute for minute, outcome in told(decision) if outcome == "submitting"] == fired
    missed = [minute for minute, outcome in told(decision) if outcome == "skipped_missed"]
    assert missed == [minute for minute in range(1, 11) if minute not in fired]
    assert decision.schedule.handled_until == T0 + 10 * MINUTE
    assert decision.schedule.next_at == T0 + 11 * MINUTE


def test_years_of_missed_slots_take_few_rows() -> None:
    decision = decided(minutely(overlap=Overlap.ALLOW), timedelta(days=3650))
    first, *rest = decision.firings
    assert first.slot == T0 + MINUTE and first.until is not None
    assert first.until + MINUTE == rest[0].slot
    assert MOST_ROWS <= len(rest) <= MOST_ROWS + 2
    assert {one.outcome for one in rest[:-2]} == {Outcome.SKIPPED_MISSED}
    assert decision.schedule.handled_until == T0 + timedelta(days=3650)


def test_a_slot_is_skipped_queued_or_replaces_while_a_job_runs() -> None:
    now = 2 * MINUTE
    skipped = decided(minutely(), now, active=1)
    assert told(skipped) == [(1, "skipped_overlap"), (2, "skipped_overlap")]
    assert skipped.firings[0].code == "overlap"
    queued = decided(minutely(overlap=Overlap.QUEUE), now, active=1)
    assert told(queued) == [(1, "waiting"), (2, "skipped_overlap")]
    assert queued.firings[1].code == "queue_full"
    replaced = decided(minutely(overlap=Overlap.REPLACE), now, active=1)
    assert told(replaced) == [(1, "replaced"), (2, "waiting")]
    assert len(replaced.cancel) == 1
    assert told(decided(minutely(overlap=Overlap.ALLOW), now, active=5))[1] == (2, "submitting")


def test_of_two_slots_at_once_the_first_one_runs() -> None:
    assert told(decided(minutely(), 2 * MINUTE)) == [(1, "submitting"), (2, "skipped_overlap")]


def test_the_first_that_waits_goes_on_when_nothing_runs() -> None:
    schedule = minutely(overlap=Overlap.QUEUE, queue_limit=5, handled_until=T0 + 3 * MINUTE)
    decision = decided(schedule, 3 * MINUTE, open_=[waiting(2), waiting(3)])
    assert told(decision) == [(2, "submitting")]
    assert not decided(schedule, 3 * MINUTE, open_=[waiting(2)], active=1).firings


def test_a_paused_schedule_and_a_clock_set_back_decide_nothing() -> None:
    assert not decided(minutely(paused=True), 9 * MINUTE).firings
    ahead = minutely(handled_until=T0 + 60 * MINUTE)
    decision = decided(ahead, 5 * MINUTE)
    assert not decision.firings
    assert decision.schedule.handled_until == ahead.handled_until


def test_jitter_delays_each_slot_by_its_own_and_keeps_the_order() -> None:
    schedule = minutely(overlap=Overlap.ALLOW, jitter_ms=50_000)
    slots = list(Timing(rule=RULE, zone=UTC).until(T0, T0 + 200 * MINUTE))
    delays = {schedule.due(slot) - slot.at for slot in slots}
    assert len(delays) > 150
    assert timedelta(0) <= min(delays) and max(delays) <= timedelta(seconds=50)
    due = schedule.due(slots[0])
    assert not decided(schedule, due - T0 - timedelta(milliseconds=1)).firings
    assert told(decided(schedule, due - T0)) == [(1, "submitting")]
