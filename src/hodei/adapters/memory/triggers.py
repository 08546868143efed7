"""Inbound triggers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.domain.trigger import Trigger


class Triggers(Part):
    """TriggerStore."""

    async def list_triggers(self, template_id: UUID) -> Sequence[Trigger]:
        """See TriggerStore."""
        await self._begin()
        return self._triggers_of(template_id)

    async def get_trigger(self, trigger_id: UUID) -> Trigger | None:
        """See TriggerStore."""
        await self._begin()
        found = self._tables.triggers.get(trigger_id)
        return found if found and found.template_id in self._tables.templates else None

    async def add_trigger(self, trigger: Trigger, *, most: int) -> bool:
        """See TriggerStore."""
        await self._begin()
        others = self._triggers_of(trigger.template_id)
        taken = any(one.name == trigger.name for one in others)
        if taken or len(others) >= most or trigger.template_id not in self._tables.templates:
            return False
        self._tables.triggers[trigger.id] = trigger
        return True

    async def delete_trigger(self, template_id: UUID, trigger_id: UUID) -> bool:
        """See TriggerStore."""
        await self._begin()
        if not any(one.id == trigger_id for one in self._triggers_of(template_id)):
            return False
        del self._tables.triggers[trigger_id]
        return True

    async def trigger_fired(self, trigger_id: UUID, at: datetime) -> None:
        """See TriggerStore."""
        await self._begin()
        found = self._tables.triggers.get(trigger_id)
        if found and (found.last_fired_at is None or found.last_fired_at < at):
            self._tables.triggers[trigger_id] = replace(found, last_fired_at=at)

    def _triggers_of(self, template_id: UUID) -> list[Trigger]:
        if template_id not in self._tables.templates:
            return []
        found = [one for one in self._tables.triggers.values() if one.template_id == template_id]
        return sorted(found, key=lambda one: one.name)
