"""TemplateService."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from hodei.api.grpc.guard import granted
from hodei.api.grpc.jobs import shown
from hodei.domain.access.roles import Permission
from hodei.domain.errors import InvalidRequest
from hodei.domain.job import JobState
from hodei.domain.parsing import parse_idempotency_key
from hodei.domain.spec import DEFAULT_PROJECT
from hodei.domain.templates.drafting import parse_draft
from hodei.domain.templates.rendering import Changes
from hodei.domain.templates.template import Template
from hodei.engine.engine import Engine
from hodei.engine.templates import MOST_PER_PAGE, as_id
from hodei.engine.templates import Templates as TemplateCases
from hodei.ports.templates import RunBucket, TemplateFilter, TemplatePlace, TemplateUse
from hodei.wire.gen import jobs_pb2
from hodei.wire.gen import templates_pb2 as pb
from hodei.wire.gen import templates_pb2_grpc as pb_grpc
from hodei.wire.origins import value_from_pb
from hodei.wire.specs import spec_from_domain
from hodei.wire.templates import from_struct, row_to_pb, run_to_pb, template_to_pb, version_to_pb
from hodei.wire.times import from_timestamp, to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

USUAL = timedelta(days=30)
_JUDGED = (JobState.SUCCEEDED, JobState.FAILED, JobState.TIMEOUT)
_SEPARATOR = "/"
"""Between project and name of a page token; neither holds one."""


class Named(Protocol):
    """A request that names a template."""

    template: str
    project: str


class Templates(pb_grpc.TemplateServiceServicer):
    """Templates over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._templates = engine.templates

    async def ListTemplates(
        self, request: pb.ListTemplatesRequest, context: Context
    ) -> pb.ListTemplatesResponse:
        where = TemplateFilter(
            project=request.project or None,
            projects=granted().principal.projects_with(Permission.TEMPLATES_READ),
            q=request.q or None,
            tag=request.tag or None,
        )
        rows, last = await self._templates.page(
            where, after=_place(request.page_token), limit=_size(request.page_size)
        )
        found = []
        for listed in rows:
            message = row_to_pb(listed.row)
            _add_use(message, listed.use)
            found.append(message)
        token = _SEPARATOR.join(last) if last else ""
        return pb.ListTemplatesResponse(templates=found, next_page_token=token)

    async def GetTemplate(self, request: pb.GetTemplateRequest, context: Context) -> pb.Template:
        return await self._shown(await self._located(request, request.version))

    async def PutTemplate(self, request: pb.PutTemplateRequest, context: Context) -> pb.Template:
        grant, project = granted(), request.project or DEFAULT_PROJECT
        grant.target = request.name
        grant.in_project(project)
        raw: dict[str, Any] = {
            "name": request.name,
            "description": request.description,
            "tags": list(request.tags),
            "parameters": [from_struct(each) for each in request.parameters],
            "spec": from_struct(request.spec),
        }
        draft, actor = parse_draft(raw, project), grant.principal.name
        if request.version:
            stored = await self._templates.find(request.name, project)
            saved = await self._templates.change(
                stored, draft, expected=request.version, actor=actor
            )
        else:
            saved = await self._templates.bring_in(project, draft, actor=actor)
        grant.target = str(saved.template.id)
        return await self._shown(saved.template)

    async def DeleteTemplate(
        self, request: pb.DeleteTemplateRequest, context: Context
    ) -> pb.DeleteTemplateResponse:
        await self._templates.delete(await self._located(request))
        return pb.DeleteTemplateResponse()

    async def ListVersions(
        self, request: pb.ListVersionsRequest, context: Context
    ) -> pb.ListVersionsResponse:
        template, size = await self._located(request), _size(request.page_size)
        below = _version(request.page_token)
        found = await self._templates.versions(template, below=below, limit=size + 1)
        rows = found[:size]
        return pb.ListVersionsResponse(
            versions=[version_to_pb(row) for row in rows],
            next_page_token=str(rows[-1].version) if len(found) > size else "",
        )

    async def RunTemplate(self, request: pb.RunTemplateRequest, context: Context) -> jobs_pb2.Job:
        template = await self._located(request)
        key = request.idempotency_key
        submission = await self._templates.submission(
            template.project,
            str(template.id),
            request.version or None,
            _values(request),
            changes=Changes(
                name=request.name or None,
                priority=request.priority or None,
                labels=dict(request.labels) or None,
            ),
            idempotency_key=parse_idempotency_key(key) if key else None,
        )
        grant = granted()
        one = await self._templates.run(submission, actor=grant.principal.name)
        grant.detail = f"job {one.job.id}"
        return shown(self._engine, one.job, one.attempts)

    async def RenderTemplate(
        self, request: pb.RenderTemplateRequest, context: Context
    ) -> pb.RenderTemplateResponse:
        located = await self._located(request)
        wanted = await self._templates.runnable(str(located.id), None, request.version or None)
        rendered = await self._templates.render(wanted, _values(request))
        return pb.RenderTemplateResponse(spec=spec_from_domain(rendered.spec))

    async def GetTemplateStats(
        self, request: pb.GetTemplateStatsRequest, context: Context
    ) -> pb.TemplateStats:
        template = await self._located(request)
        end = self._engine.core.clock.now()
        if request.HasField("end"):
            end = from_timestamp("end", request.end)
        start = end - USUAL
        if request.HasField("start"):
            start = from_timestamp("start", request.start)
        stats = await self._templates.stats(
            template,
            version=request.version or None,
            start=start,
            end=end,
            buckets=request.buckets or 30,
        )
        return pb.TemplateStats(
            total=_bucket(stats.total), trend=[_bucket(bucket) for bucket in stats.series]
        )

    async def _located(self, request: Named, version: int = 0) -> Template:
        return await located(self._templates, request, version)

    async def _shown(self, template: Template) -> pb.Template:
        message = template_to_pb(template)
        _add_use(message, (await self._templates.detail(template)).use)
        return message


