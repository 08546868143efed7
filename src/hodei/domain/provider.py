"""What a provider is to the engine: a configured row, what it can do, and how it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hodei.domain.spec import Architecture, Network


class Isolation(StrEnum):
    """What separates a job from the machine and from other jobs."""

    NONE = "none"
    CONTAINER = "container"
    POD = "pod"
    MICROVM = "microvm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can honour; placement reads nothing else."""

    isolation: Isolation
    images: bool
    """Whether a job's image becomes its root file system."""
    architectures: frozenset[Architecture]
    gpus: int = 0
    networks_none: bool = False
    """Whether `network: none` is enforced."""
    storage_limit: bool = False
    """Whether `storage_mb` is enforced."""
    max_workers: int = 4
    max_cpu: float = 16.0
    max_memory_mb: int = 1_048_576
    regions: frozenset[str] = frozenset()
    reusable_workers: bool = False
    survives_restart: bool = True
    """Whether workers outlive the server process."""
    projects_apart: frozenset[str] = frozenset()
    """Projects whose jobs get no worker that was made for whoever comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Answer of a provider's check; never an exception."""

    ok: bool
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    checked_at: datetime | None = None


class ObservedState(StrEnum):
    """What a provider sees of a worker. UNKNOWN is not GONE."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    EXITED = "EXITED"
    GONE = "GONE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One worker as its provider sees it."""

    state: ObservedState
    exit_code: int | None = None
    reason: str = ""
    out_of_memory: bool = False
    """The kernel ended it because it had used up its memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmPool:
    """Workers kept enrolled before any job asks for them."""

    size: int
    image: str | None = None
    cpu: float = 1.0
    memory_mb: int = 512
    network: Network = Network.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmLearning:
    """What workers may cost together that are kept because of the last day's jobs."""

    budget_cpu: float
    budget_memory_mb: int
    max_workers: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRecord:
    """A provider as configured. `settings` follows the JSON Schema of its type."""

    id: UUID
    name: str
    type: str
    """Name of the entry point: process, scripted, docker, kubernetes, firecracker."""
    enabled: bool = True
    version: int = 0
    settings: Mapping[str, object] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    max_workers: int | None = None
    """Overrides the capability when set."""
    warm: tuple[WarmPool, ...] = ()
    warm_learned: WarmLearning | None = None
    """None: only the pools of `warm` are kept."""
    idle_timeout_ms: int = 300_000
    """How long a reusable worker beyond the pools' sizes is kept idle."""
    created_at: datetime
    updated_at: datetime
