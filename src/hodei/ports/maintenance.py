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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Whether anything is going on in the whole installation."""

    waiting: bool
    """Some job is PENDING."""
    busy: bool
    """Some worker lives, or some attempt is open."""


class MaintenanceStore(Protocol):
    """Housekeeping."""

    async def ping(self) -> float:
        """Seconds of one round trip; raises Unavailable."""
        ...

    async def pulse(self) -> Pulse:
        """Tells loops that have found nothing to do whether to look again."""
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
