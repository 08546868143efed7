"""The registry: configured providers as living objects, with what is known of their health."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

from hodei.domain.errors import HodeiError, InvalidRequest, NotFound
from hodei.domain.placement import Candidate, IdleWorker
from hodei.domain.provider import Capabilities, Health, ProviderRecord
from hodei.domain.warm import full_name, revision
from hodei.engine.core import Core
from hodei.engine.provider_settings import opened_settings, without_secrets
from hodei.ports.provider import (
    AgentBundle,
    Provider,
    ProviderContext,
    ProviderFactory,
    Rechecks,
    no_bundle,
)

logger = logging.getLogger(__name__)

CHECK_PATIENCE_S = 10.0
"""How long a provider's check may take before it counts as not well."""


@dataclass(slots=True)
class Entry:
    """One configured provider, opened."""

    record: ProviderRecord
    provider: Provider
    health: Health
    stack: AsyncExitStack
    revision: str = ""
    """Of what goes into a worker besides its image."""
    images: dict[str, str] = field(default_factory=dict)

    def note_image(self, image: str | None, digest: str) -> None:
        """What the name of an image means on the provider, as just seen."""
        if image and digest:
            self.images[full_name(image) or image] = digest

    def image_digest(self, image: str | None) -> str:
        """What the name of an image meant when it was last seen; empty: not known."""
        return self.images.get(full_name(image) or "", "")

    @property
    def capabilities(self) -> Capabilities:
        """What it can honour, with the limits of its row applied."""
        known = self.provider.capabilities
        regions = known.regions | ({self.record.region} if self.record.region else set())
        limit = self.record.max_workers
        return replace(
            known,
            regions=frozenset(regions),
            max_workers=known.max_workers if limit is None else min(limit, known.max_workers),
        )


