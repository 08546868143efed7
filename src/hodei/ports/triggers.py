"""Inbound triggers in the store; they go with their template."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hodei.domain.trigger import Trigger


class TriggerStore(Protocol):
    """Triggers by id."""

    async def list_triggers(self, template_id: UUID) -> Sequence[Trigger]:
        """By name."""
        ...

    async def get_trigger(self, trigger_id: UUID) -> Trigger | None: ...

    async def add_trigger(self, trigger: Trigger, *, most: int) -> bool:
        """False when the template is gone, or has one of this name, or `most` of them."""
        ...

    async def delete_trigger(self, template_id: UUID, trigger_id: UUID) -> bool:
        """False when the template has no such trigger."""
        ...

    async def trigger_fired(self, trigger_id: UUID, at: datetime) -> None:
        """Notes a call that made a job; times only move forward."""
        ...
