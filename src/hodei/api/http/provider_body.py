"""Reads what a person says about a provider."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.api.http.body import text_field
from hodei.api.http.query import Schema
from hodei.domain.parsing import limits
from hodei.domain.parsing.environment import read_labels
from hodei.domain.parsing.limits import Number, Whole
from hodei.domain.parsing.reader import ABSENT, Report, Section, open_section
from hodei.domain.provider import WarmPool
from hodei.engine.providers import MAX_WARM, MAX_WORKERS, ProviderConfig

CONFIG_FIELDS = (
    "name",
    "type",
    "settings",
    "labels",
    "region",
    "max_workers",
    "warm",
    "idle_timeout_ms",
)
WARM_FIELDS = ("size", "image", "cpu", "memory_mb")
_NOWHERE: Mapping[str, str] = {}
_IDLE = Whole(least=0, most=86_400_000)
_WORKERS = Whole(least=1, most=MAX_WORKERS)
_SIZE = Whole(least=0, most=MAX_WARM)
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
        report.add(f"{path}.size", f"is required: {_SIZE.expected}")
    return WarmPool(
        size=section.whole("size", _SIZE, 0),
        image=section.text_or_none("image", limits.IMAGE),
        cpu=section.number("cpu", _CPU, 1.0),
        memory_mb=section.whole("memory_mb", limits.MEMORY_MB, 512),
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
        "size": _whole(_SIZE, "Workers kept ready."),
        "image": {"type": ["string", "null"], "maxLength": limits.IMAGE.most},
        "cpu": {"type": "number", "minimum": _CPU.least, "maximum": _CPU.most},
        "memory_mb": _whole(limits.MEMORY_MB, "Memory in MiB."),
    },
    "required": ["size"],
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
    "idle_timeout_ms": _whole(_IDLE, "How long an idle worker is kept.", default=300_000),
}
