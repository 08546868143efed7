"""Projects: what they may use, and how long their work is kept."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.query import Schema
from hodei.api.http.schemas.projects import Projects, ProjectView
from hodei.domain.access.roles import Permission
from hodei.domain.parsing import project as limits
from hodei.domain.parsing.limits import Number, Whole
from hodei.domain.parsing.reader import Report
from hodei.engine.projects import ProjectConfig

KEY = "Name of the project."


async def listing(call: Call) -> Response:
    """GET /projects."""
    seen = call.caller.principal.projects_with(Permission.PROJECTS_READ)
    found = await call.engine.projects.all()
    items = [ProjectView.of(one) for one in found if seen is None or one.project.name in seen]
    return json_response(Projects(items=items))


async def put(call: Call) -> Response:
    """PUT /projects/{key}."""
    report = Report()
    body = await read_object(call.request, limits.FIELDS, report)
    config = ProjectConfig(
        description=limits.read_description(report, body),
        quota=limits.read_quota(report, body),
        retention=limits.read_retention(body),
    )
    report.close()
    view, created = await call.engine.projects.put(call.key("project"), config)
    return json_response(ProjectView.of(view), 201 if created else 200)


async def delete(call: Call) -> Response:
    """DELETE /projects/{key}."""
    await call.engine.projects.delete(call.key("project"))
    return Response(status_code=204)


def _limit(bounds: Whole | Number, description: str) -> Schema:
    kind = "integer" if isinstance(bounds, Whole) else "number"
    return {
        "type": [kind, "null"],
        "minimum": bounds.least,
        "maximum": bounds.most,
        "description": description,
    }


_BODY: Schema = {
    "title": "ProjectConfig",
    "type": "object",
    "properties": {
        "description": {"type": "string", "maxLength": limits.DESCRIPTION_CHARS},
        "quota": {
            "type": "object",
            "properties": {
                "running_jobs": _limit(limits.RUNNING_JOBS, "Jobs on workers; 0 holds all back."),
                "cpu": _limit(limits.CPU, "CPUs that they ask for together."),
                "memory_mb": _limit(limits.MEMORY_MB, "MB that they ask for together."),
            },
            "additionalProperties": False,
        },
        "retention": {
            "type": "object",
            "properties": {
                "job_days": _limit(limits.DAYS, "Days that finished jobs are kept."),
                "log_days": _limit(limits.DAYS, "Days that their logs are kept."),
                "audit_days": _limit(limits.DAYS, "Days that rows of the audit log are kept."),
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_NOW = Answer(description="The project as it is now.", model=ProjectView)

OPERATIONS = (
    Operation(
        method="GET",
        path="/projects",
        name="listProjects",
        tag="projects",
        summary="Projects with what they use now",
        handle=listing,
        answers=ok(Projects, "By name."),
    ),
    Operation(
        method="PUT",
        path="/projects/{key}",
        name="putProject",
        tag="projects",
        summary="Create a project, or configure it anew",
        handle=put,
        answers={201: _NOW, 200: _NOW},
        description="What is left out is set back: no limit, and the server's own retention. A "
        "job beyond the quota waits; one that asks for more than the whole quota is refused.",
        key=KEY,
        body=_BODY,
        body_example={"description": "The site", "quota": {"running_jobs": 10, "cpu": 8}},
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/projects/{key}",
        name="deleteProject",
        tag="projects",
        summary="Remove a project to which nothing belongs",
        handle=delete,
        answers={204: Answer(description="It is gone.")},
        key=KEY,
        errors=(404, 409),
    ),
)
