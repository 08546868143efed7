"""Projects, and what their jobs use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hodei.adapters.memory.part import Part
from hodei.domain.project import Project, Use
from hodei.ports.bus import Hint


class Projects(Part):
    """ProjectStore."""

    async def list_projects(self) -> Sequence[Project]:
        """See ProjectStore."""
        await self._begin()
        return [project for _, project in sorted(self._tables.projects.items())]

    async def get_project(self, name: str) -> Project | None:
        """See ProjectStore."""
        await self._begin()
        return self._tables.projects.get(name)

    async def put_project(self, project: Project) -> bool:
        """See ProjectStore."""
        await self._begin()
        old = self._tables.projects.get(project.name)
        if (old.version if old else 0) != project.version:
            return False
        made = old.created_at if old else project.created_at
        self._tables.projects[project.name] = replace(
            project, version=project.version + 1, created_at=made
        )
        await self._publish(Hint(topic="project", keys=(project.name,)), Hint(topic="queue"))
        return True

    async def delete_project(self, name: str) -> bool:
        """See ProjectStore."""
        await self._begin()
        tables = self._tables
        used = any(entry.job.spec.project == name for entry in tables.jobs.values())
        used = used or any(one.project == name for one in tables.schedules.values())
        if used or any(project == name for project, _ in tables.secrets):
            return False
        if any(versions[-1].project == name for versions in tables.templates.values()):
            return False
        if any(entry.webhook.project == name for entry in tables.webhooks.values()):
            return False
        if tables.projects.pop(name, None) is None:
            return False
        self._revoke(name)
        await self._publish(
            Hint(topic="project", keys=(name,)), Hint(topic="queue"), Hint(topic="access")
        )
        return True

    def _revoke(self, project: str) -> None:
        tables = self._tables
        for user in list(tables.users.values()):
            if project in user.roles:
                left = {name: role for name, role in user.roles.items() if name != project}
                tables.users[user.id] = replace(user, roles=left, version=user.version + 1)
        for token in list(tables.tokens.values()):
            if token.project == project:
                tables.end_token(token.id)

    async def project_use(self, names: Sequence[str] | None = None) -> Mapping[str, Use]:
        """See ProjectStore."""
        await self._begin()
        return self._tables.use_of(names)
