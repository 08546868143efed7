"""Where a job comes from, and parameter values, as messages."""

from __future__ import annotations

from hodei.domain.origin import Origin, ParameterValue
from hodei.wire.gen import jobs_pb2 as pb
from hodei.wire.times import to_timestamp


def origin_to_pb(origin: Origin | None) -> pb.Origin | None:
    """None stays unset."""
    if origin is None:
        return None
    template, schedule = origin.template, origin.schedule
    return pb.Origin(
        template=pb.TemplateRef(id=str(template.id), name=template.name, version=template.version)
        if template
        else None,
        parameters={name: value_to_pb(value) for name, value in origin.parameters.items()},
        secret_parameters=origin.secret_parameters,
        schedule=pb.ScheduleRef(id=str(schedule.id), name=schedule.name) if schedule else None,
        slot=to_timestamp(origin.slot),
        trigger=origin.trigger or "",
    )


def value_to_pb(value: ParameterValue) -> pb.ParameterValue:
    """The value in the field of its type."""
    match value:
        case bool():
            return pb.ParameterValue(boolean=value)
        case int():
            return pb.ParameterValue(integer=value)
        case float():
            return pb.ParameterValue(number=value)
        case str():
            return pb.ParameterValue(text=value)


def value_from_pb(value: pb.ParameterValue) -> object:
    """What REST would have sent: a plain value, or {secret: NAME}; None when nothing is set."""
    match value.WhichOneof("kind"):
        case "text":
            return value.text
        case "integer":
            return value.integer
        case "number":
            return value.number
        case "boolean":
            return value.boolean
        case "secret":
            return {"secret": value.secret}
        case _:
            return None
