"""ProjectService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hodei.api.grpc.guard import granted
from hodei.domain.access.roles import Permission
from hodei.domain.parsing import project as limits
from hodei.domain.parsing.reader import Report, open_section
from hodei.engine.engine import Engine
from hodei.engine.projects import ProjectConfig, ProjectView
from hodei.wire.gen import projects_pb2 as pb
from hodei.wire.gen import projects_pb2_grpc as pb_grpc
from hodei.wire.times import to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context


class Projects(pb_grpc.ProjectServiceServicer):
    """Projects over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ListProjects(
        self, request: pb.ListProjectsRequest, context: Context
    ) -> pb.ListProjectsResponse:
        seen = granted().principal.projects_with(Permission.PROJECTS_READ)
        found = await self._engine.projects.all()
        return pb.ListProjectsResponse(
            projects=[_view(one) for one in found if seen is None or one.project.name in seen]
        )

    async def PutProject(self, request: pb.PutProjectRequest, context: Context) -> pb.Project:
        granted().target = request.name
        view, _ = await self._engine.projects.put(request.name, _config(request))
        return _view(view)

    async def DeleteProject(
        self, request: pb.DeleteProjectRequest, context: Context
    ) -> pb.DeleteProjectResponse:
        granted().target = request.name
        await self._engine.projects.delete(request.name)
        return pb.DeleteProjectResponse()


def _config(request: pb.PutProjectRequest) -> ProjectConfig:
    data = {
        "description": request.description,
        "quota": _given(request.quota),
        "retention": _given(request.retention),
    }
    report = Report()
    body = open_section(report, "", data, limits.FIELDS, {})
    config = ProjectConfig(
        description=limits.read_description(report, body),
        quota=limits.read_quota(report, body),
        retention=limits.read_retention(body),
    )
    report.close()
    return config


def _given(message: pb.ProjectQuota | pb.ProjectRetention) -> dict[str, object]:
    """The fields that are set."""
    return {field.name: value for field, value in message.ListFields()}


def _view(view: ProjectView) -> pb.Project:
    project, use = view.project, view.use
    return pb.Project(
        name=project.name,
        description=project.description,
        quota=pb.ProjectQuota(
            running_jobs=project.quota.running_jobs,
            cpu=project.quota.cpu,
            memory_mb=project.quota.memory_mb,
        ),
        retention=pb.ProjectRetention(
            job_days=project.retention.job_days,
            log_days=project.retention.log_days,
            audit_days=project.retention.audit_days,
        ),
        usage=pb.ProjectUsage(running_jobs=use.running_jobs, cpu=use.cpu, memory_mb=use.memory_mb),
        version=project.version,
        created_at=to_timestamp(project.created_at),
        updated_at=to_timestamp(project.updated_at),
    )
