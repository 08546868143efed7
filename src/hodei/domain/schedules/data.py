"""Rules and targets as plain data, for JSON columns and for people, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hodei.domain.schedules.rule import CronRule, IntervalRule, OnceRule, Rule
from hodei.domain.schedules.schedule import SpecTarget, Target, TemplateTarget
from hodei.domain.serial import shown_spec, spec_from_dict, spec_to_dict, time_to_text

Data = dict[str, Any]


def rule_to_dict(rule: Rule) -> Data:
    """The rule as plain data; times are in UTC."""
    match rule:
        case CronRule():
            return {"kind": "cron", "expression": rule.expression}
        case IntervalRule():
            anchor = time_to_text(rule.anchor)
            return {"kind": "interval", "every_ms": rule.every_ms, "anchor": anchor}
        case OnceRule():
            return {"kind": "once", "at": time_to_text(rule.at)}


def rule_from_dict(data: Mapping[str, Any]) -> Rule:
    """What `rule_to_dict` wrote."""
    match data["kind"]:
        case "cron":
            return CronRule(expression=data["expression"])
        case "interval":
            anchor = datetime.fromisoformat(data["anchor"])
            return IntervalRule(every_ms=data["every_ms"], anchor=anchor)
        case _:
            return OnceRule(at=datetime.fromisoformat(data["at"]))


def target_to_dict(target: Target) -> Data:
    """The target as the store keeps it."""
    if isinstance(target, SpecTarget):
        return {"spec": spec_to_dict(target.spec)}
    return _template(target)


def shown_target(target: Target) -> Data:
    """The target for people."""
    if isinstance(target, SpecTarget):
        return {"spec": shown_spec(target.spec)}
    return _template(target)


def _template(target: TemplateTarget) -> Data:
    return {
        "template": target.name,
        "template_id": str(target.template_id),
        "version": target.version,
        "parameters": dict(target.parameters),
    }


def target_from_dict(data: Mapping[str, Any]) -> Target:
    """What `target_to_dict` wrote."""
    if "spec" in data:
        return SpecTarget(spec=spec_from_dict(data["spec"]))
    return TemplateTarget(
        template_id=UUID(data["template_id"]),
        name=data["template"],
        version=data["version"],
        parameters=data["parameters"],
    )
