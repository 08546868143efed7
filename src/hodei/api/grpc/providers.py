"""ProviderManagementService."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hodei.api.grpc.guard import granted
from hodei.domain.errors import InvalidRequest
from hodei.domain.provider import Capabilities, Health, WarmLearning, WarmPool
from hodei.domain.spec import Network
from hodei.engine.engine import Engine
from hodei.engine.pools import PoolView
from hodei.engine.providers import ProviderConfig, ProviderView
from hodei.wire.gen import providers_pb2 as pb
from hodei.wire.gen import providers_pb2_grpc
from hodei.wire.times import to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context


class ProviderManagement(providers_pb2_grpc.ProviderManagementServiceServicer):
    """Providers over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ListProviders(
        self, request: pb.ListProvidersRequest, context: Context
    ) -> pb.ListProvidersResponse:
        views = await self._engine.providers.all()
        return pb.ListProvidersResponse(providers=[_view(view) for view in views])

    async def GetProvider(self, request: pb.GetProviderRequest, context: Context) -> pb.Provider:
        return _view(await self._engine.providers.get(request.provider))

    async def CreateProvider(
        self, request: pb.CreateProviderRequest, context: Context
    ) -> pb.Provider:
        actor = granted().principal.name
        view = await self._engine.providers.create(
            _config(request.config), enabled=not request.disabled, actor=actor
        )
        return _view(view)

    async def UpdateProvider(
        self, request: pb.UpdateProviderRequest, context: Context
    ) -> pb.Provider:
        view = await self._engine.providers.update(
            request.provider,
            _config(request.config),
            version=request.version or None,
            actor=granted().principal.name,
        )
        return _view(view)

    async def DeleteProvider(
        self, request: pb.DeleteProviderRequest, context: Context
    ) -> pb.DeleteProviderResponse:
        actor = granted().principal.name
        await self._engine.providers.delete(request.provider, actor=actor)
        return pb.DeleteProviderResponse()

    async def EnableProvider(
        self, request: pb.EnableProviderRequest, context: Context
    ) -> pb.Provider:
        return await self._set_enabled(request.provider, True, context)

    async def DisableProvider(
        self, request: pb.DisableProviderRequest, context: Context
    ) -> pb.Provider:
        return await self._set_enabled(request.provider, False, context)

    async def TestProvider(
        self, request: pb.TestProviderRequest, context: Context
    ) -> pb.ProviderHealth:
        return _health(await self._engine.providers.test(request.provider))

    async def ListProviderTypes(
        self, request: pb.ListProviderTypesRequest, context: Context
    ) -> pb.ListProviderTypesResponse:
        return pb.ListProviderTypesResponse(
            types=[
                pb.ProviderType(type=name, settings_schema=json.dumps(schema))
                for name, schema in self._engine.providers.types().items()
            ]
        )

    async def _set_enabled(self, key: str, enabled: bool, context: Context) -> pb.Provider:
        actor = granted().principal.name
        return _view(await self._engine.providers.set_enabled(key, enabled, actor=actor))


def _config(config: pb.ProviderConfig) -> ProviderConfig:
    return ProviderConfig(
        name=config.name,
        type=config.type,
        settings=_settings(config.settings),
        labels=dict(config.labels),
        region=config.region or None,
        max_workers=config.max_workers if config.HasField("max_workers") else None,
        warm=tuple(
            WarmPool(
                size=pool.size,
                image=pool.image or None,
                cpu=pool.cpu or 1.0,
                memory_mb=pool.memory_mb or 512,
                network=_network(f"config.warm[{index}].network", pool.network),
            )
            for index, pool in enumerate(config.warm)
        ),
        warm_learned=_learning(config.warm_learned) if config.HasField("warm_learned") else None,
        idle_timeout_ms=config.idle_timeout_ms if config.HasField("idle_timeout_ms") else 300_000,
    )


def _network(field: str, name: str) -> Network:
    try:
        return Network(name or Network.DEFAULT)
    except ValueError:
        raise InvalidRequest.of(field, "must be one of default, none", name) from None


def _learning(given: pb.WarmLearning) -> WarmLearning:
    return WarmLearning(
        budget_cpu=given.budget_cpu,
        budget_memory_mb=given.budget_memory_mb,
        max_workers=given.max_workers or 8,
    )


def _settings(text: str) -> Mapping[str, object]:
    if not text:
        return {}
    try:
        settings = json.loads(text)
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise InvalidRequest.of("config.settings", "must be a JSON object", text)
    return settings


def _view(view: ProviderView) -> pb.Provider:
    record = view.record
    return pb.Provider(
        id=str(record.id),
        config=pb.ProviderConfig(
            name=record.name,
            type=record.type,
            settings=json.dumps(dict(view.settings)),
            labels=record.labels,
            region=record.region or "",
            max_workers=record.max_workers,
            warm=[
                pb.WarmPool(
                    size=pool.size,
                    image=pool.image or "",
                    cpu=pool.cpu,
                    memory_mb=pool.memory_mb,
                    network=pool.network.value,
                )
                for pool in record.warm
            ],
            warm_learned=_learning_view(record.warm_learned),
            idle_timeout_ms=record.idle_timeout_ms,
        ),
        enabled=record.enabled,
        version=record.version,
        health=_health(view.health),
        capabilities=_capabilities(view.capabilities) if view.capabilities else None,
        live_workers=view.live_workers,
        created_at=to_timestamp(record.created_at),
        updated_at=to_timestamp(record.updated_at),
        pools=[_pool(pool) for pool in view.pools],
    )


def _learning_view(learning: WarmLearning | None) -> pb.WarmLearning | None:
    if learning is None:
        return None
    return pb.WarmLearning(
        budget_cpu=learning.budget_cpu,
        budget_memory_mb=learning.budget_memory_mb,
        max_workers=learning.max_workers,
    )


def _pool(pool: PoolView) -> pb.PoolStatus:
    return pb.PoolStatus(
        image=pool.shape.image or "",
        cpu=pool.shape.cpu,
        memory_mb=pool.shape.memory_mb,
        network=pool.shape.network.value,
        size=pool.size,
        fixed=pool.fixed,
        ready=pool.ready,
        starting=pool.starting,
        reason=pool.reason,
        fault=pool.fault,
        retry_at=to_timestamp(pool.retry_at),
    )


def _health(health: Health) -> pb.ProviderHealth:
    return pb.ProviderHealth(
        ok=health.ok,
        reason=health.reason,
        details=health.details,
        checked_at=to_timestamp(health.checked_at),
    )


def _capabilities(known: Capabilities) -> pb.ProviderCapabilities:
    return pb.ProviderCapabilities(
        isolation=known.isolation.value,
        images=known.images,
        architectures=sorted(architecture.value for architecture in known.architectures),
        gpus=known.gpus,
        network_none=known.networks_none,
        storage_limit=known.storage_limit,
        max_workers=known.max_workers,
        max_cpu=known.max_cpu,
        max_memory_mb=known.max_memory_mb,
        regions=sorted(known.regions),
        reusable_workers=known.reusable_workers,
    )
