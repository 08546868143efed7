"""The codec against google.protobuf, on a message type that has every kind of field."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError as OracleDecodeError
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.agent import codec, codec_wire
from hodei.agent.codec import (
    BOOL,
    BYTES,
    DOUBLE,
    ENUM,
    INT32,
    INT64,
    MAP,
    OPTIONAL,
    REPEATED,
    SINT32,
    SINT64,
    STRING,
    UINT32,
    UINT64,
    DecodeError,
    EncodeError,
    Schema,
)

POINT = Schema("Point", (1, "x", SINT32), (2, "name", STRING))
EVERYTHING = Schema(
    "Everything",
    (1, "text", STRING),
    (2, "octets", BYTES),
    (3, "flag", BOOL),
    (4, "i32", INT32),
    (5, "i64", INT64),
    (6, "u32", UINT32),
    (7, "u64", UINT64),
    (8, "s32", SINT32),
    (9, "s64", SINT64),
    (10, "kind", ENUM),
    (11, "ratio", DOUBLE),
    (12, "point", POINT),
    (13, "points", POINT, REPEATED),
    (14, "numbers", INT32, REPEATED),
    (15, "ratios", DOUBLE, REPEATED),
    (16, "names", STRING, REPEATED),
    (17, "env", STRING, MAP),
    (18, "maybe", INT32, OPTIONAL),
    (19, "left", POINT, "side"),
    (20, "right", STRING, "side"),
    (3000, "far", UINT64),
)

_TYPES = {
    STRING: "TYPE_STRING",
    BYTES: "TYPE_BYTES",
    BOOL: "TYPE_BOOL",
    INT32: "TYPE_INT32",
    INT64: "TYPE_INT64",
    UINT32: "TYPE_UINT32",
    UINT64: "TYPE_UINT64",
    SINT32: "TYPE_SINT32",
    SINT64: "TYPE_SINT64",
    ENUM: "TYPE_ENUM",
    DOUBLE: "TYPE_DOUBLE",
}


def declare(target: descriptor_pb2.DescriptorProto, schema: Schema) -> None:
    """Writes the table as a protobuf descriptor."""
    target.name = schema.name
    for number, name, kind, *rest in schema.fields:
        label = rest[0] if rest else ""
        field = target.field.add(name=name, number=number)
        field.label = field.LABEL_REPEATED if label in (REPEATED, MAP) else field.LABEL_OPTIONAL
        if label == MAP:
            entry = target.nested_type.add()
            declare(entry, Schema("EnvEntry", (1, "key", STRING), (2, "value", STRING)))
            entry.options.map_entry = True
            field.type_name = f".t.{schema.name}.EnvEntry"
            field.type = field.TYPE_MESSAGE
            continue
        if isinstance(kind, Schema):
            field.type = field.TYPE_MESSAGE
            field.type_name = f".t.{kind.name}"
        else:
            field.type = descriptor_pb2.FieldDescriptorProto.Type.Value(_TYPES[kind])
            if kind == ENUM:
                field.type_name = ".t.Kind"
        if label == OPTIONAL:
            field.proto3_optional = True
    # Synthetic oneofs of optional fields have to come after the real ones.
    for synthetic in (False, True):
        for field, declared in zip(target.field, schema.fields, strict=True):
            label = declared[3] if len(declared) > 3 else ""
            if label == OPTIONAL if synthetic else label and label[0] != "<":
                name = f"_{field.name}" if label == OPTIONAL else label
                names = [oneof.name for oneof in target.oneof_decl]
                if name not in names:
                    target.oneof_decl.add(name=name)
                    names.append(name)
                field.oneof_index = names.index(name)


def oracle_class() -> type[Message]:
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")
    enum = file.enum_type.add(name="Kind")
    enum.value.add(name="ZERO", number=0)
    for schema in (POINT, EVERYTHING):
        declare(file.message_type.add(), schema)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Everything"))


Everything = oracle_class()


def ranged(bits: int, signed: bool) -> st.SearchStrategy[int]:
    return (
        st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
        if signed
        else st.integers(0, (1 << bits) - 1)
    )


TEXT = st.text(max_size=30)
SIDES: list[dict[str, Any]] = [{}, {"left": {"x": 3}}, {"right": ""}, {"right": "way"}]
POINTS = st.fixed_dictionaries({}, optional={"x": ranged(32, True), "name": TEXT})
DOUBLES = st.floats(allow_nan=False)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXT,
        "octets": st.binary(max_size=300),
        "flag": st.booleans(),
        "i32": ranged(32, True),
        "i64": ranged(64, True),
        "u32": ranged(32, False),
        "u64": ranged(64, False),
        "s32": ranged(32, True),
        "s64": ranged(64, True),
        "kind": ranged(32, True),
        "ratio": DOUBLES,
        "point": POINTS,
        "points": st.lists(POINTS, max_size=4),
        "numbers": st.lists(ranged(32, True), max_size=6),
        "ratios": st.lists(DOUBLES, max_size=4),
        "names": st.lists(TEXT, max_size=4),
        "env": st.dictionaries(TEXT, TEXT, max_size=4),
        "maybe": ranged(32, True),
        "far": ranged(64, False),
    },
).flatmap(lambda base: st.sampled_from(SIDES).map(lambda side: {**base, **side}))


def to_oracle(message: dict[str, Any]) -> Message:
    built: Any = Everything()
    for name, value in message.items():
        if name in ("point", "left"):
            getattr(built, name).SetInParent()
            for inner, item in value.items():
                setattr(getattr(built, name), inner, item)
        elif name == "points":
            for point in value:
                built.points.add(**point)
        elif name == "env":
            built.env.update(value)
        elif isinstance(value, list):
            getattr(built, name).extend(value)
        else:
            setattr(built, name, value)
    assert isinstance(built, Message)
    return built


def from_oracle(message: Any) -> dict[str, Any]:
    """The dictionary that `Schema.decode` promises for what the oracle has read."""
    found: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.has_presence and not message.HasField(field.name):
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            found[field.name] = dict(value)
        elif field.is_repeated:
            nested = field.message_type is not None
            found[field.name] = [from_oracle(item) if nested else item for item in value]
        else:
            found[field.name] = from_oracle(value) if field.message_type else value
    return found


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_the_oracle_reads_what_we_write(message: dict[str, Any]) -> None:
    assert Everything.FromString(EVERYTHING.encode(message)) == to_oracle(message)


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_we_read_what_the_oracle_writes(message: dict[str, Any]) -> None:
    oracle = to_oracle(message)
    assert EVERYTHING.decode(oracle.SerializeToString()) == from_oracle(oracle)


@settings(max_examples=100, deadline=None)
@given(MESSAGES, MESSAGES)
def test_concatenated_messages_are_merged(first: dict[str, Any], second: dict[str, Any]) -> None:
    joined = EVERYTHING.encode(first) + EVERYTHING.encode(second)
    assert EVERYTHING.decode(joined) == from_oracle(Everything.FromString(joined))


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_decoding_and_encoding_again_changes_nothing(message: dict[str, Any]) -> None:
    decoded = EVERYTHING.decode(EVERYTHING.encode(message))
    assert EVERYTHING.decode(EVERYTHING.encode(decoded)) == decoded


def canonical(value: object) -> str:
    """A text that is equal for equal values, NaN included, whatever the order of keys."""
    if isinstance(value, dict):
        return str(sorted((key, canonical(item)) for key, item in value.items()))
    return repr([canonical(item) for item in value] if isinstance(value, list) else value)


def agree_on(data: bytes) -> None:
    try:
        seen: dict[str, Any] | None = EVERYTHING.decode(data)
    except DecodeError:
        seen = None
    try:
        expected: dict[str, Any] | None = from_oracle(Everything.FromString(data))
    except OracleDecodeError:
        expected = None
    if seen is not None:
        assert canonical(seen) == canonical(expected)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60))
def test_noise_is_what_the_oracle_says_or_an_error(data: bytes) -> None:
    agree_on(data)


@settings(max_examples=300, deadline=None)
@given(MESSAGES, st.data())
def test_damage_is_what_the_oracle_says_or_an_error(
    message: dict[str, Any], data: st.DataObject
) -> None:
    encoded = bytearray(EVERYTHING.encode(message))
    if encoded:
        place = data.draw(st.integers(0, len(encoded) - 1))
        encoded[place] = data.draw(st.integers(0, 255))
        agree_on(bytes(encoded[: data.draw(st.integers(0, len(encoded)))]))


def test_a_cut_message_is_refused() -> None:
    encoded = EVERYTHING.encode({"point": {"x": 5, "name": "abc"}})
    for length in range(1, len(encoded)):
        with pytest.raises(DecodeError):
            EVERYTHING.decode(encoded[:length])


def test_numbers_are_read_packed_or_not() -> None:
    assert EVERYTHING.decode(bytes.fromhex("70017002720103"))["numbers"] == [1, 2, 3]


def test_defaults_are_there_and_presence_is_kept() -> None:
    decoded = EVERYTHING.decode(b"")
    assert (decoded["text"], decoded["u64"], decoded["names"], decoded["env"]) == ("", 0, [], {})
    assert not decoded.keys() & {"point", "maybe", "left", "right"}
    decoded["names"].append("x")
    assert EVERYTHING.decode(b"")["names"] == []
    assert EVERYTHING.decode(EVERYTHING.encode({"maybe": 0, "point": {}})).keys() >= {
        "maybe",
        "point",
    }


def test_the_last_member_of_a_oneof_wins() -> None:
    both = EVERYTHING.encode({"left": {"x": 1}}) + EVERYTHING.encode({"right": "r"})
    decoded = EVERYTHING.decode(both)
    assert "left" not in decoded and decoded["right"] == "r"


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",  # field 0
        b"\x0a\x05abc",  # longer than the input
        b"\x0a\x01\xff",  # not UTF-8
        b"\x20" + b"\xff" * 10 + b"\x01",  # a number of eleven bytes
        b"\xff" * 6,  # half a tag
        b"\x5b",  # a group
        b"\x0b\x0c",
        b"\x26",  # wire type 6
        b"\x59\0\0\0",  # half a double
        b"\xa1\x1f\0\0\0",  # half a fixed number of an unknown field
        b"\x72\x02\xff\xff",  # a packed number beyond its length
    ],
)
def test_malformed_input_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        EVERYTHING.decode(data)


def test_too_much_input_is_refused() -> None:
    with pytest.raises(DecodeError, match="limit"):
        EVERYTHING.decode(bytes(codec.MAX_INPUT_BYTES + 1))


def test_nesting_is_bounded_both_ways() -> None:
    tree = Schema("Tree")
    # A table cannot name itself while it is being made.
    tree._fields = ((1, "next", tree),)
    nested: dict[str, Any] = {}
    for _ in range(codec.MAX_DEPTH):
        nested = {"next": nested}
    assert tree.decode(tree.encode(nested)) == nested
    with pytest.raises(EncodeError):
        tree.encode({"next": nested})
    data = b""
    for _ in range(codec.MAX_DEPTH + 1):
        data = b"\x0a" + codec_wire.varint(len(data)) + data
    with pytest.raises(DecodeError):
        tree.decode(data)


@pytest.mark.parametrize(
    "message",
    [
        {"nothing": 1},
        {"text": 5},
        {"text": None},
        {"text": b""},
        {"text": "\udc80"},
        {"octets": "text"},
        {"octets": 5},
        {"flag": 1},
        {"i32": 1 << 31},
        {"u64": -1},
        {"u32": 1.5},
        {"i64": "5"},
        {"ratio": "5"},
        {"point": 5},
        {"points": {"x": 1}},
        {"numbers": 5},
        {"names": "text"},
        {"env": ["a"]},
        {"env": {"a": 1}},
        {"point": {"nothing": 1}},
    ],
)
def test_what_does_not_fit_the_table_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(EncodeError):
        EVERYTHING.encode(message)


def test_bytes_may_be_any_buffer() -> None:
    for value in (b"abc", bytearray(b"abc"), memoryview(b"abc")):
        assert EVERYTHING.encode({"octets": value}) == b"\x12\x03abc"
    assert EVERYTHING.encode({"octets": bytearray()}) == b""


def test_the_oracle_is_the_type_we_think_it_is() -> None:
    built = to_oracle({"text": "a", "env": {"k": "v"}, "maybe": 0})
    assert json_format.MessageToDict(built) == {"text": "a", "env": {"k": "v"}, "maybe": 0}
