"""Reading what a job writes: two pipes become one numbered, hashed sequence of chunks.

The order of the chunks is the order of reading. A chunk ends when it is full, when the other
stream speaks, or when its owner flushes it because the link is free or 100 ms have passed.

Secrets of the job are masked as they are read: no chunk, and so no spool file, ever holds one.
"""

from __future__ import annotations

import os
from time import monotonic, time

from hodei.agent.loop import READABLE
from hodei.agent.spool import Chunk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from hashlib import sha256
    from typing import Protocol

    from hodei.agent.loop import Loop
    from hodei.agent.spool import Spool
    from hodei.domain.redaction import Redactor

    class _Hash(Protocol):
        def digest(self) -> bytes: ...
else:
    # The module below `hashlib`, which costs milliseconds because it loads OpenSSL.
    try:
        from _sha256 import sha256
    except ImportError:
        # Its name since Python 3.12.
        from _sha2 import sha256

STDOUT, STDERR = 1, 2
CHUNK_BYTES = 65_536
PIPE_BYTES = 1 << 20
MAX_DELAY_S = 0.1
# Reads in one turn of the loop, so that a flood leaves time for everything else.
READS_PER_TURN = 16
F_SETPIPE_SZ = 1031
# Beyond this many bytes OpenSSL's faster sha256 is worth its import.
FAST_HASH_BYTES = 1 << 20


class HashChain:
    """c(0) = 32 zero bytes, c(i) = sha256(c(i-1) || stream as one byte || sha256(data(i)))."""

    __slots__ = ("_bytes", "_fast", "_sha256", "value")

    def __init__(self) -> None:
        self._sha256: Callable[[bytes], _Hash] = sha256
        self._bytes = 0
        self._fast = False
        self.value = bytes(32)

    def add(self, stream: int, data: bytes) -> None:
        """Extends the chain by one chunk."""
        self._bytes += len(data)
        if self._bytes > FAST_HASH_BYTES and not self._fast:
            self._fast = True
            self._hurry()
        inner = self._sha256(data).digest()
        self.value = self._sha256(self.value + bytes((stream,)) + inner).digest()

    def _hurry(self) -> None:
        try:
            import _hashlib
        except ImportError:
            return
        self._sha256 = _hashlib.openssl_sha256


