"""Generates `docs/api/{rest,grpc}.md` from the OpenAPI document and from `proto/`.

usage: generate_reference.py [--check]  with --check nothing is written; exit code 1 when stale
"""

from __future__ import annotations

import argparse
import importlib.resources
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from grpc_tools import protoc

from hodei.api.access.rules import Rule, Scope
from hodei.api.access.table import GRPC, REST
from hodei.api.http.app import openapi_document

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
OUT = ROOT / "docs" / "api"
Json = Mapping[str, Any]

_PLACES = {
    Scope.PUBLIC: "open to all",
    Scope.SELF: "anybody who is signed in",
    Scope.WORKER: "agents, by their own session",
    Scope.INSTALLATION: "`{}` in the whole installation",
    Scope.ANY: "`{}` in some project; others' are left out",
    Scope.JOB: "`{}` in the job's project",
    Scope.PROJECT: "`{}` in the project",
}


def _asks(rule: Rule) -> str:
    """Who may, in words."""
    return _PLACES[rule.scope].format(rule.permission.value if rule.permission else "")


def _cell(text: str) -> str:
    """Text that stays within one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _limits(schema: Json) -> str:
    """Limits and default of a value, in one phrase."""
    said = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"),
            ("exclusiveMinimum", "above"),
            ("maximum", "to"),
            ("maxLength", "at most"),
            ("maxItems", "at most"),
            ("maxProperties", "at most"),
        )
        if key in schema
    ]
    if schema.get("default") is not None and not isinstance(schema["default"], dict | list):
        said.append(f"default `{schema['default']}`")
    return ", ".join(said)


def _type(schema: Json) -> str:
    """The type of a value, with links to the schemas below."""
    if "$ref" in schema:
        return _anchor(schema["$ref"].rsplit("/", 1)[1])
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[key]))
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and schema.get("properties"):
        fields = (f"{name}: {_type(field)}" for name, field in schema["properties"].items())
        return "{" + ", ".join(fields) + "}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_type(schema['additionalProperties'])}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _fields(schema: Json) -> Iterator[str]:
    """A table of the fields of an object."""
    required = set(schema.get("required", ()))
    yield "| field | type | |"
    yield "|---|---|---|"
    for name, field in schema["properties"].items():
        about = [field.get("description", ""), _limits(field)]
        about += ["required"] if name in required else []
        told = "; ".join(text.rstrip(".") for text in about if text)
        yield f"| `{name}` | {_cell(_type(field))} | {_cell(told)} |"


def _schema(name: str, schema: Json) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if schema.get("description"):
        yield _cell(schema["description"])
        yield ""
    if schema.get("properties"):
        yield from _fields(schema)
    else:
        yield _cell(_type(schema))
    yield ""


def _body(content: Json) -> str:
    return " or ".join(
        f"{_type(what.get('schema', {}))}" + ("" if kind == "application/json" else f" (`{kind}`)")
        for kind, what in content.items()
    )


def _operation(path: str, method: str, operation: Json) -> Iterator[str]:
    yield f"### {operation['summary']}"
    yield ""
    yield f"`{method.upper()} /api/v1{path}`: {_asks(REST[operation['operationId']])}."
    yield ""
    if operation.get("description"):
        yield " ".join(operation["description"].split())
        yield ""
    if "requestBody" in operation:
        yield f"Takes {_body(operation['requestBody']['content'])}."
        yield ""
    parameters = [one for one in operation.get("parameters", ()) if "$ref" not in one]
    if parameters:
        yield "| parameter | type | |"
        yield "|---|---|---|"
    for one in parameters:
        place = "" if one["in"] == "query" else f" ({one['in']})"
        about = [one.get("description", ""), _limits(one["schema"])]
        told = "; ".join(text.rstrip(".") for text in about if text)
        yield f"| `{one['name']}`{place} | {_cell(_type(one['schema']))} | {_cell(told)} |"
    if parameters:
        yield ""
    for code, answer in operation["responses"].items():
        if "$ref" in answer:
            continue
        given = _body(answer["content"]) if answer.get("content") else "nothing"
        yield f"- {code}: {given}. {_cell(answer['description'])}"
    yield ""


def rest(document: Json) -> str:
    """The reference of the REST interface."""
    lines = [
        "# REST reference",
        "",
        "Generated from [openapi.json](openapi.json) by `make generate`; a running server gives",
        "the same document at `/api/v1/openapi.json`. Refusals are `application/problem+json`,",
        "always of the form of [Problem](#problem), with a stable `code` and, for bad input, the",
        "field, the value and the limit.",
        "",
    ]
    for tag in document["tags"]:
        lines += [f"## {tag['name']}", "", tag["description"], ""]
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if isinstance(operation, dict) and tag["name"] in operation.get("tags", ()):
                    lines += _operation(path, method, operation)
    lines += ["## Schemas", ""]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += _schema(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _descriptors() -> Sequence[FileDescriptorProto]:
    """What protoc makes of `proto/`, with the comments."""
    include = str(importlib.resources.files("grpc_tools") / "_proto")
    sources = sorted(str(path) for path in PROTO.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "all"
        arguments = [f"-I{PROTO}", f"-I{include}", "--include_source_info"]
        code = protoc.main(["protoc", *arguments, f"--descriptor_set_out={out}", *sources])
        if code != 0:
            raise SystemExit(code)
        return FileDescriptorSet.FromString(out.read_bytes()).file


def _comments(file: FileDescriptorProto) -> Mapping[tuple[int, ...], str]:
    return {
        tuple(place.path): _cell(place.leading_comments or place.trailing_comments)
        for place in file.source_code_info.location
    }


def _field_type(field: FieldDescriptorProto, maps: Mapping[str, DescriptorProto]) -> str:
    if field.type_name in maps:
        key, value = maps[field.type_name].field
        return f"map of {_field_type(key, {})} to {_field_type(value, {})}"
    if field.type_name.startswith(".hodei.v1."):
        name = _anchor(field.type_name.rsplit(".", 1)[1])
    elif field.type_name:
        name = field.type_name.rsplit(".", 1)[1]
    else:
        name = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    return f"list of {name}" if field.label == FieldDescriptorProto.LABEL_REPEATED else name


def _message(
    message: DescriptorProto, at: tuple[int, ...], says: Mapping[tuple[int, ...], str], scope: str
) -> Iterator[str]:
    full = f"{scope}.{message.name}"
    maps = {f"{full}.{one.name}": one for one in message.nested_type if one.options.map_entry}
    yield f"### {message.name}"
    yield ""
    if says.get(at):
        yield says[at]
        yield ""
    if message.field:
        yield "| field | type | |"
        yield "|---|---|---|"
    else:
        yield "No fields."
    for i, field in enumerate(message.field):
        optional = "optional " if field.proto3_optional else ""
        kind = _cell(optional + _field_type(field, maps))
        yield f"| `{field.name}` = {field.number} | {kind} | {says.get((*at, 2, i), '')} |"
    yield ""
    for i, nested in enumerate(message.nested_type):
        if not nested.options.map_entry:
            yield from _message(nested, (*at, 3, i), says, full)


def _enum(
    enum: EnumDescriptorProto, at: tuple[int, ...], says: Mapping[tuple[int, ...], str]
) -> Iterator[str]:
    yield f"### {enum.name}"
    yield ""
    if says.get(at):
        yield says[at]
        yield ""
    yield "| value | |"
    yield "|---|---|"
    for i, value in enumerate(enum.value):
        yield f"| `{value.name}` = {value.number} | {says.get((*at, 2, i), '')} |"
    yield ""


def _services(file: FileDescriptorProto) -> Iterator[str]:
    says = _comments(file)
    for i, service in enumerate(file.service):
        yield f"## {service.name}"
        yield ""
        if says.get((6, i)):
            yield says[6, i]
            yield ""
        yield "| method | takes | gives | who | |"
        yield "|---|---|---|---|---|"
        for j, method in enumerate(service.method):
            takes, gives = (
                _cell(("stream of " if many else "") + _anchor(kind.rsplit(".", 1)[1]))
                for many, kind in (
                    (method.client_streaming, method.input_type),
                    (method.server_streaming, method.output_type),
                )
            )
            who = _asks(GRPC[f"/hodei.v1.{service.name}/{method.name}"])
            told = says.get((6, i, 2, j), "")
            yield f"| `{method.name}` | {takes} | {gives} | {who} | {told} |"
        yield ""


def grpc() -> str:
    """The reference of the gRPC interface."""
    # What servers say among themselves is no interface for anybody else.
    files = [
        file
        for file in _descriptors()
        if file.package == "hodei.v1" and file.name != "hodei/v1/relay.proto"
    ]
    lines = [
        "# gRPC reference",
        "",
        "Package `hodei.v1`, generated from [proto](../../proto/hodei/v1) by `make generate`.",
        "Reflection and `grpc.health.v1` are on. Refusals carry `google.rpc` details: the field,",
        "the value and the limit of each violation, and a stable reason.",
        "",
    ]
    for file in files:
        lines += _services(file)
    lines += ["## Enumerations", ""]
    enums = [
        (enum, (5, i), _comments(file)) for file in files for i, enum in enumerate(file.enum_type)
    ]
    for enum, path, says in sorted(enums, key=lambda one: one[0].name):
        lines += _enum(enum, path, says)
    lines += ["## Messages", ""]
    messages = [
        (message, (4, i), _comments(file))
        for file in files
        for i, message in enumerate(file.message_type)
    ]
    for message, at, says in sorted(messages, key=lambda one: one[0].name):
        lines += _message(message, at, says, ".hodei.v1")
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Generates, or compares with what is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, text in (("rest.md", rest(openapi_document())), ("grpc.md", grpc())):
        text = re.sub(r" +\n", "\n", text)
        path = OUT / name
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print("stale, run `make generate`:", ", ".join(stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
