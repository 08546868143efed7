"""What a schedule submits: from what was given to what is kept, and from that to a job."""

from __future__ import annotations

from hodei.domain.errors import InvalidRequest, NotFound, Violation
from hodei.domain.job import Job
from hodei.domain.origin import Origin, ScheduleRef
from hodei.domain.parsing.schedule_target import TargetDraft, TemplateDraft
from hodei.domain.schedules.schedule import (
    Firing,
    Schedule,
    SpecTarget,
    Target,
    TemplateTarget,
)
from hodei.engine.jobs import Jobs, Submission
from hodei.engine.projects import Projects
from hodei.engine.templates import Templates


class Targets:
    """Specs and templates of schedules."""

    def __init__(self, jobs: Jobs, projects: Projects, templates: Templates) -> None:
        self._jobs = jobs
        self._projects = projects
        self._templates = templates

    async def checked(self, draft: TargetDraft, project: str) -> Target:
        """The target as it is kept. Raises InvalidRequest for one that could never run."""
        if isinstance(draft, TemplateDraft):
            return await self._template(draft, project)
        barred = await self._projects.refusals(draft)
        if barred:
            # The project is the schedule's own; everything else belongs to the spec.
            error = InvalidRequest(barred)
            raise error if barred[0].field == "project" else error.under("target.spec")
        return SpecTarget(spec=draft)

    async def _template(self, draft: TemplateDraft, project: str) -> TemplateTarget:
        try:
            found = await self._templates.runnable(draft.key, project, draft.version)
            rendered = await self._templates.render(found, draft.parameters)
        except NotFound:
            message = f"there is no template of this id or name in the project {project!r}"
            raise InvalidRequest.of("target.template", message, draft.key) from None
        except InvalidRequest as error:
            raise error.under("target") from None
        message = "a schedule keeps no secret text; set a secret, and write {secret: NAME}"
        texts = [
            Violation(field=f"target.parameters.{name}", message=message)
            for name in rendered.origin.secret_parameters
            if isinstance(draft.parameters.get(name), str)
        ]
        if texts:
            raise InvalidRequest(texts)
        return TemplateTarget(
            template_id=found.id,
            name=found.name,
            version=draft.version,
            parameters=draft.parameters,
        )

    async def submit(self, schedule: Schedule, firing: Firing, actor: str) -> Job:
        """Submits the job of a firing, once however often it is called. Raises what says why
        it cannot be."""
        submission = await self._submission(schedule, firing)
        return await self._jobs.submit(submission, actor=actor)

    async def _submission(self, schedule: Schedule, firing: Firing) -> Submission:
        target = schedule.target
        ref = ScheduleRef(id=schedule.id, name=schedule.name)
        slot = None if firing.manual else firing.slot
        if isinstance(target, SpecTarget):
            origin = Origin(schedule=ref, slot=slot)
            return Submission(spec=target.spec, idempotency_key=firing.key, origin=origin)
        return await self._templates.submission(
            schedule.project,
            str(target.template_id),
            target.version,
            target.parameters,
            schedule=ref,
            slot=slot,
            idempotency_key=firing.key,
        )
