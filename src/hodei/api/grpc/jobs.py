"""JobExecutionService."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from hodei.api.grpc.guard import granted
from hodei.domain.attempt import Attempt
from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.events import Event
from hodei.domain.job import Job, JobState
from hodei.domain.parsing import parse_idempotency_key, parse_spec
from hodei.domain.serial import canonical_json
from hodei.domain.spec import JobSpec
from hodei.engine.engine import Engine
from hodei.engine.jobs import JobDetail, Submission
from hodei.engine.live import RESYNC
from hodei.ports.store import JobFilter, JobRow, JobSort
from hodei.wire.gen import jobs_pb2 as pb
from hodei.wire.gen import jobs_pb2_grpc as pb_grpc
from hodei.wire.jobs import STATES, STATES_BACK, job_to_pb
from hodei.wire.origins import origin_to_pb
from hodei.wire.specs import spec_to_data
from hodei.wire.times import from_timestamp, to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

MAX_PAGE = 1000


class JobExecution(pb_grpc.JobExecutionServiceServicer):
    """Jobs over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def QueueJob(self, request: pb.QueueJobRequest, context: Context) -> pb.Job:
        grant, submission = granted(), _submission(request)
        grant.in_project(submission.spec.project)
        job = await self._engine.jobs.submit(submission, actor=grant.principal.name)
        grant.target = str(job.id)
        return shown(self._engine, job)

    async def QueueJobs(
        self, request: pb.QueueJobsRequest, context: Context
    ) -> pb.QueueJobsResponse:
        grant, submissions = granted(), _submissions(request)
        for project in {submission.spec.project for submission in submissions}:
            grant.in_project(project)
        grant.detail = f"{len(submissions)} jobs"
        jobs = await self._engine.jobs.submit_many(submissions, actor=grant.principal.name)
        return pb.QueueJobsResponse(job_ids=[str(job.id) for job in jobs])

    async def GetJob(self, request: pb.GetJobRequest, context: Context) -> pb.Job:
        return self._detail(await self._engine.jobs.get(request.job_id))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Context) -> pb.ListJobsResponse:
        size = request.page_size or 50
        if size > MAX_PAGE:
            raise InvalidRequest.of("page_size", f"must be at most {MAX_PAGE}", size)
        page = await self._engine.jobs.page(
            await self._filter(request),
            sort=_sort(request.sort),
            limit=size,
            cursor=request.page_token or None,
        )
        return pb.ListJobsResponse(
            jobs=[_row(row) for row in page.items], next_page_token=page.cursor or ""
        )

    async def CancelJob(self, request: pb.CancelJobRequest, context: Context) -> pb.Job:
        actor = granted().principal.name
        reason = request.reason
        found = await self._engine.jobs.cancel(request.job_id, actor=actor, reason=reason)
        return self._detail(found)

    async def RetryJob(self, request: pb.RetryJobRequest, context: Context) -> pb.Job:
        actor = granted().principal.name
        return shown(self._engine, await self._engine.jobs.rerun(request.job_id, actor=actor))

    async def ExecutionEventStream(
        self, request: pb.ExecutionEventStreamRequest, context: Context
    ) -> AsyncIterator[pb.JobEvent]:
        job_id = await self._engine.jobs.resolve(request.job_id)
        key, seen = str(job_id), 0
        async with self._engine.live.watch() as batches:
            while True:
                detail = await self._engine.jobs.get(key)
                events = await self._engine.jobs.events(key)
                fresh = events[seen:]
                for event in fresh:
                    yield _event(event, self._detail(detail) if event is fresh[-1] else None)
                seen = len(events)
                if detail.job.finished and not fresh:
                    return
                async for batch in batches:
                    if batch is RESYNC or any(event.job_id == job_id for event in batch):
                        break

    def _detail(self, detail: JobDetail) -> pb.Job:
        return shown(self._engine, detail.job, detail.attempts)

    async def _filter(self, request: pb.ListJobsRequest) -> JobFilter:
        provider = None
        if request.provider:
            provider = (await self._engine.providers.get(request.provider)).record.id
        return JobFilter(
            project=request.project or None,
            projects=granted().visible,
            states=frozenset(_state(number) for number in request.states),
            name=request.q or None,
            owner=request.owner or None,
            provider_id=provider,
            labels=dict(request.labels),
            submitted_from=from_timestamp("submitted_from", request.submitted_from)
            if request.HasField("submitted_from")
            else None,
            submitted_before=from_timestamp("submitted_before", request.submitted_before)
            if request.HasField("submitted_before")
            else None,
            template=_id("template_id", request.template_id),
            template_version=request.template_version or None,
            schedule=_id("schedule_id", request.schedule_id),
        )


