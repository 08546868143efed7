"""Messages that no honest client sends, made from their descriptors, the same at every run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from random import Random

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

DEEP = 4
"""Levels of messages in messages."""
_WHOLE = (0, 1, -1, 2, 7, 100, 1000, (1 << 31) - 1, -(1 << 31), (1 << 63) - 1, -(1 << 63))
_TEXTS = (
    "",
    "x",
    "default",
    "local",
    "hodei",
    "0" * 8,
    "..",
    "../../etc/passwd",
    "%2e%2e%2f",
    "a\x00b",
    "\r\nSet-Cookie: a=b",
    "'; DROP TABLE jobs; --",
    "\x1b[2J",
    "\u202e\U0001f600",
    "-1",
    "1e309",
    "x" * 70_000,
)


def messages(kind: Descriptor, seed: str, number: int) -> Iterator[bytes]:
    """`number` well-formed messages of this kind with senseless values."""
    chance = Random(seed)
    for _ in range(number):
        yield _message(kind, chance, DEEP).SerializeToString()


def garbage(seed: str) -> Iterator[bytes]:
    """Bytes that are hardly a message of any kind."""
    chance = Random(seed)
    yield b"\xff" * 11
    yield b"\x0a\xff\xff\xff\xff\x0f"
    yield b"\x0a\x05ab"
    yield b"\x0a\x02\xc3\x28"
    # Groups in groups, deeper than a reader goes.
    yield b"\x0b" * 5_000
    nested = b""
    for _ in range(300):
        nested = b"\x0a" + _varint(len(nested)) + nested
    yield nested
    for size in (1, 17, 300, 5_000):
        yield chance.randbytes(size)


def _message(kind: Descriptor, chance: Random, depth: int) -> Message:
    made: Message = GetMessageClass(kind)()
    for field in kind.fields:
        if chance.random() < 0.4 or (depth == 0 and field.message_type is not None):
            continue
        _fill(made, field, chance, depth)
    return made


def _fill(made: Message, field: FieldDescriptor, chance: Random, depth: int) -> None:
    nested = field.message_type
    if nested is not None and nested.GetOptions().map_entry:
        _fill_map(getattr(made, field.name), nested, chance)
    elif field.is_repeated and nested is not None:
        for _ in range(chance.randrange(3)):
            getattr(made, field.name).add().CopyFrom(_message(nested, chance, depth - 1))
    elif field.is_repeated:
        getattr(made, field.name).extend(_scalar(field, chance) for _ in range(chance.randrange(4)))
    elif nested is not None:
        getattr(made, field.name).CopyFrom(_message(nested, chance, depth - 1))
    else:
        setattr(made, field.name, _scalar(field, chance))


def _fill_map(into: object, entry: Descriptor, chance: Random) -> None:
    key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
    assert hasattr(into, "__setitem__") and hasattr(into, "__getitem__")
    for _ in range(chance.randrange(3)):
        name = _scalar(key, chance)
        if value.message_type is None:
            into[name] = _scalar(value, chance)
        else:
            into[name].CopyFrom(_message(value.message_type, chance, 1))


def _scalar(field: FieldDescriptor, chance: Random) -> object:
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return _text(chance) if field.type == FieldDescriptor.TYPE_STRING else _bytes(chance)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return chance.choice((0.0, 1.0, -1.0, 0.1, 1e308, float("nan"), float("inf")))
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return chance.choice((0, 1, 2, 3, 99, -1, (1 << 31) - 1))
    signed = kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
    wide = kind in (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)
    bits = 63 if wide else 31
    number = chance.choice(_WHOLE)
    number = max(min(number, (1 << bits) - 1), -(1 << bits))
    return number if signed else abs(number) % (1 << (bits + 1))


def _text(chance: Random) -> str:
    if chance.random() < 0.1:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return chance.choice(_TEXTS)


def _bytes(chance: Random) -> bytes:
    return chance.choice((b"", b"\x00", b"\xff" * 32, chance.randbytes(200)))


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])
