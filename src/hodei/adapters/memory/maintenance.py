"""Housekeeping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.ports.maintenance import DatabaseFacts, ProjectDates, Pulse, Purged


class Maintenance(Part):
    """MaintenanceStore."""

    async def ping(self) -> float:
        """See MaintenanceStore."""
        begun = self._clock.monotonic()
        await self._begin()
        return self._clock.monotonic() - begun

    async def pulse(self) -> Pulse:
        """See MaintenanceStore."""
        await self._begin()
        tables = self._tables
        live = next(iter(tables.live_workers()), None) is not None
        return Pulse(
            waiting=next(iter(tables.waiting()), None) is not None,
            busy=live or bool(tables.open_attempts),
        )

    async def installation_id(self) -> str:
        """See MaintenanceStore."""
        await self._begin()
        return self._tables.installation_id

    async def database(self) -> DatabaseFacts:
        """See MaintenanceStore."""
        await self._begin()
        return DatabaseFacts(product="memory", size_bytes=None)

    async def purge(
        self,
        *,
        jobs_before: datetime,
        logs_before: datetime,
        limit: int,
        projects: Sequence[ProjectDates] = (),
    ) -> Purged:
        """See MaintenanceStore; what belongs to a removed job goes with it."""
        await self._begin()
        tables = self._tables
        segments, samples, events = self._sizes()
        own = {each.project: each.jobs_before for each in projects if each.jobs_before}
        jobs = self._old_jobs(jobs_before, limit, lambda project: project not in own)
        for name, before in own.items():
            jobs += self._old_jobs(before, limit, name.__eq__)
        for job_id in jobs:
            tables.remove_job(job_id)
        gone = frozenset(jobs)
        tables.events = [item for item in tables.events if item[1].job_id not in gone]
        own_logs = {each.project: each.logs_before for each in projects if each.logs_before}
        logs = self._old_logs(logs_before, limit, lambda project: project not in own_logs)
        for name, before in own_logs.items():
            logs += self._old_logs(before, limit, name.__eq__)
        for attempt_id in logs:
            del tables.logs[attempt_id]
        self._purge_samples(logs_before, limit)
        self._purge_events(min(jobs_before, *own.values()) if own else jobs_before, limit)
        workers = self._old_workers(jobs_before, limit)
        for worker_id in workers:
            tables.remove_worker(worker_id)
        segments_left, samples_left, events_left = self._sizes()
        return Purged(
            jobs=len(jobs),
            log_segments=segments - segments_left,
            events=events - events_left,
            samples=samples - samples_left,
            workers=len(workers),
        )

    def _sizes(self) -> tuple[int, int, int]:
        tables = self._tables
        return (
            sum(len(entry.segments) for entry in tables.logs.values()),
            sum(len(samples) for samples in tables.samples.values()) + len(tables.host_samples),
            len(tables.events),
        )

    def _old_jobs(
        self, before: datetime, limit: int, concerns: Callable[[str], bool]
    ) -> list[UUID]:
        return _oldest(
            (
                (entry.job.finished_at, job_id)
                for job_id, entry in self._tables.jobs.items()
                if entry.job.finished_at is not None
                and entry.job.finished_at < before
                and concerns(entry.job.spec.project)
            ),
            limit,
        )

    def _old_logs(
        self, before: datetime, limit: int, concerns: Callable[[str], bool]
    ) -> list[UUID]:
        tables = self._tables

        def project(attempt_id: UUID) -> str:
            attempt = tables.attempts.get(attempt_id)
            return tables.jobs[attempt.attempt.job_id].job.spec.project if attempt else ""

        return _oldest(
            (
                (entry.updated_at, attempt_id)
                for attempt_id, entry in tables.logs.items()
                if entry.updated_at < before
                and attempt_id not in tables.open_attempts
                and concerns(project(attempt_id))
            ),
            limit,
        )

    def _old_workers(self, before: datetime, limit: int) -> list[UUID]:
        return _oldest(
            (
                (entry.worker.ended_at, worker_id)
                for worker_id, entry in self._tables.workers.items()
                if not entry.live
                and entry.worker.ended_at is not None
                and entry.worker.ended_at < before
            ),
            limit,
        )

    def _purge_samples(self, before: datetime, limit: int) -> None:
        tables = self._tables
        old = ((key, at) for key, rows in tables.samples.items() for at in rows if at < before)
        for attempt_id, at in list(islice(old, limit)):
            del tables.samples[attempt_id][at]
        machines = [key for key in tables.host_samples if key[1] < before]
        for key in sorted(machines, key=lambda key: key[1])[:limit]:
            del tables.host_samples[key]

    def _purge_events(self, before: datetime, limit: int) -> None:
        tables = self._tables
        going_on = {key for key, entry in tables.jobs.items() if entry.job.finished_at is None}
        others = (item for item in tables.events if item[1].job_id not in going_on)
        gone = {place for place, event in islice(others, limit) if event.at < before}
        tables.events = [item for item in tables.events if item[0] not in gone]


def _oldest(found: Iterable[tuple[datetime, UUID]], limit: int) -> list[UUID]:
    return [key for _, key in sorted(found)[:limit]]
