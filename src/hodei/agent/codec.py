"""Protocol buffers (proto3) driven by tables: dictionaries to bytes and back.

A message is a dictionary of field names; its `Schema` is a table of fields:

    POINT = Schema("Point", (1, "x", SINT32), (2, "y", SINT32))
    SHAPE = Schema("Shape", (1, "points", POINT, REPEATED), (2, "tags", STRING, MAP))

Decoding fills in the default of every field without presence, so `message["x"]` is always
there. Fields with presence (messages, OPTIONAL ones, members of a oneof) are in the
dictionary only when they were on the wire: `"y" in message` asks for it. Encoding takes any
subset of the fields and leaves out defaults of fields without presence, as proto3 does.

Compared with the reference implementation, groups are refused rather than skipped, enums are
plain numbers, and nesting is limited to `MAX_DEPTH`.
"""

from __future__ import annotations

from hodei.agent.codec_wire import (
    BOOL,
    BYTES,
    DEFAULTS,
    DELIMITED,
    DOUBLE,
    ENUM,
    INT32,
    INT64,
    MAX_TAG,
    SINT32,
    SINT64,
    STRING,
    UINT32,
    UINT64,
    CodecError,
    DecodeError,
    EncodeError,
    encode_scalar,
    octets,
    read_length,
    read_scalar,
    read_varint,
    skip,
    varint,
    wire_type,
)