async def located(templates: TemplateCases, request: Named, version: int = 0) -> Template:
    """The template, where the caller may do this. Raises NotFound, Forbidden."""
    grant, key, project = granted(), request.template, request.project or None
    grant.target = key
    if as_id(key) is None:
        grant.in_project(project or DEFAULT_PROJECT)
        found = await templates.find(key, project)
    else:
        found = await templates.find(key, project)
        grant.owned("template", key, found.project)
    grant.target = str(found.id)
    return await templates.find(str(found.id), None, version) if version else found


def _values(request: pb.RunTemplateRequest | pb.RenderTemplateRequest) -> dict[str, object]:
    return {name: value_from_pb(value) for name, value in request.parameters.items()}


def _size(asked: int) -> int:
    size = asked or 50
    if size > MOST_PER_PAGE:
        raise InvalidRequest.of("page_size", f"must be at most {MOST_PER_PAGE}", size)
    return size


def _place(token: str) -> TemplatePlace | None:
    if not token:
        return None
    name, separator, project = token.partition(_SEPARATOR)
    if not separator or "\0" in token:
        raise InvalidRequest.of("page_token", "is not a token of this list", token)
    return name, project


def _version(token: str) -> int | None:
    if not token:
        return None
    if token.isascii() and token.isdigit() and len(token) < 10:
        return int(token)
    raise InvalidRequest.of("page_token", "is not a token of this list", token)


def _add_use(message: pb.Template, use: TemplateUse) -> None:
    message.runs_30d = use.runs
    if use.judged:
        message.success_rate_30d = use.succeeded / use.judged
    if use.avg_ms is not None:
        message.avg_ms_30d = use.avg_ms
    if use.last_state is not None:
        message.last_run.CopyFrom(run_to_pb(use.last_job_id, use.last_state, use.last_at))


def _bucket(bucket: RunBucket) -> pb.RunBucket:
    judged = sum(bucket.states[state] for state in _JUDGED)
    return pb.RunBucket(
        start=to_timestamp(bucket.start),
        runs=bucket.runs,
        by_state={state.value: count for state, count in bucket.states.items()},
        success_rate=bucket.states[JobState.SUCCEEDED] / judged if judged else None,
        avg_ms=bucket.avg_ms,
        p50_ms=bucket.p50_ms,
        p95_ms=bucket.p95_ms,
    )