def _submission(
    request: pb.QueueJobRequest, known: dict[bytes, JobSpec] | None = None
) -> Submission:
    """`known`: specs of the same call by their messages, for those that come again."""
    key, spec = request.idempotency_key, None
    if known is not None:
        message = request.spec.SerializeToString()
        spec = known.get(message)
    if spec is None:
        spec = parse_spec(spec_to_data(request.spec))
        if known is not None:
            known[message] = spec
    return Submission(spec=spec, idempotency_key=parse_idempotency_key(key) if key else None)


def _submissions(request: pb.QueueJobsRequest) -> list[Submission]:
    """All parsed, or every violation of all of them, each with its index."""
    made: list[Submission] = []
    violations: list[Violation] = []
    known: dict[bytes, JobSpec] = {}
    for index, one in enumerate(request.jobs):
        try:
            made.append(_submission(one, known))
        except InvalidRequest as error:
            violations += error.under(f"jobs[{index}]").violations
    if violations:
        raise InvalidRequest(violations)
    return made


def _id(field: str, text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidRequest.of(field, "must be a whole id", text) from None


def _state(number: int) -> JobState:
    state = STATES_BACK.get(number)
    if state is None:
        raise InvalidRequest.of("states", "is not a job state", number)
    return state


def _sort(text: str) -> JobSort:
    try:
        return JobSort(text) if text else JobSort.NEWEST
    except ValueError:
        known = " or ".join(sort.value for sort in JobSort)
        raise InvalidRequest.of("sort", f"must be {known}", text) from None


def shown(engine: Engine, job: Job, attempts: Sequence[Attempt] = ()) -> pb.Job:
    """A job as it is shown; `attempts` oldest first."""
    return job_to_pb(job, engine.jobs.trace(job), attempts)


def _row(row: JobRow) -> pb.Job:
    """A job as a list shows it: its spec without command and environment."""
    job = pb.Job(
        id=str(row.id),
        state=STATES[row.state],
        owner=row.owner,
        submitted_at=to_timestamp(row.submitted_at),
        started_at=to_timestamp(row.started_at),
        finished_at=to_timestamp(row.finished_at),
        cancel_requested_at=to_timestamp(row.cancel_requested_at),
        phase=row.phase or "",
        provider_id=str(row.provider_id) if row.provider_id else "",
        attempt_count=row.attempts,
        warn_count=row.warn_count,
        error_count=row.error_count,
        origin=origin_to_pb(row.origin),
        spec=pb.JobSpec(
            name=row.name,
            image=row.image or "",
            command=pb.Command(type=row.command_type.value),
            priority=row.priority.value,
            labels=row.labels,
            project=row.project,
        ),
    )
    if row.cause:
        job.outcome.CopyFrom(pb.Outcome(cause=row.cause, exit_code=row.exit_code))
    return job


def _event(event: Event, job: pb.Job | None) -> pb.JobEvent:
    return pb.JobEvent(
        kind=event.kind.value,
        at=to_timestamp(event.at),
        attempt_id=str(event.attempt_id) if event.attempt_id else "",
        actor=event.actor,
        data=canonical_json(dict(event.data)),
        job=job,
    )
