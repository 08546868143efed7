"""Saving: units by compare-and-set, new jobs, and the hints that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.adapters.memory.tables import LogEntry
from hodei.domain.events import Event
from hodei.domain.job import Job, JobState
from hodei.domain.project import Use
from hodei.domain.worker import WorkerState
from hodei.ports.bus import Hint
from hodei.ports.store import LogAppend, Unit, Verdict

UNIT_LEASE = timedelta(seconds=15)
"""How long the workers of a unit that names a replica are leased to it."""

_FREEING = (WorkerState.READY, WorkerState.GONE)


@dataclass(slots=True)
class Changes:
    """What the saved units touched, as hints tell it."""

    queue: bool = False
    events: bool = False
    ids: dict[str, dict[UUID, None]] = field(default_factory=dict)
    """By topic; a dictionary keeps each id once and the order."""

    def add(self, topic: str, entity_id: UUID) -> None:
        """One entity was saved."""
        self.ids.setdefault(topic, {})[entity_id] = None

    def hints(self) -> list[Hint]:
        """One hint per topic that has something to tell."""
        hints = [Hint(topic="queue")] if self.queue else []
        for topic, ids in self.ids.items():
            hints.append(Hint(topic=topic, keys=tuple(map(str, ids))))
        if self.events:
            hints.append(Hint(topic="event"))
        return hints


class Commits(Part):
    """`JobStore.commit` and `JobStore.submit`."""

    async def commit(self, units: Sequence[Unit]) -> Sequence[Verdict]:
        """See JobStore."""
        await self._begin()
        self._faults.before_saving()
        changes = Changes()
        verdicts = [self._save(unit, changes) for unit in units]
        await self._publish(*changes.hints())
        self._faults.after_saving()
        return verdicts

    async def submit(self, jobs: Sequence[Job], events: Sequence[Event]) -> Sequence[Job]:
        """See JobStore."""
        await self._begin()
        self._faults.before_saving()
        changes = Changes()
        stored = [self._admit(job, changes) for job in jobs]
        inserted = changes.ids.get("job", {})
        for event in events:
            if event.job_id is None or event.job_id in inserted:
                self._tables.add_event(event)
                changes.events = True
        await self._publish(*changes.hints())
        self._faults.after_saving()
        return stored

    def _admit(self, job: Job, changes: Changes) -> Job:
        tables = self._tables
        twin = self._twin(job)
        if twin is None:
            twin = job.id
            tables.put_job(job)
            changes.add("job", job.id)
            changes.queue |= job.state is JobState.PENDING
        return tables.jobs[twin].job

    def _twin(self, job: Job) -> UUID | None:
        if job.idempotency_key is not None:
            twin = self._tables.job_by_key.get((job.spec.project, job.idempotency_key))
            if twin is not None:
                return twin
        return job.id if job.id in self._tables.jobs else None

    # ---- one unit

    def _save(self, unit: Unit, changes: Changes) -> Verdict:
        if not self._fresh(unit):
            return Verdict.STALE
        if not self._roomy(unit) or not self._within_quota(unit):
            return Verdict.FULL
        self._save_jobs(unit, changes)
        self._save_workers(unit, changes)
        for record in unit.providers:
            self._tables.put_provider(record)
            changes.add("provider", record.id)
            changes.queue = True
        for log in unit.logs:
            self._append(log)
            changes.add("log", log.attempt_id)
        for sample in unit.samples:
            self._tables.samples.setdefault(sample.attempt_id, {}).setdefault(sample.at, sample)
        for event in unit.events:
            self._tables.add_event(event)
            changes.events = True
        return Verdict.SAVED

    def _fresh(self, unit: Unit) -> bool:
        return (
            all(self._fresh_job(job) for job in unit.jobs)
            and self._fresh_attempts(unit)
            and self._fresh_workers(unit)
            and self._fresh_providers(unit)
            and all(self._fresh_log(log) for log in unit.logs)
        )

    def _fresh_job(self, job: Job) -> bool:
        if job.version == 0:
            bound = job.state is not JobState.PENDING
            return self._twin(job) is None and not (bound and self._tables.scheduler.paused)
        entry = self._tables.jobs.get(job.id)
        return entry is not None and entry.job.version == job.version

    def _fresh_attempts(self, unit: Unit) -> bool:
        tables = self._tables
        for attempt in unit.attempts:
            entry = tables.attempts.get(attempt.id)
            if (entry.attempt.version if entry else 0) != attempt.version:
                return False
            twins = tables.attempts_of.get(attempt.job_id, {})
            if attempt.version == 0 and attempt.number in twins:
                return False
        return True

    def _fresh_workers(self, unit: Unit) -> bool:
        for worker in unit.workers:
            entry = self._tables.workers.get(worker.id)
            if (entry.worker.version if entry else 0) != worker.version:
                return False
        return True

    def _fresh_providers(self, unit: Unit) -> bool:
        stored = self._tables.providers
        for record in unit.providers:
            twin = stored.get(record.id)
            if (twin.version if twin else 0) != record.version:
                return False
            if any(
                other.name == record.name and other.id != record.id for other in stored.values()
            ):
                return False
        return True

    def _fresh_log(self, log: LogAppend) -> bool:
        entry = self._tables.logs.get(log.attempt_id)
        return (entry.head.acked_seq if entry else 0) == log.after_seq

    def _roomy(self, unit: Unit) -> bool:
        if unit.max_live is None:
            return True
        new = [worker.provider_id for worker in unit.workers if worker.version == 0]
        return all(
            sum(1 for _ in self._tables.live_workers(provider_id)) + new.count(provider_id)
            <= unit.max_live
            for provider_id in set(new)
        )

    def _within_quota(self, unit: Unit) -> bool:
        project = self._tables.projects.get(unit.within) if unit.within is not None else None
        if project is None:
            return True
        used = self._tables.use_of([project.name]).get(project.name, Use())
        for job in unit.jobs:
            if job.state is JobState.ASSIGNED:
                used = used.plus(job.spec.resources)
        return project.quota.allows(used)

    def _save_jobs(self, unit: Unit, changes: Changes) -> None:
        for job in unit.jobs:
            self._tables.put_job(job)
            changes.add("job", job.id)
            changes.queue |= job.state is JobState.PENDING
        for attempt in unit.attempts:
            self._tables.put_attempt(attempt)
            # Its job's row in the list shows its phase; its worker may have work to do.
            changes.add("job", attempt.job_id)
            changes.add("worker", attempt.worker_id)

    def _save_workers(self, unit: Unit, changes: Changes) -> None:
        for worker in unit.workers:
            entry = self._tables.put_worker(worker)
            if unit.replica is not None:
                entry.lease(unit.replica, self._now() + UNIT_LEASE)
            changes.add("worker", worker.id)
            changes.queue |= worker.state in _FREEING

    def _append(self, log: LogAppend) -> None:
        entry = self._tables.logs.get(log.attempt_id)
        if entry is None:
            entry = LogEntry(head=log.head, updated_at=self._now())
            self._tables.logs[log.attempt_id] = entry
        entry.head = log.head
        entry.updated_at = self._now()
        entry.segments += log.segments
