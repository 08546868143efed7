"""Output that the server has not confirmed yet: a window in memory, the overflow in a file.

Chunks leave in the order in which they came. While the file holds any, new ones go behind them
into the file; the window is filled from it again as the server confirms. Memory is bounded by the
window, disk by the cap, and the one who writes asks `has_room` first, so that a job waits rather
than loses a line.
"""

from __future__ import annotations

import os
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
else:
    # The C module below `collections`: the Python one costs a millisecond at start.
    from _collections import deque

WINDOW_BYTES = 4 << 20
# What a chunk costs beside its data, so that a million tiny ones count as what they are.
CHUNK_OVERHEAD = 256
_HEADER = Struct("<QBqI")


class Chunk:
    """One numbered piece of output; `stream` is 1 or 2, `time_ms` Unix time."""

    __slots__ = ("data", "seq", "stream", "time_ms")

    def __init__(self, seq: int, stream: int, time_ms: int, data: bytes) -> None:
        self.seq = seq
        self.stream = stream
        self.time_ms = time_ms
        self.data = data

    @property
    def cost(self) -> int:
        """Bytes it counts against the window."""
        return len(self.data) + CHUNK_OVERHEAD


class Spool:
    """The unconfirmed chunks of one attempt."""

    __slots__ = (
        "_cap",
        "_file",
        "_memory",
        "_memory_cost",
        "_path",
        "_read_at",
        "_sent",
        "_tail",
        "_window",
        "_write_at",
        "failed",
    )

    def __init__(self, path: str, cap: int, window: int = WINDOW_BYTES) -> None:
        """`path` of the overflow file, made when first needed; `cap` its most bytes."""
        self._path = path
        self._cap = cap
        self._window = window
        self._memory: deque[Chunk] = deque()
        self._memory_cost = 0
        self._tail: deque[Chunk] = deque()
        self._sent = 0
        self._file = -1
        self._read_at = 0
        self._write_at = 0
        self.failed = False
        """The disk refused a write; from then on only the window is used."""

    @property
    def overflowing(self) -> bool:
        """Whether chunks wait outside the window: in the file, or behind a disk that failed."""
        return self._write_at > self._read_at or bool(self._tail)

    @property
    def unconfirmed(self) -> int:
        """Chunks in the window, sent or not."""
        return len(self._memory)

    def has_room(self, connected: bool) -> bool:
        """Whether more output may be read now.

        Connected, the window is the limit: the server sets the pace. Otherwise the file is.
        """
        if connected or self.failed:
            return not self.overflowing and self._memory_cost < self._window
        return self._write_at - self._read_at < self._cap

    def add(self, chunk: Chunk) -> None:
        """Takes a chunk; it is kept even beyond the limits, which `has_room` tells."""
        if not self.overflowing and (self.failed or self._memory_cost < self._window):
            self._keep(chunk)
        elif not self._store(chunk):
            # At most what the pipes still hold: `has_room` is False from now on.
            self._tail.append(chunk)
            self._refill(0)

    def unsent(self, limit: int) -> list[Chunk]:
        """The next chunks for the server, up to `limit` bytes of cost but at least one."""
        chosen: list[Chunk] = []
        while self._sent < len(self._memory):
            chunk = self._memory[self._sent]
            limit -= chunk.cost
            if limit < 0 and chosen:
                break
            chosen.append(chunk)
            self._sent += 1
        return chosen

    @property
    def all_sent(self) -> bool:
        """Whether nothing waits to be sent."""
        return self._sent == len(self._memory) and not self.overflowing

    @property
    def in_flight(self) -> bool:
        """Whether something was sent and is not confirmed."""
        return self._sent > 0

    def confirm(self, seq: int) -> None:
        """Forgets the chunks up to `seq` and refills the window."""
        while self._memory and self._memory[0].seq <= seq:
            self._memory_cost -= self._memory.popleft().cost
            self._sent = max(0, self._sent - 1)
        self._refill(seq)

    def rewind(self, seq: int) -> None:
        """The server has everything up to `seq` and nothing that was sent after it."""
        self._sent = 0
        self.confirm(seq)

    def close(self) -> None:
        """Drops everything, the file too."""
        self._memory.clear()
        self._tail.clear()
        self._memory_cost = self._sent = self._read_at = self._write_at = 0
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _store(self, chunk: Chunk) -> bool:
        if self.failed:
            return False
        record = _HEADER.pack(chunk.seq, chunk.stream, chunk.time_ms, len(chunk.data)) + chunk.data
        try:
            if self._file < 0:
                self._file = _private_file(self._path)
            written = 0
            while written < len(record):
                view = memoryview(record)[written:]
                written += os.pwrite(self._file, view, self._write_at + written)
        except OSError:
            self.failed = True
            return False
        self._write_at += len(record)
        return True

    def _refill(self, confirmed: int) -> None:
        while self._write_at > self._read_at and self._memory_cost < self._window:
            header = os.pread(self._file, _HEADER.size, self._read_at)
            seq, stream, time_ms, length = _HEADER.unpack(header)
            data = os.pread(self._file, length, self._read_at + _HEADER.size)
            self._read_at += _HEADER.size + length
            if seq > confirmed:
                self._keep(Chunk(seq, stream, time_ms, data))
        if self._write_at > self._read_at:
            return
        if self._write_at:
            os.ftruncate(self._file, 0)
            self._read_at = self._write_at = 0
        while self._tail and self._memory_cost < self._window:
            chunk = self._tail.popleft()
            if chunk.seq > confirmed:
                self._keep(chunk)

    def _keep(self, chunk: Chunk) -> None:
        self._memory.append(chunk)
        self._memory_cost += chunk.cost


def _private_file(path: str) -> int:
    """A file that only this descriptor reaches: it has no name once it is open."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        descriptor = os.open(path, flags, 0o600)
    os.unlink(path)
    return descriptor
