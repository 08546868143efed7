"""Jobs: submitting, reading, cancelling and repeating them."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from hodei.domain import job as jobs
from hodei.domain.attempt import Attempt
from hodei.domain.errors import (
    Conflict,
    HodeiError,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    StaleVersion,
    Violation,
)
from hodei.domain.events import Event, EventKind
from hodei.domain.job import SHORTEST_ID, Job, JobState
from hodei.domain.origin import Origin
from hodei.domain.outcomes import cancelled
from hodei.domain.parsing import parse_overrides
from hodei.domain.serial import spec_digest
from hodei.domain.spec import JobSpec, Priority, SecretRef
from hodei.domain.tracing import ShownTrace
from hodei.engine.core import Core
from hodei.engine.explain import Explainer
from hodei.engine.facts import job_event
from hodei.engine.intake import Intake
from hodei.engine.orders import same_job, sealed
from hodei.engine.projects import Projects
from hodei.engine.secret_values import missing_secrets
from hodei.engine.served import joined_trace
from hodei.engine.traces import shown_trace
from hodei.ports.bus import Hint
from hodei.ports.store import Held, JobFilter, JobRow, JobSort, Page, Unit

logger = logging.getLogger(__name__)

MAX_BULK = 1000
"""Jobs per bulk request."""
_ID = re.compile(rf"[0-9a-f-]{{{SHORTEST_ID},36}}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A spec on its way in."""

    spec: JobSpec
    idempotency_key: str | None = None
    rerun_of: UUID | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A stored job; not created when its idempotency key was known."""

    job: Job
    created: bool
    attempts: tuple[Attempt, ...] = ()
    """Not empty when it could begin at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one job of a bulk request."""

    job_id: UUID
    ok: bool
    state: JobState | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetail:
    """A job with all its attempts, oldest first."""

    job: Job
    attempts: tuple[Attempt, ...]

    @property
    def phase(self) -> str | None:
        """Phase of the newest attempt."""
        return self.attempts[-1].phase.value if self.attempts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Which job a key means, and where it belongs; a job never moves."""

    job_id: UUID
    project: str


Admit = Callable[[str], Awaitable[str]]
"""Gives the key of a job back, or raises NotFound or Forbidden."""
_Act = Callable[[str], Awaitable[JobDetail]]
AtOnce = Callable[[Job, Event], Awaitable[Held | None]]


