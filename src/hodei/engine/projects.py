"""Projects: configuring them, what they use, and what a job may not ask of one.

Submission and dispatch look at projects all the time, so each replica keeps them at hand: a
hint brings news at once, and without hints they are never older than `FRESH_S`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hodei.domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion, Violation
from hodei.domain.parsing.limits import PROJECT
from hodei.domain.project import DEFAULT, Keeping, Project, Quota, Use
from hodei.domain.spec import JobSpec
from hodei.engine.core import Core

FRESH_S = 2.0
_TRIES = 5
NO_PROJECT = "there is no project of this name; an administrator can create it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectView:
    """A project and what its jobs use now."""

    project: Project
    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectConfig:
    """What a person says about a project; what is left out is set back."""

    description: str = ""
    quota: Quota = field(default_factory=Quota)
    retention: Keeping = field(default_factory=Keeping)


class Projects:
    """Use cases around projects."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: Mapping[str, Project] = {}
        self._read_at: float | None = None

    # ---- what people do

    async def all(self) -> list[ProjectView]:
        """All, by name."""
        use = await self._core.store.project_use()
        return [
            ProjectView(project=project, use=use.get(project.name, Use()))
            for project in await self._core.store.list_projects()
        ]

    async def get(self, name: str) -> ProjectView:
        """Raises NotFound."""
        project = await self._core.store.get_project(name)
        if project is None:
            raise NotFound("project", name)
        use = await self._core.store.project_use([name])
        return ProjectView(project=project, use=use.get(name, Use()))

    async def put(self, name: str, config: ProjectConfig) -> tuple[ProjectView, bool]:
        """Creates or reconfigures one; also says whether it is new. Raises InvalidRequest."""
        if len(name) > PROJECT.most or not PROJECT.pattern.fullmatch(name):
            raise InvalidRequest.of("name", f"must be {PROJECT.expected}", name)
        for _ in range(_TRIES):
            stored = await self._core.store.get_project(name)
            now = self._core.clock.now()
            project = Project(
                name=name,
                description=config.description,
                quota=config.quota,
                retention=config.retention,
                version=stored.version if stored else 0,
                created_at=stored.created_at if stored else now,
                updated_at=now,
            )
            if await self._core.store.put_project(project):
                await self.refresh()
                return await self.get(name), stored is None
        raise StaleVersion(f"the project {name!r} is being changed by others at this moment")

    async def delete(self, name: str) -> None:
        """Raises NotFound; Conflict for `default`, and while anything belongs to it."""
        if name == DEFAULT:
            raise Conflict(f"the project {DEFAULT!r} always exists")
        await self.get(name)
        if not await self._core.store.delete_project(name):
            raise Conflict(
                f"jobs, secrets, schedules, templates or webhooks of the project {name!r} are "
                "kept; delete those, and let its retention remove its jobs"
            )
        await self.refresh()

    # ---- what the engine asks

    @property
    def quotas(self) -> Mapping[str, Quota]:
        """Of the projects that have one, as far as this replica knows."""
        return {name: p.quota for name, p in self._known.items() if p.quota.limited}

    async def refresh(self) -> None:
        """Reads them anew."""
        # Before the reading: what changes during it may have been missed.
        self._read_at = self._core.clock.monotonic()
        self._known = {each.name: each for each in await self._core.store.list_projects()}

    async def refresh_if_old(self) -> None:
        """Reads them anew unless that was a moment ago."""
        mono = self._core.clock.monotonic()
        if self._read_at is None or mono - self._read_at >= FRESH_S:
            await self.refresh()

    async def refusals(self, spec: JobSpec) -> list[Violation]:
        """What in a spec its project does not allow, now or ever."""
        await self.refresh_if_old()
        if spec.project not in self._known:
            await self.refresh()
        project = self._known.get(spec.project)
        if project is None:
            return [Violation(field="project", message=NO_PROJECT, value=spec.project)]
        return project.quota.never(project.name, spec.resources)

    async def over_quota(self, spec: JobSpec) -> str:
        """Why the job of a spec would wait for others of its project; empty: it would not."""
        view = await self._core.store.get_project(spec.project)
        if view is None or not view.quota.limited:
            return ""
        use = await self._core.store.project_use([view.name])
        return view.quota.refusal(view.name, use.get(view.name, Use()), spec.resources)
