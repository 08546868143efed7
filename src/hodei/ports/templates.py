"""Stored templates, their versions, and how the jobs made from them went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hodei.domain.job import JobState
from hodei.domain.templates.template import Template, TemplateRow, VersionRow

TemplatePlace = tuple[str, str]
"""Name and project: the place of a template in lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFilter:
    """Which templates a list shows; empty means all."""

    project: str | None = None
    projects: frozenset[str] | None = None
    """Any of these; empty: no template at all."""
    q: str | None = None
    """Part of the name or of the description, in any case."""
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """How the jobs of a template went of late."""

    last_job_id: UUID | None = None
    """The newest, however old it is."""
    last_state: JobState | None = None
    last_at: datetime | None = None
    runs: int = 0
    succeeded: int = 0
    judged: int = 0
    """Those that ended by themselves: succeeded, failed or timed out."""
    avg_ms: float | None = None
    """Run time of those that finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBucket:
    """Jobs of a template that were submitted in one stretch of time."""

    start: datetime
    states: Mapping[JobState, int]
    """What they are now; every state has an entry."""
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None

    @property
    def runs(self) -> int:
        """All of them."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStats:
    """Jobs of a template over a range of time."""

    total: RunBucket
    series: tuple[RunBucket, ...]


class TemplateStore(Protocol):
    """Templates. A change is a new version; versions are never changed."""

    async def list_templates(
        self, where: TemplateFilter, *, after: TemplatePlace | None = None, limit: int = 50
    ) -> Sequence[TemplateRow]:
        """At most `limit` beyond that place, by name and project."""
        ...

    async def get_template(self, template_id: UUID, version: int | None = None) -> Template | None:
        """The newest version, or that one."""
        ...

    async def find_template(self, project: str, name: str) -> Template | None:
        """The newest version."""
        ...

    async def template_versions(
        self, template_id: UUID, *, below: int | None = None, limit: int = 50
    ) -> Sequence[VersionRow]:
        """The newest first; only those below `below`."""
        ...

    async def put_template(self, template: Template) -> bool:
        """Adds a version: the first, or the one after the newest, by compare-and-set.

        False when the newest is another one, when another template of the project has the name,
        and for a new template when there is no such project.
        """
        ...

    async def delete_template(self, template_id: UUID) -> bool:
        """Removes it with all its versions; its jobs stay. False when there is none."""
        ...

    async def template_use(
        self, template_ids: Sequence[UUID], *, since: datetime
    ) -> Mapping[UUID, TemplateUse]:
        """Every one has an entry; jobs submitted since then count."""
        ...

    async def template_runs(
        self,
        template_id: UUID,
        *,
        version: int | None = None,
        start: datetime,
        end: datetime,
        buckets: int,
    ) -> RunStats:
        """Jobs submitted in [start, end)."""
        ...
