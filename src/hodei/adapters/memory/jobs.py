"""Reading jobs and attempts: by id, in lists, in counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from hodei.adapters.memory.cursors import page_of, read_cursor
from hodei.adapters.memory.part import Part
from hodei.adapters.memory.tables import AttemptEntry, JobEntry
from hodei.domain.attempt import Attempt
from hodei.domain.errors import InvalidRequest
from hodei.domain.job import SHORTEST_ID, Job, JobState
from hodei.domain.origin import Origin
from hodei.domain.worker import Target
from hodei.ports.store import Held, JobFilter, JobRow, JobSort, Page

_LONGEST_PAGE = 1_000
_DIGITS = re.compile(r"[0-9a-f]{1,32}")


class Jobs(Part):
    """The reading part of JobStore."""

    async def get_job(self, job_id: UUID) -> Job | None:
        """See JobStore."""
        await self._begin()
        entry = self._tables.jobs.get(job_id)
        return entry.job if entry else None

    async def find_jobs(
        self, prefix: str, limit: int = 10, *, projects: frozenset[str] | None = None
    ) -> Sequence[UUID]:
        """See JobStore."""
        await self._begin()
        wanted = _hex_prefix(prefix)
        if wanted is None or len(prefix) < SHORTEST_ID:
            raise InvalidRequest.of(
                "id", f"give at least {SHORTEST_ID} hex digits of the job's id", prefix
            )
        return sorted(
            job_id
            for job_id, entry in self._tables.jobs.items()
            if job_id.hex.startswith(wanted) and belongs(entry.job, projects)
        )[:limit]

    async def list_jobs(
        self,
        where: JobFilter,
        *,
        sort: JobSort = JobSort.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRow]:
        """See JobStore."""
        await self._begin()
        if not 1 <= limit <= _LONGEST_PAGE:
            raise InvalidRequest.of("limit", f"must be from 1 to {_LONGEST_PAGE}", limit)
        after = read_cursor(sort, cursor) if cursor else None
        newest_first = sort is JobSort.NEWEST
        shown = [
            ((entry.job.submitted_at, entry.seq), entry)
            for entry in self._matching(where, where.states)
        ]
        if after is not None:
            shown = [
                item for item in shown if (item[0] < after if newest_first else item[0] > after)
            ]
        shown.sort(key=lambda item: item[0], reverse=newest_first)
        rows = ((place, self._row(entry)) for place, entry in shown)
        return page_of(sort, rows, limit=limit)

    async def job_rows(self, job_ids: Sequence[UUID]) -> Sequence[JobRow]:
        """See JobStore."""
        await self._begin()
        found = (self._tables.jobs.get(job_id) for job_id in dict.fromkeys(job_ids))
        return [self._row(entry) for entry in found if entry is not None]

    async def count_jobs(self, where: JobFilter) -> Mapping[JobState, int]:
        """See JobStore."""
        await self._begin()
        counts = dict.fromkeys(JobState, 0)
        for entry in self._matching(where, frozenset()):
            counts[entry.job.state] += 1
        return counts

    async def attempts(self, job_id: UUID) -> Sequence[Attempt]:
        """See JobStore."""
        await self._begin()
        numbers = self._tables.attempts_of.get(job_id, {})
        return [self._tables.attempts[numbers[number]].attempt for number in sorted(numbers)]

    async def get_attempt(self, attempt_id: UUID) -> Attempt | None:
        """See JobStore."""
        await self._begin()
        entry = self._tables.attempts.get(attempt_id)
        return entry.attempt if entry else None

    async def held(self, attempt_id: UUID) -> Held | None:
        """See JobStore."""
        await self._begin()
        entry = self._tables.attempts.get(attempt_id)
        return self._held(entry) if entry else None

    async def unsettled(self, limit: int = 1000) -> Sequence[Held]:
        """See JobStore."""
        await self._begin()
        tables = self._tables
        entries = sorted(
            (tables.attempts[attempt_id] for attempt_id in tables.open_attempts),
            key=lambda entry: entry.seq,
        )
        found = (self._held(entry) for entry in entries)
        return [held for held in found if held and self._needs_a_look(held)][:limit]

    def _held(self, entry: AttemptEntry) -> Held | None:
        job = self._tables.jobs.get(entry.attempt.job_id)
        worker = self._tables.workers.get(entry.attempt.worker_id)
        if job is None or worker is None:
            return None
        return Held(job=job.job, attempt=entry.attempt, worker=worker.worker)

    def _needs_a_look(self, held: Held) -> bool:
        attempt = held.attempt
        return (
            attempt.cancel_requested_at is not None
            or held.job.cancel_requested_at is not None
            or (attempt.run_deadline is not None and attempt.run_deadline < self._now())
            or attempt.ended
            or held.worker.target is Target.GONE
        )

    # ---- lists

    def _matching(self, where: JobFilter, states: frozenset[JobState]) -> Iterable[JobEntry]:
        fits = _filter(where, states)
        return (entry for entry in self._tables.jobs.values() if fits(entry.job))

    def _row(self, entry: JobEntry) -> JobRow:
        job, spec = entry.job, entry.job.spec
        newest = self._tables.newest_attempt(job.id)
        return JobRow(
            id=job.id,
            name=spec.name,
            project=spec.project,
            owner=job.owner,
            state=job.state,
            version=job.version,
            phase=newest.phase.value if newest else None,
            priority=spec.priority,
            command_type=spec.command.type,
            image=spec.image,
            provider_id=job.provider_id,
            labels=dict(spec.labels),
            attempts=job.attempts,
            max_attempts=spec.retry.max_attempts,
            submitted_at=job.submitted_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            exit_code=job.outcome.exit_code if job.outcome else None,
            cause=job.outcome.cause.value if job.outcome else None,
            warn_count=job.warn_count,
            error_count=job.error_count,
            cancel_requested_at=job.cancel_requested_at,
            origin=replace(job.origin, parameters={}) if job.origin else None,
        )


def belongs(job: Job, projects: frozenset[str] | None) -> bool:
    """Whether it is a job of these projects; None: of all."""
    return projects is None or job.spec.project in projects


def _hex_prefix(text: str) -> str | None:
    """The hex digits that ids beginning with `text` begin with; None: no id does."""
    lower = text.lower()
    digits = lower.replace("-", "")
    if not _DIGITS.fullmatch(digits):
        return None
    # The dashes, where there are any, must be where an id has them.
    if "-" in lower and not str(UUID(digits.ljust(32, "0"))).startswith(lower):
        return None
    return digits


def _made_by(origin: Origin | None, where: JobFilter) -> bool:
    template = origin.template if origin else None
    schedule = origin.schedule if origin else None
    return (
        where.template in (None, template.id if template else None)
        and where.template_version in (None, template.version if template else None)
        and where.schedule in (None, schedule.id if schedule else None)
    )


def _filter(where: JobFilter, states: frozenset[JobState]) -> Callable[[Job], bool]:
    name = (where.name or "").lower()
    id_prefix = _hex_prefix(name)

    def named(job: Job) -> bool:
        return name in job.spec.name.lower() or (
            id_prefix is not None and job.id.hex.startswith(id_prefix)
        )

    def within(job: Job) -> bool:
        begin, end = where.submitted_from, where.submitted_before
        return (begin is None or job.submitted_at >= begin) and (
            end is None or job.submitted_at < end
        )

    def fits(job: Job) -> bool:
        spec = job.spec
        return (
            (not states or job.state in states)
            and where.project in (None, spec.project)
            and belongs(job, where.projects)
            and where.owner in (None, job.owner)
            and where.provider_id in (None, job.provider_id)
            and where.priority in (None, spec.priority)
            and where.command_type in (None, spec.command.type)
            and where.image in (None, spec.image)
            and where.labels.items() <= spec.labels.items()
            and (not name or named(job))
            and _made_by(job.origin, where)
            and within(job)
        )

    return fits
