"""Schedules and their firings: what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from hodei.domain.schedules.rule import Rule, Slot
from hodei.domain.spec import JobSpec


class Overlap(StrEnum):
    """What happens to a slot while a job of the same schedule is not finished."""

    ALLOW = "allow"
    SKIP = "skip"
    QUEUE = "queue"
    """It waits until they are."""
    REPLACE = "replace"
    """They are cancelled, and it waits until they are gone."""


class CatchUpPolicy(StrEnum):
    """What happens to slots that passed while no server was there to fire them."""

    NONE = "none"
    LAST = "last"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """A policy for missed slots, and how many of them fire at most under `all`."""

    policy: CatchUpPolicy = CatchUpPolicy.NONE
    limit: int = 100

    @property
    def most(self) -> int:
        """How many missed slots fire at most."""
        return {CatchUpPolicy.NONE: 0, CatchUpPolicy.LAST: 1}.get(self.policy, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecTarget:
    """Submits a spec."""

    spec: JobSpec


Parameter = str | int | float | bool | Mapping[str, str]
"""Of a template; a secret one is {secret: NAME}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateTarget:
    """Runs a template."""

    template_id: UUID
    name: str
    """Of the template when the schedule was saved."""
    version: int | None = None
    """None: the newest at each slot."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


Target = SpecTarget | TemplateTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A rule of time with what it submits.

    People change it by `version`; every change, and every look at its slots that decides
    something, makes `turn` one higher, so that of several replicas only one decides.
    """

    id: UUID
    project: str
    name: str
    description: str = ""
    rule: Rule
    zone: str
    """IANA name."""
    overlap: Overlap = Overlap.SKIP
    queue_limit: int = 1
    catch_up: CatchUp = field(default_factory=CatchUp)
    jitter_ms: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    paused: bool = False
    paused_by: str = ""
    paused_at: datetime | None = None
    target: Target
    version: int = 1
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    handled_until: datetime
    """Every slot up to here has been decided; it never goes back."""
    next_slot: datetime | None = None
    next_at: datetime | None = None
    """When the next slot is due, jitter included; None: paused, or there is none."""
    turn: int = 1

    def due(self, slot: Slot) -> datetime:
        """When a slot fires: jitter depends on the schedule and the slot alone, so that every
        replica reckons with the same."""
        if not self.jitter_ms:
            return slot.at
        drawn = sha256(self.id.bytes + slot.at.isoformat().encode()).digest()
        share = int.from_bytes(drawn[:8], "big") % (self.jitter_ms + 1)
        return slot.at + timedelta(milliseconds=share)


class Outcome(StrEnum):
    """What became of a slot."""

    SUBMITTING = "submitting"
    """Decided to fire; its job is being submitted."""
    WAITING = "waiting"
    """It waits for the job before it."""
    SUBMITTED = "submitted"
    REFUSED = "refused"
    """The job could not be submitted, and why."""
    REPLACED = "replaced"
    """A newer slot took its place while it waited."""
    SKIPPED_OVERLAP = "skipped_overlap"
    SKIPPED_MISSED = "skipped_missed"
    SKIPPED_PAUSED = "skipped_paused"


OPEN = frozenset({Outcome.SUBMITTING, Outcome.WAITING})
"""Somebody must still do something about these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One slot that has come, or a stretch of slots that were skipped together."""

    schedule_id: UUID
    slot: datetime
    until: datetime | None = None
    """The last slot of a stretch; None: only one slot is meant."""
    fired_at: datetime
    """When this outcome was decided."""
    outcome: Outcome
    code: str = ""
    """Stable code of the reason; empty when it fired as it should."""
    reason: str = ""
    job_id: UUID | None = None
    manual: bool = False
    actor: str = ""
    """Who fired it by hand."""

    @property
    def key(self) -> str:
        """The idempotency key of its job."""
        return f"schedule:{self.schedule_id}:{self.slot.isoformat()}"
