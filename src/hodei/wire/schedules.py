"""Schedules between protobuf and domain; towards the domain a message becomes plain data."""

from __future__ import annotations

from typing import Any

from hodei.domain.job import JobState
from hodei.domain.schedules.rule import CronRule, IntervalRule, LocalSlot, Rule
from hodei.domain.schedules.schedule import Firing, Schedule, SpecTarget, Target
from hodei.domain.schedules.words import Words
from hodei.wire.gen import jobs_pb2
from hodei.wire.gen import schedules_pb2 as pb
from hodei.wire.origins import value_from_pb, value_to_pb
from hodei.wire.specs import spec_from_domain, spec_to_data
from hodei.wire.times import to_timestamp

Data = dict[str, Any]
_PLAIN = frozenset(
    {
        *("name", "project", "description", "zone", "overlap", "queue_limit", "jitter_ms"),
        *("starts_at", "ends_at", "paused"),
    }
)


def config_to_data(config: pb.ScheduleConfig) -> Data:
    """What REST would have sent; unset fields are left out."""
    data: Data = {field.name: value for field, value in config.ListFields() if field.name in _PLAIN}
    if config.HasField("catch_up"):
        data["catch_up"] = {field.name: value for field, value in config.catch_up.ListFields()}
    kind = config.rule.WhichOneof("kind")
    if kind is not None:
        rule = getattr(config.rule, kind)
        fields = {field.name: value for field, value in rule.ListFields()}
        data["rule"] = {"kind": kind, **fields}
    match config.target.WhichOneof("kind"):
        case "spec":
            data["target"] = {"spec": spec_to_data(config.target.spec)}
            if not config.target.spec.name:
                del data["target"]["spec"]["name"]
        case "template":
            data["target"] = _template_to_data(config.target.template)
        case None:
            pass  # refused for what it lacks
    return data


def _template_to_data(template: pb.ScheduleTarget.Template) -> Data:
    parameters = {name: value_from_pb(value) for name, value in template.parameters.items()}
    version = template.version if template.HasField("version") else None
    return {"template": template.template, "version": version, "parameters": parameters}


def config_from_domain(schedule: Schedule) -> pb.ScheduleConfig:
    """The message of a stored schedule; times are in UTC."""
    return pb.ScheduleConfig(
        name=schedule.name,
        project=schedule.project,
        description=schedule.description,
        rule=_rule(schedule.rule),
        zone=schedule.zone,
        overlap=schedule.overlap.value,
        queue_limit=schedule.queue_limit,
        catch_up=pb.CatchUp(policy=schedule.catch_up.policy.value, limit=schedule.catch_up.limit),
        jitter_ms=schedule.jitter_ms,
        starts_at=schedule.starts_at.isoformat() if schedule.starts_at else "",
        ends_at=schedule.ends_at.isoformat() if schedule.ends_at else "",
        paused=schedule.paused,
        target=_target(schedule.target),
    )


def _rule(rule: Rule) -> pb.ScheduleRule:
    if isinstance(rule, CronRule):
        return pb.ScheduleRule(cron=pb.ScheduleRule.Cron(expression=rule.expression))
    if isinstance(rule, IntervalRule):
        anchor = rule.anchor.isoformat()
        interval = pb.ScheduleRule.Interval(every_ms=rule.every_ms, anchor=anchor)
        return pb.ScheduleRule(interval=interval)
    return pb.ScheduleRule(once=pb.ScheduleRule.Once(at=rule.at.isoformat()))


def _target(target: Target) -> pb.ScheduleTarget:
    if isinstance(target, SpecTarget):
        return pb.ScheduleTarget(spec=spec_from_domain(target.spec))
    template = pb.ScheduleTarget.Template(template=str(target.template_id), version=target.version)
    for name, value in target.parameters.items():
        if isinstance(value, str | int | float):
            told = value_to_pb(value)
        else:
            told = jobs_pb2.ParameterValue(secret=value["secret"])
        template.parameters[name].CopyFrom(told)
    return pb.ScheduleTarget(template=template)


def words_to_pb(words: Words) -> pb.Words:
    """Both languages."""
    return pb.Words(en=words.en, es=words.es)


def slot_to_pb(slot: LocalSlot) -> pb.ScheduleSlot:
    """A slot as people read it."""
    text = slot.local.isoformat(timespec="seconds")
    note = slot.note.value if slot.note else ""
    return pb.ScheduleSlot(slot=to_timestamp(slot.at), local=text[:19], offset=text[19:], note=note)


def firing_to_pb(firing: Firing, job_state: JobState | None) -> pb.Firing:
    """What became of a slot."""
    return pb.Firing(
        slot=to_timestamp(firing.slot),
        until=to_timestamp(firing.until),
        fired_at=to_timestamp(firing.fired_at),
        outcome=firing.outcome.value,
        code=firing.code,
        reason=firing.reason,
        job_id=str(firing.job_id) if firing.job_id else "",
        job_state=job_state.value if job_state else "",
        manual=firing.manual,
        actor=firing.actor,
    )
