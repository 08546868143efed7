"""What a schedule submits: from what was given to what is kept, and from that to a submission."""

from __future__ import annotations

from hodei.domain.errors import InvalidRequest
from hodei.domain.job import Job
from hodei.domain.origin import Origin, ScheduleRef
from hodei.domain.parsing.schedule_target import TargetDraft, TemplateDraft
from hodei.domain.schedules.schedule import Firing, Schedule, SpecTarget, Target
from hodei.engine.jobs import Jobs, Submission
from hodei.engine.projects import Projects


class Targets:
    """Specs and templates of schedules."""

    def __init__(self, jobs: Jobs, projects: Projects) -> None:
        self._jobs = jobs
        self._projects = projects

    async def checked(self, draft: TargetDraft) -> Target:
        """The target as it is kept. Raises InvalidRequest for one that could never run."""
        if isinstance(draft, TemplateDraft):
            message = "there is no template of this id or name"
            raise InvalidRequest.of("target.template", message, draft.key)
        barred = await self._projects.refusals(draft)
        if barred:
            # The project is the schedule's own; everything else belongs to the spec.
            error = InvalidRequest(barred)
            raise error if barred[0].field == "project" else error.under("target.spec")
        return SpecTarget(spec=draft)

    async def submit(self, schedule: Schedule, firing: Firing, actor: str) -> Job:
        """Submits the job of a firing, once however often it is called. Raises what says why
        it cannot be."""
        origin = Origin(
            schedule=ScheduleRef(id=schedule.id, name=schedule.name),
            slot=None if firing.manual else firing.slot,
        )
        assert isinstance(schedule.target, SpecTarget)
        submission = Submission(
            spec=schedule.target.spec, idempotency_key=firing.key, origin=origin
        )
        return await self._jobs.submit(submission, actor=actor)
