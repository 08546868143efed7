"""The OpenAPI 3.1 document, made from the operations, the models and the domain's limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hodei.api.http.callers import COOKIE, CSRF_HEADER
from hodei.api.http.operations import MAX_KEY, PREFIX, Answer, Operation, by_path
from hodei.api.http.problems import MEDIA_TYPE
from hodei.api.http.query import AnyParameter, Repeated, Schema
from hodei.api.http.schemas.frames import CLIENT_FRAMES, SERVER_FRAMES, TOPIC_DATA
from hodei.api.http.schemas.logs import LineView
from hodei.api.http.schemas.system import Problem
from hodei.api.http.websocket.terminal import FLOW, TERM, TTY
from hodei.domain.schema import job_spec_schema

REF = "#/components/schemas/{model}"
ALWAYS = (400, 401, 403, 500, 503)
"""What any operation may answer besides its own."""
PUBLIC = (400, 403, 500, 503)
TAGS = {
    "jobs": "Submitting, reading, cancelling and repeating jobs.",
    "logs": "Log lines by number, live and stored.",
    "metrics": "Samples and aggregates.",
    "providers": "Where jobs run.",
    "workers": "What jobs run in.",
    "queue": "What waits, and why.",
    "schedules": "Rules of time that submit jobs.",
    "projects": "What jobs belong to, and how much of it may run.",
    "secrets": "Values that jobs get and nobody reads.",
    "templates": "Specs with parameters, from which jobs are made.",
    "webhooks": "Calls to other systems when something happens, and what came of them.",
    "audit": "Who did what, or was not let.",
    "access": "Users, API tokens, and where one is signed in.",
    "system": "The server itself, and signing in.",
    "live": "WebSockets, and server-sent events in their place.",
}
LIVE = """A WebSocket. Client frames: `{op: sub, topic, since?}`, `{op: unsub, topic}`. Server \
frames: `{topic, seq, data}`, `{topic, op: resync}` (something was missed: read again), \
`{topic, op: end}`, `{op: error, topic?, code, detail}`, `{op: ping, at}` every 15 s.

Topics: `jobs`, `summary`, `job:ID`, `stats:ID`, `logs:ID[:ATTEMPT]`, `providers`, \
`provider:KEY`, `workers`, `queue`, `schedules`; at most 64 per socket. `since` of a log is the \
next line wanted; without it the last 200 lines come first. A client that does not keep up with a \
log gets the total and the last 200 lines instead of what it missed. A topic that the caller may \
not have ends at once with the error `not_found` or `forbidden`, also later, within 5 s of losing \
the right to it; what depends on the projects that the caller can read begins anew with a resync \
when those change.

The Origin must be this server's own or on its list. Close codes: 1000 asked for, 1001 and 1012 \
the server stops, 1008 too many topics or bad frames, 1009 a message over 1 MiB, 1011 an error of \
the server, 1013 try again later, 4401 the credential is not accepted (any more)."""
TERMINAL = """A WebSocket. Binary frames are bytes to and from the terminal; with `tty=0` the \
first byte of each one from the server says which stream it is of (1 stdout, 2 stderr). Text \
frames: the client sends `{op: resize, rows, columns}`, `{op: signal, name}` (HUP, INT, QUIT, \
ABRT, KILL, USR1, USR2 or TERM, to what runs in the foreground) and `{op: end}` (no more input: \
Ctrl-D, or the end of stdin with `tty=0`); the server sends `{op: exit, code, error}` at the end, \
or `{op: error, code, detail}` when there is no terminal to be had. With `flow=1` both sides \
confirm what they have taken by `{op: taken, bytes}` and have at most 262144 bytes on their way \
unconfirmed: a client that may be slow to read or to be read should ask for it, else pings may be \
held up for so long that the connection is given up. A terminal that passes nothing for an hour \
(HODEI_TERMINAL_IDLE) is closed. Close codes: 1000 after exit, 1001 and 1012 the server stops, \
1011 an error of the server, 4400 bad parameters or frames, 4401 the credential is not accepted \
(any more), 4403 the caller may not (any more), 4404 no such job, 4409 the job does not \
run, 4503 try again later."""


