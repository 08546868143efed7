"""Small files of the kernel: read and written whole, once or again and again.

`HeldFiles` is for those that every attempt uses: one system call instead of three to seven. Each
access begins at offset 0, where the kernel makes up the content anew. Lists of processes are no
such files: version 1 of the control groups keeps a list as long as a descriptor is open, so they
are opened each time.
"""

from __future__ import annotations

import os

_READ_BYTES = 16_384


def read(path: str) -> str:
    """The content, empty when it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def write(path: str, value: str) -> None:
    """One write, as these files want it. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)


def keyed(text: str) -> dict[str, int]:
    """Lines of `name number`."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if value.isdecimal():
            found[name] = int(value)
    return found


class HeldFiles:
    """Descriptors that stay open until `close`, by path."""

    __slots__ = ("_readers", "_writers")

    def __init__(self) -> None:
        self._readers: dict[str, int] = {}
        self._writers: dict[str, int] = {}

    def read(self, path: str) -> str:
        """The content as of now, empty when it cannot be read."""
        try:
            descriptor = self._readers.get(path, -1)
            if descriptor < 0:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                self._readers[path] = descriptor
            data = part = os.pread(descriptor, _READ_BYTES, 0)
            while len(part) == _READ_BYTES:
                part = os.pread(descriptor, _READ_BYTES, len(data))
                data += part
        except OSError:
            return ""
        return data.decode("utf-8", "replace")

    def write(self, path: str, value: str) -> None:
        """One write. Raises OSError."""
        descriptor = self._writers.get(path, -1)
        if descriptor < 0:
            descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            self._writers[path] = descriptor
        os.pwrite(descriptor, value.encode(), 0)

    def close(self) -> None:
        """Closes all; a later access opens again."""
        for held in (self._readers, self._writers):
            for descriptor in held.values():
                os.close(descriptor)
            held.clear()
