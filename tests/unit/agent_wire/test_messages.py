"""The agent's tables against worker.proto itself, compiled here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from hodei.agent import codec, messages
from hodei.agent.codec import Schema

PROTO = Path(__file__).parents[3] / "proto"
Field = descriptor_pb2.FieldDescriptorProto


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> descriptor_pb2.FileDescriptorProto:
    out = tmp_path_factory.mktemp("proto") / "worker.pb"
    protoc = [sys.executable, "-m", "grpc_tools.protoc"]
    arguments = [f"-I{PROTO}", f"--descriptor_set_out={out}", "hodei/v1/worker.proto"]
    subprocess.run([*protoc, *arguments], check=True)
    files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    return next(file for file in files if file.name == "hodei/v1/worker.proto")


def tables() -> dict[str, Schema]:
    found = [value for value in vars(messages).values() if isinstance(value, Schema)]
    return {schema.name: schema for schema in found}


def expected_fields(message: descriptor_pb2.DescriptorProto) -> list[tuple[int, str, str, str]]:
    maps = {nested.name for nested in message.nested_type if nested.options.map_entry}
    rows = []
    for field in message.field:
        kind = field.type_name.rpartition(".")[2]
        label = codec.SINGLE
        if kind in maps:
            kind, label = codec.STRING, codec.MAP
        elif field.label == Field.LABEL_REPEATED:
            label = codec.REPEATED
        elif field.proto3_optional:
            label = codec.OPTIONAL
        elif field.HasField("oneof_index"):
            label = message.oneof_decl[field.oneof_index].name
        if field.type != Field.TYPE_MESSAGE:
            kind = Field.Type.Name(field.type).removeprefix("TYPE_").lower()
        rows.append((field.number, field.name, kind, label))
    return rows


def table_fields(schema: Schema) -> list[tuple[int, str, str, str]]:
    return [
        (number, name, kind.name if isinstance(kind, Schema) else kind, rest[0] if rest else "")
        for number, name, kind, *rest in schema.fields
    ]


def test_every_message_has_its_table(compiled: descriptor_pb2.FileDescriptorProto) -> None:
    assert tables().keys() == {message.name for message in compiled.message_type}


def test_every_table_is_that_of_the_proto_file(
    compiled: descriptor_pb2.FileDescriptorProto,
) -> None:
    declared = {name: table_fields(schema) for name, schema in tables().items()}
    assert declared == {message.name: expected_fields(message) for message in compiled.message_type}


def test_map_entries_are_texts(compiled: descriptor_pb2.FileDescriptorProto) -> None:
    entries = [
        field
        for message in compiled.message_type
        for nested in message.nested_type
        for field in nested.field
    ]
    assert {field.type for field in entries} == {Field.TYPE_STRING}


def test_enum_values_are_those_of_the_proto_file(
    compiled: descriptor_pb2.FileDescriptorProto,
) -> None:
    declared = {value.name: value.number for enum in compiled.enum_type for value in enum.value}
    ours = {name: number for name, number in vars(messages).items() if isinstance(number, int)}
    assert ours == {name: number for name, number in declared.items() if number}


def test_paths_are_those_of_the_service(compiled: descriptor_pb2.FileDescriptorProto) -> None:
    [service] = [one for one in compiled.service if one.name == "WorkerAgentService"]
    paths = {f"/{compiled.package}.{service.name}/{method.name}" for method in service.method}
    assert paths == {messages.REGISTER, messages.WORKER_STREAM, messages.UNREGISTER_WORKER}


def test_every_table_can_be_used() -> None:
    for schema in tables().values():
        assert schema.decode(schema.encode(schema.new())) == schema.new()
