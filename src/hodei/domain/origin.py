"""Where a job comes from, when nobody typed it: a template, a schedule, an inbound trigger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

ParameterValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRef:
    """A version of a template; the name is the one it had when the job was made."""

    id: UUID
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRef:
    """A schedule; the name is the one it had when the job was made."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What made a job; stored with it, and kept when it is run again."""

    template: TemplateRef | None = None
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """What the template was filled with, defaults included; secret ones are left out."""
    secret_parameters: tuple[str, ...] = ()
    """Names of the secret parameters that had a value."""
    schedule: ScheduleRef | None = None
    slot: datetime | None = None
    """The time for which the schedule made the job; None when somebody ran it by hand."""
    trigger: str | None = None
    """Name of the inbound trigger that was called."""
