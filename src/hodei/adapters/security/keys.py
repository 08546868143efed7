"""The keys that secret values are sealed with: read from the environment or a file, made once.

One key per line, each at least 32 bytes long; empty lines and those that begin with `#` count
for nothing. The first key seals, the others only open. A file is looked at again whenever it
has changed, so that keys are replaced without a restart.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

from hodei.adapters.security.sealing import KEY_BYTES, SivSealer
from hodei.domain.errors import Unavailable

logger = logging.getLogger(__name__)

_Mark = tuple[int, int, int]


class FileSealer(SivSealer):
    """Seals with the keys of a file, as it is at that moment."""

    def __init__(self, path: Path) -> None:
        """Makes the file when it is missing. Raises Unavailable when it cannot be used."""
        self._path = path
        make_key(path)
        self._mark = _mark(path)
        super().__init__(*read_keys(path))

    def refresh(self) -> None:
        mark = _mark(self._path)
        if mark == self._mark or mark is None:
            return
        self._mark = mark
        try:
            keys = read_keys(self._path)
        except Unavailable as error:
            # What is sealed must stay readable while somebody writes the file.
            logger.warning("keys not taken up", extra={"error": str(error)})
            return
        self._use(keys)
        logger.info("keys taken up", extra={"keys": len(keys)})


class KeyFile:
    """The keys of a file, as it is whenever they are asked for."""

    def __init__(self, path: Path) -> None:
        """Makes the file when it is missing. Raises Unavailable when it cannot be used."""
        self._path = path
        make_key(path)
        self._mark = _mark(path)
        self._keys = tuple(read_keys(path))

    def __call__(self) -> tuple[bytes, ...]:
        """The first one first; those before when the file cannot be used just now."""
        mark = _mark(self._path)
        if mark not in (None, self._mark):
            self._mark = mark
            with suppress(Unavailable):
                self._keys = tuple(read_keys(self._path))
        return self._keys


def keys_in(text: bytes) -> list[bytes]:
    """The keys in `text`, the one that seals first. Raises ValueError for a short one, or none."""
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith(b"#")]
    if not keys:
        raise ValueError("holds no key")
    for number, key in enumerate(keys, 1):
        if len(key) < KEY_BYTES:
            raise ValueError(f"key {number} has less than {KEY_BYTES} bytes")
    return keys


def read_keys(path: Path) -> list[bytes]:
    """The keys of a file. Raises Unavailable."""
    try:
        return keys_in(path.read_bytes())
    except OSError as error:
        raise Unavailable(f"the key for secret values, {path}: {error.strerror}") from error
    except ValueError as error:
        raise Unavailable(f"the file of the key for secret values, {path}, {error}") from error


def make_key(path: Path) -> None:
    """A new key in `path`, readable by its owner only, unless there is such a file.

    Raises Unavailable when it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return
    except OSError as error:
        raise Unavailable(f"the key for secret values, {path}: {error.strerror}") from error


def _mark(path: Path) -> _Mark | None:
    """Tells one content of the file from another; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
