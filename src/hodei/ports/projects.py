"""Projects in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from hodei.domain.project import Project, Use


class ProjectStore(Protocol):
    """Projects by name. `default` is always among them."""

    async def list_projects(self) -> Sequence[Project]:
        """All, by name."""
        ...

    async def get_project(self, name: str) -> Project | None: ...

    async def put_project(self, project: Project) -> bool:
        """By compare-and-set on its version, 0 for a new one; saving makes it one higher.

        `created_at` of a stored one stays. False: somebody was quicker.
        """
        ...

    async def delete_project(self, name: str) -> bool:
        """False, and nothing happens, while it has jobs, secrets, schedules, templates or
        webhooks. Roles in it and tokens for it go as well: another project of its name is
        nobody's."""
        ...

    async def project_use(self, names: Sequence[str] | None = None) -> Mapping[str, Use]:
        """What ASSIGNED and RUNNING jobs ask for, of these projects or of all; projects
        without such jobs may be left out."""
        ...
