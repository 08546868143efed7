"""Inbound triggers without their tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hodei.api.http.schemas.model import Model
from hodei.domain.trigger import Given, Trigger
from hodei.engine.triggers import MadeTrigger


class TriggerParameter(Model):
    """Where a parameter comes from."""

    pointer: str | None
    """JSON pointer into the body of the call; null: it is `value`."""
    value: object
    """What the trigger holds itself."""

    @classmethod
    def of(cls, given: Given) -> TriggerParameter:
        """A source as it is shown."""
        return cls(pointer=given.pointer, value=given.value)


class TriggerView(Model):
    """A trigger; its token is in no answer."""

    id: UUID
    template_id: UUID
    name: str
    parameters: dict[str, TriggerParameter]
    created_at: datetime
    created_by: str
    last_fired_at: datetime | None
    """When it last made a job."""

    @classmethod
    def of(cls, one: Trigger) -> TriggerView:
        """A trigger as it is shown."""
        return cls(
            id=one.id,
            template_id=one.template_id,
            name=one.name,
            parameters={name: TriggerParameter.of(g) for name, g in one.parameters.items()},
            created_at=one.created_at,
            created_by=one.created_by,
            last_fired_at=one.last_fired_at,
        )


class NewTrigger(TriggerView):
    """A trigger that was just made."""

    token: str
    """Shown this once."""
    url: str
    """Path to POST to, with the token as `Authorization: Bearer TOKEN`, or as `?token=`."""

    @classmethod
    def made(cls, made: MadeTrigger, prefix: str) -> NewTrigger:
        """With its token and its path."""
        view = TriggerView.of(made.trigger)
        return cls(**dict(view), token=made.token, url=f"{prefix}/triggers/{made.trigger.id}")


class TriggerList(Model):
    """Triggers of one template, by name."""

    items: list[TriggerView]


class FiredView(Model):
    """What came of a call."""

    job_id: UUID
