"""What providers and workers carry at the moment, as people look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLoad:
    """What is placed on one provider."""

    workers: int = 0
    """Workers that are not gone."""
    cpu: float = 0.0
    """CPUs that were given to them."""
    memory_mb: int = 0
    assigned: int = 0
    """Attempts whose process has not started."""
    running: int = 0
    """Attempts whose process has started and not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLoad:
    """What one worker holds, and when it was last known to live."""

    job_id: UUID | None = None
    job_name: str | None = None
    project: str | None = None
    """That of the job."""
    lease_until: datetime | None = None
    sampled_at: datetime | None = None
    """When its attempt was last sampled; None: it was not."""
    cpus: float | None = None
    """CPUs used between the last two samples; None with fewer than two."""
    memory_bytes: int | None = None


class LoadStore(Protocol):
    """Loads, counted from the rows as they are now."""

    async def provider_loads(self) -> Mapping[UUID, ProviderLoad]:
        """By provider; those that carry nothing are left out."""
        ...

    async def worker_loads(self, worker_ids: Sequence[UUID]) -> Mapping[UUID, WorkerLoad]:
        """Of the workers that exist."""
        ...
