"""The JSON Schema of a job spec, for the OpenAPI document, editors and forms.

It is built from the limits that parsing enforces, so that the two cannot drift. What JSON Schema
cannot say is in the descriptions: sizes in bytes of UTF-8 (`maxLength` counts characters) and
sums over several fields.
"""

from __future__ import annotations

from hodei.domain.parsing import limits
from hodei.domain.parsing.limits import Number, Text, Whole
from hodei.domain.parsing.overrides import OVERRIDES
from hodei.domain.parsing.spec import DEFAULTS
from hodei.domain.spec import (
    Architecture,
    CommandType,
    Network,
    Priority,
    RetryCause,
)

Schema = dict[str, object]

HELLO: Schema = {
    "name": "Hello World",
    "command": {"type": "shell", "script": 'echo "Hello from Hodei!" && date'},
    "image": "alpine:latest",
    "resources": {"cpu": 1, "memory_mb": 512},
}
"""The guide's first job."""

_FULL: Schema = {
    "name": "nightly report",
    "command": {"type": "exec", "argv": ["/app/report", "--day", "yesterday"]},
    "image": "registry.example.com/team/report:1.4",
    "env": {"LEVEL": "info", "API_TOKEN": {"secret": "report-token"}},
    "resources": {"cpu": 2, "memory_mb": 2048, "architecture": "x86_64"},
    "timeout_ms": 900_000,
    "priority": "HIGH",
    "retry": {
        "max_attempts": 3,
        "backoff": {"initial_ms": 5000, "factor": 2, "max_ms": 60_000, "jitter": 0.1},
        "on": ["failed", "lost"],
    },
    "labels": {"team": "data"},
}


def job_spec_schema() -> Schema:
    """JSON Schema 2020-12 of what `parse_spec` accepts; self-contained, without references."""
    return {
        "title": "JobSpec",
        "description": "One command to run, with the image, limits and rules it runs under.",
        **_object(_fields(), required=("name", "command")),
        "examples": [HELLO, _FULL],
    }


def overrides_schema() -> Schema:
    """The schema of what `parse_overrides` takes: some fields of a spec, none with a default."""
    known = _fields()
    made = _object({name: _without_defaults(known[name]) for name in OVERRIDES})
    return {"title": "JobOverrides", **made}


def _without_defaults(schema: Schema) -> Schema:
    return {key: _bare(value) for key, value in schema.items() if key != "default"}


def _bare(value: object) -> object:
    match value:
        case dict():
            return _without_defaults(value)
        case list():
            return [_bare(item) for item in value]
        case _:
            return value


def _fields() -> dict[str, Schema]:
    return {
        "name": _text(limits.LINE, "Name for people; spaces around it are dropped."),
        "command": _command(),
        "image": _nullable(
            _text(
                limits.IMAGE,
                "OCI image reference; its file system is the job's root. Null only fits a "
                "provider that runs no images.",
            )
        ),
        "env": _env(),
        "resources": _resources(),
        "timeout_ms": _whole(
            limits.TIMEOUT_MS,
            "Run time in milliseconds, from the start of the process.",
            DEFAULTS.timeout_ms,
        ),
        "queue_timeout_ms": _nullable(
            _whole(
                limits.QUEUE_TIMEOUT_MS,
                "Longest wait for the first start, in milliseconds; null: no limit.",
            )
        ),
        "grace_ms": _whole(
            limits.GRACE_MS,
            "Milliseconds between the polite signal and the KILL.",
            DEFAULTS.grace_ms,
        ),
        "preferences": _preferences(),
        "priority": _priority(),
        "retry": _retry(),
        "network": _choice(
            [n.value for n in Network],
            "What the job can reach; 'none' needs a provider that enforces it.",
            DEFAULTS.network.value,
        ),
        "labels": _labels("Labels to find the job by."),
        "working_dir": _nullable(
            _text(limits.WORKING_DIR, "Directory to start in; null: the image's own.")
        ),
        "stdin": {
            "type": "string",
            "description": f"Standard input, at most {limits.STDIN_BYTES} bytes of UTF-8.",
            "maxLength": limits.STDIN_BYTES,
            "pattern": limits.NO_NUL,
            "default": DEFAULTS.stdin,
        },
        "project": {
            **_text(limits.PROJECT, "Project that the job belongs to."),
            "default": DEFAULTS.project,
        },
    }