def document(operations: Sequence[Operation], version: str) -> Schema:
    """The whole document; equal operations give equal text."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hodei",
            "version": version,
            "summary": "Jobs: a command, an image and limits in, a live and complete record out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": PREFIX}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{}, {"bearer": []}, {"session": []}],
        "paths": {path: _path(path, group) for path, group in by_path(operations).items()}
        | _websockets(),
        "components": _components(operations),
    }


def _components(operations: Sequence[Operation]) -> Schema:
    models = {model.__name__: model for model in _models(operations)}
    ordered = [models[name] for name in sorted(models)]
    _, made = models_json_schema([(model, "serialization") for model in ordered], ref_template=REF)
    schemas: Schema = dict(made["$defs"])
    schemas["JobSpec"] = job_spec_schema()
    return {
        "schemas": dict(sorted(schemas.items())),
        "responses": {f"Problem{status}": _problem(status) for status in _PROBLEMS},
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API token from POST /tokens; dev-NAME in development mode.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": COOKIE,
                "description": f"From POST /session; changes need {CSRF_HEADER} as well.",
            },
        },
    }


def _models(operations: Sequence[Operation]) -> Iterator[type[BaseModel]]:
    yield Problem
    yield LineView
    yield from CLIENT_FRAMES
    yield from SERVER_FRAMES
    yield from TOPIC_DATA
    for operation in operations:
        for answer in operation.answers.values():
            if answer.model is not None:
                yield answer.model


_PROBLEMS = (400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503)


def _problem(status: int) -> Schema:
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _CORRELATION,
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}},
    }


_CORRELATION: Schema = {
    "X-Correlation-Id": {
        "description": "Names this request in the server's log.",
        "schema": {"type": "string"},
    }
}


def _path(path: str, operations: Sequence[Operation]) -> Schema:
    item: Schema = {operation.method.lower(): _operation(operation) for operation in operations}
    if "{key}" in path:
        item["parameters"] = [_key(operations[0].key)]
    if "{trigger}" in path:
        item["parameters"].append(_key("Id of the trigger.", "trigger"))
    return item


def _key(description: str, name: str = "key") -> Schema:
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[^/:]+$"}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
    }


def _operation(operation: Operation) -> Schema:
    made: Schema = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    if operation.description:
        made["description"] = operation.description
    parameters = [_parameter(parameter) for parameter in operation.query]
    parameters += [
        {
            "name": name,
            "in": "header",
            "description": schema["description"],
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in operation.headers.items()
    ]
    if parameters:
        made["parameters"] = parameters
    if operation.body is not None:
        media: Schema = {"schema": operation.body}
        if operation.body_example is not None:
            media["examples"] = {"usual": {"value": operation.body_example}}
        made["requestBody"] = {
            "required": operation.body_required,
            "content": {"application/json": media},
        }
    if operation.public:
        made["security"] = [{}]
    return made


def _responses(operation: Operation) -> Schema:
    made: Schema = {
        str(status): _answer(answer) for status, answer in sorted(operation.answers.items())
    }
    common = PUBLIC if operation.public else ALWAYS
    for status in sorted({*common, *operation.errors}):
        made[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return made


def _answer(answer: Answer) -> Schema:
    headers: Schema = {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in answer.headers.items()
    }
    made: Schema = {"description": answer.description, "headers": headers | _CORRELATION}
    if answer.model is not None:
        schema = {"$ref": REF.format(model=answer.model.__name__)}
        made["content"] = {"application/json": {"schema": schema}}
    if answer.content:
        others = {kind: {"schema": schema} for kind, schema in answer.content.items()}
        made["content"] = made.get("content", {}) | others
    return made


def _parameter(parameter: AnyParameter) -> Schema:
    made: Schema = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": parameter.schema,
    }
    if isinstance(parameter, Repeated):
        made["style"] = "form"
        made["explode"] = parameter.exploded
    return made


def _websockets() -> dict[str, Any]:
    upgrade: Schema = {"description": "The connection is a WebSocket from here on."}
    refused = {
        "403": {"description": "The Host or the Origin is not accepted; without a body."},
        "405": {"$ref": "#/components/responses/Problem405"},
    }
    terminal: Schema = {"parameters": [_key("Id of the job, or a unique beginning of it.")]}
    size = {"type": "integer", "minimum": 1, "maximum": 1000}
    terminal["get"] = {
        "operationId": "openTerminal",
        "tags": ["live"],
        "summary": "A shell inside a running job",
        "description": TERMINAL,
        "parameters": [
            {"name": "rows", "in": "query", "schema": {**size, "default": 24}},
            {"name": "columns", "in": "query", "schema": {**size, "default": 80}},
            {
                "name": "command",
                "in": "query",
                "description": "Program and arguments, repeated; a shell when not given.",
                "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 64},
            },
            *(_parameter(parameter) for parameter in (TTY, TERM, FLOW)),
        ],
        "responses": {"101": upgrade, **refused},
    }
    live = {
        "operationId": "openLive",
        "tags": ["live"],
        "summary": "Live topics",
        "description": LIVE,
        "responses": {"101": upgrade, **refused},
    }
    return {"/ws": {"get": live}, "/jobs/{key}/terminal": terminal}
