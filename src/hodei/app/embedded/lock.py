"""The lock that keeps a second Hodei off a data directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hodei.app.embedded.errors import DataDirectoryInUse, DataDirectoryUnusable


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A held lock, with the note that its previous holder left in the file."""

    descriptor: int
    previous: str
    """The socket directory of the previous holder, empty when unknown."""

    def note(self, text: str) -> None:
        """Write who holds the lock, and `text` for whoever holds it next."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"{os.getpid()}\n{text}\n".encode(), 0)


@contextmanager
def hold_lock(path: Path) -> Iterator[Lock]:
    """Hold the lock; raises DataDirectoryInUse at once when somebody else does.

    The kernel drops it with the process, however that ends, so the file itself stays for good.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise DataDirectoryUnusable(
            f"{path} cannot be opened: {error.strerror}. "
            "Make the data directory belong to the user that runs Hodei."
        ) from error
    try:
        lines = os.pread(descriptor, 4096, 0).decode("utf-8", "replace").split("\n")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(path, lines[0]) from None
        yield Lock(descriptor=descriptor, previous=lines[1] if len(lines) > 1 else "")
    finally:
        os.close(descriptor)


def _in_use(path: Path, holder: str) -> DataDirectoryInUse:
    who = f"process {holder}" if holder.isdigit() else "another process"
    return DataDirectoryInUse(
        f"The data directory {path.parent} is in use by another Hodei ({who}): stop that one, "
        "choose another directory with HODEI_DATA_DIR, or share one PostgreSQL between both "
        "with HODEI_DATABASE_URL."
    )


def noted(path: Path) -> str | None:
    """What the holder of a lock noted; None when nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        lines = os.pread(descriptor, 4096, 0).decode("utf-8", "replace").split("\n")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return lines[1] if len(lines) > 1 else None
    finally:
        os.close(descriptor)
    return None
