"""Templates: keeping them, their versions, and bringing them in and out as YAML."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from starlette.responses import Response

from hodei.api.http import template_body as bodies
from hodei.api.http.operations import PREFIX, Answer, Call, Operation, json_response, ok
from hodei.api.http.query import optional, text, whole
from hodei.api.http.schemas.templates import (
    TemplateImported,
    TemplatePage,
    TemplateRowView,
    TemplateVersions,
    TemplateVersionView,
    TemplateView,
)
from hodei.domain.access.roles import Permission
from hodei.domain.errors import InvalidRequest
from hodei.domain.spec import DEFAULT_PROJECT
from hodei.domain.templates import drafting
from hodei.domain.templates.template import Template
from hodei.engine.templates import MOST_PER_PAGE, as_id
from hodei.ports.templates import TemplateFilter, TemplatePlace
from hodei.wire.documents import write_yaml

KEY = "Id of the template, or its name in the project."
PROJECT = optional(text("project", "The project of the name; default when not given.", most=63))
OF_PROJECT = optional(text("project", "Only those of this project.", most=63))
INTO = text("project", "The project that it is brought into.", most=63, default=DEFAULT_PROJECT)
VERSION = optional(
    whole("version", "A version; the newest when not given.", least=1, most=2**31 - 1, default=1)
)
Q = text("q", "Part of the name or of the description, in any case.", most=200)
TAG = text("tag", "One of its tags.", most=50)
CURSOR = text("cursor", "next_cursor of the page before.", most=1000)
LIMIT = whole("limit", "Templates per page.", least=1, most=MOST_PER_PAGE, default=50)


async def located(call: Call, version: int | None = None) -> Template:
    """The template of the path, where the caller may do this. Raises NotFound, Forbidden."""
    key, project = call.key("template"), call.get(PROJECT)
    if as_id(key) is None:
        call.grant.in_project(project or DEFAULT_PROJECT)
        return await call.engine.templates.find(key, project, version)
    found = await call.engine.templates.find(key, project)
    call.grant.owned("template", key, found.project)
    if version is None:
        return found
    return await call.engine.templates.find(key, project, version)


async def listing(call: Call) -> Response:
    """GET /templates."""
    seen = call.caller.principal.projects_with(Permission.TEMPLATES_READ)
    where = TemplateFilter(
        project=call.get(OF_PROJECT), projects=seen, q=call.get(Q), tag=call.get(TAG)
    )
    cursor = call.get(CURSOR)
    rows, last = await call.engine.templates.page(
        where, after=_place(cursor) if cursor else None, limit=call.get(LIMIT)
    )
    return json_response(
        TemplatePage(
            items=[TemplateRowView.of_row(row) for row in rows],
            next_cursor=_cursor(last) if last else None,
        )
    )


def _cursor(place: TemplatePlace) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str) -> TemplatePlace:
    try:
        name, project = json.loads(urlsafe_b64decode(cursor.encode("ascii")))
        if isinstance(name, str) and isinstance(project, str) and "\0" not in name + project:
            return name, project
    except (ValueError, TypeError):
        pass  # told below, like everything else that is not one of our cursors
    raise InvalidRequest.of("cursor", "is not a cursor of this list", cursor)


async def create(call: Call) -> Response:
    """POST /templates."""
    body = await bodies.read_body(call.request, ("project", *drafting.FIELDS))
    project = bodies.taken_project(body)
    call.grant.in_project(project)
    draft = drafting.parse_draft(body, project)
    made = await call.engine.templates.create(project, draft, actor=call.actor)
    call.grant.target = str(made.id)
    return await _answer(call, made, 201)


async def detail(call: Call) -> Response:
    """GET /templates/{key}."""
    return await _answer(call, await located(call, call.get(VERSION)))


async def update(call: Call) -> Response:
    """PUT /templates/{key}."""
    template = await located(call)
    call.grant.target = str(template.id)
    body = await bodies.read_body(call.request, ("project", "version", *drafting.FIELDS))
    expected = bodies.taken_version(body)
    if body.pop("project", template.project) != template.project:
        message = f"cannot be changed: the template is in {template.project!r}"
        raise InvalidRequest.of("project", message)
    draft = drafting.parse_draft(body, template.project)
    saved = await call.engine.templates.change(template, draft, expected=expected, actor=call.actor)
    call.grant.detail = f"version {saved.template.version}"
    return await _answer(call, saved.template)


async def delete(call: Call) -> Response:
    """DELETE /templates/{key}."""
    template = await located(call)
    call.grant.target = str(template.id)
    await call.engine.templates.delete(template)
    return Response(status_code=204)


async def versions(call: Call) -> Response:
    """GET /templates/{key}/versions."""
    template, limit = await located(call), call.get(LIMIT)
    below = _version_of(call.get(CURSOR))
    found = await call.engine.templates.versions(template, below=below, limit=limit + 1)
    rows = found[:limit]
    return json_response(
        TemplateVersions(
            items=[TemplateVersionView.of(row) for row in rows],
            next_cursor=str(rows[-1].version) if len(found) > limit else None,
        )
    )


def _version_of(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 10:
        return int(cursor)
    raise InvalidRequest.of("cursor", "is not a cursor of this list", cursor)


async def export(call: Call) -> Response:
    """GET /templates/{key}/export."""
    template = await located(call, call.get(VERSION))
    content = write_yaml(template.draft.to_dict())
    headers = {"Content-Disposition": f'attachment; filename="{template.name}.yaml"'}
    return Response(content, headers=headers, media_type=bodies.YAML)


async def bring_in(call: Call) -> Response:
    """POST /templates:import."""
    project = call.get(INTO)
    call.grant.in_project(project)
    body = await bodies.read_document(call.request, drafting.FIELDS)
    draft = drafting.parse_draft(body, project)
    saved = await call.engine.templates.bring_in(project, draft, actor=call.actor)
    call.grant.target = str(saved.template.id)
    view = TemplateView.of(await call.engine.templates.detail(saved.template))
    outcome = "created" if saved.created else "updated" if saved.changed else "unchanged"
    return json_response(
        TemplateImported(**dict(view), outcome=outcome), 201 if saved.created else 200
    )


async def of_job(call: Call) -> Response:
    """POST /jobs/{key}:save-as-template."""
    body = await bodies.read_body(call.request, ("name", "description"))
    name, description = body.get("name"), body.get("description") or ""
    if not isinstance(name, str) or not isinstance(description, str):
        raise InvalidRequest.of("name", f"is required: {drafting.TEMPLATE_NAME.expected}")
    made = await call.engine.templates.of_job(call.key("job"), name, description, actor=call.actor)
    call.grant.detail = f"template {made.id}"
    return await _answer(call, made, 201)


async def _answer(call: Call, template: Template, status: int = 200) -> Response:
    view = TemplateView.of(await call.engine.templates.detail(template))
    if status == 201:
        return json_response(view, 201, Location=f"{PREFIX}/templates/{template.id}")
    return json_response(view)


_MADE = {
    201: Answer(
        description="The template.",
        model=TemplateView,
        headers={"Location": "Path of the template."},
    )
}

OPERATIONS = (
    Operation(
        method="GET",
        path="/templates",
        name="listTemplates",
        tag="templates",
        summary="Templates with how their jobs went",
        handle=listing,
        answers=ok(TemplatePage, "By name."),
        query=(OF_PROJECT, Q, TAG, CURSOR, LIMIT),
    ),
    Operation(
        method="POST",
        path="/templates",
        name="createTemplate",
        tag="templates",
        summary="Store a template",
        handle=create,
        answers=_MADE,
        body=bodies.CREATE,
        body_example=bodies.EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="GET",
        path="/templates/{key}",
        name="getTemplate",
        tag="templates",
        summary="A template, or one of its versions",
        handle=detail,
        answers=ok(TemplateView, "The template."),
        key=KEY,
        query=(PROJECT, VERSION),
        errors=(404,),
    ),
    Operation(
        method="PUT",
        path="/templates/{key}",
        name="updateTemplate",
        tag="templates",
        summary="Make the next version of a template",
        handle=update,
        answers=ok(TemplateView, "The template as it is now."),
        description="What is left out is set back. What says the same makes no version. With "
        "`version` the change is refused when somebody else made another one since.",
        key=KEY,
        query=(PROJECT,),
        body=bodies.UPDATE,
        body_example=bodies.EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/templates/{key}",
        name="deleteTemplate",
        tag="templates",
        summary="Remove a template with all its versions",
        handle=delete,
        answers={204: Answer(description="It is gone.")},
        description="Its jobs stay, and still say what they were made from.",
        key=KEY,
        query=(PROJECT,),
        errors=(404, 409),
    ),
    Operation(
        method="GET",
        path="/templates/{key}/versions",
        name="listTemplateVersions",
        tag="templates",
        summary="Versions of a template",
        handle=versions,
        answers=ok(TemplateVersions, "The newest first."),
        key=KEY,
        query=(PROJECT, CURSOR, LIMIT),
        errors=(404,),
    ),
    Operation(
        method="GET",
        path="/templates/{key}/export",
        name="exportTemplate",
        tag="templates",
        summary="A template as YAML",
        handle=export,
        answers={
            200: Answer(description="A file.", content={bodies.YAML: {"type": "object"}}),
        },
        key=KEY,
        query=(PROJECT, VERSION),
        errors=(404,),
    ),
    Operation(
        method="POST",
        path="/templates:import",
        name="importTemplate",
        tag="templates",
        summary="Bring a template in from YAML or JSON",
        handle=bring_in,
        answers={
            201: Answer(description="It is new.", model=TemplateImported),
            200: Answer(description="One of its name was there.", model=TemplateImported),
        },
        description="A template of the same name gets its next version, unless it says the same.",
        query=(INTO,),
        body={**bodies.CREATE, "title": "TemplateFile"},
        body_example=bodies.EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/jobs/{key}:save-as-template",
        name="saveJobAsTemplate",
        tag="templates",
        summary="Store a job as a template of its project",
        handle=of_job,
        answers=_MADE,
        description="Hidden values of its environment become secret parameters. What a job's "
        "template was filled with becomes parameters with defaults.",
        body=bodies.FROM_JOB,
        body_example={"name": "nightly-report"},
        errors=(404, 409, 413, 415),
    ),
)
