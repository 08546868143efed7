"""Bodies about schedules, as they are published; reading is the domain's."""

from __future__ import annotations

from hodei.api.http.query import Schema
from hodei.domain.parsing import schedule as parsing
from hodei.domain.parsing.limits import PROJECT, Whole
from hodei.domain.parsing.schedule_target import MOST_PARAMETERS
from hodei.domain.schedules.cron import MAX_CHARS
from hodei.domain.schedules.schedule import CatchUpPolicy, Overlap
from hodei.domain.schema import HELLO


def _whole(bounds: Whole, default: int | None = None, description: str = "") -> Schema:
    schema: Schema = {"type": "integer", "minimum": bounds.least, "maximum": bounds.most}
    if default is not None:
        schema["default"] = default
    return {**schema, "description": description} if description else schema


def _time(description: str) -> Schema:
    return {
        "type": ["string", "null"],
        "maxLength": 40,
        "description": f"{description} Without offset it is a time of the schedule's zone.",
    }


def _rule(kind: str, required: str, **fields: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["kind", required],
        "properties": {"kind": {"const": kind}, **fields},
        "additionalProperties": False,
    }


_EXPRESSION: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_CHARS,
    "description": "Five fields, six with the second first, or a macro such as @daily. Besides "
    "lists, ranges, steps and names: L, W and # in the day fields, H for a value of the "
    "schedule's own.",
    "examples": ["30 2 * * *", "*/15 9-17 * * MON-FRI", "0 9 L * *", "H H * * *"],
}
RULE: Schema = {
    "oneOf": [
        _rule("cron", "expression", expression=_EXPRESSION),
        _rule(
            "interval",
            "every_ms",
            every_ms=_whole(parsing.EVERY_MS),
            anchor=_time("The first slot; starts_at, or the time of saving, when left out."),
        ),
        _rule("once", "at", at={**_time("The slot."), "type": "string"}),
    ]
}
ZONE: Schema = {
    "type": "string",
    "maxLength": 64,
    "default": "UTC",
    "description": "IANA time zone; GET /time-zones lists them.",
    "examples": ["Europe/Madrid"],
}
TIMES: Schema = {
    "rule": RULE,
    "zone": ZONE,
    "jitter_ms": _whole(
        parsing.JITTER_MS,
        0,
        "Each slot fires up to so much later; the same slot always by the same.",
    ),
    "starts_at": _time("No slot lies before it."),
    "ends_at": _time("Every slot lies before it."),
}
_PARAMETER: Schema = {
    "anyOf": [
        {"type": ["string", "number", "boolean"]},
        {
            "type": "object",
            "required": ["secret"],
            "properties": {"secret": {"type": "string"}},
            "additionalProperties": False,
        },
    ]
}
TARGET: Schema = {
    "oneOf": [
        {
            "type": "object",
            "required": ["spec"],
            "properties": {
                "spec": {
                    "type": "object",
                    "description": "A job spec (JobSpec). Its name and project are the "
                    "schedule's when left out; secret texts are refused, {secret: NAME} is not.",
                }
            },
            "additionalProperties": False,
        },
        {
            "type": "object",
            "required": ["template"],
            "properties": {
                "template": {"type": "string", "minLength": 1, "maxLength": 100},
                "version": {
                    "type": ["integer", "null"],
                    "minimum": 1,
                    "description": "null: the newest at each slot.",
                },
                "parameters": {
                    "type": "object",
                    "maxProperties": MOST_PARAMETERS,
                    "additionalProperties": _PARAMETER,
                },
            },
            "additionalProperties": False,
        },
    ]
}
_PROPERTIES: Schema = {
    "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": parsing.NAME.most,
        "pattern": f"^{parsing.NAME.pattern.pattern}$",
    },
    "project": {
        "type": "string",
        "maxLength": PROJECT.most,
        "pattern": f"^{PROJECT.pattern.pattern}$",
        "default": "default",
    },
    "description": {"type": "string", "maxLength": parsing.DESCRIPTION_CHARS, "default": ""},
    **TIMES,
    "overlap": {
        "enum": [one.value for one in Overlap],
        "default": Overlap.SKIP.value,
        "description": "What a slot does while a job of the schedule is not finished.",
    },
    "queue_limit": _whole(parsing.QUEUE_LIMIT, 1, "Slots that wait at most under queue."),
    "catch_up": {
        "type": "object",
        "properties": {
            "policy": {
                "enum": [one.value for one in CatchUpPolicy],
                "default": CatchUpPolicy.NONE.value,
                "description": "Which slots fire that no server fired within a minute.",
            },
            "limit": _whole(parsing.CATCH_UP_LIMIT, 100, "How many at most under all."),
        },
        "additionalProperties": False,
    },
    "paused": {"type": "boolean", "description": "Left out: as it is; a new one is not."},
    "target": TARGET,
}
CREATE: Schema = {
    "title": "ScheduleConfig",
    "type": "object",
    "required": ["name", "rule", "target"],
    "properties": _PROPERTIES,
    "additionalProperties": False,
}
UPDATE: Schema = {
    **CREATE,
    "title": "ScheduleUpdate",
    "properties": {
        **_PROPERTIES,
        "version": _whole(
            parsing.VERSION,
            description="The version that was read; another one in the store is a conflict.",
        ),
    },
}
EXAMPLE = {
    "name": "nightly-report",
    "rule": {"kind": "cron", "expression": "30 2 * * *"},
    "zone": "Europe/Madrid",
    "target": {"spec": HELLO},
}
MOST_SHOWN = 50
PREVIEW: Schema = {
    "title": "ScheduleRule",
    "type": "object",
    "required": ["rule"],
    "properties": {
        **TIMES,
        "from": _time("The slots after it; now when left out."),
        "count": _whole(Whole(least=1, most=MOST_SHOWN), 5, "How many slots."),
        "schedule": {
            "type": ["string", "null"],
            "format": "uuid",
            "description": "Id of the schedule whose H is meant; without it, H is an example.",
        },
    },
    "additionalProperties": False,
}
PREVIEW_EXAMPLE = {"rule": EXAMPLE["rule"], "zone": "Europe/Madrid", "count": 5}