class Jobs:
    """Use cases around jobs; every interface calls these and nothing else."""

    def __init__(
        self,
        core: Core,
        explainer: Explainer,
        projects: Projects,
        on_submitted: Callable[[], None],
        at_once: AtOnce,
    ) -> None:
        """`at_once` stores a job that can begin now; None: it is to be queued."""
        self._core = core
        self._at_once = at_once
        self._explainer = explainer
        self._projects = projects
        self._intake = Intake(core.store, core.clock, core.meter.submitted)
        self._on_submitted = on_submitted

    # ---- submitting

    async def submit(self, submission: Submission, *, actor: str) -> Job:
        """Stores one job. Raises InvalidRequest or IdempotencyMismatch."""
        return (await self.submit_many([submission], actor=actor))[0]

    async def submit_many(self, submissions: Sequence[Submission], *, actor: str) -> list[Job]:
        """Stores all jobs in one transaction, or none when one is refused."""
        return [one.job for one in await self.submit_noting(submissions, actor=actor)]

    async def submit_noting(
        self, submissions: Sequence[Submission], *, actor: str
    ) -> list[Submitted]:
        """Like `submit_many`, and says which jobs are new."""
        if not 1 <= len(submissions) <= MAX_BULK:
            raise InvalidRequest.of("jobs", f"must hold 1 to {MAX_BULK} jobs", len(submissions))
        await self._refuse(submissions)
        now = self._core.clock.now()
        new = [self._job(submission, actor, now) for submission in submissions]
        events = [
            job_event(EventKind.JOB_SUBMITTED, job, now, actor=actor, name=job.spec.name)
            for job in new
        ]
        if len(new) == 1 and (bound := await self._at_once(new[0], events[0])) is not None:
            self._traced(new)
            return [Submitted(job=bound.job, created=True, attempts=(bound.attempt,))]
        stored = await self._intake.submit(new, events)
        self._on_submitted()
        for mine, theirs in zip(new, stored, strict=True):
            if theirs.id != mine.id and not same_job(theirs, mine, self._core.sealer):
                raise IdempotencyMismatch(
                    f"idempotency key {mine.idempotency_key!r} was used for another job "
                    f"({theirs.id}); use a new key, or send the same job"
                )
        self._traced(mine for mine, theirs in zip(new, stored, strict=True) if theirs.id == mine.id)
        return [
            Submitted(job=theirs, created=theirs.id == mine.id)
            for mine, theirs in zip(new, stored, strict=True)
        ]

    def _traced(self, stored: Iterable[Job]) -> None:
        if self._core.tracer is not None:
            self._core.tracer.submitted(stored, self._core.clock.now())

    async def _refuse(self, submissions: Sequence[Submission]) -> None:
        violations: list[Violation] = []
        # The same spec comes a thousand times in some calls.
        specs = {id(submission.spec): submission.spec for submission in submissions}
        refusals = zip(specs.items(), self._explainer.refusals(specs.values()), strict=True)
        by_spec = {
            key: [
                *refused,
                *await self._projects.refusals(spec),
                *await self._missing_secrets(spec),
            ]
            for (key, spec), refused in refusals
        }
        for index, submission in enumerate(submissions):
            found = by_spec[id(submission.spec)]
            if not found:
                continue
            error = InvalidRequest(found)
            if len(submissions) > 1:
                error = error.under(f"jobs[{index}]")
            violations += error.violations
        if violations:
            raise InvalidRequest(violations)

    async def _missing_secrets(self, spec: JobSpec) -> list[Violation]:
        refs = {name: v.secret for name, v in spec.env.items() if isinstance(v, SecretRef)}
        if not refs:
            return []
        names = sorted(set(refs.values()))
        missing = await missing_secrets(self._core, spec.project, names)
        return [
            Violation(
                field=f"env.{name}.secret",
                message=f"project {spec.project!r} has no secret of this name; create it first",
                value=secret,
            )
            for name, secret in refs.items()
            if secret in missing
        ]

    def _job(self, submission: Submission, actor: str, now: datetime) -> Job:
        spec = sealed(submission.spec, self._core.sealer)
        deadline = (
            now + timedelta(milliseconds=spec.queue_timeout_ms)
            if spec.queue_timeout_ms is not None
            else None
        )
        return Job(
            id=self._core.chance.uuid(),
            spec=spec,
            owner=actor,
            submitted_at=now,
            queued_at=now,
            not_before=now,
            queue_deadline=deadline,
            idempotency_key=submission.idempotency_key,
            spec_digest=spec_digest(spec),
            rerun_of=submission.rerun_of,
            origin=submission.origin,
            trace=joined_trace(),
        )

    # ---- reading

    def trace(self, job: Job) -> ShownTrace:
        """How people find the trace of a job."""
        return shown_trace(self._core.tracer, self._core.trace_url, job)

    async def resolve(self, key: str) -> UUID:
        """The id that `key` is, or is the unique beginning of. Raises NotFound, Conflict."""
        return await self._resolve(key, None)

    async def _resolve(self, key: str, projects: frozenset[str] | None) -> UUID:
        text = key.strip().lower()
        if not _ID.match(text):
            raise NotFound("job", key)
        if len(text) == 36:
            try:
                return UUID(text)
            except ValueError:
                raise NotFound("job", key) from None
        found = await self._core.store.find_jobs(text, limit=2, projects=projects)
        if not found:
            raise NotFound("job", key)
        if len(found) > 1:
            raise Conflict(f"{key!r} is the beginning of several job ids; give more of it")
        return found[0]

    async def locate(self, key: str, projects: frozenset[str] | None) -> Located:
        """The job of `key` among those of `projects` (None: all); others do not exist here.

        Raises NotFound, Conflict for the beginning of several ids.
        """
        job_id = await self._resolve(key, projects)
        job = await self._core.store.get_job(job_id)
        if job is None or (projects is not None and job.spec.project not in projects):
            raise NotFound("job", key)
        return Located(job_id=job_id, project=job.spec.project)

    async def get(self, key: str) -> JobDetail:
        """A job by id, or by a unique beginning of it (4 characters at least)."""
        job_id = await self.resolve(key)
        job = await self._core.store.get_job(job_id)
        if job is None:
            raise NotFound("job", key)
        return JobDetail(job=job, attempts=tuple(await self._core.store.attempts(job_id)))

    async def page(
        self, where: JobFilter, *, sort: JobSort, limit: int, cursor: str | None
    ) -> Page[JobRow]:
        """One page of the list."""
        return await self._core.store.list_jobs(where, sort=sort, limit=limit, cursor=cursor)

    async def rows(self, job_ids: Sequence[UUID]) -> Sequence[JobRow]:
        """List rows of the jobs that exist, in no order."""
        return await self._core.store.job_rows(job_ids)

    async def counts(self, where: JobFilter) -> Mapping[JobState, int]:
        """Jobs per state."""
        return await self._core.store.count_jobs(where)

    async def events(self, key: str) -> Sequence[Event]:
        """What happened to a job, oldest first."""
        return await self._core.store.job_events(await self.resolve(key))

    # ---- cancelling and repeating

    async def cancel(self, key: str, *, actor: str, reason: str = "") -> JobDetail:
        """Final at once for a waiting job; for any other the wish is stored and carried out.

        A second wish changes nothing. Raises Conflict for a finished job.
        """
        job_id = await self.resolve(key)
        while True:
            job = await self._core.store.get_job(job_id)
            if job is None:
                raise NotFound("job", key)
            if job.state is JobState.CANCELLED:
                break
            if job.finished:
                raise Conflict(f"the job is {job.state.value} already and cannot be cancelled")
            if job.cancel_requested_at is not None:
                break
            try:
                await self._core.committer.save(self._cancelled(job, actor, reason))
            except StaleVersion:
                continue
            await self._core.bus.publish(Hint(topic="cancel", keys=(str(job_id),)))
            break
        return await self.get(str(job_id))

    def _cancelled(self, job: Job, actor: str, reason: str) -> Unit:
        now = self._core.clock.now()
        why = reason[:500]
        job = jobs.request_cancel(job, why, now)
        wish = job_event(EventKind.JOB_CANCEL_REQUESTED, job, now, actor=actor, reason=why)
        if job.state is not JobState.PENDING:
            return Unit(jobs=(job,), events=(wish,))
        job = jobs.apply(job, jobs.CancelConfirmed(outcome=cancelled(actor, why)), now)
        done = job_event(EventKind.JOB_FINISHED, job, now, actor=actor, reason=why)
        return Unit(jobs=(job,), events=(wish, done))

    async def cancel_many(
        self, keys: Sequence[str], *, actor: str, reason: str = "", admit: Admit
    ) -> list[Result]:
        """Cancels each that is admitted; every job has its own result."""

        async def cancel(key: str) -> JobDetail:
            return await self.cancel(await admit(key), actor=actor, reason=reason)

        return [await self._one(key, cancel) for key in _bounded(keys)]

    async def reprioritise(self, key: str, priority: Priority, *, actor: str) -> JobDetail:
        """Moves a waiting job to its place among those of another priority.

        Raises Conflict for a job that does not wait any more.
        """
        job_id = await self.resolve(key)
        while True:
            job = await self._core.store.get_job(job_id)
            if job is None:
                raise NotFound("job", key)
            if job.state is not JobState.PENDING:
                raise Conflict(f"the job is {job.state.value}; only a waiting one has a priority")
            if job.spec.priority is priority:
                break
            moved = replace(job, spec=replace(job.spec, priority=priority))
            event = job_event(
                EventKind.JOB_PRIORITY_CHANGED,
                job,
                self._core.clock.now(),
                actor=actor,
                before=job.spec.priority.value,
                after=priority.value,
            )
            try:
                await self._core.committer.save(Unit(jobs=(moved,), events=(event,)))
            except StaleVersion:
                continue
            self._on_submitted()
            break
        return await self.get(str(job_id))

    async def rerun(
        self, key: str, *, actor: str, overrides: Mapping[str, object] | None = None
    ) -> Job:
        """Submits the spec of a job again, as a new job, with `overrides` in place of its own.

        Raises InvalidRequest for overrides that do not fit.
        """
        detail = await self.get(key)
        spec = detail.job.spec
        if overrides:
            spec = parse_overrides(spec, overrides)
        again = Submission(spec=spec, rerun_of=detail.job.id, origin=detail.job.origin)
        return await self.submit(again, actor=actor)

    async def rerun_many(self, keys: Sequence[str], *, actor: str, admit: Admit) -> list[Result]:
        """Repeats each that is admitted; the results carry the ids of the new jobs."""

        async def again(key: str) -> JobDetail:
            job = await self.rerun(await admit(key), actor=actor)
            return JobDetail(job=job, attempts=())

        return [await self._one(key, again) for key in _bounded(keys)]

    async def _one(self, key: str, act: _Act) -> Result:
        try:
            detail = await act(key)
        except HodeiError as error:
            return Result(job_id=_id_or_zero(key), ok=False, error=str(error))
        return Result(job_id=detail.job.id, ok=True, state=detail.job.state)


def _id_or_zero(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError:
        return UUID(int=0)


def _bounded(keys: Sequence[str]) -> Sequence[str]:
    if not 1 <= len(keys) <= MAX_BULK:
        raise InvalidRequest.of("job_ids", f"must hold 1 to {MAX_BULK} ids", len(keys))
    return keys
