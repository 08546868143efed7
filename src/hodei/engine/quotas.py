"""Quotas during one pass of dispatch: what projects use, and which jobs must wait for it.

Within a project the order of the queue holds: where one job must wait until others of its
project end, those behind it wait too, so that small jobs never starve a large one. A job that
asks for more than the whole quota waits by itself. Either way no other project's job waits.

This is a look ahead, so that few bindings are made in vain; what counts is the count that the
store makes when a binding is saved (`Unit.within`).
"""

from __future__ import annotations

from collections.abc import Mapping

from hodei.domain.job import Job
from hodei.domain.placement import placement_class
from hodei.domain.project import Quota, Use, class_key, project_key


class Quotas:
    """Quotas of the projects that have one."""

    def __init__(self, quotas: Mapping[str, Quota], use: Mapping[str, Use]) -> None:
        self._quotas = quotas
        self._use = dict(use)
        self.reasons: dict[str, str] = {}
        """Why jobs wait, by what `JobStore.claim` passes over."""
        self._stopped: set[str] = set()

    def limits(self, job: Job) -> bool:
        """Whether the project of the job has a quota."""
        return job.spec.project in self._quotas

    @property
    def blocked(self) -> list[str]:
        """What to pass over for the rest of the pass."""
        return sorted(self._stopped | self.reasons.keys())

    @property
    def projects(self) -> list[str]:
        """Every project with a quota, as `JobStore.claim` passes it over."""
        return sorted(project_key(name) for name in self._quotas)

    def admits(self, job: Job) -> bool:
        """Whether the job may run now; why not is kept."""
        spec = job.spec
        quota = self._quotas.get(spec.project)
        if quota is None:
            return True
        whole = project_key(spec.project)
        alone = class_key(spec.project, placement_class(spec))
        if {whole, alone} & (self._stopped | self.reasons.keys()):
            return False
        if faults := quota.never(spec.project, spec.resources):
            self.reasons[alone] = "; ".join(fault.message for fault in faults)
            return False
        if reason := quota.refusal(
            spec.project, self._use.get(spec.project, Use()), spec.resources
        ):
            self.reasons[whole] = reason
            return False
        return True

    def took(self, job: Job) -> None:
        """The job was bound."""
        if self.limits(job):
            used = self._use.get(job.spec.project, Use())
            self._use[job.spec.project] = used.plus(job.spec.resources)

    def stop(self, job: Job) -> None:
        """The store found no room in the project of the job: not before the next pass."""
        if self.limits(job):
            self._stopped.add(project_key(job.spec.project))
