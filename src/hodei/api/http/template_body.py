"""Bodies of template operations: what may stand in them, and how it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from hodei.api.http.body import BODY, SINGLE_BYTES, read_bytes, read_json
from hodei.api.http.problems import UnsupportedMediaType
from hodei.api.http.query import Schema
from hodei.domain.errors import InvalidRequest, shorten
from hodei.domain.parsing.limits import LABELS, PROJECT, Text
from hodei.domain.parsing.reader import describe, is_whole, printable
from hodei.domain.spec import DEFAULT_PROJECT, Priority
from hodei.domain.templates import drafting, parameter
from hodei.domain.templates.parameter import ParameterType
from hodei.domain.templates.pattern import LONGEST_PATTERN
from hodei.domain.templates.rendering import Changes
from hodei.wire.documents import DocumentFault, read_yaml

YAML = "application/yaml"
_YAML_TYPES = frozenset({YAML, "application/x-yaml", "text/yaml", "text/x-yaml"})
RUN_FIELDS = ("parameters", "version", "name", "priority", "labels")
MOST_VERSIONS = 2**31 - 1

Body = dict[str, Any]


async def read_body(request: Request, fields: Sequence[str]) -> Body:
    """The body as an object of these fields; an absent one is an empty object."""
    empty = request.headers.get("content-length", "0") == "0"
    if empty and "transfer-encoding" not in request.headers:
        return {}
    return checked(await read_json(request), fields)


async def read_document(request: Request, fields: Sequence[str]) -> Body:
    """The same, of a body that is JSON or YAML."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return checked(await read_json(request), fields)
    if kind not in _YAML_TYPES:
        given = shorten(kind) or "none"
        raise UnsupportedMediaType(f"send {YAML} or application/json (given: {given})")
    content = await read_bytes(request, limit=SINGLE_BYTES)
    try:
        data = read_yaml(content.decode(), "line").data
    except UnicodeDecodeError as error:
        raise InvalidRequest.of(BODY, f"is not valid UTF-8 at byte {error.start}") from None
    except DocumentFault as fault:
        raise InvalidRequest.of(BODY, f"is not YAML that is taken: {fault}") from None
    return checked(data, fields)


def checked(data: object, fields: Sequence[str]) -> Body:
    """`data` when it is an object of these fields. Raises InvalidRequest."""
    if not isinstance(data, Mapping):
        expected = f"must be an object with the fields {', '.join(fields)}"
        raise InvalidRequest.of(BODY, expected, describe(data))
    for name in data:
        if name not in fields:
            message = f"unknown field; the fields here are {', '.join(fields)}"
            raise InvalidRequest.of(printable(str(name)), message)
    return dict(data)


def taken_project(body: Body) -> str:
    """Takes the project out of the body; `default` if unsaid. Raises InvalidRequest."""
    value = body.pop("project", DEFAULT_PROJECT)
    fits = isinstance(value, str) and len(value) <= PROJECT.most
    if not fits or not PROJECT.pattern.fullmatch(value):
        raise InvalidRequest.of("project", f"must be {PROJECT.expected}", describe(value))
    return str(value)


def taken_version(body: Body) -> int | None:
    """Takes a version out of the body; None if unsaid. Raises InvalidRequest."""
    value = body.pop("version", None)
    if value is None:
        return None
    if is_whole(value) and 1 <= value <= MOST_VERSIONS:
        return int(value)
    raise InvalidRequest.of("version", "must be a whole number from 1", describe(value))


def taken_changes(body: Body) -> Changes:
    """Takes what a run says besides its parameters."""
    names = ("name", "priority", "labels")
    return Changes(**{name: body.pop(name, None) for name in names})


# ---- as published


def _text(rule: Text, description: str) -> Schema:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": rule.most,
        "pattern": f"^{rule.pattern.pattern}$",
        "description": description,
    }


