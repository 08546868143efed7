"""Jobs and attempts: submission, saving, single reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from hodei.adapters.postgres.commit import save, submit_statement
from hodei.adapters.postgres.database import Database, Row
from hodei.adapters.postgres.event_rows import event_row
from hodei.adapters.postgres.job_rows import job_ids, job_new_row, job_of, job_row_of
from hodei.adapters.postgres.log_rows import Packer
from hodei.adapters.postgres.notifier import Notifier, hints_of_jobs, hints_of_units
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.worker_rows import attempt_of, worker_of
from hodei.domain.attempt import Attempt
from hodei.domain.change import changed
from hodei.domain.errors import InvalidRequest, Unavailable
from hodei.domain.events import Event
from hodei.domain.job import SHORTEST_ID, Job
from hodei.ports.bus import Hint
from hodei.ports.store import Held, JobRow, Unit, Verdict

_SUBMIT_TRIES = 3
_PREFIX = re.compile(r"[0-9a-f]{1,32}")


class Jobs:
    """Part of `JobStore`."""

    def __init__(self, database: Database, notifier: Notifier, packer: Packer) -> None:
        self._database = database
        self._notifier = notifier
        self._packer = packer

    async def commit(self, units: Sequence[Unit]) -> Sequence[Verdict]:
        """See `JobStore.commit`."""
        verdicts = await save(self._database, units, self._packer)
        saved = (u for u, v in zip(units, verdicts, strict=True) if v is Verdict.SAVED)
        self._notifier.add(hints_of_units(saved))
        return verdicts

    async def submit(self, jobs: Sequence[Job], events: Sequence[Event]) -> Sequence[Job]:
        """See `JobStore.submit`."""
        if not jobs:
            return []
        inserted = await self._insert(jobs, events)
        self._notifier.add(hints_of_jobs(job for job in jobs if job.id in inserted))
        if events and inserted:
            self._notifier.add([Hint(topic="event")])
        if len(inserted) == len(jobs):
            return [_saved(job) for job in jobs]
        return await self._with_twins(jobs, events, inserted)

    async def _insert(self, jobs: Sequence[Job], events: Sequence[Event]) -> set[UUID]:
        arguments = [[job_new_row(0, job) for job in jobs]]
        if events:
            arguments.append([event_row(0, event) for event in events])
        statement = submit_statement(events=bool(events))
        return set(job_ids(await self._database.rows(statement, *arguments)))

    async def _with_twins(
        self, jobs: Sequence[Job], events: Sequence[Event], inserted: set[UUID]
    ) -> Sequence[Job]:
        for _ in range(_SUBMIT_TRIES):
            twins = await self._twins([job for job in jobs if job.id not in inserted])
            found = [
                _saved(job) if job.id in inserted else twins.get(_key(job)) or twins.get(job.id)
                for job in jobs
            ]
            missing = [job for job, twin in zip(jobs, found, strict=True) if twin is None]
            if not missing:
                return [job for job in found if job is not None]
            # The twin was removed by retention between the two statements.
            wanted = {job.id for job in missing}
            inserted |= await self._insert(
                missing, [event for event in events if event.job_id in wanted]
            )
        raise Unavailable("jobs with these idempotency keys come and go; try again")

    async def _twins(self, jobs: Sequence[Job]) -> dict[object, Job]:
        keyed = [job for job in jobs if job.idempotency_key is not None]
        rows = await self._database.rows(
            sql("jobs.twins"),
            [job.id for job in jobs],
            [job.spec.project for job in keyed],
            [job.idempotency_key for job in keyed],
        )
        twins: dict[object, Job] = {}
        for stored in map(job_of, rows):
            twins[stored.id] = stored
            if stored.idempotency_key is not None:
                twins[_key(stored)] = stored
        return twins

    async def get_job(self, job_id: UUID) -> Job | None:
        """See `JobStore.get_job`."""
        row = await self._database.row(sql("jobs.get"), job_id)
        return job_of(row) if row else None

    async def find_jobs(
        self, prefix: str, limit: int = 10, *, projects: frozenset[str] | None = None
    ) -> Sequence[UUID]:
        """See `JobStore.find_jobs`."""
        bounds = id_bounds(prefix)
        if bounds is None or len(prefix) < SHORTEST_ID:
            raise InvalidRequest.of(
                "job_id", f"must be at least the first {SHORTEST_ID} characters of an id", prefix
            )
        if projects is None:
            return job_ids(await self._database.rows(sql("jobs.find"), *bounds, limit))
        within = sorted(projects)
        return job_ids(await self._database.rows(sql("jobs.find_within"), *bounds, limit, within))

    async def job_rows(self, job_ids: Sequence[UUID]) -> Sequence[JobRow]:
        """See `JobStore.job_rows`."""
        rows = await self._database.rows(sql("jobs.rows"), list(job_ids))
        return [job_row_of(row) for row in rows]

    async def attempts(self, job_id: UUID) -> Sequence[Attempt]:
        """See `JobStore.attempts`."""
        return [attempt_of(row) for row in await self._database.rows(sql("jobs.attempts"), job_id)]

    async def get_attempt(self, attempt_id: UUID) -> Attempt | None:
        """See `JobStore.get_attempt`."""
        row = await self._database.row(sql("jobs.get_attempt"), attempt_id)
        return attempt_of(row) if row else None

    async def held(self, attempt_id: UUID) -> Held | None:
        """See `JobStore.held`."""
        row = await self._database.row(sql("jobs.held"), attempt_id)
        return _held(row) if row else None

    async def unsettled(self, limit: int = 1000) -> Sequence[Held]:
        """See `JobStore.unsettled`."""
        return [_held(row) for row in await self._database.rows(sql("jobs.unsettled"), limit)]


def id_bounds(prefix: str) -> tuple[UUID, UUID] | None:
    """The lowest and the highest id that begin with `prefix`; None when no id can."""
    digits = prefix.lower().replace("-", "")
    if not _PREFIX.fullmatch(digits):
        return None
    low, high = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    # The dashes, where there are any, must be where an id has them.
    if "-" in prefix and not str(low).startswith(prefix.lower()):
        return None
    return low, high


def _saved(job: Job) -> Job:
    return changed(job, version=job.version + 1)


def _key(job: Job) -> object:
    return (job.spec.project, job.idempotency_key)


def _held(row: Row) -> Held:
    return Held(job=job_of(row), attempt=attempt_of(row), worker=worker_of(row))
