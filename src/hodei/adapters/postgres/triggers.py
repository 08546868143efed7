"""Inbound triggers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hodei.adapters.postgres.database import Database, Row
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.trigger import Given, Trigger


class Triggers:
    """Implements `TriggerStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_triggers(self, template_id: UUID) -> Sequence[Trigger]:
        """See `TriggerStore.list_triggers`."""
        rows = await self._database.rows(sql("triggers.list"), template_id)
        return [_trigger(row) for row in rows]

    async def get_trigger(self, trigger_id: UUID) -> Trigger | None:
        """See `TriggerStore.get_trigger`."""
        row = await self._database.row(sql("triggers.get"), trigger_id)
        return _trigger(row) if row else None

    async def add_trigger(self, trigger: Trigger, *, most: int) -> bool:
        """See `TriggerStore.add_trigger`."""
        given = {
            name: {"value": one.value} if one.pointer is None else {"pointer": one.pointer}
            for name, one in trigger.parameters.items()
        }
        added = await self._database.value(
            sql("triggers.add"),
            *(trigger.id, trigger.template_id, trigger.name, dumps(given), trigger.digest),
            *(trigger.created_at, clean(trigger.created_by), most),
        )
        return added is not None

    async def delete_trigger(self, template_id: UUID, trigger_id: UUID) -> bool:
        """See `TriggerStore.delete_trigger`."""
        gone = await self._database.value(sql("triggers.delete"), template_id, trigger_id)
        return gone is not None

    async def trigger_fired(self, trigger_id: UUID, at: datetime) -> None:
        """See `TriggerStore.trigger_fired`."""
        await self._database.rows(sql("triggers.fired"), trigger_id, at)


def _trigger(row: Row) -> Trigger:
    parameters = {name: Given(**given) for name, given in loads(row["parameters"]).items()}
    return Trigger(**{**row, "parameters": parameters})