_VALUE: Schema = {
    "oneOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {
            "type": "object",
            "properties": {"secret": {"type": "string"}},
            "required": ["secret"],
            "additionalProperties": False,
        },
    ]
}
_NUMBER: Schema = {"type": ["number", "null"]}
_LENGTH: Schema = {
    "type": ["integer", "null"],
    "minimum": 0,
    "maximum": parameter.TEXT_CHARS,
}
_PARAMETER: Schema = {
    "type": "object",
    "required": ["name", "type"],
    "properties": {
        "name": _text(parameter.PARAMETER_NAME, "As placeholders name it."),
        "type": {"type": "string", "enum": [kind.value for kind in ParameterType]},
        "label": {"type": "string", "maxLength": parameter.LABEL_CHARS},
        "description": {"type": "string", "maxLength": parameter.DESCRIPTION_CHARS},
        "required": {
            "type": ["boolean", "null"],
            "description": "True when left out, unless there is a default.",
        },
        "default": {**_VALUE, "description": "Of a secret: {secret: NAME} only."},
        "choices": {
            "type": ["array", "null"],
            "items": {"type": "string"},
            "maxItems": parameter.MOST_CHOICES,
        },
        "minimum": _NUMBER,
        "maximum": _NUMBER,
        "min_length": _LENGTH,
        "max_length": _LENGTH,
        "pattern": {
            "type": ["string", "null"],
            "maxLength": LONGEST_PATTERN,
            "description": "A regular expression that the whole text must fit: characters, "
            "classes, groups, | and quantifiers; no look-around, no back-references.",
        },
        "schemes": {
            "type": ["array", "null"],
            "items": {"type": "string"},
            "maxItems": parameter.MOST_SCHEMES,
            "description": "Of a file; https when left out, none when empty.",
        },
    },
    "additionalProperties": False,
}
_NAME = _text(drafting.TEMPLATE_NAME, "Unique within the project.")
_DESCRIPTION: Schema = {
    "type": ["string", "null"],
    "maxLength": drafting.DESCRIPTION_CHARS,
}
_DRAFT: dict[str, Schema] = {
    "name": _NAME,
    "description": _DESCRIPTION,
    "tags": {
        "type": ["array", "null"],
        "items": {"type": "string"},
        "maxItems": drafting.MOST_TAGS,
    },
    "parameters": {
        "type": ["array", "null"],
        "items": _PARAMETER,
        "maxItems": parameter.MOST_PARAMETERS,
    },
    "spec": {
        "type": "object",
        "description": "A job spec, in whose texts placeholders may stand. One placeholder alone "
        "gives its own type, so that it may stand for a number. In a script it becomes a quoted "
        "literal of the script's language. Its project is the template's; its name, when left "
        "out, too.",
    },
}
_PROJECT_FIELD = {**_text(PROJECT, "default when left out."), "default": DEFAULT_PROJECT}
_VERSION: Schema = {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_VERSIONS}
CREATE: Schema = {
    "title": "TemplateConfig",
    "type": "object",
    "required": ["name", "spec"],
    "properties": {"project": _PROJECT_FIELD, **_DRAFT},
    "additionalProperties": False,
}
UPDATE: Schema = {
    "title": "TemplateChange",
    "type": "object",
    "required": ["name", "spec"],
    "properties": {
        **_DRAFT,
        "project": _PROJECT_FIELD,
        "version": {**_VERSION, "description": "The newest one that the caller knows."},
    },
    "additionalProperties": False,
}
RENDER: Schema = {
    "title": "TemplateValues",
    "type": "object",
    "properties": {
        "parameters": {
            "type": ["object", "null"],
            "additionalProperties": _VALUE,
            "description": "Values by name; of a secret its text, or {secret: NAME}.",
        },
        "version": {**_VERSION, "description": "The newest when left out."},
    },
    "additionalProperties": False,
}
RUN: Schema = {
    "title": "TemplateRun",
    "type": "object",
    "properties": {
        **RENDER["properties"],
        "name": {"type": ["string", "null"], "maxLength": 200, "description": "Of the job."},
        "priority": {"type": ["string", "null"], "enum": [*Priority, None]},
        "labels": {
            "type": ["object", "null"],
            "additionalProperties": {"type": "string"},
            "maxProperties": LABELS,
            "description": "Added to the template's, and winning over them.",
        },
    },
    "additionalProperties": False,
}
FROM_JOB: Schema = {
    "title": "JobAsTemplate",
    "type": "object",
    "required": ["name"],
    "properties": {"name": _NAME, "description": _DESCRIPTION},
    "additionalProperties": False,
}
EXAMPLE: Schema = {
    "name": "nightly-report",
    "description": "Writes the report of one city.",
    "parameters": [
        {"name": "city", "type": "string", "default": "Málaga", "max_length": 40},
        {"name": "days", "type": "integer", "minimum": 1, "maximum": 31, "default": 7},
        {"name": "token", "type": "secret", "default": {"secret": "report-token"}},
    ],
    "spec": {
        "command": "report --city {{ city }} --days {{ days }}",
        "image": "registry.example.com/team/report:1.4",
        "env": {"API_TOKEN": "{{ token }}"},
        "labels": {"city": "{{ city }}"},
    },
}
