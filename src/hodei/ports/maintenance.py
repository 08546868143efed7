"""Housekeeping of the store."""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDates:
    """Before when the finished jobs of one project go, and their logs; None: as everybody's."""

    project: str
    jobs_before: datetime | None = None
    logs_before: datetime | None = None


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

    async def purge(
        self,
        *,
        jobs_before: datetime,
        logs_before: datetime,
        limit: int,
        projects: Sequence[ProjectDates] = (),
    ) -> Purged:
        """Removes finished jobs, logs, samples, events and gone workers older than the dates,
        at most `limit` of each. For the jobs and logs of `projects` their own dates count, with
        the same limit for each; events stay as long as any project's jobs, and at least until
        their own job is over."""
        ...
