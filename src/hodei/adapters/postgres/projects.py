"""Projects, and what their jobs use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hodei.adapters.postgres.database import Database, Row
from hodei.adapters.postgres.notifier import Notifier
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean
from hodei.domain.project import Keeping, Project, Quota, Use
from hodei.ports.bus import Hint


class Projects:
    """Implements `ProjectStore`."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._notifier = notifier

    async def list_projects(self) -> Sequence[Project]:
        """See `ProjectStore.list_projects`."""
        return [_project(row) for row in await self._database.rows(sql("projects.list"), None)]

    async def get_project(self, name: str) -> Project | None:
        """See `ProjectStore.get_project`."""
        row = await self._database.row(sql("projects.list"), name)
        return _project(row) if row else None

    async def put_project(self, project: Project) -> bool:
        """See `ProjectStore.put_project`."""
        values = (
            project.name,
            clean(project.description),
            project.quota.running_jobs,
            project.quota.cpu,
            project.quota.memory_mb,
            project.retention.job_days,
            project.retention.log_days,
            project.retention.audit_days,
        )
        times = project.created_at, project.updated_at
        if project.version:
            times_and_version = project.updated_at, project.version
            saved = await self._database.value(sql("projects.set"), *values, *times_and_version)
        else:
            saved = await self._database.value(sql("projects.add"), *values, *times)
        return self._told(project.name, saved is not None)

    async def delete_project(self, name: str) -> bool:
        """See `ProjectStore.delete_project`."""
        gone = await self._database.value(sql("projects.delete"), name) is not None
        if gone:
            self._notifier.add([Hint(topic="access")])
        return self._told(name, gone)

    async def project_use(self, names: Sequence[str] | None = None) -> Mapping[str, Use]:
        """See `ProjectStore.project_use`."""
        given = None if names is None else list(names)
        rows = await self._database.rows(sql("projects.use"), given)
        return {
            row["project"]: Use(
                running_jobs=row["running_jobs"], cpu=row["cpu"], memory_mb=row["memory_mb"]
            )
            for row in rows
        }

    def _told(self, name: str, changed: bool) -> bool:
        if changed:
            self._notifier.add([Hint(topic="project", keys=(name,)), Hint(topic="queue")])
        return changed


def _project(row: Row) -> Project:
    return Project(
        name=row["name"],
        description=row["description"],
        quota=Quota(running_jobs=row["running_jobs"], cpu=row["cpu"], memory_mb=row["memory_mb"]),
        retention=Keeping(
            job_days=row["job_days"], log_days=row["log_days"], audit_days=row["audit_days"]
        ),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
