"""Binding: a job and a place for it become an attempt, with everything that must be stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from hodei.domain import attempt as attempts
from hodei.domain import job as jobs
from hodei.domain import worker as workers
from hodei.domain.attempt import Attempt, Phase, PhaseMark
from hodei.domain.change import changed
from hodei.domain.events import EventKind
from hodei.domain.job import Job
from hodei.domain.placement import Placement
from hodei.domain.worker import Worker
from hodei.engine.core import Core
from hodei.engine.enrol import digest
from hodei.engine.facts import Draft
from hodei.engine.registry import Registry
from hodei.ports.store import Held, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A job on its way to a worker: what is to be stored, and what will then be so."""

    job: Job
    held: Held
    unit: Unit
    otp: str | None = field(default=None, repr=False)
    """Password of a new worker; None: the worker is there."""


class NextJobs(Protocol):
    """Where a worker that ends its attempt finds the next one."""

    def next_for(self, worker: Worker) -> Binding | None:
        """A binding for the worker as it will be stored; it is to be saved, or rejected."""
        ...

    def reject(self, job: Job) -> None:
        """The binding of `job` was not saved."""
        ...

    def wake(self) -> None:
        """A job waits again."""
        ...


class Binder:
    """Makes bindings; stores nothing."""

    def __init__(self, core: Core, registry: Registry) -> None:
        self._core = core
        self._registry = registry

    def bind(
        self, job: Job, placement: Placement, waiting: Worker | None, *, limited: bool = False
    ) -> Binding:
        """Binds to a worker that is READY, or else to a new one of the provider; `limited`: the
        project of the job has a quota."""
        now = self._core.clock.now()
        attempt_id = self._core.chance.uuid()
        otp = None if waiting else self._core.chance.token()
        worker = waiting or self._new_worker(job, placement, attempt_id, otp)
        attempt = Attempt(
            id=attempt_id,
            job_id=job.id,
            number=job.attempts + 1,
            worker_id=worker.id,
            provider_id=placement.provider_id,
            phases=(PhaseMark(phase=Phase.QUEUED, at=job.queued_at),),
            placement_reason=placement.reason,
            warm=waiting is not None,
            image_digest=worker.image_digest,
        )
        draft = Draft.of(Held(job=job, attempt=attempt, worker=worker), now)
        draft.job = jobs.apply(
            job, jobs.Bound(attempt_id=attempt_id, provider_id=placement.provider_id), now
        )
        if waiting is not None:
            draft.hand_over(self._core.timings.provision)
        else:
            # This replica calls the provider right after the commit.
            draft.move_attempt(attempts.ProvisionBegun())
            draft.move_worker(workers.ProvisioningBegun())
        draft.note(
            EventKind.JOB_ASSIGNED,
            state=draft.job.state.value,
            phase=draft.attempt.phase.value,
            reason=placement.reason,
        )
        entry = self._registry.get(placement.provider_id)
        limit = entry.capabilities.max_workers if entry and waiting is None else None
        unit = draft.unit(replica=self._core.replica, max_live=limit)
        if limited:
            unit = changed(unit, within=job.spec.project)
        return Binding(job=job, held=draft.held(), unit=unit, otp=otp)

    def _new_worker(
        self, job: Job, placement: Placement, attempt_id: UUID, otp: str | None
    ) -> Worker:
        now = self._core.clock.now()
        entry = self._registry.get(placement.provider_id)
        return Worker(
            id=self._core.chance.uuid(),
            provider_id=placement.provider_id,
            reusable=entry.capabilities.reusable_workers if entry else False,
            image=job.spec.image,
            cpu=job.spec.resources.cpu,
            memory_mb=job.spec.resources.memory_mb,
            network=job.spec.network,
            revision=entry.revision if entry else "",
            attempt_id=attempt_id,
            otp_digest=digest(otp) if otp else None,
            otp_expires_at=now + self._core.timings.provision,
            created_at=now,
        )
