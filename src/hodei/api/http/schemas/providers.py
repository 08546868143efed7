"""Providers, their health and their types, and workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hodei.api.http.schemas.jobs import Names
from hodei.api.http.schemas.model import Model, ProviderRef
from hodei.domain.provider import Capabilities, Health, Isolation, WarmLearning
from hodei.domain.spec import Architecture, Network
from hodei.domain.worker import Target, Worker, WorkerState
from hodei.engine.pools import PoolView
from hodei.engine.providers import ProviderView as View


class HealthView(Model):
    """Answer of a provider's check."""

    ok: bool
    reason: str
    details: dict[str, str]
    checked_at: datetime | None

    @classmethod
    def of(cls, health: Health) -> HealthView:
        """Health as it is shown."""
        return cls(
            ok=health.ok,
            reason=health.reason,
            details=dict(health.details),
            checked_at=health.checked_at,
        )


class HealthHistory(Model):
    """Health now, and its changes, newest first."""

    current: HealthView
    history: list[HealthView]


class CapabilitiesView(Model):
    """What a provider can honour."""

    isolation: Isolation
    images: bool
    architectures: list[Architecture]
    gpus: int
    networks_none: bool
    storage_limit: bool
    max_workers: int
    max_cpu: float
    max_memory_mb: int
    regions: list[str]
    reusable_workers: bool
    survives_restart: bool

    @classmethod
    def of(cls, known: Capabilities) -> CapabilitiesView:
        """Capabilities as they are shown."""
        return cls(
            isolation=known.isolation,
            images=known.images,
            architectures=sorted(known.architectures),
            gpus=known.gpus,
            networks_none=known.networks_none,
            storage_limit=known.storage_limit,
            max_workers=known.max_workers,
            max_cpu=known.max_cpu,
            max_memory_mb=known.max_memory_mb,
            regions=sorted(known.regions),
            reusable_workers=known.reusable_workers,
            survives_restart=known.survives_restart,
        )


class WarmPoolView(Model):
    """Workers kept ready."""

    size: int
    image: str | None
    cpu: float
    memory_mb: int
    network: Network


class WarmLearningView(Model):
    """What workers may cost together that are kept because of the last day's jobs."""

    budget_cpu: float
    budget_memory_mb: int
    max_workers: int


class PoolStatus(Model):
    """A warm pool, configured or learned, as it is now."""

    image: str | None
    cpu: float
    memory_mb: int
    network: Network
    size: int
    fixed: int
    """How many of them the configuration asks for; the others were learned."""
    ready: int
    """Workers that wait for a job."""
    starting: int
    reason: str
    """Why it has this size."""
    fault: str
    """What keeps it below its size; empty when nothing does."""
    retry_at: datetime | None
    """When the next worker is tried after the fault."""

    @classmethod
    def of(cls, pool: PoolView) -> PoolStatus:
        """A pool as it is shown."""
        return cls(
            image=pool.shape.image,
            cpu=pool.shape.cpu,
            memory_mb=pool.shape.memory_mb,
            network=pool.shape.network,
            size=pool.size,
            fixed=pool.fixed,
            ready=pool.ready,
            starting=pool.starting,
            reason=pool.reason,
            fault=pool.fault,
            retry_at=pool.retry_at,
        )


class ProviderView(Model):
    """A provider with what is known of it now."""

    id: UUID
    name: str
    type: str
    enabled: bool
    version: int
    settings: dict[str, Any]
    """Without the values that the type's schema marks writeOnly."""
    secrets_set: list[str]
    """Paths of writeOnly settings that have a value."""
    labels: dict[str, str]
    region: str | None
    max_workers: int | None
    warm: list[WarmPoolView]
    warm_learned: WarmLearningView | None
    idle_timeout_ms: int
    pools: list[PoolStatus]
    """The warm pools as they are now, configured and learned."""
    health: HealthView
    capabilities: CapabilitiesView | None
    """Null when its settings cannot be used on this server."""
    live_workers: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: View, settings: Mapping[str, object], secrets_set: list[str]) -> ProviderView:
        """A provider as it is shown, with the settings that may be."""
        record = view.record
        return cls(
            id=record.id,
            name=record.name,
            type=record.type,
            enabled=record.enabled,
            version=record.version,
            settings=dict(settings),
            secrets_set=secrets_set,
            labels=dict(record.labels),
            region=record.region,
            max_workers=record.max_workers,
            warm=[
                WarmPoolView(
                    size=pool.size,
                    image=pool.image,
                    cpu=pool.cpu,
                    memory_mb=pool.memory_mb,
                    network=pool.network,
                )
                for pool in record.warm
            ],
            warm_learned=_learning(record.warm_learned),
            idle_timeout_ms=record.idle_timeout_ms,
            pools=[PoolStatus.of(pool) for pool in view.pools],
            health=HealthView.of(view.health),
            capabilities=CapabilitiesView.of(view.capabilities) if view.capabilities else None,
            live_workers=view.live_workers,
            created_at=record.created_at,
            updated_at=record.updated_at,
        )


def _learning(learning: WarmLearning | None) -> WarmLearningView | None:
    if learning is None:
        return None
    return WarmLearningView(
        budget_cpu=learning.budget_cpu,
        budget_memory_mb=learning.budget_memory_mb,
        max_workers=learning.max_workers,
    )


class Providers(Model):
    """All providers, by name."""

    items: list[ProviderView]


class ProviderType(Model):
    """A type of provider that is installed here."""

    type: str
    settings_schema: dict[str, Any]
    """JSON Schema 2020-12; fields marked writeOnly are never given back."""


class ProviderTypes(Model):
    """All types, by name."""

    items: list[ProviderType]


class WorkerView(Model):
    """One worker."""

    id: UUID
    provider: ProviderRef | None
    state: WorkerState
    target: Target
    reusable: bool
    image: str | None
    cpu: float
    memory_mb: int
    attempt_id: UUID | None
    job_id: UUID | None
    agent_version: str
    architecture: str
    created_at: datetime
    enrolled_at: datetime | None
    ready_at: datetime | None
    silent_at: datetime | None
    ended_at: datetime | None
    reason: str

    @classmethod
    def of(cls, worker: Worker, job_id: UUID | None, names: Names) -> WorkerView:
        """A worker as it is shown."""
        return cls(
            id=worker.id,
            provider=names(worker.provider_id),
            state=worker.state,
            target=worker.target,
            reusable=worker.reusable,
            image=worker.image,
            cpu=worker.cpu,
            memory_mb=worker.memory_mb,
            attempt_id=worker.attempt_id,
            job_id=job_id,
            agent_version=worker.agent_version,
            architecture=worker.architecture,
            created_at=worker.created_at,
            enrolled_at=worker.enrolled_at,
            ready_at=worker.ready_at,
            silent_at=worker.silent_at,
            ended_at=worker.ended_at,
            reason=worker.reason,
        )


class Workers(Model):
    """Workers, newest first."""

    items: list[WorkerView]
