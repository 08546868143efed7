"""Projects with what they use."""

from __future__ import annotations

from datetime import datetime

from hodei.api.http.schemas.model import Model
from hodei.engine.projects import ProjectView as View


class QuotaView(Model):
    """The most that jobs may use at the same time; null: no limit."""

    running_jobs: int | None
    cpu: float | None
    memory_mb: int | None


class RetentionDays(Model):
    """Days that the past is kept; null: as long as the server says."""

    job_days: int | None
    log_days: int | None
    audit_days: int | None


class ProjectUse(Model):
    """What jobs that are on a worker, or on their way to one, ask for."""

    running_jobs: int
    cpu: float
    memory_mb: int


class ProjectView(Model):
    """A project."""

    name: str
    description: str
    quota: QuotaView
    retention: RetentionDays
    usage: ProjectUse
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: View) -> ProjectView:
        """A project as it is shown."""
        project, use = view.project, view.use
        return cls(
            name=project.name,
            description=project.description,
            quota=QuotaView(
                running_jobs=project.quota.running_jobs,
                cpu=project.quota.cpu,
                memory_mb=project.quota.memory_mb,
            ),
            retention=RetentionDays(
                job_days=project.retention.job_days,
                log_days=project.retention.log_days,
                audit_days=project.retention.audit_days,
            ),
            usage=ProjectUse(
                running_jobs=use.running_jobs, cpu=round(use.cpu, 6), memory_mb=use.memory_mb
            ),
            version=project.version,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )


class Projects(Model):
    """Projects, by name."""

    items: list[ProjectView]
