"""The scalars of protocol buffers: numbers, texts and lengths on the wire."""

from __future__ import annotations

from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Scalar = str | bytes | bool | int | float

STRING = "string"
BYTES = "bytes"
BOOL = "bool"
INT32 = "int32"
INT64 = "int64"
UINT32 = "uint32"
UINT64 = "uint64"
SINT32 = "sint32"
SINT64 = "sint64"
ENUM = "enum"
DOUBLE = "double"

VARINT = 0
FIXED64 = 1
DELIMITED = 2
FIXED32 = 5
_DOUBLE = Struct("<d")
_LAST_SHIFT = 63
MAX_TAG = 0xFFFFFFFF
_LOW_32 = 0xFFFFFFFF
_LOW_64 = 0xFFFFFFFFFFFFFFFF

# Smallest and largest value of each integer kind.
_RANGES = {
    INT32: (-(1 << 31), (1 << 31) - 1),
    ENUM: (-(1 << 31), (1 << 31) - 1),
    SINT32: (-(1 << 31), (1 << 31) - 1),
    INT64: (-(1 << 63), (1 << 63) - 1),
    SINT64: (-(1 << 63), (1 << 63) - 1),
    UINT32: (0, _LOW_32),
    UINT64: (0, _LOW_64),
}
DEFAULTS: dict[str, Scalar] = {
    STRING: "",
    BYTES: b"",
    BOOL: False,
    DOUBLE: 0.0,
    **dict.fromkeys(_RANGES, 0),
}


class CodecError(ValueError):
    """Bytes or a dictionary that do not fit the schema."""


class DecodeError(CodecError):
    """The bytes are not a message of the schema."""


class EncodeError(CodecError):
    """The dictionary holds something that the schema does not allow."""


def wire_type(kind: str) -> int:
    """How a scalar of this kind is delimited on the wire."""
    if kind == DOUBLE:
        return FIXED64
    return VARINT if kind in _RANGES or kind == BOOL else DELIMITED


def varint(value: int) -> bytes:
    """An unsigned number in groups of seven bits, lowest first."""
    if value < 0x80:
        return _ONE_BYTE[value]
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))


def encode_scalar(kind: str, value: Any) -> bytes:
    """A number without its tag. Raises TypeError or ValueError."""
    if kind == DOUBLE:
        if not isinstance(value, (int, float)):
            raise TypeError(f"{value.__class__.__name__} instead of a number")
        return _DOUBLE.pack(value)
    if kind == BOOL:
        if value.__class__ is not bool:
            raise TypeError(f"{value.__class__.__name__} instead of bool")
        return _ONE_BYTE[value]
    if not isinstance(value, int):
        raise TypeError(f"{value.__class__.__name__} instead of a whole number")
    smallest, largest = _RANGES[kind]
    if not smallest <= value <= largest:
        raise ValueError(f"{value} is outside {kind}")
    if kind in (SINT32, SINT64):
        value = value << 1 if value >= 0 else (-value << 1) - 1
    return varint(value & _LOW_64)


def octets(value: Any) -> bytes:
    """Bytes from anything that is a buffer. Raises TypeError."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{value.__class__.__name__} instead of bytes")
    return bytes(value)


def read_scalar(kind: str, data: bytes, position: int, end: int) -> tuple[Any, int]:
    """The value at `position`, and the position after it. Raises DecodeError."""
    if kind in (BYTES, STRING):
        start, stop = read_length(data, position, end)
        piece = data[start:stop]
        if kind == BYTES:
            return piece, stop
        try:
            return piece.decode(), stop
        except UnicodeDecodeError:
            raise DecodeError("a string that is not UTF-8") from None
    if kind == DOUBLE:
        if position + _DOUBLE.size > end:
            raise DecodeError("the input ends inside a number")
        return _DOUBLE.unpack_from(data, position)[0], position + _DOUBLE.size
    raw, position = read_varint(data, position, end)
    return _number(kind, raw), position


def _number(kind: str, raw: int) -> bool | int:
    """The value of a varint; what does not fit is cut off, as the format demands."""
    if kind == UINT64:
        return raw
    if kind == BOOL:
        return raw != 0
    if kind == INT64:
        return raw - (1 << 64) if raw >> 63 else raw
    if kind == SINT64:
        return raw >> 1 ^ -(raw & 1)
    raw &= _LOW_32
    if kind == UINT32:
        return raw
    if kind == SINT32:
        return raw >> 1 ^ -(raw & 1)
    return raw - (1 << 32) if raw >> 31 else raw


def read_varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Number and next position; at most ten bytes, of which 64 bits are kept."""
    if position < end and data[position] < 0x80:
        return data[position], position + 1
    value = 0
    for shift in range(0, _LAST_SHIFT + 1, 7):
        if position >= end:
            raise DecodeError("the input ends inside a number")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _LOW_64, position
    raise DecodeError("a number of more than ten bytes")


def read_length(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Start and end of the content after a length. Raises DecodeError."""
    length, position = read_varint(data, position, end)
    stop = position + length
    if stop > end:
        raise DecodeError("a length beyond the end of the input")
    return position, stop


def skip(data: bytes, position: int, end: int, tag: int) -> int:
    """The position after a field that the schema does not know. Raises DecodeError."""
    if tag < 1 << 3:
        raise DecodeError("field number 0")
    kind = tag & 7
    if kind == VARINT:
        return read_varint(data, position, end)[1]
    if kind == DELIMITED:
        return read_length(data, position, end)[1]
    if kind in (FIXED64, FIXED32):
        position += 8 if kind == FIXED64 else 4
        if position > end:
            raise DecodeError("the input ends inside a number")
        return position
    raise DecodeError(f"wire type {kind}")
