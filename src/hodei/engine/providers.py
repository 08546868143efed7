"""Providers: configuring, enabling, testing and removing them, at once and without a restart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from hodei.domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion, Violation
from hodei.domain.events import Event, EventKind
from hodei.domain.provider import (
    Capabilities,
    Health,
    ProviderRecord,
    WarmLearning,
    WarmPool,
)
from hodei.engine.core import Core
from hodei.engine.effect import Effect, effect_of_disabling
from hodei.engine.explain import Explainer
from hodei.engine.pools import Pools, PoolView
from hodei.engine.provider_settings import (
    opened_settings,
    sealed_settings,
    with_stored_secrets,
    without_secrets,
)
from hodei.engine.registry import Registry
from hodei.engine.warm_rules import warm_faults
from hodei.ports.bus import Hint
from hodei.ports.loads import ProviderLoad
from hodei.ports.store import Unit

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_REGION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}\Z")
MAX_WORKERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """What a person says about a provider."""

    name: str
    type: str
    settings: Mapping[str, object] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    max_workers: int | None = None
    warm: tuple[WarmPool, ...] = ()
    warm_learned: WarmLearning | None = None
    idle_timeout_ms: int = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderView:
    """A provider with what is known of it now."""

    record: ProviderRecord
    health: Health
    capabilities: Capabilities | None
    """None when its settings cannot be used on this server."""
    load: ProviderLoad
    settings: Mapping[str, object] = field(default_factory=dict)
    """Those that may be shown."""
    hidden_settings: Sequence[str] = ()
    """Paths of those that have a value and may not."""
    pools: Sequence[PoolView] = ()
    """Its warm pools as they are now."""

    @property
    def live_workers(self) -> int:
        """Workers that are not gone."""
        return self.load.workers


class Providers:
    """Use cases around providers."""

    def __init__(self, core: Core, registry: Registry, pools: Pools, explainer: Explainer) -> None:
        self._core = core
        self._registry = registry
        self._pools = pools
        self._explainer = explainer

    def types(self) -> Mapping[str, Mapping[str, object]]:
        """Settings schema by type."""
        return {
            name: factory.settings_schema()
            for name, factory in sorted(self._registry.factories.items())
        }

    async def all(self) -> list[ProviderView]:
        """All, by name."""
        loads = await self._core.store.provider_loads()
        health = await self._core.store.health()
        return [
            await self._view(record, loads, health)
            for record in await self._core.store.list_providers()
        ]

    async def get(self, key: str) -> ProviderView:
        """By id or name. Raises NotFound."""
        record = await self._record(key)
        loads = await self._core.store.provider_loads()
        return await self._view(record, loads, await self._core.store.health())

    async def history(self, key: str) -> Sequence[Health]:
        """Changes of health, newest first."""
        return await self._core.store.health_history((await self._record(key)).id)

    async def effect(self, key: str) -> Effect:
        """What disabling it would do to the jobs of now. Raises NotFound."""
        record = await self._record(key)
        return await effect_of_disabling(self._core, self._explainer, record.id)

    async def create(
        self, config: ProviderConfig, *, enabled: bool = True, actor: str
    ) -> ProviderView:
        """Raises InvalidRequest; Conflict when the name is taken."""
        if await self._core.store.get_provider(config.name) is not None:
            raise Conflict(f"a provider named {config.name!r} exists already")
        now = self._core.clock.now()
        record = self._record_of(config, self._core.chance.uuid(), now)
        await self._save(replace(record, enabled=enabled), actor)
        return await self.get(str(record.id))

    async def update(
        self, key: str, config: ProviderConfig, *, version: int | None, actor: str
    ) -> ProviderView:
        """Replaces the configuration; hidden settings that it does not mention stay, null removes
        one. Raises Conflict when it changed since `version`."""
        old = await self._record(key)
        settings = with_stored_secrets(self._schema(old.type), old.settings, config.settings)
        config = replace(config, settings=settings)
        if config.type != old.type:
            raise InvalidRequest.of("type", f"cannot be changed from {old.type!r}", config.type)
        other = await self._core.store.get_provider(config.name)
        if other is not None and other.id != old.id:
            raise Conflict(f"a provider named {config.name!r} exists already")
        if version is not None and version != old.version:
            raise StaleVersion(f"the provider is at version {old.version} by now; read it again")
        record = self._record_of(config, old.id, self._core.clock.now())
        await self._save(
            replace(record, enabled=old.enabled, version=old.version, created_at=old.created_at),
            actor,
        )
        return await self.get(str(old.id))

    async def set_enabled(self, key: str, enabled: bool, *, actor: str) -> ProviderView:
        """Running jobs go on; new ones avoid a disabled provider."""
        record = await self._record(key)
        if record.enabled != enabled:
            now = self._core.clock.now()
            await self._save(replace(record, enabled=enabled, updated_at=now), actor)
        return await self.get(str(record.id))

    async def delete(self, key: str, *, actor: str) -> None:
        """Raises Conflict while workers of it live."""
        record = await self._record(key)
        event = self._event(record, actor, change="deleted")
        if not await self._core.store.delete_provider(record.id, event):
            raise Conflict("workers of the provider still live; disable it and wait for them")
        await self._changed()

    async def test(self, key: str) -> Health:
        """Checks a configured provider now."""
        record = await self._record(key)
        if self._registry.get(record.id) is None:
            await self._registry.refresh()
        if self._registry.get(record.id) is None:
            self._registry.build(record)
        return await self._registry.check(record.id)

    async def test_config(self, config: ProviderConfig) -> Health:
        """Checks a configuration that is not stored. Raises InvalidRequest."""
        now = self._core.clock.now()
        record = self._record_of(config, self._core.chance.uuid(), now)
        async with self._registry.build(record) as provider:
            return replace(await provider.check(), checked_at=now)

    async def reseal(self, *, actor: str) -> tuple[int, int]:
        """Seals what lies plain or under an older key; how many providers that were, and how
        many could not be opened."""
        done = lost = 0
        for record in await self._core.store.list_providers():
            try:
                plain = opened_settings(record.settings, self._core.sealer, record.id)
            except NotFound:
                lost += 1
                continue
            sealed = replace(record, settings=self._sealed(record, plain))
            if sealed != record:
                with suppress(StaleVersion):  # who saved it meanwhile has sealed it
                    await self._save(sealed, actor)
                done += 1
        return done, lost

    async def seed(self, config: ProviderConfig) -> None:
        """Creates a provider at the first start; one of that name is left as it is."""
        if await self._core.store.get_provider(config.name) is None:
            await self.create(config, actor="system")

    # ---- inside

    async def _record(self, key: str) -> ProviderRecord:
        record = await self._core.store.get_provider(key)
        if record is None:
            raise NotFound("provider", key)
        return record

    async def _view(
        self,
        record: ProviderRecord,
        loads: Mapping[UUID, ProviderLoad],
        health: Mapping[UUID, Health],
    ) -> ProviderView:
        entry = self._registry.get(record.id)
        unknown = Health(ok=False, reason="it has not been checked yet")
        pools: Sequence[PoolView] = ()
        if entry is not None and (record.warm or record.warm_learned):
            mine = await self._core.store.list_workers(provider_id=record.id, limit=10_000)
            pools = self._pools.views(entry, mine)
        shown, hidden = without_secrets(self._schema(record.type), record.settings)
        return ProviderView(
            record=record,
            settings=shown,
            hidden_settings=hidden,
            health=health.get(record.id, unknown),
            capabilities=entry.capabilities if entry else None,
            load=loads.get(record.id, ProviderLoad()),
            pools=pools,
        )

    def _record_of(self, config: ProviderConfig, new_id: UUID, now: datetime) -> ProviderRecord:
        violations = _violations(config)
        if violations:
            raise InvalidRequest(violations)
        record = ProviderRecord(
            id=new_id,
            name=config.name,
            type=config.type,
            settings=config.settings,
            labels=config.labels,
            region=config.region or None,
            max_workers=config.max_workers,
            warm=config.warm,
            warm_learned=config.warm_learned,
            idle_timeout_ms=config.idle_timeout_ms,
            created_at=now,
            updated_at=now,
        )
        # Refuses an unknown type and bad settings.
        able = self._registry.build(record).capabilities
        if faults := warm_faults(config.warm, config.warm_learned, able):
            raise InvalidRequest(faults)
        return replace(record, settings=self._sealed(record, record.settings))

    def _schema(self, kind: str) -> Mapping[str, object]:
        factory = self._registry.factories.get(kind)
        return factory.settings_schema() if factory else {}

    def _sealed(
        self, record: ProviderRecord, settings: Mapping[str, object]
    ) -> Mapping[str, object]:
        return sealed_settings(self._schema(record.type), settings, self._core.sealer, record.id)

    async def _save(self, record: ProviderRecord, actor: str) -> None:
        event = self._event(record, actor, change="saved", enabled=record.enabled)
        await self._core.committer.save(Unit(providers=(record,), events=(event,)))
        await self._changed()

    async def _changed(self) -> None:
        await self._registry.refresh()
        await self._core.bus.publish(Hint(topic="provider"))
        await self._core.bus.publish(Hint(topic="queue"))

    def _event(self, record: ProviderRecord, actor: str, **data: object) -> Event:
        return Event(
            kind=EventKind.PROVIDER_CHANGED,
            at=self._core.clock.now(),
            provider_id=record.id,
            actor=actor,
            data={"name": record.name, **data},
        )


def _violations(config: ProviderConfig) -> list[Violation]:
    found: list[Violation] = []

    def wrong(name: str, message: str, value: object) -> None:
        found.extend(InvalidRequest.of(name, message, value).violations)

    if not _NAME.match(config.name):
        wrong("name", "must be 1 to 63 lower-case letters, digits or inner dashes", config.name)
    if config.name in ("any", "auto"):
        wrong("name", "means no preference in a job; choose another one", config.name)
    if config.region and not _REGION.match(config.region):
        wrong("region", "must be 1 to 63 letters, digits, dots, dashes", config.region)
    if config.max_workers is not None and not 1 <= config.max_workers <= MAX_WORKERS:
        wrong("max_workers", f"must be between 1 and {MAX_WORKERS}", config.max_workers)
    if not 0 <= config.idle_timeout_ms <= 86_400_000:
        wrong("idle_timeout_ms", "must be between 0 and 86400000", config.idle_timeout_ms)
    if len(config.labels) > 64:
        wrong("labels", "must not have more than 64 entries", len(config.labels))
    return found
