"""SecretService."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from hodei.api.grpc.guard import granted
from hodei.domain.access.roles import Permission
from hodei.domain.errors import InvalidRequest
from hodei.domain.project import DEFAULT
from hodei.domain.secret import Secret
from hodei.engine.engine import Engine
from hodei.wire.gen import secrets_pb2 as pb
from hodei.wire.gen import secrets_pb2_grpc as pb_grpc
from hodei.wire.times import to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context


class Secrets(pb_grpc.SecretServiceServicer):
    """Named secrets over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ListSecrets(
        self, request: pb.ListSecretsRequest, context: Context
    ) -> pb.ListSecretsResponse:
        seen = granted().principal.projects_with(Permission.SECRETS_READ)
        found = await self._engine.secrets.all(request.project or None)
        return pb.ListSecretsResponse(
            secrets=[_view(one) for one in found if seen is None or one.project in seen]
        )

    async def PutSecret(self, request: pb.PutSecretRequest, context: Context) -> pb.Secret:
        project, actor = _project(request), granted().principal.name
        return _view(
            await self._engine.secrets.put(project, request.name, request.value, actor=actor)
        )

    async def DeleteSecret(
        self, request: pb.DeleteSecretRequest, context: Context
    ) -> pb.DeleteSecretResponse:
        await self._engine.secrets.delete(_project(request), request.name)
        return pb.DeleteSecretResponse()

    async def RotateSecrets(
        self, request: pb.RotateSecretsRequest, context: Context
    ) -> pb.RotateSecretsResponse:
        actor = granted().principal.name
        done = await self._engine.secrets.rotate(_cursor(request.cursor), actor=actor)
        return pb.RotateSecretsResponse(
            key=done.key,
            secrets=done.secrets,
            providers=done.providers,
            webhooks=done.webhooks,
            jobs=done.jobs,
            unreadable=done.unreadable,
            next_cursor=str(done.cursor) if done.cursor else "",
        )


def _project(request: pb.PutSecretRequest | pb.DeleteSecretRequest) -> str:
    """The project of a change, when the caller may make it there."""
    grant, project = granted(), request.project or DEFAULT
    grant.target = request.name
    grant.in_project(project)
    return project


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        message = "must be the next_cursor of the call before"
        raise InvalidRequest.of("cursor", message, text) from None


def _view(secret: Secret) -> pb.Secret:
    return pb.Secret(
        project=secret.project,
        name=secret.name,
        version=secret.version,
        created_at=to_timestamp(secret.created_at),
        updated_at=to_timestamp(secret.updated_at),
        updated_by=secret.updated_by,
        last_used_at=to_timestamp(secret.last_used_at),
    )