__all__ = [
    "BOOL",
    "BYTES",
    "DOUBLE",
    "ENUM",
    "INT32",
    "INT64",
    "MAP",
    "OPTIONAL",
    "REPEATED",
    "SINT32",
    "SINT64",
    "STRING",
    "UINT32",
    "UINT64",
    "CodecError",
    "DecodeError",
    "EncodeError",
    "Schema",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # The type of a field's value is in the table, not in the program.
    Message = dict[str, Any]
    Field = tuple[int, str, "str | Schema"] | tuple[int, str, "str | Schema", str]

# Labels; any other label is the name of the oneof to which the field belongs.
SINGLE = ""
REPEATED = "<repeated>"
OPTIONAL = "<optional>"
# A map from string to a scalar of the field's kind.
MAP = "<map>"

MAX_DEPTH = 32
MAX_INPUT_BYTES = 16 << 20


class Schema:
    """The table of one message type; what follows from it is worked out at the first use."""

    __slots__ = ("_defaults", "_fields", "_readers", "_writers", "name")

    def __init__(self, name: str, *fields: Field) -> None:
        self.name = name
        self._fields = fields
        self._readers: dict[int, _Reader] = {}
        self._writers: dict[str, _Writer] | None = None
        self._defaults: Message = {}

    @property
    def fields(self) -> tuple[Field, ...]:
        """The table as it was declared."""
        return self._fields

    def encode(self, message: Message) -> bytes:
        """The bytes of a message. Raises EncodeError."""
        parts: list[bytes] = []
        self.write(parts, message, 0)
        return b"".join(parts)

    def decode(self, data: bytes) -> Message:
        """The message in `data`. Raises DecodeError."""
        if len(data) > MAX_INPUT_BYTES:
            raise DecodeError(f"{self.name} of {len(data)} bytes, the limit is {MAX_INPUT_BYTES}")
        message = self.new()
        self.read(message, data, 0, len(data), 0)
        return message

    def new(self) -> Message:
        """A message with the defaults of all fields without presence."""
        if self._writers is None:
            self._prepare()
        # Lists and dictionaries must not be shared between messages.
        return {
            name: value if value.__class__ not in (list, dict) else value.copy()
            for name, value in self._defaults.items()
        }

    def write(self, parts: list[bytes], message: Message, depth: int) -> int:
        """Appends the fields of `message` to `parts` and returns how many bytes these are."""
        writers = self._writers
        if writers is None:
            writers = self._prepare()
        if depth > MAX_DEPTH:
            raise EncodeError(f"{self.name} is nested too deeply")
        size = 0
        for name, value in message.items():
            writer = writers.get(name)
            if writer is None:
                raise EncodeError(f"{self.name} has no field {name!r}")
            try:
                size += writer.write(parts, value, depth)
            except EncodeError:
                raise
            except (TypeError, AttributeError, ValueError, OverflowError) as exc:
                raise EncodeError(f"{self.name}.{name}: {exc}") from None
        return size

    def read(self, message: Message, data: bytes, position: int, end: int, depth: int) -> None:
        """Reads the fields in `data[position:end]` into `message`."""
        if depth > MAX_DEPTH:
            raise DecodeError(f"{self.name} is nested too deeply")
        readers = self._readers
        while position < end:
            tag = data[position]
            position += 1
            if tag > 0x7F:
                tag, position = read_varint(data, position - 1, end)
                if tag > MAX_TAG:
                    raise DecodeError(f"{self.name}: field number out of bounds")
            reader = readers.get(tag)
            if reader is None:
                position = skip(data, position, end, tag)
            else:
                position = reader.read(message, data, position, end, depth)

    def _prepare(self) -> dict[str, _Writer]:
        """Builds the look-up tables. Here and not at import: most runs use few messages."""
        writers: dict[str, _Writer] = {}
        groups: dict[str, list[str]] = {}
        for field in self._fields:
            label = field[3] if len(field) > 3 else SINGLE
            if label and label[0] != "<":
                groups.setdefault(label, []).append(field[1])
        for field in self._fields:
            number, name, kind = field[:3]
            label = field[3] if len(field) > 3 else SINGLE
            rivals = tuple(other for other in groups.get(label, ()) if other != name)
            writers[name] = _Writer(number, kind, label)
            self._add_readers(number, name, kind, label, rivals)
            if label == REPEATED:
                self._defaults[name] = []
            elif label == MAP:
                self._defaults[name] = {}
            elif label == SINGLE and isinstance(kind, str):
                self._defaults[name] = DEFAULTS[kind]
        self._writers = writers
        return writers

    def _add_readers(
        self, number: int, name: str, kind: str | Schema, label: str, rivals: tuple[str, ...]
    ) -> None:
        kind_type = _wire_type_of(kind)
        if label == MAP:
            entry = Schema("entry", (1, "key", STRING), (2, "value", kind))
            entry.new()
            self._readers[number << 3 | DELIMITED] = _MapReader(name, entry, rivals)
            return
        reader_class = _RepeatedReader if label == REPEATED else _Reader
        self._readers[number << 3 | kind_type] = reader_class(name, kind, rivals)
        if label == REPEATED and kind_type != DELIMITED:
            self._readers[number << 3 | DELIMITED] = _PackedReader(name, kind, rivals)


# ---------------------------------------------------------------------- writing


class _Writer:
    """Writes one field."""

    __slots__ = ("_entry", "_kind", "_label", "_packed", "_tag")

    def __init__(self, number: int, kind: str | Schema, label: str) -> None:
        kind_type = _wire_type_of(kind)
        self._packed = label == REPEATED and kind_type != DELIMITED
        self._tag = varint(number << 3 | (DELIMITED if self._packed or label == MAP else kind_type))
        self._kind = kind
        self._label = label
        # Entries carry key and value even when these are defaults.
        self._entry = Schema("entry", (1, "key", STRING, OPTIONAL), (2, "value", kind, OPTIONAL))

    def write(self, parts: list[bytes], value: Any, depth: int) -> int:
        label, kind = self._label, self._kind
        if label == SINGLE and isinstance(kind, str) and not value:
            return self._write_default(parts, kind, value, depth)
        if label == REPEATED:
            return self._write_list(parts, value, depth)
        if label == MAP:
            pairs = value.items()
            return sum(
                [
                    self._write_message(parts, self._entry, {"key": key, "value": item}, depth)
                    for key, item in pairs
                ]
            )
        return self._write_one(parts, value, depth)

    def _write_default(self, parts: list[bytes], kind: str, value: Any, depth: int) -> int:
        # -0.0 equals the default but is not it.
        if kind == DOUBLE and str(value) == "-0.0":
            return self._write_one(parts, value, depth)
        if value.__class__ is not DEFAULTS[kind].__class__:
            # Written nowhere, only to have its type checked.
            self._write_one([], value, depth)
        return 0

    def _write_list(self, parts: list[bytes], values: Any, depth: int) -> int:
        if values.__class__ in (str, bytes):
            raise TypeError(f"{values.__class__.__name__} instead of a list")
        kind = self._kind
        if self._packed and isinstance(kind, str):
            packed = b"".join([encode_scalar(kind, item) for item in values])
            return self._write_bytes(parts, packed) if packed else 0
        return sum([self._write_one(parts, item, depth) for item in values])

    def _write_one(self, parts: list[bytes], value: Any, depth: int) -> int:
        kind = self._kind
        if isinstance(kind, Schema):
            return self._write_message(parts, kind, value, depth)
        if kind == BYTES:
            return self._write_bytes(parts, value if value.__class__ is bytes else octets(value))
        if kind == STRING:
            if not isinstance(value, str):
                raise TypeError(f"{value.__class__.__name__} instead of a string")
            return self._write_bytes(parts, value.encode())
        encoded = self._tag + encode_scalar(kind, value)
        parts.append(encoded)
        return len(encoded)

    def _write_bytes(self, parts: list[bytes], value: bytes) -> int:
        head = self._tag + varint(len(value))
        parts.append(head)
        parts.append(value)
        return len(head) + len(value)

    def _write_message(self, parts: list[bytes], kind: Schema, value: Message, depth: int) -> int:
        # The length stands before the content but is known after it.
        place = len(parts)
        parts.append(b"")
        size = kind.write(parts, value, depth + 1)
        head = self._tag + varint(size)
        parts[place] = head
        return len(head) + size


# ---------------------------------------------------------------------- reading


class _Reader:
    """Reads a field that is there once; of a oneof, the last member wins."""

    __slots__ = ("_kind", "_name", "_rivals")

    def __init__(self, name: str, kind: str | Schema, rivals: tuple[str, ...]) -> None:
        self._name = name
        self._kind = kind
        self._rivals = rivals

    def read(self, message: Message, data: bytes, position: int, end: int, depth: int) -> int:
        for rival in self._rivals:
            message.pop(rival, None)
        kind = self._kind
        if not isinstance(kind, Schema):
            message[self._name], position = read_scalar(kind, data, position, end)
            return position
        start, stop = read_length(data, position, end)
        # A message that comes in pieces is merged.
        inner = message.get(self._name)
        if inner is None:
            message[self._name] = inner = kind.new()
        kind.read(inner, data, start, stop, depth + 1)
        return stop


class _RepeatedReader(_Reader):
    """Reads one element of a list."""

    __slots__ = ()

    def read(self, message: Message, data: bytes, position: int, end: int, depth: int) -> int:
        kind = self._kind
        if not isinstance(kind, Schema):
            value, position = read_scalar(kind, data, position, end)
            message[self._name].append(value)
            return position
        start, stop = read_length(data, position, end)
        inner = kind.new()
        kind.read(inner, data, start, stop, depth + 1)
        message[self._name].append(inner)
        return stop


class _PackedReader(_Reader):
    """Reads numbers that share one length."""

    __slots__ = ()

    def read(self, message: Message, data: bytes, position: int, end: int, depth: int) -> int:
        position, stop = read_length(data, position, end)
        values = message[self._name]
        assert isinstance(self._kind, str)
        while position < stop:
            value, position = read_scalar(self._kind, data, position, stop)
            values.append(value)
        return stop


class _MapReader(_Reader):
    """Reads one entry of a map."""

    __slots__ = ()

    def read(self, message: Message, data: bytes, position: int, end: int, depth: int) -> int:
        start, stop = read_length(data, position, end)
        assert isinstance(self._kind, Schema)
        entry = self._kind.new()
        self._kind.read(entry, data, start, stop, depth + 1)
        message[self._name][entry["key"]] = entry["value"]
        return stop


def _wire_type_of(kind: str | Schema) -> int:
    return wire_type(kind) if isinstance(kind, str) else DELIMITED
