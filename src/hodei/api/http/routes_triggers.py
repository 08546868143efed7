"""Inbound triggers: kept by who manages templates, called by whoever has the token."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import SINGLE_BYTES, parse_json, read_bytes, read_json
from hodei.api.http.noted import noted
from hodei.api.http.operations import PREFIX, Answer, Call, Operation, json_response, ok
from hodei.api.http.query import optional, text
from hodei.api.http.routes_jobs import IDEMPOTENCY, idempotency_key
from hodei.api.http.routes_templates import KEY, PROJECT, located
from hodei.api.http.schemas.triggers import FiredView, NewTrigger, TriggerList, TriggerView
from hodei.api.http.whoami import place_of
from hodei.domain import trigger as triggers
from hodei.domain.errors import InvalidRequest
from hodei.engine.jobs import Submitted

TOKEN = optional(text("token", "The trigger's token, where no header can be sent.", most=200))


async def listing(call: Call) -> Response:
    """GET /templates/{key}/triggers."""
    found = await call.engine.triggers.all(await located(call))
    return json_response(TriggerList(items=[TriggerView.of(one) for one in found]))


async def create(call: Call) -> Response:
    """POST /templates/{key}/triggers."""
    template = await located(call)
    config = triggers.parse_trigger(await read_json(call.request))
    made = await call.engine.triggers.create(template, config, actor=call.actor)
    call.grant.target = str(made.trigger.id)
    call.grant.detail = f"{config.name} of template {template.name}"
    return json_response(NewTrigger.made(made, PREFIX), 201)


async def delete(call: Call) -> Response:
    """DELETE /templates/{key}/triggers/{trigger}."""
    template = await located(call)
    key: str = call.request.path_params["trigger"]
    call.grant.target = key
    await call.engine.triggers.delete(template, key)
    return Response(status_code=204)


async def fire(call: Call) -> Response:
    """POST /triggers/{key}."""
    key = call.key("trigger")
    made = await noted(call, _fire(call, key), action="trigger.fire", actor="trigger", target=key)
    view = FiredView(job_id=made.job.id)
    return json_response(view, 201 if made.created else 200)


async def _fire(call: Call, key: str) -> Submitted:
    source = place_of(call.request).source
    trigger = await call.engine.triggers.called(key, _token(call), source)
    body: object = None
    if trigger.reads_body:
        content = await read_bytes(call.request, limit=SINGLE_BYTES)
        body = parse_json(content)
    return await call.engine.triggers.fire(trigger, body, key=idempotency_key(call))


def _token(call: Call) -> str:
    scheme, _, shown = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and shown.strip():
        return shown.strip()
    given: str | None = call.get(TOKEN)
    if not given:
        raise InvalidRequest.of("token", "send it as Authorization: Bearer TOKEN, or as ?token=")
    return given


_BODY = {
    "title": "TriggerConfig",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {
            "type": "string",
            "maxLength": triggers.NAME.most,
            "pattern": f"^{triggers.NAME.pattern.pattern}$",
        },
        "parameters": {
            "type": ["object", "null"],
            "maxProperties": triggers.MOST_PARAMETERS,
            "additionalProperties": {
                "oneOf": [
                    {
                        "type": "object",
                        "required": ["pointer"],
                        "properties": {
                            "pointer": {
                                "type": "string",
                                "maxLength": triggers.POINTER_CHARACTERS,
                                "description": "JSON pointer (RFC 6901) into the body.",
                            }
                        },
                        "additionalProperties": False,
                    },
                    {
                        "type": "object",
                        "required": ["value"],
                        "properties": {"value": {"description": "As a run takes it."}},
                        "additionalProperties": False,
                    },
                ]
            },
        },
    },
    "additionalProperties": False,
}
_EXAMPLE = {"name": "deploy", "parameters": {"branch": {"pointer": "/ref"}, "days": {"value": 3}}}

OPERATIONS = (
    Operation(
        method="GET",
        path="/templates/{key}/triggers",
        name="listTriggers",
        tag="templates",
        summary="Inbound triggers of a template",
        handle=listing,
        answers=ok(TriggerList, "By name, without their tokens."),
        key=KEY,
        query=(PROJECT,),
        errors=(404,),
    ),
    Operation(
        method="POST",
        path="/templates/{key}/triggers",
        name="createTrigger",
        tag="templates",
        summary="Make an address that runs the template",
        description="Whoever knows its token may call it, also when whoever made it is gone. The "
        "token is shown this once.",
        handle=create,
        answers={201: Answer(description="Made.", model=NewTrigger)},
        key=KEY,
        query=(PROJECT,),
        body=_BODY,
        body_example=_EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/templates/{key}/triggers/{trigger}",
        name="deleteTrigger",
        tag="templates",
        summary="Remove a trigger",
        handle=delete,
        answers={204: Answer(description="Its token is worth nothing any more.")},
        key=KEY,
        query=(PROJECT,),
        errors=(404, 409),
    ),
    Operation(
        method="POST",
        path="/triggers/{key}",
        name="fireTrigger",
        tag="templates",
        summary="Run the template of a trigger",
        description="With the trigger's token as `Authorization: Bearer TOKEN`, or as `?token=`. "
        "Parameters that come from the body need JSON; otherwise it is not read. An "
        "`Idempotency-Key` counts for this trigger only.",
        handle=fire,
        answers={
            201: Answer(description="The job that was made.", model=FiredView),
            200: Answer(description="The key is known: the job of then.", model=FiredView),
        },
        key="Id of the trigger.",
        query=(TOKEN,),
        body={"description": "Anything that the trigger's pointers lead into."},
        body_required=False,
        headers=IDEMPOTENCY,
        errors=(404, 409, 413, 429),
        public=True,
    ),
)
