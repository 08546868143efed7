"""Reads what a person says about a provider."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.api.http.body import text_field
from hodei.api.http.query import Schema
from hodei.domain.parsing import limits
from hodei.domain.parsing.environment import read_labels
from hodei.domain.parsing.limits import Number, Whole
from hodei.domain.parsing.reader import ABSENT, Report, Section, open_section
from hodei.domain.provider import WarmLearning, WarmPool
from hodei.domain.spec import Network
from hodei.engine.providers import MAX_WORKERS, ProviderConfig
from hodei.engine.warm_rules import (
    BUDGET_CPU,
    BUDGET_MEMORY_MB,
    LEARNED_WORKERS,
    MAX_WARM,
    SIZE,
)

CONFIG_FIELDS = (
    "name",
    "type",
    "settings",
    "labels",
    "region",
    "max_workers",
    "warm",
    "warm_learned",
    "idle_timeout_ms",
)
WARM_FIELDS = ("size", "image", "cpu", "memory_mb", "network")
LEARNED_FIELDS = ("budget_cpu", "budget_memory_mb", "max_workers")
_NOWHERE: Mapping[str, str] = {}
_IDLE = Whole(least=0, most=86_400_000)
_WORKERS = Whole(least=1, most=MAX_WORKERS)
_CPU: Number = limits.CPU


def read_config(report: Report, body: Section) -> ProviderConfig:
    """The configuration; what is wrong is noted in `report`."""
    settings = body.get("settings")
    if settings is ABSENT:
        settings = {}
    if not isinstance(settings, Mapping):
        report.add("settings", "must be an object that follows the type's schema")
        settings = {}
    return ProviderConfig(
        name=text_field(report, body, "name", most=63, required=True),
        type=text_field(report, body, "type", most=63, required=True),
        settings=settings,
        labels=read_labels(report, "labels", body.get("labels")),
        region=_text_or_none(report, body, "region", 63),
        max_workers=body.whole_or_none("max_workers", _WORKERS),
        warm=_warm(report, body.get("warm")),
        warm_learned=_learned(report, body.get("warm_learned")),
        idle_timeout_ms=body.whole("idle_timeout_ms", _IDLE, 300_000),
    )


def read_flag(report: Report, body: Section, name: str, *, default: bool) -> bool:
    """true or false."""
    value = body.get(name)
    if value is ABSENT:
        return default
    if not isinstance(value, bool):
        report.add(name, "must be true or false", value)
        return default
    return value


def _text_or_none(report: Report, body: Section, name: str, most: int) -> str | None:
    return None if body.get(name) is None else text_field(report, body, name, most=most) or None


def _warm(report: Report, raw: object) -> tuple[WarmPool, ...]:
    if raw is ABSENT:
        return ()
    if not isinstance(raw, list) or len(raw) > MAX_WARM:
        report.add("warm", f"must be a list of at most {MAX_WARM} pools", raw)
        return ()
    return tuple(_pool(report, f"warm[{index}]", item) for index, item in enumerate(raw))


def _pool(report: Report, path: str, raw: object) -> WarmPool:
    section = open_section(report, path, raw, WARM_FIELDS, _NOWHERE)
    if not section.has("size"):
        report.add(f"{path}.size", f"is required: {SIZE.expected}")
    return WarmPool(
        size=section.whole("size", SIZE, 0),
        image=section.text_or_none("image", limits.IMAGE),
        cpu=section.number("cpu", _CPU, 1.0),
        memory_mb=section.whole("memory_mb", limits.MEMORY_MB, 512),
        network=section.choice("network", Network, Network.DEFAULT),
    )


def _learned(report: Report, raw: object) -> WarmLearning | None:
    if raw is ABSENT or raw is None:
        return None
    section = open_section(report, "warm_learned", raw, LEARNED_FIELDS, _NOWHERE)
    for name, rule in (("budget_cpu", BUDGET_CPU), ("budget_memory_mb", BUDGET_MEMORY_MB)):
        if not section.has(name):
            report.add(f"warm_learned.{name}", f"is required: {rule.expected}")
    return WarmLearning(
        budget_cpu=section.number("budget_cpu", BUDGET_CPU, 1.0),
        budget_memory_mb=section.whole("budget_memory_mb", BUDGET_MEMORY_MB, 512),
        max_workers=section.whole("max_workers", LEARNED_WORKERS, 8),
    )


# ---- as published


def config_schema(title: str, **extra: Schema) -> Schema:
    """JSON Schema of a provider's configuration, with more fields."""
    return {
        "title": title,
        "type": "object",
        "properties": {**_FIELDS, **extra},
        "required": ["name", "type"],
        "additionalProperties": False,
    }


def _whole(bounds: Whole, description: str, **more: object) -> Schema:
    return {
        "type": "integer",
        "description": description,
        "minimum": bounds.least,
        "maximum": bounds.most,
        **more,
    }


_POOL: Schema = {
    "type": "object",
    "properties": {
        "size": _whole(SIZE, "Workers kept ready."),
        "image": {"type": ["string", "null"], "maxLength": limits.IMAGE.most},
        "cpu": {"type": "number", "minimum": _CPU.least, "maximum": _CPU.most},
        "memory_mb": _whole(limits.MEMORY_MB, "Memory in MiB."),
        "network": {"type": "string", "enum": [kind.value for kind in Network]},
    },
    "required": ["size"],
    "additionalProperties": False,
}
_LEARNED: Schema = {
    "type": ["object", "null"],
    "description": "What workers may cost together that are kept because of the last day's jobs.",
    "properties": {
        "budget_cpu": {
            "type": "number",
            "minimum": BUDGET_CPU.least,
            "maximum": BUDGET_CPU.most,
        },
        "budget_memory_mb": _whole(BUDGET_MEMORY_MB, "Memory in MiB."),
        "max_workers": _whole(LEARNED_WORKERS, "Learned workers at the same time.", default=8),
    },
    "required": ["budget_cpu", "budget_memory_mb"],
    "additionalProperties": False,
}
_FIELDS: Schema = {
    "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    },
    "type": {"type": "string", "minLength": 1, "maxLength": 63, "examples": ["process"]},
    "settings": {
        "type": "object",
        "description": "Follows the type's schema (GET /provider-types). In an update, values "
        "marked writeOnly that are left out stay as they are; null removes one.",
    },
    "labels": {
        "type": "object",
        "maxProperties": limits.LABELS,
        "propertyNames": {
            "pattern": f"^{limits.LABEL_KEY.pattern.pattern}$",
            "maxLength": limits.LABEL_KEY.most,
        },
        "additionalProperties": {"type": "string", "maxLength": limits.LABEL_VALUE.most},
    },
    "region": {"type": ["string", "null"], "maxLength": 63},
    "max_workers": _whole(_WORKERS, "Workers at the same time; null: the type's own.")
    | {"type": ["integer", "null"]},
    "warm": {"type": "array", "items": _POOL, "maxItems": MAX_WARM},
    "warm_learned": _LEARNED,
    "idle_timeout_ms": _whole(_IDLE, "How long an idle worker is kept.", default=300_000),
}
