"""Configured providers, and how they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.adapters.memory.tables import HealthEntry
from hodei.domain.events import Event
from hodei.domain.provider import Health, ProviderRecord
from hodei.ports.bus import Hint

_HISTORY = 200


class Providers(Part):
    """ProviderStore."""

    async def list_providers(self) -> Sequence[ProviderRecord]:
        """See ProviderStore."""
        await self._begin()
        return sorted(self._tables.providers.values(), key=lambda record: record.name)

    async def get_provider(self, key: str) -> ProviderRecord | None:
        """See ProviderStore."""
        await self._begin()
        stored = self._tables.providers
        try:
            by_id = stored.get(UUID(key))
        except ValueError:
            by_id = None
        if by_id is not None:
            return by_id
        return next((record for record in stored.values() if record.name == key), None)

    async def delete_provider(self, provider_id: UUID, event: Event) -> bool:
        """See ProviderStore."""
        await self._begin()
        tables = self._tables
        in_use = any(True for _ in tables.live_workers(provider_id))
        if in_use or tables.providers.pop(provider_id, None) is None:
            return False
        tables.health.pop(provider_id, None)
        tables.add_event(event)
        await self._publish(_hint(provider_id), Hint(topic="event"))
        return True

    async def record_health(self, provider_id: UUID, health: Health) -> None:
        """See ProviderStore."""
        await self._begin()
        if provider_id not in self._tables.providers:
            return
        entry = self._tables.health.setdefault(provider_id, HealthEntry(newest=health))
        changed = not entry.history or entry.newest.ok is not health.ok
        entry.newest = health
        if changed:
            entry.history = [*entry.history, health][-_HISTORY:]
            await self._publish(_hint(provider_id))

    async def health(self) -> Mapping[UUID, Health]:
        """See ProviderStore."""
        await self._begin()
        return {key: entry.newest for key, entry in self._tables.health.items()}

    async def health_history(self, provider_id: UUID) -> Sequence[Health]:
        """See ProviderStore; newest first."""
        await self._begin()
        entry = self._tables.health.get(provider_id)
        return entry.history[::-1] if entry else []


def _hint(provider_id: UUID) -> Hint:
    return Hint(topic="provider", keys=(str(provider_id),))