def _command() -> Schema:
    script = {
        "type": "string",
        "description": f"At most {limits.SCRIPT_BYTES} bytes of UTF-8, not blank.",
        "minLength": 1,
        "maxLength": limits.SCRIPT_BYTES,
        "pattern": limits.NOT_BLANK,
    }
    scripted = [t.value for t in CommandType if t is not CommandType.EXEC]
    return {
        "description": "What to run.",
        "oneOf": [
            {**script, "title": "ShellScript", "description": "Short for a shell script."},
            {
                "title": "ScriptCommand",
                "description": "A script for /bin/sh (or what its #! names), python or node.",
                **_object(
                    {"type": _choice(scripted, "Which interpreter."), "script": script},
                    required=("type", "script"),
                ),
            },
            {
                "title": "ExecCommand",
                "description": "A program with its arguments; no shell takes part.",
                **_object(
                    {
                        "type": _choice([CommandType.EXEC.value], "Always exec."),
                        "argv": _argv(),
                    },
                    required=("type", "argv"),
                ),
            },
        ],
    }


def _argv() -> Schema:
    item = {
        "type": "string",
        "maxLength": limits.ARGV_ITEM_BYTES,
        "pattern": limits.NO_NUL,
    }
    return {
        "type": "array",
        "description": f"The program and its arguments, each at most {limits.ARGV_ITEM_BYTES} "
        f"bytes of UTF-8 and {limits.ARGV_BYTES} together.",
        "minItems": 1,
        "maxItems": limits.ARGV_ITEMS,
        "prefixItems": [{**item, "minLength": 1}],
        "items": item,
    }


def _env() -> Schema:
    return {
        "type": "object",
        "description": "Environment of the process. A value is text, the name of a secret, or a "
        "secret value: sealed when stored, masked in logs, and shown as null ever after. "
        f"At most {limits.ENV_VALUE_BYTES} bytes of UTF-8 per value and {limits.ENV_BYTES} "
        f"together. Names that begin with {limits.RESERVED_ENV_PREFIX} are Hodei's own, but "
        "for those of a template's parameters.",
        "maxProperties": limits.ENV_ENTRIES,
        "propertyNames": _text(limits.ENV_NAME),
        "additionalProperties": {
            "oneOf": [
                {
                    "type": "string",
                    "maxLength": limits.ENV_VALUE_BYTES,
                    "pattern": limits.NO_NUL,
                },
                _object({"secret": _text(limits.SECRET_NAME)}, required=("secret",)),
                _object(
                    {
                        "secret_value": {
                            "type": "string",
                            "writeOnly": True,
                            "maxLength": limits.ENV_VALUE_BYTES,
                            "pattern": limits.NO_NUL,
                        }
                    },
                    required=("secret_value",),
                ),
            ]
        },
        "default": {},
    }


def _resources() -> Schema:
    usual = DEFAULTS.resources
    return {
        "description": "What one attempt may use; enforced by the provider, or refused.",
        **_object(
            {
                "cpu": _number(limits.CPU, "CPUs.", usual.cpu),
                "memory_mb": _whole(limits.MEMORY_MB, "Memory in MiB.", usual.memory_mb),
                "storage_mb": _whole(
                    limits.STORAGE_MB,
                    "Scratch space in MiB; 0: the provider's own limit.",
                    usual.storage_mb,
                ),
                "gpus": _whole(limits.GPUS, "Whole GPUs.", usual.gpus),
                "architecture": {
                    "type": ["string", "null"],
                    "description": "Machine architecture; null: any.",
                    "enum": [*(a.value for a in Architecture), None],
                    "default": None,
                },
            }
        ),
    }