class Registry:
    """Providers of this replica, kept in step with the rows."""

    def __init__(
        self,
        core: Core,
        factories: Mapping[str, ProviderFactory],
        *,
        data_dir: str,
        agent_command: tuple[str, ...],
        agent_bundle: AgentBundle = no_bundle,
    ) -> None:
        self._core = core
        self.factories = factories
        self._data_dir = data_dir
        self._agent_command = agent_command
        self._agent_bundle = agent_bundle
        self._entries: dict[UUID, Entry] = {}
        self._lock = asyncio.Lock()

    def entries(self) -> list[Entry]:
        """All opened providers, by name."""
        return sorted(self._entries.values(), key=lambda entry: entry.record.name)

    def get(self, provider_id: UUID) -> Entry | None:
        """The entry of a provider, if its row exists and its settings are good."""
        return self._entries.get(provider_id)

    def name_of(self, provider_id: UUID) -> str | None:
        """The name of a provider that is open."""
        entry = self._entries.get(provider_id)
        return entry.record.name if entry else None

    def candidates(
        self, live: Mapping[UUID, int], idle: Mapping[UUID, Sequence[IdleWorker]]
    ) -> list[Candidate]:
        """What placement chooses from."""
        return [
            Candidate(
                record=entry.record,
                capabilities=entry.capabilities,
                health=entry.health,
                live_workers=live.get(entry.record.id, 0),
                idle=tuple(idle.get(entry.record.id, ())),
            )
            for entry in self.entries()
        ]

    def build(self, record: ProviderRecord) -> Provider:
        """An unopened provider of a row. Raises InvalidRequest for its type or settings."""
        factory = self.factories.get(record.type)
        if factory is None:
            known = ", ".join(sorted(self.factories))
            raise InvalidRequest.of("type", f"must be one of: {known}", record.type)
        context = ProviderContext(
            installation_id=self._core.installation_id,
            provider_id=record.id,
            name=record.name,
            data_dir=f"{self._data_dir}/{record.type}-{record.id}",
            agent_command=self._agent_command,
            agent_bundle=self._agent_bundle,
        )
        settings = opened_settings(record.settings, self._core.sealer, record.id)
        return factory.create(settings, context)

    async def refresh(self) -> None:
        """Opens, reopens and closes providers so that they match the rows."""
        async with self._lock:
            records = {record.id: record for record in await self._core.store.list_providers()}
            for provider_id in self._entries.keys() - records.keys():
                await self._close(provider_id)
            for record in records.values():
                entry = self._entries.get(record.id)
                if entry is None:
                    await self._open(record)
                elif not self._same_settings(entry.record, record):
                    await self._reopen(entry, record)
                else:
                    entry.record = record

    def _same_settings(self, one: ProviderRecord, other: ProviderRecord) -> bool:
        """Whether only the key may have changed that some of them are sealed with."""
        if one.settings == other.settings:
            return True
        try:
            was, now = (opened_settings(r.settings, self._core.sealer, r.id) for r in (one, other))
        except NotFound:
            return False
        return was == now

    async def check(self, provider_id: UUID) -> Health:
        """Checks one provider now and keeps the result."""
        entry = self._entries.get(provider_id)
        if entry is None:
            raise NotFound("provider", provider_id)
        return await self._noted(entry, await self._ask(entry.provider))

    async def _noted(self, entry: Entry, health: Health) -> Health:
        changed = (health.ok, health.reason) != (entry.health.ok, entry.health.reason)
        entry.health = health
        if changed:
            logger.info(
                "provider health changed",
                extra={"provider": entry.record.name, "ok": health.ok, "reason": health.reason},
            )
        await self._core.store.record_health(entry.record.id, health)
        return health

    async def check_all(self) -> None:
        """Checks every enabled provider, as cheaply as it can be checked."""
        for entry in self.entries():
            if entry.record.enabled:
                try:
                    await self._noted(entry, await self._ask(entry.provider, again=True))
                except HodeiError as error:
                    logger.warning("health not recorded", extra={"error": str(error)})

    async def close(self) -> None:
        """Closes every provider; their workers live on."""
        async with self._lock:
            for provider_id in list(self._entries):
                await self._close(provider_id)

    async def _open(self, record: ProviderRecord) -> None:
        try:
            provider = self.build(record)
        except HodeiError as error:
            logger.error(
                "provider cannot be used", extra={"provider": record.name, "error": str(error)}
            )
            return
        stack = AsyncExitStack()
        try:
            await stack.enter_async_context(provider)
        except Exception:
            # The others work all the same; the next refresh tries again.
            logger.exception("provider cannot be opened", extra={"provider": record.name})
            return
        health = await self._ask(provider)
        made_from = await self._revision(record, provider)
        self._entries[record.id] = Entry(record, provider, health, stack, made_from)
        await self._core.store.record_health(record.id, health)

    async def _revision(self, record: ProviderRecord, provider: Provider) -> str:
        """What tells its workers from those made with other settings or another agent."""
        agent = ""
        if provider.capabilities.images:
            with suppress(HodeiError):  # then no worker can be made either
                agent = (await self._agent_bundle()).rpartition("/")[2]
        schema = self.factories[record.type].settings_schema()
        # Logins change nothing about a worker, and their digest should not lie about.
        shown, _ = without_secrets(schema, record.settings)
        return revision(shown, agent)

    async def _reopen(self, entry: Entry, record: ProviderRecord) -> None:
        """Opens the new one first: no job is refused meanwhile for want of a provider."""
        await self._open(record)
        if self._entries[record.id] is entry:
            del self._entries[record.id]
        await entry.stack.aclose()

    async def _ask(self, provider: Provider, *, again: bool = False) -> Health:
        """Its health; a check that fails against its contract, or hangs, counts as not well."""
        try:
            async with asyncio.timeout(CHECK_PATIENCE_S):
                if again and isinstance(provider, Rechecks):
                    health = await provider.recheck()
                else:
                    health = await provider.check()
        except TimeoutError:
            health = Health(ok=False, reason="its check does not end")
        except Exception as error:
            logger.exception("provider check failed")
            health = Health(ok=False, reason=f"{type(error).__name__}: {error}")
        return replace(health, checked_at=self._core.clock.now())

    async def _close(self, provider_id: UUID) -> None:
        entry = self._entries.pop(provider_id)
        await entry.stack.aclose()
