"""Where a job comes from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hodei.api.http.schemas.model import Model
from hodei.domain.origin import Origin, ParameterValue


class TemplateRefView(Model):
    """A version of a template, by the name it had then."""

    id: UUID
    name: str
    version: int


class ScheduleRefView(Model):
    """A schedule, by the name it had then."""

    id: UUID
    name: str


class OriginRowView(Model):
    """What made a job that nobody typed, as lists show it."""

    template: TemplateRefView | None
    schedule: ScheduleRefView | None
    slot: datetime | None
    """The time for which the schedule made the job; null when it was run by hand."""
    trigger: str | None
    """Name of the inbound trigger that was called."""

    @classmethod
    def of_row(cls, origin: Origin | None) -> OriginRowView | None:
        """None stays None."""
        if origin is None:
            return None
        return OriginRowView(
            template=_template(origin),
            schedule=_schedule(origin),
            slot=origin.slot,
            trigger=origin.trigger,
        )


class OriginView(OriginRowView):
    """The same with what the template was filled with."""

    parameters: dict[str, ParameterValue]
    """Defaults included; secret ones are left out."""
    secret_parameters: list[str]
    """Names of the secret parameters that had a value."""

    @classmethod
    def of(cls, origin: Origin | None) -> OriginView | None:
        """None stays None."""
        if origin is None:
            return None
        return OriginView(
            template=_template(origin),
            parameters=dict(origin.parameters),
            secret_parameters=list(origin.secret_parameters),
            schedule=_schedule(origin),
            slot=origin.slot,
            trigger=origin.trigger,
        )


def _template(origin: Origin) -> TemplateRefView | None:
    if (found := origin.template) is None:
        return None
    return TemplateRefView(id=found.id, name=found.name, version=found.version)


def _schedule(origin: Origin) -> ScheduleRefView | None:
    if (found := origin.schedule) is None:
        return None
    return ScheduleRefView(id=found.id, name=found.name)