def _preferences() -> Schema:
    return {
        "description": "Where the job may run; a provider that does not match is never used.",
        **_object(
            {
                "provider": _nullable(
                    _text(limits.LINE, "Id or name of a provider; null, 'any' or 'auto': any.")
                ),
                "region": _nullable(_text(limits.LINE, "Region; null, 'any' or 'auto': any.")),
                "labels": _labels("Labels that the provider must carry."),
            }
        ),
    }


def _priority() -> Schema:
    names = [p.value for p in Priority]
    letters = "|".join("".join(f"[{c}{c.lower()}]" for c in name) for name in names)
    return {
        "description": "Order in the queue, in upper or lower case.",
        "anyOf": [_choice(names), {"type": "string", "pattern": anchored(f"(?:{letters})")}],
        "default": DEFAULTS.priority.value,
    }


def _retry() -> Schema:
    attempts = "Attempts in all, the first one included."
    usual = DEFAULTS.retry
    policy = _object(
        {
            "max_attempts": _whole(limits.MAX_ATTEMPTS, attempts, usual.max_attempts),
            "backoff": _backoff(),
            "on": {
                "type": "array",
                "description": "Causes that are tried again; all when not given.",
                "items": _choice([c.value for c in RetryCause]),
                "uniqueItems": True,
                "maxItems": len(RetryCause),
            },
        }
    )
    return {
        "description": "Whether and how a failed attempt is repeated.",
        "oneOf": [
            {
                "type": "boolean",
                "description": f"true: {limits.ALLOW_RETRY_ATTEMPTS} attempts; false: one.",
            },
            _whole(limits.MAX_ATTEMPTS, attempts),
            {"title": "RetryPolicy", **policy},
        ],
        "default": False,
    }


def _backoff() -> Schema:
    usual = DEFAULTS.retry.backoff
    return {
        "description": "Waiting time: initial_ms, times factor after each attempt, up to max_ms.",
        **_object(
            {
                "initial_ms": _whole(
                    limits.BACKOFF_MS, "Milliseconds after the first attempt.", usual.initial_ms
                ),
                "factor": _number(limits.BACKOFF_FACTOR, "Growth per attempt.", usual.factor),
                "max_ms": _whole(limits.BACKOFF_MS, "Longest wait.", usual.max_ms),
                "jitter": _number(
                    limits.BACKOFF_JITTER, "Share of the wait that is random.", usual.jitter
                ),
            }
        ),
    }


def _labels(description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "maxProperties": limits.LABELS,
        "propertyNames": _text(limits.LABEL_KEY),
        "additionalProperties": _text(limits.LABEL_VALUE, least=0),
        "default": {},
    }


# ---- building blocks


def anchored(pattern: str) -> str:
    """`pattern`, which has no `|` outside groups, as JSON Schema matches it from end to end."""
    return f"^{pattern}$"


def _object(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return {**schema, "required": list(required)} if required else schema


def _whole(bounds: Whole, description: str, default: int | None = None) -> Schema:
    schema: Schema = {
        "type": "integer",
        "description": description,
        "minimum": bounds.least,
        "maximum": bounds.most,
    }
    return schema if default is None else {**schema, "default": default}


def _number(bounds: Number, description: str, default: float) -> Schema:
    return {
        "type": "number",
        "description": description,
        "minimum": bounds.least,
        "maximum": bounds.most,
        "default": default,
    }


def _text(rule: Text, description: str = "", *, least: int = 1) -> Schema:
    return {
        "type": "string",
        "description": description or rule.expected,
        "minLength": least,
        "maxLength": rule.most,
        "pattern": anchored(rule.pattern.pattern),
    }


def _choice(values: list[str], description: str = "", default: str | None = None) -> Schema:
    schema: Schema = {"type": "string", "enum": values}
    if description:
        schema["description"] = description
    return schema if default is None else {**schema, "default": default}


def _nullable(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"], "default": None}
