"""Schedules and firings as rows and back."""

from __future__ import annotations

from hodei.adapters.postgres.database import Row
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.job import JobState
from hodei.domain.schedules.data import (
    rule_from_dict,
    rule_to_dict,
    target_from_dict,
    target_to_dict,
)
from hodei.domain.schedules.schedule import (
    CatchUp,
    CatchUpPolicy,
    Firing,
    Outcome,
    Overlap,
    Schedule,
)
from hodei.ports.schedules import FiringRow, ScheduleRow


def schedule_row(schedule: Schedule) -> tuple[object, ...]:
    """Values in the order of the statements."""
    return (
        schedule.id,
        schedule.project,
        schedule.name,
        clean(schedule.description),
        dumps(rule_to_dict(schedule.rule)),
        schedule.zone,
        schedule.overlap.value,
        schedule.queue_limit,
        schedule.catch_up.policy.value,
        schedule.catch_up.limit,
        schedule.jitter_ms,
        schedule.starts_at,
        schedule.ends_at,
        schedule.paused,
        clean(schedule.paused_by),
        schedule.paused_at,
        dumps(target_to_dict(schedule.target)),
        schedule.version,
        schedule.created_at,
        clean(schedule.created_by),
        schedule.updated_at,
        clean(schedule.updated_by),
        schedule.handled_until,
        schedule.next_slot,
        schedule.next_at,
        schedule.turn,
    )


def schedule_of(row: Row) -> Schedule:
    """The schedule in a row that has all columns of the table."""
    return Schedule(
        id=row["id"],
        project=row["project"],
        name=row["name"],
        description=row["description"],
        rule=rule_from_dict(loads(row["rule"])),
        zone=row["zone"],
        overlap=Overlap(row["overlap"]),
        queue_limit=row["queue_limit"],
        catch_up=CatchUp(policy=CatchUpPolicy(row["catch_up"]), limit=row["catch_up_limit"]),
        jitter_ms=row["jitter_ms"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        paused=row["paused"],
        paused_by=row["paused_by"],
        paused_at=row["paused_at"],
        target=target_from_dict(loads(row["target"])),
        version=row["version"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
        handled_until=row["handled_until"],
        next_slot=row["next_slot"],
        next_at=row["next_at"],
        turn=row["turn"],
    )


def firing_row(firing: Firing) -> tuple[object, ...]:
    """Values in the order of the statements."""
    return (
        firing.schedule_id,
        firing.slot,
        firing.until,
        firing.fired_at,
        firing.outcome.value,
        firing.code,
        clean(firing.reason),
        firing.job_id,
        firing.manual,
        clean(firing.actor),
    )


def firing_of(row: Row) -> Firing:
    """The firing in a row that has all columns of the table."""
    return Firing(
        schedule_id=row["schedule_id"],
        slot=row["slot"],
        until=row["until"],
        fired_at=row["fired_at"],
        outcome=Outcome(row["outcome"]),
        code=row["code"],
        reason=row["reason"],
        job_id=row["job_id"],
        manual=row["manual"],
        actor=row["actor"],
    )


def firing_row_of(row: Row) -> FiringRow:
    """The firing and how its job is."""
    return FiringRow(firing=firing_of(row), job_state=_state(row["job_state"]))


def schedule_row_of(row: Row) -> ScheduleRow:
    """The schedule with its newest firing, in a row with the fragment `schedule_seen`."""
    schedule = schedule_of(row)
    return ScheduleRow(schedule=schedule, last_firing=_last(row), running_jobs=row["running_jobs"])


def _last(row: Row) -> FiringRow | None:
    if row["f_slot"] is None:
        return None
    firing = Firing(
        schedule_id=row["id"],
        slot=row["f_slot"],
        until=row["f_until"],
        fired_at=row["f_fired_at"],
        outcome=Outcome(row["f_outcome"]),
        code=row["f_code"],
        reason=row["f_reason"],
        job_id=row["f_job_id"],
        manual=row["f_manual"],
        actor=row["f_actor"],
    )
    return FiringRow(firing=firing, job_state=_state(row["f_job_state"]))


def _state(text: str | None) -> JobState | None:
    return JobState(text) if text else None
