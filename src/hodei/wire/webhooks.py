"""Webhooks, deliveries and triggers between protobuf and domain; towards the domain a message
becomes plain data."""

from __future__ import annotations

from typing import Any

from hodei.domain.trigger import Given, Trigger
from hodei.domain.webhooks.delivery import Delivery
from hodei.domain.webhooks.webhook import Filters, Webhook, WebhookEvent
from hodei.wire.gen import jobs_pb2
from hodei.wire.gen import webhooks_pb2 as pb
from hodei.wire.origins import value_from_pb, value_to_pb
from hodei.wire.times import to_timestamp

Data = dict[str, Any]
_PLAIN = frozenset(
    {"project", "name", "url", "secret", "rotate_secret", "enabled", "timeout_ms"},
)


def config_to_data(config: pb.WebhookConfig) -> Data:
    """What REST would have sent; unset fields are left out."""
    data: Data = {field.name: value for field, value in config.ListFields() if field.name in _PLAIN}
    data["events"] = list(config.events)
    headers: dict[str, str | None] = {name: None for name in config.kept_headers}
    data["headers"] = {**headers, **config.headers}
    if config.HasField("filters"):
        labels = dict(config.filters.labels)
        given = {field.name: value for field, value in config.filters.ListFields()}
        data["filters"] = {**given, "labels": labels}
    return data


def webhook_to_pb(one: Webhook) -> pb.Webhook:
    """A webhook without its secrets, and without how it goes with its deliveries."""
    return pb.Webhook(
        id=str(one.id),
        project=one.project,
        name=one.name,
        url=one.url,
        events=[event.value for event in WebhookEvent if event in one.events],
        filters=_filters(one.filters),
        headers=sorted(one.headers),
        enabled=one.enabled,
        timeout_ms=one.timeout_ms,
        version=one.version,
        failing_since=to_timestamp(one.failing_since),
        created_at=to_timestamp(one.created_at),
        created_by=one.created_by,
        updated_at=to_timestamp(one.updated_at),
        updated_by=one.updated_by,
    )


def _filters(filters: Filters) -> pb.WebhookFilters:
    return pb.WebhookFilters(
        template=filters.template or "",
        schedule=filters.schedule or "",
        name=filters.name or "",
        labels=filters.labels,
    )


def delivery_to_pb(delivery: Delivery) -> pb.Delivery:
    """A delivery with its attempts."""
    return pb.Delivery(
        id=str(delivery.id),
        webhook_id=str(delivery.webhook_id),
        project=delivery.project,
        event=delivery.event,
        job_id=str(delivery.job_id or ""),
        state=delivery.state.value,
        created_at=to_timestamp(delivery.created_at),
        finished_at=to_timestamp(delivery.finished_at),
        next_attempt_at=to_timestamp(delivery.next_attempt_at),
        tries=delivery.tries,
        attempts=[
            pb.DeliveryAttempt(
                at=to_timestamp(each.at),
                status=each.status,
                ms=each.ms,
                error=each.error,
                response=each.response,
            )
            for each in delivery.attempts
        ],
        payload=delivery.payload,
    )


def trigger_to_pb(trigger: Trigger) -> pb.Trigger:
    """A trigger without its token."""
    return pb.Trigger(
        id=str(trigger.id),
        template_id=str(trigger.template_id),
        name=trigger.name,
        parameters={name: _given(given) for name, given in trigger.parameters.items()},
        created_at=to_timestamp(trigger.created_at),
        created_by=trigger.created_by,
        last_fired_at=to_timestamp(trigger.last_fired_at),
    )


def trigger_to_data(request: pb.CreateTriggerRequest) -> Data:
    """What REST would have sent."""
    parameters: Data = {}
    for name, given in request.parameters.items():
        match given.WhichOneof("source"):
            case "pointer":
                parameters[name] = {"pointer": given.pointer}
            case "value":
                parameters[name] = {"value": value_from_pb(given.value)}
            case None:
                parameters[name] = {}  # refused for what it lacks
    return {"name": request.name, "parameters": parameters}


def _given(given: Given) -> pb.TriggerParameter:
    if given.pointer is not None:
        return pb.TriggerParameter(pointer=given.pointer)
    value = given.value
    if isinstance(value, dict) and isinstance(value.get("secret"), str):
        return pb.TriggerParameter(value=jobs_pb2.ParameterValue(secret=value["secret"]))
    if isinstance(value, str | int | float | bool):
        return pb.TriggerParameter(value=value_to_pb(value))
    # What no parameter takes: shown as nothing, and refused at each call.
    return pb.TriggerParameter(value=jobs_pb2.ParameterValue())
