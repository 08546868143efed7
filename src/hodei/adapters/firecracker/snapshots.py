"""Snapshots of booted guests whose init waits for its orders, each made once, within a budget.

A snapshot holds no secret and nothing of a job: it is taken before the guest was told anything.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hodei.adapters.firecracker.assets import READ_ONLY

STATE, MEMORY, SCRATCH = "state", "memory", "scratch"
FORM = 1
"""Of a snapshot and of the init that waits in it; another form makes it anew."""
RETRY_S = 300.0
"""After a snapshot could not be made, or not be restored, until it is made again."""
BLOCK = 64 << 10
_CPU = ("vendor_id", "cpu family", "model", "stepping", "flags", "CPU part", "Features")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A directory with what a guest is restored from; never written to."""

    folder: Path

    @property
    def state(self) -> Path:
        """The devices and registers."""
        return self.folder / STATE

    @property
    def memory(self) -> Path:
        """The guest's memory, which its clones share until they write."""
        return self.folder / MEMORY

    @property
    def scratch(self) -> Path:
        """The disk that was mounted for writing; each clone has a copy."""
        return self.folder / SCRATCH


class Snapshots:
    """Of one provider; several servers may use its directory at once. Methods block."""

    def __init__(self, folder: Path, budget_bytes: int) -> None:
        self._folder = folder
        self._budget = budget_bytes
        self._claimed: set[str] = set()
        self._failed: dict[str, float] = {}

    @property
    def enabled(self) -> bool:
        """Whether there is any room for them."""
        return self._budget > 0

    def find(self, key: str) -> Snapshot | None:
        """The one of that key."""
        folder = self._folder / key
        try:
            os.utime(folder)
        except FileNotFoundError:
            return None
        return Snapshot(folder)

    def claim(self, key: str) -> bool:
        """Whether the caller is to make it; then `release` has to follow."""
        rests = time.monotonic() < self._failed.get(key, 0.0)
        if not self.enabled or rests or key in self._claimed or self.find(key) is not None:
            return False
        self._claimed.add(key)
        return True

    def release(self, key: str) -> None:
        """Somebody else may make it."""
        self._claimed.discard(key)

    def failed(self, key: str) -> None:
        """It is removed, if it is there, and not made again at once."""
        self._failed[key] = time.monotonic() + RETRY_S
        self._remove(self._folder / key)

    @contextmanager
    def new(self, key: str) -> Iterator[Path]:
        """A directory to be filled, which becomes the snapshot. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="new-", dir=self._folder) as work:
            made = Path(work, "made")
            made.mkdir(mode=0o700)
            yield made
            for path in made.iterdir():
                path.chmod(READ_ONLY)
            try:
                os.rename(made, self._folder / key)
            except OSError:
                # Another server was quicker, and its own is as good.
                if self.find(key) is None:
                    raise
        self._evict(self._folder / key)

    def _evict(self, newest: Path) -> None:
        """Removes what was not used for longest; guests that were restored keep their files."""
        rows = []
        for folder in self._folder.iterdir():
            if folder.name.startswith("new-"):
                continue
            try:
                size = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
                rows.append((folder != newest, -folder.stat().st_mtime, size, folder))
            except OSError:
                continue
        total = 0
        for _, _, size, folder in sorted(rows):
            total += size
            if total > self._budget:
                self._remove(folder)

    def _remove(self, folder: Path) -> None:
        if not folder.exists():
            return
        # Whole or not there: nobody finds half of one.
        with tempfile.TemporaryDirectory(prefix="new-", dir=self._folder) as work:
            try:
                os.rename(folder, Path(work, "old"))
            except FileNotFoundError:
                return
            shutil.rmtree(Path(work, "old"))


def key_of(*parts: object) -> str:
    """Of everything that a restored guest must agree with."""
    return hashlib.sha256(repr((FORM, *host(), *parts)).encode()).hexdigest()[:40]


def program_key(path: str) -> tuple[object, ...]:
    """Tells one build of a program from another. Raises OSError."""
    found = os.stat(path)
    return (os.path.realpath(path), found.st_size, found.st_mtime_ns)


def host() -> list[str]:
    """The kernel and the processor, on no other of which a snapshot may be restored."""
    found = [os.uname().release]
    seen = set()
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        name = line.partition(":")[0].strip()
        if name in _CPU and name not in seen:
            seen.add(name)
            found.append(line)
    return found


def sparse_copy(source: Path, target: Path) -> None:
    """A copy that takes no disk for what is zero. Follows no link. Blocks, raises OSError."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    reading = os.open(source, flags)
    try:
        found = os.fstat(reading)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(f"{source} is no file")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        writing = os.open(target, flags, 0o600)
        try:
            os.ftruncate(writing, found.st_size)
            for start, end in _extents(reading, found.st_size):
                _copy(reading, writing, start, end)
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _copy(reading: int, writing: int, start: int, end: int) -> None:
    while start < end:
        block = os.pread(reading, min(BLOCK, end - start), start)
        if not block:
            return
        if block.count(0) != len(block):
            os.pwrite(writing, block, start)
        start += len(block)


def _extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Where a file has data."""
    at = 0
    while at < size:
        try:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError:
            return
        at = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, at