class Output:
    """The output of one attempt, from its pipes into its spool."""

    __slots__ = (
        "_connected",
        "_large",
        "_loop",
        "_parts",
        "_parts_stream",
        "_readers",
        "_redactors",
        "_secrets",
        "_size",
        "_watched",
        "chain",
        "first_read_at",
        "last_seq",
        "spool",
        "total_bytes",
    )

    def __init__(self, loop: Loop, spool: Spool) -> None:
        self._loop = loop
        self.spool = spool
        self.chain = HashChain()
        self.last_seq = 0
        self.total_bytes = 0
        self.first_read_at = 0.0
        """When the first byte of the open chunk was read (monotonic), 0 without one."""
        self._parts: list[bytes] = []
        self._parts_stream = STDOUT
        self._size = 0
        self._readers: dict[int, int] = {}
        self._secrets: list[str] = []
        self._redactors: dict[int, Redactor] = {}
        """By stream, once it has said something."""
        self._large: set[int] = set()
        self._watched = False
        self._connected = True

    def mask(self, secrets: Iterable[str]) -> None:
        """Values that must not get out; before anything is read."""
        self._secrets = list(secrets)

    def open(self) -> tuple[int, int]:
        """Makes the pipes; the job's ends for stdout and stderr, which the caller closes."""
        ends = []
        for stream in (STDOUT, STDERR):
            reader, writer = os.pipe()
            os.set_blocking(reader, False)
            self._readers[reader] = stream
            ends.append(writer)
        self.set_connected(self._connected)
        return ends[0], ends[1]

    def set_connected(self, connected: bool) -> None:
        """Tells whether the server takes output, and reads or waits accordingly."""
        self._connected = connected
        wanted = bool(self._readers) and self.spool.has_room(connected)
        if wanted == self._watched:
            return
        self._watched = wanted
        for descriptor in self._readers:
            if wanted:
                self._loop.watch(descriptor, READABLE, self._reader(descriptor))
            else:
                self._loop.unwatch(descriptor)

    def flush(self) -> None:
        """Closes the open chunk."""
        if self._size:
            parts, self._parts = self._parts, []
            data = parts[0] if len(parts) == 1 else b"".join(parts)
            self._size = 0
            self.first_read_at = 0.0
            self._emit(self._parts_stream, data)

    def flush_due(self) -> float:
        """When the open chunk has to go (monotonic), infinity without one."""
        return self.first_read_at + MAX_DELAY_S if self._size else float("inf")

    def drain(self) -> None:
        """Reads what is left once nobody can write any more, and closes the pipes.

        Beyond all limits, but never more than the pipes can hold.
        """
        for descriptor in list(self._readers):
            while self._read(descriptor):
                pass
        for stream in self._redactors:
            self._release(stream)
        self.flush()
        self.close()

    def close(self) -> None:
        """Closes the pipes; idempotent."""
        for descriptor in self._readers:
            self._loop.unwatch(descriptor)
            os.close(descriptor)
        self._readers = {}
        self._watched = False

    def _reader(self, descriptor: int) -> Callable[[int], None]:
        def on_readable(events: int) -> None:
            for _ in range(READS_PER_TURN):
                if not self._read(descriptor):
                    break
                if not self.spool.has_room(self._connected):
                    break
            self.set_connected(self._connected)

        return on_readable

    def _read(self, descriptor: int) -> bool:
        """One read; False when there was nothing, or at the end of the stream."""
        stream = self._readers.get(descriptor)
        if stream is None:
            return False
        switches = self._size > 0 and stream != self._parts_stream
        wanted = CHUNK_BYTES if switches else CHUNK_BYTES - self._size
        try:
            data = os.read(descriptor, wanted)
        except BlockingIOError:
            return False
        if not data:
            self._loop.unwatch(descriptor)
            os.close(descriptor)
            del self._readers[descriptor]
            self._release(stream)
            return False
        self._take(stream, self._redactor(stream).feed(data) if self._secrets else data)
        if len(data) * 2 >= CHUNK_BYTES:
            # A pipe of the usual size was about full: there is much to come.
            self._enlarge(descriptor)
        return len(data) == wanted

    def _take(self, stream: int, data: bytes) -> None:
        """Puts what may be shown into the open chunk."""
        while data:
            if self._size and stream != self._parts_stream:
                self.flush()
            if not self._size:
                self.first_read_at = monotonic()
                self._parts_stream = stream
            # Where something was held back, more comes out than was read.
            part, data = data[: CHUNK_BYTES - self._size], data[CHUNK_BYTES - self._size :]
            self._parts.append(part)
            self._size += len(part)
            if self._size >= CHUNK_BYTES:
                self.flush()

    def _redactor(self, stream: int) -> Redactor:
        found = self._redactors.get(stream)
        if found is None:
            from hodei.domain.redaction import Redactor

            known = next(iter(self._redactors.values()), None)
            found = known.fork() if known else Redactor(self._secrets)
            self._redactors[stream] = found
        return found

    def _release(self, stream: int) -> None:
        """What was held back, at the end of a stream."""
        if stream in self._redactors:
            self._take(stream, self._redactors[stream].flush())

    def _enlarge(self, descriptor: int) -> None:
        """Once for each pipe of a job that writes much."""
        if descriptor in self._large:
            return
        self._large.add(descriptor)
        import fcntl

        try:
            fcntl.fcntl(descriptor, F_SETPIPE_SZ, PIPE_BYTES)
        except OSError:
            # Unprivileged users may have used up their pages; the usual size serves as well.
            return

    def _emit(self, stream: int, data: bytes) -> None:
        self.last_seq += 1
        self.total_bytes += len(data)
        self.chain.add(stream, data)
        self.spool.add(Chunk(self.last_seq, stream, int(time() * 1000), data))
