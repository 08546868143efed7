"""Named secrets: values go in and never come out."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.query import optional, text
from hodei.api.http.schemas.secrets import RotationView, Secrets, SecretView
from hodei.domain.access.roles import Permission
from hodei.domain.parsing.limits import SECRET_BYTES
from hodei.domain.parsing.reader import Report
from hodei.domain.project import DEFAULT

PROJECT = text("project", "The project it belongs to.", most=63, default=DEFAULT)
OF_PROJECT = optional(text("project", "Only those of this project.", most=63))
KEY = "Name of the secret."


async def listing(call: Call) -> Response:
    """GET /secrets."""
    seen = call.caller.principal.projects_with(Permission.SECRETS_READ)
    found = await call.engine.secrets.all(call.get(OF_PROJECT))
    items = [SecretView.of(one) for one in found if seen is None or one.project in seen]
    return json_response(Secrets(items=items))


async def put(call: Call) -> Response:
    """PUT /secrets/{key}."""
    call.grant.in_project(call.get(PROJECT))
    report = Report()
    body = await read_object(call.request, ("value",), report)
    value = body.get("value")
    if not isinstance(value, str):
        report.add("value", f"must be text of 1 to {SECRET_BYTES} bytes")
        value = ""
    report.close()
    secret = await call.engine.secrets.put(
        call.get(PROJECT), call.key("secret"), value, actor=call.actor
    )
    return json_response(SecretView.of(secret), 201 if secret.version == 1 else 200)


async def delete(call: Call) -> Response:
    """DELETE /secrets/{key}."""
    call.grant.in_project(call.get(PROJECT))
    await call.engine.secrets.delete(call.get(PROJECT), call.key("secret"))
    return Response(status_code=204)


async def rotate(call: Call) -> Response:
    """POST /secrets:rotate."""
    report = Report()
    body = await read_object(call.request, ("cursor",), report, optional=True)
    given = body.get("cursor") if body.has("cursor") else None
    cursor: UUID | None = None
    if given is not None:
        try:
            cursor = UUID(given) if isinstance(given, str) else None
        except ValueError:
            cursor = None
        if cursor is None:
            report.add("cursor", "must be the next_cursor of the call before", given)
    report.close()
    done = await call.engine.secrets.rotate(cursor, actor=call.actor)
    return json_response(RotationView.of(done))


_SET = Answer(description="The secret as it is now, without its value.", model=SecretView)

OPERATIONS = (
    Operation(
        method="GET",
        path="/secrets",
        name="listSecrets",
        tag="secrets",
        summary="Secrets without their values",
        handle=listing,
        answers=ok(Secrets, "By project and name."),
        query=(OF_PROJECT,),
    ),
    Operation(
        method="PUT",
        path="/secrets/{key}",
        name="putSecret",
        tag="secrets",
        summary="Set a secret, new or not",
        handle=put,
        answers={201: _SET, 200: _SET},
        description="Jobs refer to it with `{secret: NAME}`. A secret that comes from a file of "
        "the server wins over one that is set here, so that setting one of its name is refused.",
        key=KEY,
        query=(PROJECT,),
        body={
            "title": "SecretValue",
            "type": "object",
            "required": ["value"],
            "properties": {
                "value": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": SECRET_BYTES,
                    "writeOnly": True,
                    "description": "Bytes of UTF-8 count; it is never shown again.",
                }
            },
            "additionalProperties": False,
        },
        body_example={"value": "correct horse battery staple"},
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/secrets/{key}",
        name="deleteSecret",
        tag="secrets",
        summary="Remove a secret",
        handle=delete,
        answers={204: Answer(description="It is gone.")},
        description="A job that refers to it and has not started yet will fail with that reason.",
        key=KEY,
        query=(PROJECT,),
        errors=(404, 409),
    ),
    Operation(
        method="POST",
        path="/secrets:rotate",
        name="rotateSecrets",
        tag="secrets",
        summary="Seal with the first key what another one sealed",
        handle=rotate,
        answers=ok(RotationView, "What was sealed anew by this call."),
        description="Named secrets, the hidden settings of providers and what webhooks hold, then "
        "the values in jobs, so many per call: repeat with `next_cursor` until it is null. When "
        "nothing is left to do and nothing is unreadable, the older keys can go.",
        body={
            "title": "RotationStep",
            "type": "object",
            "properties": {"cursor": {"type": ["string", "null"], "format": "uuid"}},
            "additionalProperties": False,
        },
        body_required=False,
        errors=(413, 415),
    ),
)
