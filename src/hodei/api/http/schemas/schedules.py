"""Schedules and their firings as they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from hodei.api.http.schemas.model import Model
from hodei.domain.job import JobState
from hodei.domain.schedules.data import rule_to_dict, shown_target
from hodei.domain.schedules.next_fire import Note
from hodei.domain.schedules.rule import LocalSlot, seed_of
from hodei.domain.schedules.schedule import CatchUpPolicy, Outcome, Overlap, Parameter
from hodei.domain.schedules.words import Words
from hodei.engine.schedules.catalog import ScheduleView as View
from hodei.engine.schedules.preview import Preview, words_of
from hodei.ports.schedules import FiringRow
from hodei.ports.store import Page


class WordsView(Model):
    """The same sentence in English and Spanish."""

    en: str
    es: str

    @classmethod
    def of(cls, words: Words) -> WordsView:
        """Both."""
        return cls(en=words.en, es=words.es)


class CronRuleView(Model):
    """Local times of the zone."""

    kind: Literal["cron"]
    expression: str


class IntervalRuleView(Model):
    """Every so many milliseconds of elapsed time, counted from the anchor."""

    kind: Literal["interval"]
    every_ms: int
    anchor: datetime


class OnceRuleView(Model):
    """One time."""

    kind: Literal["once"]
    at: datetime


class SlotView(Model):
    """A time at which a rule fires."""

    slot: datetime
    """In UTC."""
    local: str
    """What the clock of the zone shows then, without offset."""
    offset: str
    """Offset of the zone from UTC at that time, such as +02:00."""
    note: Note | None
    """gap: the clocks jump over the time meant, this is the first one after it; repeated: the
    clocks show this time twice."""

    @classmethod
    def of(cls, slot: LocalSlot) -> SlotView:
        """A slot as it is shown."""
        text = slot.local.isoformat(timespec="seconds")
        return cls(slot=slot.at, local=text[:19], offset=text[19:], note=slot.note)


class PreviewWarning(Model):
    """Something that is allowed and may surprise."""

    code: str
    """spread, either_day, short_months, uneven_step, gap, repeated, long_jitter, no_slot."""
    words: WordsView


class SchedulePreview(Model):
    """What a rule means."""

    words: WordsView
    next: list[SlotView]
    """Without jitter."""
    warnings: list[PreviewWarning]

    @classmethod
    def of(cls, preview: Preview) -> SchedulePreview:
        """As it is shown."""
        return cls(
            words=WordsView.of(preview.words),
            next=[SlotView.of(slot) for slot in preview.next],
            warnings=[
                PreviewWarning(code=one.code, words=WordsView.of(one.words))
                for one in preview.warnings
            ],
        )


class CatchUpView(Model):
    """What happens to slots that no server fired in time."""

    policy: CatchUpPolicy
    limit: int
    """How many fire at most under `all`."""


class SpecTargetView(Model):
    """Submits a spec."""

    spec: dict[str, Any]


class TemplateTargetView(Model):
    """Runs a template."""

    template: str
    """Its name when the schedule was saved."""
    template_id: UUID
    version: int | None
    """null: the newest at each slot."""
    parameters: dict[str, Parameter]


class ReasonView(Model):
    """Why a slot did not fire, or not yet."""

    code: str
    """Stable: overlap, queue_full, missed, paused, replaced, or the code of an error."""
    message: str


class FiringView(Model):
    """What became of a slot."""

    slot: datetime
    until: datetime | None
    """The last slot when the row stands for several; null: for one."""
    fired_at: datetime
    """When this was decided."""
    outcome: Outcome
    reason: ReasonView | None
    job_id: UUID | None
    job_state: JobState | None
    """null: there is no job, or it is kept no more."""
    manual: bool
    """Whether somebody ran the schedule by hand."""
    actor: str | None
    """Who did."""

    @classmethod
    def of(cls, row: FiringRow) -> FiringView:
        """A firing as it is shown."""
        firing = row.firing
        reason = ReasonView(code=firing.code, message=firing.reason) if firing.code else None
        return cls(
            slot=firing.slot,
            until=firing.until,
            fired_at=firing.fired_at,
            outcome=firing.outcome,
            reason=reason,
            job_id=firing.job_id,
            job_state=row.job_state,
            manual=firing.manual,
            actor=firing.actor or None,
        )


class ScheduleView(Model):
    """A schedule."""

    id: UUID
    project: str
    name: str
    description: str
    rule: CronRuleView | IntervalRuleView | OnceRuleView = Field(discriminator="kind")
    zone: str
    words: WordsView
    overlap: Overlap
    queue_limit: int
    catch_up: CatchUpView
    jitter_ms: int
    starts_at: datetime | None
    ends_at: datetime | None
    paused: bool
    paused_by: str | None
    paused_at: datetime | None
    target: SpecTargetView | TemplateTargetView
    version: int
    next: list[SlotView]
    """The next slots, paused or not; without jitter."""
    next_fire_at: datetime | None
    """When the next slot fires, jitter included; null: paused, or there is none."""
    last_firing: FiringView | None
    running_jobs: int
    """Jobs of the schedule that are not finished."""
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, view: View) -> ScheduleView:
        """A schedule as it is shown."""
        schedule, row = view.schedule, view.row
        words = words_of(schedule.rule, view.timing.zone, seed_of(schedule.id))
        return cls.model_validate(
            {
                "id": schedule.id,
                "project": schedule.project,
                "name": schedule.name,
                "description": schedule.description,
                "rule": rule_to_dict(schedule.rule),
                "zone": schedule.zone,
                "words": WordsView.of(words),
                "overlap": schedule.overlap,
                "queue_limit": schedule.queue_limit,
                "catch_up": {
                    "policy": schedule.catch_up.policy,
                    "limit": schedule.catch_up.limit,
                },
                "jitter_ms": schedule.jitter_ms,
                "starts_at": schedule.starts_at,
                "ends_at": schedule.ends_at,
                "paused": schedule.paused,
                "paused_by": schedule.paused_by or None,
                "paused_at": schedule.paused_at,
                "target": shown_target(schedule.target),
                "version": schedule.version,
                "next": [SlotView.of(slot) for slot in view.next],
                "next_fire_at": schedule.next_at,
                "last_firing": FiringView.of(row.last_firing) if row.last_firing else None,
                "running_jobs": row.running_jobs,
                "created_at": schedule.created_at,
                "created_by": schedule.created_by,
                "updated_at": schedule.updated_at,
                "updated_by": schedule.updated_by,
            }
        )


class SchedulePage(Model):
    """One page of schedules, by project and name."""

    items: list[ScheduleView]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[View]) -> SchedulePage:
        """As it is shown."""
        return cls(items=[ScheduleView.of(one) for one in page.items], next_cursor=page.cursor)


class FiringPage(Model):
    """One page of firings, newest slot first."""

    items: list[FiringView]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[FiringRow]) -> FiringPage:
        """As it is shown."""
        return cls(items=[FiringView.of(one) for one in page.items], next_cursor=page.cursor)


class TimeZones(Model):
    """Names of the time zones that a schedule may have, sorted."""

    items: list[str]
