"""Webhooks and their deliveries."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_json
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.query import Schema, choice, optional, text, whole, words_of
from hodei.api.http.schemas.webhooks import (
    DeliveryPage,
    DeliveryView,
    StoredWebhook,
    WebhookList,
    WebhookView,
)
from hodei.api.webhooks import admitted, admitted_delivery
from hodei.domain.access.roles import Permission
from hodei.domain.parsing.limits import LABELS, LINE, PROJECT, Text
from hodei.domain.project import DEFAULT
from hodei.domain.webhooks import parsing
from hodei.domain.webhooks.delivery import Delivery, DeliveryState
from hodei.domain.webhooks.webhook import TEST, WebhookEvent
from hodei.engine.webhooks.webhooks import MAX_PAGE
from hodei.ports.webhooks import WebhookState

OF_PROJECT = optional(text("project", "Only those of this project.", most=PROJECT.most))
IN_PROJECT = text(
    "project", "Where to look when a name is given.", most=PROJECT.most, default=DEFAULT
)
KEY = "Id of the webhook, or its name in `project`."
DELIVERY_KEY = "Id of the delivery."
STATE = choice("state", "Only those in this state.", {**words_of(DeliveryState)}, default=None)
EVENTS = {**{event.value: event.value for event in WebhookEvent}, TEST: TEST}
EVENT = choice("event", "Only of this event.", {**EVENTS}, default=None)
CURSOR = optional(text("cursor", "next_cursor of the page before.", most=200))
LIMIT = whole("limit", "Rows at most.", least=1, most=MAX_PAGE, default=50)


async def listing(call: Call) -> Response:
    """GET /webhooks."""
    seen = call.caller.principal.projects_with(Permission.WEBHOOKS_READ)
    found = await call.engine.webhooks.all(call.get(OF_PROJECT))
    items = [WebhookView.of(s) for s in found if seen is None or s.webhook.project in seen]
    return json_response(WebhookList(items=items))


async def create(call: Call) -> Response:
    """POST /webhooks."""
    config = parsing.parse_webhook(await read_json(call.request))
    call.grant.target = config.name
    call.grant.in_project(config.project)
    stored = await call.engine.webhooks.create(config, actor=call.actor)
    return json_response(StoredWebhook.stored(stored), 201)


async def get(call: Call) -> Response:
    """GET /webhooks/{key}."""
    return json_response(WebhookView.of(await _found(call)))


async def update(call: Call) -> Response:
    """PUT /webhooks/{key}."""
    webhook = (await _found(call)).webhook
    raw = await read_json(call.request)
    if isinstance(raw, dict):
        raw = {"project": webhook.project, **raw}
    config = parsing.parse_webhook(raw)
    stored = await call.engine.webhooks.update(webhook.id, config, actor=call.actor)
    return json_response(StoredWebhook.stored(stored))


async def delete(call: Call) -> Response:
    """DELETE /webhooks/{key}."""
    await call.engine.webhooks.delete((await _found(call)).webhook.id)
    return Response(status_code=204)


async def test(call: Call) -> Response:
    """POST /webhooks/{key}:test."""
    webhook = (await _found(call)).webhook
    delivery = await call.engine.webhooks.test(webhook, actor=call.actor)
    return json_response(DeliveryView.of(delivery), 202)


async def deliveries(call: Call) -> Response:
    """GET /webhooks/{key}/deliveries."""
    page = await call.engine.webhooks.deliveries(
        (await _found(call)).webhook.id,
        state=call.get(STATE),
        event=call.get(EVENT),
        cursor=call.get(CURSOR),
        limit=call.get(LIMIT),
    )
    return json_response(DeliveryPage.of(page))


async def delivery(call: Call) -> Response:
    """GET /deliveries/{key}."""
    return json_response(DeliveryView.of(await _delivery(call)))


async def redeliver(call: Call) -> Response:
    """POST /deliveries/{key}:redeliver."""
    again = await call.engine.webhooks.redeliver((await _delivery(call)).id)
    return json_response(DeliveryView.of(again), 202)


async def _found(call: Call) -> WebhookState:
    """The webhook in the path, where the caller may do this."""
    return await admitted(call.engine, call.grant, call.key("webhook"), call.get(IN_PROJECT))


async def _delivery(call: Call) -> Delivery:
    return await admitted_delivery(call.engine, call.grant, call.key("delivery"))


def _text(rule: Text, **more: object) -> Schema:
    pattern = f"^{rule.pattern.pattern}$"
    return {"type": "string", "pattern": pattern, "maxLength": rule.most, **more}


def _nullable(schema: Schema) -> Schema:
    return {**schema, "type": ["string", "null"]}


_BODY: Schema = {
    "title": "WebhookConfig",
    "type": "object",
    "required": ["name", "url", "events"],
    "properties": {
        "project": _text(PROJECT, default=DEFAULT),
        "name": _text(parsing.NAME),
        "url": {
            "type": "string",
            "maxLength": parsing.URL_CHARACTERS,
            "description": "http or https, at a public address unless the server's operator "
            "allows another; without user name and fragment.",
        },
        "events": {
            "type": "array",
            "items": {"type": "string", "enum": [event.value for event in WebhookEvent]},
            "minItems": 1,
            "maxItems": 100,
        },
        "filters": {
            "type": ["object", "null"],
            "properties": {
                "template": _nullable(_text(parsing.KEY)),
                "schedule": _nullable(_text(parsing.KEY)),
                "name": {
                    "type": ["string", "null"],
                    "minLength": 1,
                    "maxLength": LINE.most,
                    "description": "Pattern: `*` any text, `?` one character, `[abc]` one of "
                    "these.",
                },
                "labels": {
                    "type": ["object", "null"],
                    "additionalProperties": {"type": "string", "maxLength": 255},
                    "maxProperties": LABELS,
                },
            },
            "additionalProperties": False,
        },
        "headers": {
            "type": ["object", "null"],
            "additionalProperties": {
                "type": ["string", "null"],
                "maxLength": parsing.HEADER_VALUE_CHARACTERS,
            },
            "maxProperties": parsing.HEADERS,
            "writeOnly": True,
            "description": "Values are never shown again; null keeps the stored one.",
        },
        "secret": {
            "type": ["string", "null"],
            "minLength": 16,
            "maxLength": 200,
            "writeOnly": True,
            "description": "Signs what is sent. Left out: one is made for a new webhook, and "
            "the stored one stays.",
        },
        "rotate_secret": {
            "type": "boolean",
            "default": False,
            "description": "Makes a new secret, which the answer shows once.",
        },
        "enabled": {"type": "boolean", "default": True},
        "timeout_ms": {
            "type": "integer",
            "minimum": parsing.TIMEOUT_MS.least,
            "maximum": parsing.TIMEOUT_MS.most,
            "default": 10_000,
        },
        "version": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": parsing.VERSION.most,
            "description": "The one that this was written from; another one by now: 409.",
        },
    },
    "additionalProperties": False,
}
_EXAMPLE = {
    "name": "chat",
    "url": "https://hooks.example.com/hodei",
    "events": ["job.failed", "job.timeout"],
    "filters": {"labels": {"team": "data"}},
}
_SENT = Answer(description="The delivery, as it waits to be sent.", model=DeliveryView)

OPERATIONS = (
    Operation(
        method="GET",
        path="/webhooks",
        name="listWebhooks",
        tag="webhooks",
        summary="Webhooks without their secrets",
        handle=listing,
        answers=ok(WebhookList, "By project and name."),
        query=(OF_PROJECT,),
    ),
    Operation(
        method="POST",
        path="/webhooks",
        name="createWebhook",
        tag="webhooks",
        summary="Make a webhook",
        description="It is told of what happens from now on. The secret that is made for it is "
        "shown this once.",
        handle=create,
        answers={201: Answer(description="Made.", model=StoredWebhook)},
        body=_BODY,
        body_example=_EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="GET",
        path="/webhooks/{key}",
        name="getWebhook",
        tag="webhooks",
        summary="One webhook",
        handle=get,
        answers=ok(WebhookView, "The webhook."),
        key=KEY,
        query=(IN_PROJECT,),
        errors=(404,),
    ),
    Operation(
        method="PUT",
        path="/webhooks/{key}",
        name="updateWebhook",
        tag="webhooks",
        summary="Configure a webhook anew",
        description="What is left out is set back, but for the secret, and headers that are "
        "null. One that is enabled again is told of what happens from then on.",
        handle=update,
        answers=ok(StoredWebhook, "The webhook as it is now."),
        key=KEY,
        query=(IN_PROJECT,),
        body=_BODY,
        body_example=_EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/webhooks/{key}",
        name="deleteWebhook",
        tag="webhooks",
        summary="Remove a webhook with its deliveries",
        handle=delete,
        answers={204: Answer(description="It is gone.")},
        key=KEY,
        query=(IN_PROJECT,),
        errors=(404, 409),
    ),
    Operation(
        method="POST",
        path="/webhooks/{key}:test",
        name="testWebhook",
        tag="webhooks",
        summary="Send a test delivery",
        description="Of the event `webhook.test`, at once; ask for the delivery to see what came "
        "of it.",
        handle=test,
        answers={202: _SENT},
        key=KEY,
        query=(IN_PROJECT,),
        errors=(404, 409),
    ),
    Operation(
        method="GET",
        path="/webhooks/{key}/deliveries",
        name="listDeliveries",
        tag="webhooks",
        summary="Deliveries of a webhook",
        handle=deliveries,
        answers=ok(DeliveryPage, "The newest first, without their payloads."),
        key=KEY,
        query=(IN_PROJECT, STATE, EVENT, CURSOR, LIMIT),
        errors=(404,),
    ),
    Operation(
        method="GET",
        path="/deliveries/{key}",
        name="getDelivery",
        tag="webhooks",
        summary="One delivery with what is sent",
        handle=delivery,
        answers=ok(DeliveryView, "The delivery."),
        key=DELIVERY_KEY,
        errors=(404,),
    ),
    Operation(
        method="POST",
        path="/deliveries/{key}:redeliver",
        name="redeliver",
        tag="webhooks",
        summary="Send a delivery again",
        description="At once and with all its tries, whatever came of it before; the same id and "
        "payload.",
        handle=redeliver,
        answers={202: _SENT},
        key=DELIVERY_KEY,
        errors=(404, 409),
    ),
)
