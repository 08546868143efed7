"""Templates: keeping them, making jobs of them, and how those went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from hodei.domain.errors import Conflict, HodeiError, InvalidRequest, NotFound, StaleVersion
from hodei.domain.origin import ScheduleRef
from hodei.domain.spec import DEFAULT_PROJECT
from hodei.domain.templates.drafting import parse_draft
from hodei.domain.templates.from_job import job_as_template
from hodei.domain.templates.rendering import NO_CHANGES, Changes, Rendered, render
from hodei.domain.templates.template import Draft, Template, TemplateRow, VersionRow
from hodei.engine.core import Core
from hodei.engine.jobs import Jobs, Submission, Submitted
from hodei.engine.projects import Projects
from hodei.engine.stats import MAX_BUCKETS
from hodei.ports.templates import RunStats, TemplateFilter, TemplatePlace, TemplateUse

OF_LATE = timedelta(days=30)
MOST_PER_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDetail:
    """A template, or one of its versions, and how its jobs went of late."""

    template: Template
    use: TemplateUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A row of the list, and how its jobs went of late."""

    row: TemplateRow
    use: TemplateUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A template as it is now."""

    template: Template
    created: bool
    changed: bool
    """False when it said the same already: no version was made."""


class Templates:
    """Use cases around templates; a key is an id, or a name within a project."""

    def __init__(self, core: Core, projects: Projects, jobs: Jobs) -> None:
        self._core = core
        self._projects = projects
        self._jobs = jobs

    # ---- reading

    async def page(
        self, where: TemplateFilter, *, after: TemplatePlace | None = None, limit: int = 50
    ) -> tuple[list[Listed], TemplatePlace | None]:
        """A page by name, and the place of its last row when there are more."""
        found = await self._core.store.list_templates(where, after=after, limit=limit + 1)
        rows = found[:limit]
        use = await self._use([row.id for row in rows])
        last = (rows[-1].name, rows[-1].project) if len(found) > limit else None
        return [Listed(row=row, use=use[row.id]) for row in rows], last

    async def find(
        self, key: str, project: str | None = None, version: int | None = None
    ) -> Template:
        """The newest version, or that one. A name belongs to `project`, `default` if unsaid.

        Raises NotFound.
        """
        newest = await self._newest(key, project)
        if version is None or version == newest.version:
            return newest
        found = await self._core.store.get_template(newest.id, version)
        if found is None:
            raise NotFound(f"version {version} of the template", newest.name)
        return found

    async def detail(self, template: Template) -> TemplateDetail:
        """The template with how its jobs went."""
        use = await self._use([template.id])
        return TemplateDetail(template=template, use=use[template.id])

    async def versions(
        self, template: Template, *, below: int | None = None, limit: int = 50
    ) -> Sequence[VersionRow]:
        """The newest first."""
        return await self._core.store.template_versions(template.id, below=below, limit=limit)

    async def stats(
        self,
        template: Template,
        *,
        version: int | None = None,
        start: datetime,
        end: datetime,
        buckets: int,
    ) -> RunStats:
        """Jobs submitted in [start, end). Raises InvalidRequest."""
        if end <= start:
            raise InvalidRequest.of("to", "must be after from", end.isoformat())
        if not 1 <= buckets <= MAX_BUCKETS:
            raise InvalidRequest.of("buckets", f"must be between 1 and {MAX_BUCKETS}", buckets)
        return await self._core.store.template_runs(
            template.id, version=version, start=start, end=end, buckets=buckets
        )

    # ---- keeping

    async def create(self, project: str, draft: Draft, *, actor: str) -> Template:
        """A new template. Raises NotFound for the project, Conflict when the name is taken."""
        await self._projects.get(project)
        now = self._core.clock.now()
        template = Template(
            id=self._core.chance.uuid(),
            project=project,
            draft=draft,
            version=1,
            created_at=now,
            created_by=actor,
            updated_at=now,
            updated_by=actor,
        )
        if not await self._core.store.put_template(template):
            raise _taken(project, draft.name)
        return template

    async def change(
        self, template: Template, draft: Draft, *, expected: int | None, actor: str
    ) -> Saved:
        """The next version, unless it would say the same. `expected` is the version that the
        caller knows; None: whatever there is.

        Raises StaleVersion with the version that there is; Conflict when the name is taken.
        """
        while True:
            stored = await self._core.store.get_template(template.id)
            if stored is None:
                raise NotFound("template", template.name)
            if expected not in (None, stored.version):
                raise StaleVersion(
                    f"the template has version {stored.version} by now, not {expected}; "
                    "read it again"
                )
            if stored.draft == draft:
                return Saved(template=stored, created=False, changed=False)
            new = replace(
                stored,
                draft=draft,
                version=stored.version + 1,
                updated_at=self._core.clock.now(),
                updated_by=actor,
            )
            if await self._core.store.put_template(new):
                return Saved(template=new, created=False, changed=True)
            namesake = await self._core.store.find_template(stored.project, draft.name)
            if namesake is not None and namesake.id != template.id:
                raise _taken(stored.project, draft.name)

    async def bring_in(self, project: str, draft: Draft, *, actor: str) -> Saved:
        """What an import does: a new template, or the next version of the one of this name."""
        stored = await self._core.store.find_template(project, draft.name)
        if stored is not None:
            return await self.change(stored, draft, expected=None, actor=actor)
        created = await self.create(project, draft, actor=actor)
        return Saved(template=created, created=True, changed=True)

    async def delete(self, template: Template) -> None:
        """Removes it with all versions; its jobs stay. Raises NotFound."""
        if not await self._core.store.delete_template(template.id):
            raise NotFound("template", template.name)

    async def of_job(self, key: str, name: str, description: str, *, actor: str) -> Template:
        """A job as a new template of the same project. Raises as `create` does."""
        job = (await self._jobs.get(key)).job
        raw = {"name": name, "description": description, **job_as_template(job)}
        return await self.create(job.spec.project, parse_draft(raw, job.spec.project), actor=actor)

    # ---- making jobs

    async def render(
        self, template: Template, parameters: object, changes: Changes = NO_CHANGES
    ) -> Rendered:
        """What a run would submit. Raises InvalidRequest that names the parameters."""
        return render(template, parameters, changes)

    async def submission(
        self,
        project: str,
        key: str,
        version: int | None,
        parameters: object,
        *,
        changes: Changes = NO_CHANGES,
        schedule: ScheduleRef | None = None,
        slot: datetime | None = None,
        trigger: str | None = None,
        idempotency_key: str | None = None,
    ) -> Submission:
        """A job of a template, ready to be submitted, that tells where it comes from.

        `key` is the template's id, or its name in `project`. Raises NotFound for a template
        that is gone; InvalidRequest for a version that is gone (field `version`) and for
        parameters that do not fit (fields `parameters.NAME`).
        """
        template = await self.runnable(key, project, version)
        rendered = render(template, parameters, changes)
        origin = replace(rendered.origin, schedule=schedule, slot=slot, trigger=trigger)
        return Submission(spec=rendered.spec, idempotency_key=idempotency_key, origin=origin)

    async def runnable(self, key: str, project: str | None, version: int | None) -> Template:
        """The version that a run asks for. Raises NotFound, InvalidRequest."""
        newest = await self._newest(key, project)
        if version is None or version == newest.version:
            return newest
        found = await self._core.store.get_template(newest.id, version)
        if found is None:
            raise InvalidRequest.of(
                "version",
                f"the template {newest.name!r} has no such version; it has 1 to {newest.version}",
                version,
            )
        return found

    async def run(self, submission: Submission, *, actor: str) -> Submitted:
        """Submits it. Raises as a submission does."""
        [one] = await self._jobs.submit_noting([submission], actor=actor)
        return one

    async def _newest(self, key: str, project: str | None) -> Template:
        template_id = as_id(key)
        if template_id is None:
            found = await self._core.store.find_template(project or DEFAULT_PROJECT, key)
        else:
            found = await self._core.store.get_template(template_id)
            if found is not None and project not in (None, found.project):
                found = None
        if found is None:
            raise NotFound("template", key)
        return found

    async def _use(self, ids: Sequence[UUID]) -> Mapping[UUID, TemplateUse]:
        if not ids:
            return {}
        since = self._core.clock.now() - OF_LATE
        return await self._core.store.template_use(ids, since=since)


def as_id(key: str) -> UUID | None:
    """The id that a key is; None: it is a name."""
    if len(key) != 36:
        return None
    try:
        return UUID(key)
    except ValueError:
        return None


def _taken(project: str, name: str) -> HodeiError:
    return Conflict(f"the project {project!r} has another template of the name {name!r}")
