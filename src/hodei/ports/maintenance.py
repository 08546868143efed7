"""Housekeeping of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a retention pass removed."""

    jobs: int = 0
    log_segments: int = 0
    events: int = 0
    samples: int = 0
    workers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What the store keeps its rows in."""

    product: str
    """Name and version, for people."""
    size_bytes: int | None
    """Disk that it takes; None: not known."""


class MaintenanceStore(Protocol):
    """Housekeeping."""

    async def ping(self) -> float:
        """Seconds of one round trip; raises Unavailable."""
        ...

    async def installation_id(self) -> str:
        """Made once per database."""
        ...

    async def database(self) -> DatabaseFacts:
        """What the rows are kept in."""
        ...

    async def purge(self, *, jobs_before: datetime, logs_before: datetime, limit: int) -> Purged:
        """Removes finished jobs, logs, samples, events and gone workers older than the dates,
        at most `limit` of each."""
        ...
