"""Reading and trimming 64-bit little-endian ELF files: the little of the format that is needed.

Only the program headers count for a running program. Symbols for debuggers, their strings and
the section headers lie behind the last loaded byte and can be cut off.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hodei.app.bundle.errors import InterpreterUnsuitable

ARCHITECTURES = {62: "x86_64", 183: "aarch64"}
"""Machine numbers that a bundle can be made for, with the kernel's names."""
MACHINES = {name: number for number, name in ARCHITECTURES.items()}

_IDENTITY = b"\x7fELF\x02\x01\x01"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_LOAD, _DYNAMIC_SEGMENT, _INTERPRETER, _STACK = 1, 2, 3, 0x6474E551
_READ_EXECUTE, _READ_WRITE = 5, 6
_NULL, _NEEDED, _STRINGS, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 14, 15, 29
_SECTION_FIELDS = 0x28, 0x3C
"""Offsets of the section table's place (8 bytes) and of its number and names (2 and 2)."""
_EXECUTABLE_TYPE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One program header."""

    kind: int
    offset: int
    address: int
    size: int
    """Bytes in the file."""


class Elf:
    """One ELF file; the constructor raises InterpreterUnsuitable for anything else."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        self._data = data
        if len(data) < _HEADER.size or not data.startswith(_IDENTITY):
            raise InterpreterUnsuitable(f"{name} is not a 64-bit little-endian ELF file")
        fields = _HEADER.unpack_from(data)
        self._type, self._machine = fields[1], fields[2]
        self._segments = tuple(self._read_segments(fields[5], fields[10]))

    @property
    def architecture(self) -> str:
        """x86_64 or aarch64. Raises InterpreterUnsuitable for any other."""
        try:
            return ARCHITECTURES[self._machine]
        except KeyError:
            known = ", ".join(sorted(ARCHITECTURES.values()))
            raise InterpreterUnsuitable(
                f"{self._name} is for machine number {self._machine}; known are {known}"
            ) from None

    @property
    def loader(self) -> str:
        """The path of the loader that it asks for; empty in a library."""
        for segment in self._segments:
            if segment.kind == _INTERPRETER:
                raw = self._data[segment.offset : segment.offset + segment.size]
                return raw.rstrip(b"\0").decode()
        return ""

    @property
    def soname(self) -> str:
        """The name under which others ask for it; empty if it has none."""
        names = self._strings(_SONAME)
        return names[0] if names else ""

    @property
    def needed(self) -> list[str]:
        """The names of the libraries that it asks for."""
        return self._strings(_NEEDED)

    @property
    def search_path(self) -> list[str]:
        """Folders of its maker's machine in which it would look for libraries."""
        return self._strings(_RPATH) + self._strings(_RUNPATH)

    def trimmed(self) -> bytes:
        """Without what only debuggers and linkers read, and without `search_path`."""
        data = bytearray(self._data)
        self._drop_search_path(data)
        place, count = _SECTION_FIELDS
        data[place : place + 8] = bytes(8)
        data[count : count + 4] = bytes(4)
        end = max((s.offset + s.size for s in self._segments if s.kind == _LOAD), default=0)
        return bytes(data[: max(end, _HEADER.size)])

    def _read_segments(self, offset: int, count: int) -> Iterator[Segment]:
        for index in range(count):
            start = offset + index * _PROGRAM.size
            if start + _PROGRAM.size > len(self._data):
                raise InterpreterUnsuitable(f"{self._name} is cut off")
            kind, _, place, address, _, size, _, _ = _PROGRAM.unpack_from(self._data, start)
            yield Segment(kind=kind, offset=place, address=address, size=size)

    def _dynamic(self) -> Iterator[tuple[int, int, int]]:
        """Place in the file, tag and value of each entry up to the end mark."""
        for segment in self._segments:
            if segment.kind == _DYNAMIC_SEGMENT:
                end = segment.offset + segment.size
                for place in range(segment.offset, end, _DYNAMIC.size):
                    tag, value = _DYNAMIC.unpack_from(self._data, place)
                    if tag == _NULL:
                        return
                    yield place, tag, value

    def _strings(self, wanted: int) -> list[str]:
        entries = list(self._dynamic())
        tables = [value for _, tag, value in entries if tag == _STRINGS]
        if not tables:
            return []
        table = self._offset(tables[0])
        return [self._text(table + value) for _, tag, value in entries if tag == wanted]

    def _text(self, offset: int) -> str:
        return self._data[offset : self._data.index(b"\0", offset)].decode()

    def _offset(self, address: int) -> int:
        for segment in self._segments:
            if segment.kind == _LOAD and 0 <= address - segment.address < segment.size:
                return address - segment.address + segment.offset
        raise InterpreterUnsuitable(f"{self._name} points outside of itself")

    def _drop_search_path(self, data: bytearray) -> None:
        entries = list(self._dynamic())
        kept = [(tag, value) for _, tag, value in entries if tag not in (_RPATH, _RUNPATH)]
        kept += [(_NULL, 0)] * (len(entries) - len(kept))
        for (place, _, _), (tag, value) in zip(entries, kept, strict=True):
            _DYNAMIC.pack_into(data, place, tag, value)


def program(architecture: str, content: bytes) -> bytes:
    """A static executable whose only content begins with its code."""
    base, start, alignment = 0x400000, 0xC0, 0x10000
    size = start + len(content)
    header = _HEADER.pack(
        _IDENTITY.ljust(16, b"\0"), _EXECUTABLE_TYPE, MACHINES[architecture], 1,
        base + start, _HEADER.size, 0, 0, _HEADER.size, _PROGRAM.size, 2, 0, 0, 0,
    )  # fmt: skip
    load = _PROGRAM.pack(_LOAD, _READ_EXECUTE, 0, base, base, size, size, alignment)
    stack = _PROGRAM.pack(_STACK, _READ_WRITE, 0, 0, 0, 0, 0, 16)
    return (header + load + stack).ljust(start, b"\0") + content


def address_in_program(offset: int) -> int:
    """Where the byte `offset` of the content of a `program` lies in memory."""
    return 0x400000 + 0xC0 + offset
