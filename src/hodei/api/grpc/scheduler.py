"""SchedulerService."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hodei.api.grpc.guard import granted
from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing import parse_spec
from hodei.domain.placement import Rejection
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.engine import Engine
from hodei.wire.gen import scheduler_pb2 as pb
from hodei.wire.gen import scheduler_pb2_grpc as pb_grpc
from hodei.wire.jobs import STATES
from hodei.wire.specs import spec_to_data
from hodei.wire.times import to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context


class Scheduler(pb_grpc.SchedulerServiceServicer):
    """The queue over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetQueueStatus(
        self, request: pb.GetQueueStatusRequest, context: Context
    ) -> pb.QueueStatus:
        status = await self._engine.queue.status(granted().visible)
        settings = await self._engine.queue.settings()
        return pb.QueueStatus(
            pending=status.pending,
            delayed=status.delayed,
            assigned=status.assigned,
            running=status.running,
            oldest_queued_at=to_timestamp(status.oldest_queued_at),
            blocked_reasons=sorted(set(status.blocked_classes.values())),
            settings=pb.SchedulerSettings(
                paused=settings.paused, aging_step_ms=settings.aging_step_ms
            ),
        )

    async def ExplainJob(self, request: pb.ExplainJobRequest, context: Context) -> pb.Explanation:
        job_id = await self._engine.jobs.resolve(request.job_id)
        found = await self._engine.explainer.explain(job_id)
        return pb.Explanation(
            job_id=str(found.job_id),
            state=STATES[found.state],
            phase=found.phase or "",
            reason=found.reason,
            position=found.position or 0,
            rejections=_rejections(found.rejections),
            predicted_wait_ms=found.predicted_wait_ms,
        )

    async def PlanJob(self, request: pb.PlanJobRequest, context: Context) -> pb.Plan:
        spec = parse_spec(spec_to_data(request.spec))
        granted().in_project(spec.project)
        plan = await self._engine.explainer.plan(spec)
        if plan.violations:
            raise InvalidRequest(plan.violations).under("spec")
        return pb.Plan(
            accepted=plan.accepted,
            provider_id=str(plan.provider_id) if plan.provider_id else "",
            provider=plan.provider,
            warm=plan.warm,
            reason=plan.reason,
            rejections=_rejections(plan.rejections),
            ahead=plan.ahead,
            predicted_wait_ms=plan.predicted_wait_ms,
        )

    async def GetAvailableWorkers(
        self, request: pb.GetAvailableWorkersRequest, context: Context
    ) -> pb.GetAvailableWorkersResponse:
        provider_id = None
        if request.provider:
            provider_id = (await self._engine.providers.get(request.provider)).record.id
        states = frozenset() if request.all else frozenset({WorkerState.READY})
        workers = await self._engine.workers.all(provider_id=provider_id, states=states)
        views = await self._engine.workers.views(workers, projects=granted().visible)
        return pb.GetAvailableWorkersResponse(workers=[_worker(view.worker) for view in views])

    async def ConfigureScheduler(
        self, request: pb.ConfigureSchedulerRequest, context: Context
    ) -> pb.SchedulerSettings:
        saved = await self._engine.queue.configure(
            paused=request.paused if request.HasField("paused") else None,
            aging_step_ms=request.aging_step_ms if request.HasField("aging_step_ms") else None,
            actor=granted().principal.name,
        )
        return pb.SchedulerSettings(paused=saved.paused, aging_step_ms=saved.aging_step_ms)


def _rejections(rejections: Sequence[Rejection]) -> list[pb.Rejection]:
    return [
        pb.Rejection(
            provider_id=str(rejection.provider_id),
            provider=rejection.provider,
            reason=rejection.reason,
            forever=rejection.forever,
        )
        for rejection in rejections
    ]


def _worker(worker: Worker) -> pb.Worker:
    return pb.Worker(
        id=str(worker.id),
        provider_id=str(worker.provider_id),
        state=worker.state.value,
        reusable=worker.reusable,
        image=worker.image or "",
        cpu=worker.cpu,
        memory_mb=worker.memory_mb,
        attempt_id=str(worker.attempt_id) if worker.attempt_id else "",
        agent_version=worker.agent_version,
        architecture=worker.architecture,
        created_at=to_timestamp(worker.created_at),
        enrolled_at=to_timestamp(worker.enrolled_at),
        ended_at=to_timestamp(worker.ended_at),
        reason=worker.reason,
    )
