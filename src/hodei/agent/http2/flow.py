"""Flow control (RFC 9113, section 5.2): what may be sent, and what was received.

A send window may become negative when the peer lowers its initial window while data is in
flight; it then has to grow past zero again before anything is sent.
"""

from __future__ import annotations

from hodei.agent.http2.errors import FLOW_CONTROL_ERROR, ConnectionFault

Buffer = bytes | memoryview

# A list is cut at its front only now and then, since each cut moves the rest of it.
_CUT_AFTER = 256


class SendQueue:
    """Bytes that wait for a window, kept as the pieces in which they were given."""

    __slots__ = ("_head", "_pieces", "size")

    def __init__(self) -> None:
        self._pieces: list[Buffer] = []
        self._head = 0
        self.size = 0

    def push(self, piece: Buffer) -> None:
        """Appends bytes; they must not change until they have been taken."""
        if piece:
            self._pieces.append(piece)
            self.size += len(piece)

    def take(self, count: int) -> list[Buffer]:
        """Removes the first `count` bytes, at most `size`, without copying them."""
        taken: list[Buffer] = []
        self.size -= count
        pieces, head = self._pieces, self._head
        while count:
            piece = pieces[head]
            length = len(piece)
            if length > count:
                view = memoryview(piece)
                taken.append(view[:count])
                pieces[head] = view[count:]
                break
            taken.append(piece)
            pieces[head] = b""
            head += 1
            count -= length
        if head > _CUT_AFTER or head == len(pieces):
            del pieces[:head]
            head = 0
        self._head = head
        return taken

    def clear(self) -> None:
        """Forgets everything."""
        self._pieces.clear()
        self._head = 0
        self.size = 0


class ReceiveWindow:
    """Counts received bytes against a window and says when to widen it again."""

    __slots__ = ("_consumed", "_open", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._open = size
        self._consumed = 0

    def received(self, count: int) -> None:
        """Raises ConnectionFault when the peer sent more than it was allowed to."""
        if count > self._open:
            raise ConnectionFault(FLOW_CONTROL_ERROR, f"{count - self._open} bytes too many")
        self._open -= count

    def consumed(self, count: int) -> int:
        """The increment to announce now: 0 until half of the window has been consumed."""
        self._consumed += count
        if self._consumed * 2 < self._size:
            return 0
        increment = self._consumed
        self._consumed = 0
        self._open += increment
        return increment


class Outbox:
    """Framed bytes on their way into the transport."""

    __slots__ = ("buffers", "size")

    def __init__(self) -> None:
        self.buffers: list[Buffer] = []
        self.size = 0

    def fill(self, buffers: list[Buffer]) -> None:
        """Replaces the content; the caller does so only when it is empty."""
        self.buffers = buffers
        self.size = sum(map(len, buffers))

    def advance(self, sent: int) -> None:
        """Forgets the first `sent` bytes, which the transport has taken."""
        self.size -= sent
        done = 0
        for buffer in self.buffers:
            if len(buffer) > sent:
                break
            sent -= len(buffer)
            done += 1
        del self.buffers[:done]
        if sent:
            self.buffers[0] = memoryview(self.buffers[0])[sent:]
