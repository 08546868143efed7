"""Projects: what jobs and secrets belong to, how much of it may run, and how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from hodei.domain.errors import Violation
from hodei.domain.spec import Resources

DEFAULT = "default"
"""The project that always exists, for jobs that name none."""
_EXACT = 1e-6
"""CPUs are sums of tenths, which binary fractions are not."""


def project_key(project: str) -> str:
    """Stands for all jobs of a project where placement classes are passed over."""
    return f"@{project}"


def class_key(project: str, placement_class: str) -> str:
    """Stands for the jobs of one placement class in a project."""
    return f"@{project}/{placement_class}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What the jobs of a project that are on a worker, or on their way to one, ask for."""

    running_jobs: int = 0
    cpu: float = 0.0
    memory_mb: int = 0

    def plus(self, asked: Resources) -> Use:
        """With one job more."""
        return Use(
            running_jobs=self.running_jobs + 1,
            cpu=self.cpu + asked.cpu,
            memory_mb=self.memory_mb + asked.memory_mb,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The most that jobs of a project may use at the same time; None: no limit."""

    running_jobs: int | None = None
    cpu: float | None = None
    memory_mb: int | None = None

    @property
    def limited(self) -> bool:
        """Whether it limits anything."""
        return not (self.running_jobs is None and self.cpu is None and self.memory_mb is None)

    def allows(self, use: Use) -> bool:
        """Whether so much may be used."""
        return not list(self._excess(use))

    def refusal(self, project: str, use: Use, asked: Resources) -> str:
        """Why a job that asks for this cannot run beside what is used; empty: it can."""
        for measure in self._excess(use.plus(asked)):
            used = f"project {project!r} uses {measure.of(use):g} of its "
            wanted = measure.of(Use().plus(asked))
            also = "" if measure is _JOBS else f", and the job asks for {wanted:g}"
            return f"{used}{measure.of(self):g} {measure.unit}{also}"
        return ""

    def never(self, project: str, asked: Resources) -> list[Violation]:
        """What a job asks for beyond the whole quota, so that it could never run."""
        alone = Use().plus(asked)
        return [
            Violation(
                field=measure.field,
                message=f"project {project!r} may use {measure.of(self):g} {measure.unit} at most",
                value=f"{measure.of(alone):g}",
            )
            for measure in self._excess(alone)
            if measure is not _JOBS
        ]

    def _excess(self, use: Use) -> Iterator[_Measure]:
        if self.running_jobs is not None and use.running_jobs > self.running_jobs:
            yield _JOBS
        if self.cpu is not None and use.cpu > self.cpu + _EXACT:
            yield _CPU
        if self.memory_mb is not None and use.memory_mb > self.memory_mb:
            yield _MEMORY


@dataclass(frozen=True, slots=True)
class _Measure:
    """One thing that a quota limits."""

    name: str
    unit: str
    field: str
    """Of the job's spec."""

    def of(self, holder: Use | Quota) -> float:
        """Its figure in a use or a quota."""
        return float(getattr(holder, self.name))


_JOBS = _Measure("running_jobs", "running jobs", "project")
_CPU = _Measure("cpu", "CPUs", "resources.cpu")
_MEMORY = _Measure("memory_mb", "MB of memory", "resources.memory_mb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How many days the past of a project is kept; None: as long as the server says."""

    job_days: int | None = None
    """Finished jobs with their attempts and events."""
    log_days: int | None = None
    audit_days: int | None = None
    """Rows of the audit log about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project as it is configured."""

    name: str
    description: str = ""
    quota: Quota = field(default_factory=Quota)
    retention: Keeping = field(default_factory=Keeping)
    version: int = 0
    created_at: datetime
    updated_at: datetime
