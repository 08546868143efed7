"""Explain and plan: why a job waits, and what a spec would do, in exact sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from hodei.domain.attempt import Attempt, Phase
from hodei.domain.errors import NotFound, Violation
from hodei.domain.forecast import predicted_wait_ms
from hodei.domain.job import Job, JobState
from hodei.domain.placement import (
    Blocked,
    Candidate,
    IdleWorker,
    Rejection,
    decide,
    refused_at_submit,
)
from hodei.domain.project import project_key
from hodei.domain.spec import JobSpec
from hodei.domain.worker import Target, WorkerState
from hodei.engine.core import Core
from hodei.engine.forecast import Forecaster
from hodei.engine.projects import Projects
from hodei.engine.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where a job is and why."""

    job_id: UUID
    state: JobState
    phase: str | None
    reason: str
    """One sentence."""
    position: int | None = None
    """Place in the queue, from 1; None when the job does not wait."""
    rejections: tuple[Rejection, ...] = ()
    predicted_wait_ms: int | None = None
    """Until its process runs; None when the job does not wait or nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen to a spec that were submitted now."""

    accepted: bool
    violations: tuple[Violation, ...] = ()
    provider_id: UUID | None = None
    provider: str = ""
    warm: bool = False
    reason: str = ""
    rejections: tuple[Rejection, ...] = ()
    ahead: int = 0
    """Jobs that wait already."""
    predicted_wait_ms: int | None = None
    """Until its process would run (see `domain.forecast`); None when nothing is known."""


class Explainer:
    """Answers from the same pure decision that the dispatcher takes."""

    def __init__(self, core: Core, registry: Registry, projects: Projects) -> None:
        self._core = core
        self._registry = registry
        self._projects = projects
        self._forecaster = Forecaster(core)

    def refusals(self, specs: Iterable[JobSpec]) -> Iterator[list[Violation]]:
        """For each, what no configured provider could ever honour: it is refused at submit."""
        candidates = self._registry.candidates({}, {})
        for spec in specs:
            yield refused_at_submit(spec, candidates)

    async def candidates(self) -> list[Candidate]:
        """Every provider as it is now, with the workers that wait on any replica."""
        idle: dict[UUID, list[IdleWorker]] = {}
        ready = await self._core.store.list_workers(states=frozenset({WorkerState.READY}))
        for worker in ready:
            if worker.target is Target.RUN:
                idle.setdefault(worker.provider_id, []).append(
                    IdleWorker(
                        worker_id=worker.id,
                        image=worker.image,
                        cpu=worker.cpu,
                        memory_mb=worker.memory_mb,
                        network=worker.network,
                    )
                )
        return self._registry.candidates(await self._core.store.count_live(), idle)

    async def explain(self, job_id: UUID) -> Explanation:
        """Why the job is where it is. Raises NotFound."""
        job = await self._core.store.get_job(job_id)
        if job is None:
            raise NotFound("job", job_id)
        attempts = await self._core.store.attempts(job_id)
        newest = attempts[-1] if attempts else None
        if job.state is not JobState.PENDING:
            return Explanation(
                job_id=job_id,
                state=job.state,
                phase=newest.phase.value if newest else None,
                reason=_where(job, newest),
            )
        return await self._waiting(job, newest)

    async def _waiting(self, job: Job, newest: Attempt | None) -> Explanation:
        entry = await self._core.store.queue_entry(job.id)
        explanation = Explanation(
            job_id=job.id,
            state=job.state,
            phase=Phase.QUEUED.value,
            reason="",
            position=entry.position if entry else None,
        )
        now = self._core.clock.now()
        if job.not_before > now:
            wait_s = (job.not_before - now).total_seconds()
            what = newest.outcome.message if newest and newest.outcome else ""
            reason = f"waits {wait_s:.0f} s before attempt {job.attempts + 1}. {what}".strip()
            return replace(explanation, reason=reason)
        if (await self._core.store.scheduler()).paused:
            return replace(explanation, reason="dispatch is paused")
        if reason := await self._quota_reason(job):
            return replace(explanation, reason=reason)
        verdict = decide(job.spec, await self.candidates())
        ahead = entry.position - 1 if entry else 0
        wait_ms = predicted_wait_ms(await self._forecaster.pace(), verdict, ahead)
        explanation = replace(explanation, predicted_wait_ms=wait_ms)
        if isinstance(verdict, Blocked):
            return replace(explanation, reason=verdict.reason, rejections=verdict.rejections)
        return replace(explanation, reason=_next_up(ahead))

    async def _quota_reason(self, job: Job) -> str:
        """Why the job waits for others of its project, which are before it or run; empty: it
        does not."""
        if reason := await self._projects.over_quota(job.spec):
            return reason
        if job.spec.project not in self._projects.quotas:
            return ""
        stored = (await self._core.store.queue_status()).blocked_classes
        before = stored.get(project_key(job.spec.project), "")
        return f"a job of its project that came before it waits: {before}" if before else ""

    async def plan(self, spec: JobSpec) -> Plan:
        """What the spec would do now; nothing is stored."""
        candidates = await self.candidates()
        barred = await self._projects.refusals(spec)
        violations = [*refused_at_submit(spec, candidates), *barred]
        verdict = decide(spec, candidates)
        if violations:
            return Plan(
                accepted=False,
                violations=tuple(violations),
                reason=violations[0].message,
                rejections=verdict.rejections,
            )
        status = await self._core.store.queue_status()
        pace = await self._forecaster.pace(status)
        wait_ms = predicted_wait_ms(pace, verdict, status.pending)
        over_quota = await self._projects.over_quota(spec)
        if over_quota or isinstance(verdict, Blocked):
            return Plan(
                accepted=True,
                reason=over_quota or verdict.reason,
                rejections=verdict.rejections,
                ahead=status.pending,
                predicted_wait_ms=wait_ms,
            )
        return Plan(
            accepted=True,
            provider_id=verdict.provider_id,
            provider=_name(candidates, verdict.provider_id),
            warm=verdict.worker_id is not None,
            reason=verdict.reason,
            rejections=verdict.rejections,
            ahead=status.pending,
            predicted_wait_ms=wait_ms,
        )


def _name(candidates: Sequence[Candidate], provider_id: UUID) -> str:
    return next((c.record.name for c in candidates if c.record.id == provider_id), "")


def _next_up(ahead: int) -> str:
    if not ahead:
        return "it is next to be dispatched"
    return f"{ahead} job{'s' if ahead > 1 else ''} ahead of it in the queue"


_PHASES = {
    Phase.QUEUED: "a worker is about to be made",
    Phase.PROVISIONING: "its worker is being made",
    Phase.PULLING: "its image is being pulled",
    Phase.REGISTERING: "its worker runs and has not called yet",
    Phase.STARTING: "its worker is starting the process",
    Phase.RUNNING: "its process is running",
    Phase.CANCELLING: "its processes are being ended",
    Phase.LOST: "its worker is silent",
    Phase.CLEANUP: "its worker is being removed",
    Phase.DONE: "it is over",
}


def _where(job: Job, newest: Attempt | None) -> str:
    if job.finished:
        return job.outcome.message if job.outcome else f"it is {job.state.value}"
    if newest is None:
        return "it is being assigned"
    detail = newest.phases[-1].detail if newest.phases else ""
    return _PHASES[newest.phase] + (f": {detail}" if detail else "")
