"""Configured providers and their health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hodei.adapters.postgres.database import Database, Session
from hodei.adapters.postgres.event_rows import event_row
from hodei.adapters.postgres.notifier import Notifier
from hodei.adapters.postgres.provider_rows import health_of, health_values, provider_of
from hodei.adapters.postgres.queries import sql
from hodei.domain.events import Event
from hodei.domain.provider import Health, ProviderRecord
from hodei.ports.bus import Hint


class Providers:
    """Implements `ProviderStore`."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._notifier = notifier

    async def list_providers(self) -> Sequence[ProviderRecord]:
        """See `ProviderStore.list_providers`."""
        return [provider_of(row) for row in await self._database.rows(sql("providers.list"))]

    async def get_provider(self, key: str) -> ProviderRecord | None:
        """See `ProviderStore.get_provider`."""
        row = await self._database.row(sql("providers.get"), key, _as_id(key))
        return provider_of(row) if row else None

    async def delete_provider(self, provider_id: UUID, event: Event) -> bool:
        """See `ProviderStore.delete_provider`."""

        async def work(session: Session) -> bool:
            async with session.transaction():
                # The lock under which new workers of the provider are saved.
                await session.execute(sql("commit.lock_rooms"), [str(provider_id)])
                if await session.fetchval(sql("providers.delete"), provider_id) is None:
                    return False
                await session.execute(sql("feed.add"), *event_row(0, event)[1:])
                return True

        deleted = await self._database.run(work)
        if deleted:
            keys = (str(provider_id),)
            self._notifier.add([Hint(topic="provider", keys=keys), Hint(topic="event")])
        return deleted

    async def record_health(self, provider_id: UUID, health: Health) -> None:
        """See `ProviderStore.record_health`."""
        values = health_values(health)
        changed = await self._database.value(sql("providers.record_health"), provider_id, *values)
        if changed is not None:
            await self._database.rows(sql("providers.trim_history"), provider_id)
            self._notifier.add([Hint(topic="provider", keys=(str(provider_id),))])

    async def health(self) -> Mapping[UUID, Health]:
        """See `ProviderStore.health`."""
        rows = await self._database.rows(sql("providers.health"))
        return {row["provider_id"]: health_of(row) for row in rows}

    async def health_history(self, provider_id: UUID) -> Sequence[Health]:
        """See `ProviderStore.health_history`."""
        rows = await self._database.rows(sql("providers.history"), provider_id)
        return [health_of(row) for row in rows]


def _as_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
