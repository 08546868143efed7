"""A year with dying replicas and a clock that is set: every slot once, by the stated policies.

`HODEI_SCHEDULE_SEEDS` is how many years are lived (default 1).
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from itertools import pairwise

import pytest

from hodei.adapters.system import PackagedZones
from hodei.domain.schedules.rule import Slot, Timing, seed_of
from hodei.domain.schedules.schedule import CatchUpPolicy, Firing, Outcome, Overlap, Schedule
from hodei.domain.schedules.turn import ON_TIME
from tests.unit.schedules.year import START, Run, Year

SEEDS = range(int(os.environ.get("HODEI_SCHEDULE_SEEDS", "1")))


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_year_of_deaths_misses_no_slot_and_doubles_none(seed: int) -> None:
    year = Year(seed)
    await year.run()
    # Else the year was too peaceful to prove anything.
    assert year.deaths > 20 and year.outages
    for schedule in year.schedules:
        firings = [one for _, one in sorted(year.tables.firings[schedule.id].rows.items())]
        _every_slot_once(year, schedule, firings)
        _one_job_each(year, schedule, firings)
        _by_policy(year, schedule, firings)
    seen = Counter(
        firing.outcome for kept in year.tables.firings.values() for firing in kept.rows.values()
    )
    assert seen[Outcome.SUBMITTED] > 800
    assert {Outcome.SKIPPED_OVERLAP, Outcome.SKIPPED_MISSED, Outcome.REPLACED} <= set(seen)


def _every_slot_once(year: Year, schedule: Schedule, firings: list[Firing]) -> None:
    zone = PackagedZones().get(schedule.zone)
    assert zone is not None
    timing = Timing(rule=schedule.rule, zone=zone, seed=seed_of(schedule.id))
    handled = year.tables.schedules[schedule.id].handled_until
    expected = [slot.at for slot in timing.until(START, handled)]
    assert expected[-1] == handled
    covered = [slot for firing in firings for slot in expected if _covers(firing, slot)]
    assert covered == expected
    following = timing.next(handled)
    assert following is not None and schedule.due(following) > year.clock.now()


def _covers(firing: Firing, slot: datetime) -> bool:
    return firing.slot <= slot <= (firing.until or firing.slot)


def _one_job_each(year: Year, schedule: Schedule, firings: list[Firing]) -> None:
    jobs = {
        entry.job.id: entry.job.idempotency_key
        for entry in year.tables.jobs.values()
        if entry.job.spec.name == schedule.name
    }
    fired = {firing.job_id: firing.key for firing in firings if firing.job_id is not None}
    assert fired == jobs
    assert all((f.outcome is Outcome.SUBMITTED) == (f.job_id is not None) for f in firings)


def _by_policy(year: Year, schedule: Schedule, firings: list[Firing]) -> None:
    if schedule.overlap is not Overlap.ALLOW:
        runs = [year.runs[f.job_id] for f in firings if f.job_id is not None]
        _no_two_at_once(sorted(runs, key=lambda run: run.begun))
        return
    late = [f for f in firings if f.fired_at - _due(schedule, f) > ON_TIME]
    missed = [f for f in firings if f.outcome is Outcome.SKIPPED_MISSED]
    match schedule.catch_up.policy:
        case CatchUpPolicy.NONE:
            assert late == missed
        case CatchUpPolicy.ALL:
            assert not missed
        case CatchUpPolicy.LAST:
            fired = Counter(f.fired_at for f in late if f not in missed)
            assert all(count == 1 for count in fired.values())
            assert {f.fired_at for f in missed} <= set(fired)


def _due(schedule: Schedule, firing: Firing) -> datetime:
    return schedule.due(Slot(firing.until or firing.slot))


def _no_two_at_once(runs: list[Run]) -> None:
    for one, other in pairwise(runs):
        assert one.ended is not None
        assert one.ended <= other.begun
