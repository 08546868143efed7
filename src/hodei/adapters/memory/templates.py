"""Templates, and how their jobs went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import fmean
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.adapters.memory.percentiles import percentile
from hodei.domain.job import Job, JobState
from hodei.domain.templates.template import Template, TemplateRow, VersionRow
from hodei.ports.templates import (
    RunBucket,
    RunStats,
    TemplateFilter,
    TemplatePlace,
    TemplateUse,
)

_JUDGED = (JobState.SUCCEEDED, JobState.FAILED, JobState.TIMEOUT)


class Templates(Part):
    """TemplateStore."""

    async def list_templates(
        self, where: TemplateFilter, *, after: TemplatePlace | None = None, limit: int = 50
    ) -> Sequence[TemplateRow]:
        """See TemplateStore."""
        await self._begin()
        newest = sorted((one[-1] for one in self._tables.templates.values()), key=_place)
        return [
            TemplateRow.of(one)
            for one in newest
            if _fits(one, where) and (after is None or _place(one) > after)
        ][:limit]

    async def get_template(self, template_id: UUID, version: int | None = None) -> Template | None:
        """See TemplateStore."""
        await self._begin()
        found = self._tables.templates.get(template_id, ())
        wanted = len(found) if version is None else version
        return found[wanted - 1] if 1 <= wanted <= len(found) else None

    async def find_template(self, project: str, name: str) -> Template | None:
        """See TemplateStore."""
        await self._begin()
        return self._template_named(project, name)

    async def template_versions(
        self, template_id: UUID, *, below: int | None = None, limit: int = 50
    ) -> Sequence[VersionRow]:
        """See TemplateStore."""
        await self._begin()
        found = reversed(self._tables.templates.get(template_id, ()))
        return [
            VersionRow(
                version=one.version,
                name=one.name,
                description=one.draft.description,
                created_at=one.updated_at,
                created_by=one.updated_by,
            )
            for one in found
            if below is None or one.version < below
        ][:limit]

    async def put_template(self, template: Template) -> bool:
        """See TemplateStore."""
        await self._begin()
        stored = self._tables.templates.get(template.id, [])
        namesake = self._template_named(template.project, template.name)
        if len(stored) != template.version - 1 or (namesake and namesake.id != template.id):
            return False
        if template.project not in self._tables.projects:
            return False
        self._tables.templates[template.id] = [*stored, template]
        return True

    async def delete_template(self, template_id: UUID) -> bool:
        """See TemplateStore."""
        await self._begin()
        return self._tables.templates.pop(template_id, None) is not None

    async def template_use(
        self, template_ids: Sequence[UUID], *, since: datetime
    ) -> Mapping[UUID, TemplateUse]:
        """See TemplateStore."""
        await self._begin()
        return {each: self._use(each, since) for each in template_ids}

    async def template_runs(
        self,
        template_id: UUID,
        *,
        version: int | None = None,
        start: datetime,
        end: datetime,
        buckets: int,
    ) -> RunStats:
        """See TemplateStore."""
        await self._begin()
        step = (end - start) / buckets
        runs = [job for job in self._runs(template_id, version) if start <= job.submitted_at < end]
        series: list[list[Job]] = [[] for _ in range(buckets)]
        for job in runs:
            series[min(buckets - 1, int((job.submitted_at - start) / step))].append(job)
        return RunStats(
            total=_bucket(start, runs),
            series=tuple(_bucket(start + step * at, jobs) for at, jobs in enumerate(series)),
        )

    def _template_named(self, project: str, name: str) -> Template | None:
        newest = (one[-1] for one in self._tables.templates.values())
        return next((one for one in newest if (one.project, one.name) == (project, name)), None)

    def _runs(self, template_id: UUID, version: int | None = None) -> list[Job]:
        """Oldest first."""
        found = []
        for entry in self._tables.jobs.values():
            made = entry.job.origin.template if entry.job.origin else None
            if made and made.id == template_id and version in (None, made.version):
                found.append((entry.job.submitted_at, entry.seq, entry.job))
        return [job for _, _, job in sorted(found, key=lambda one: one[:2])]

    def _use(self, template_id: UUID, since: datetime) -> TemplateUse:
        every = self._runs(template_id)
        runs = [job for job in every if job.submitted_at >= since]
        counts = Counter(job.state for job in runs)
        took = _durations(runs)
        last = every[-1] if every else None
        return TemplateUse(
            last_job_id=last.id if last else None,
            last_state=last.state if last else None,
            last_at=last.submitted_at if last else None,
            runs=len(runs),
            succeeded=counts[JobState.SUCCEEDED],
            judged=sum(counts[state] for state in _JUDGED),
            avg_ms=fmean(took) if took else None,
        )


def _place(template: Template) -> TemplatePlace:
    return template.name, template.project


def _fits(template: Template, where: TemplateFilter) -> bool:
    wanted = (where.q or "").lower()
    draft = template.draft
    return (
        where.project in (None, template.project)
        and (where.projects is None or template.project in where.projects)
        and (where.tag is None or where.tag in draft.tags)
        and wanted in f"{draft.name}\n{draft.description}".lower()
    )


def _durations(jobs: Sequence[Job]) -> list[float]:
    return [
        (job.finished_at - job.started_at).total_seconds() * 1000
        for job in jobs
        if job.finished_at is not None and job.started_at is not None
    ]


def _bucket(start: datetime, jobs: Sequence[Job]) -> RunBucket:
    counts = Counter(job.state for job in jobs)
    took = sorted(_durations(jobs))
    return RunBucket(
        start=start,
        states={state: counts[state] for state in JobState},
        avg_ms=fmean(took) if took else None,
        p50_ms=percentile(took, 0.5),
        p95_ms=percentile(took, 0.95),
    )
