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
from hodei.domain.worker import Target, WorkerState
from hodei.engine.effect import Effect
from hodei.engine.pools import PoolView
from hodei.engine.providers import ProviderView as View
from hodei.engine.queueing import WorkerView as KnownWorker
from hodei.ports.loads import ProviderLoad


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


class LoadView(Model):
    """What is placed on a provider now."""

    workers: int
    cpu: float
    """CPUs that were given to its workers."""
    memory_mb: int
    assigned: int
    """Jobs whose process has not started."""
    running: int

    @classmethod
    def of(cls, load: ProviderLoad) -> LoadView:
        """A load as it is shown."""
        return cls(
            workers=load.workers,
            cpu=round(load.cpu, 3),
            memory_mb=load.memory_mb,
            assigned=load.assigned,
            running=load.running,
        )


class EffectView(Model):
    """What disabling a provider would do to the jobs of now."""

    running: int
    """Jobs that run there; they go on."""
    assigned: int
    """Jobs that are about to start there; they go on."""
    workers: int
    waiting: int
    """Waiting jobs that no other enabled provider could ever serve."""
    at_least: bool
    """Whether there may be more: only the beginning of the queue was looked at."""

    @classmethod
    def of(cls, effect: Effect) -> EffectView:
        """An effect as it is shown."""
        return cls(
            running=effect.load.running,
            assigned=effect.load.assigned,
            workers=effect.load.workers,
            waiting=effect.waiting,
            at_least=effect.at_least,
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
    load: LoadView
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
            load=LoadView.of(view.load),
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
    title: str
    description: str
    settings_schema: dict[str, Any]
    """JSON Schema 2020-12; fields marked writeOnly are never given back."""


class MissingType(Model):
    """A type of provider that Hodei knows of and that is not installed here."""

    type: str
    title: str


class ProviderTypes(Model):
    """All types, by name."""

    items: list[ProviderType]
    missing: list[MissingType]


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
    job_name: str | None
    agent_version: str
    architecture: str
    created_at: datetime
    enrolled_at: datetime | None
    ready_at: datetime | None
    heard_at: datetime | None
    """When its agent was last heard of; to a few seconds for one that calls another server."""
    silent_at: datetime | None
    ended_at: datetime | None
    reason: str
    cpus_used: float | None
    """CPUs that its job used of late; null when it was not sampled twice."""
    memory_used_bytes: int | None
    sampled_at: datetime | None

    @classmethod
    def of(cls, view: KnownWorker, names: Names) -> WorkerView:
        """A worker as it is shown."""
        worker, load = view.worker, view.load
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
            job_id=load.job_id,
            job_name=load.job_name,
            agent_version=worker.agent_version,
            architecture=worker.architecture,
            created_at=worker.created_at,
            enrolled_at=worker.enrolled_at,
            ready_at=worker.ready_at,
            heard_at=view.heard_at,
            silent_at=worker.silent_at,
            ended_at=worker.ended_at,
            reason=worker.reason,
            cpus_used=None if load.cpus is None else round(load.cpus, 3),
            memory_used_bytes=load.memory_bytes,
            sampled_at=load.sampled_at,
        )


class Workers(Model):
    """Workers, newest first."""

    items: list[WorkerView]
