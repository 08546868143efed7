"""The bytes of one terminal: a pseudo-terminal's two ways, or three pipes.

Both ways have a window: output is read only as far as the person's side has taken what it was
sent, and input is reported as taken once the program's end has accepted it. So neither a flood
nor a program that reads nothing fills any memory; the writer waits as on a slow line.
"""

from __future__ import annotations

import os
from struct import pack, unpack

from hodei.agent.diagnostics import log
from hodei.agent.loop import READABLE, WRITABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hodei.agent.codec import Message
    from hodei.agent.loop import Loop, Timer
    from hodei.agent.processes import Ended

READ_BYTES = 16_384
MOST_PENDING_INPUT = 1 << 20
LARGEST_SIDE = 0xFFFF
NO_LIMIT = 1 << 62
CTRL_D = b"\x04"


class Terminal:
    """One open terminal; `outputs` maps each readable descriptor to whether it is stderr."""

    __slots__ = (
        "_emit",
        "_ending",
        "_left",
        "_loop",
        "_paused",
        "_pending",
        "_window",
        "ended",
        "id",
        "input",
        "is_over",
        "kill_timer",
        "outputs",
        "pid",
        "tty",
    )

    def __init__(
        self,
        terminal_id: str,
        loop: Loop,
        emit: Callable[[Message], None],
        *,
        pid: int,
        input: int,
        outputs: dict[int, bool],
        window: int,
    ) -> None:
        self.id = terminal_id
        self.pid = pid
        self.input = input
        self.outputs = outputs
        self.tty = input in outputs
        self.kill_timer: Timer | None = None
        self.ended: Ended | None = None
        self.is_over: Callable[[], bool] = _never
        """Whether the job that it belongs to is ending or has ended."""
        self._loop = loop
        self._emit = emit
        self._window = window or NO_LIMIT
        self._pending = bytearray()
        self._ending = False
        self._paused = False
        self._left: dict[int, int] = {}
        for descriptor in {input, *outputs}:
            os.set_blocking(descriptor, False)

    @property
    def drained(self) -> bool:
        """Whether there is no more output to read."""
        return not self.outputs

    # ------------------------------------------------------------------ input

    def write(self, data: bytes, *, end: bool) -> bool:
        """Input from the person; False when it was sent in spite of a program that reads none."""
        self._pending += data
        if end and not self._ending:
            self._ending = True
            if self.tty:
                self._pending += CTRL_D
        if len(self._pending) > MOST_PENDING_INPUT:
            return False
        self._write_pending()
        self.watch()
        return True

    def _write_pending(self) -> None:
        try:
            written = os.write(self.input, self._pending) if self._pending else 0
        except BlockingIOError:
            return
        except OSError:
            # Nobody will read it: it counts as taken, or the sender would wait for ever.
            written = len(self._pending)
        if written:
            del self._pending[:written]
            self._emit({"terminal_taken": {"terminal_id": self.id, "bytes": written}})
        if self._ending and not self._pending and not self.tty:
            self._close_input()

    def _close_input(self) -> None:
        if self.input >= 0:
            self._loop.unwatch(self.input)
            os.close(self.input)
            self.input = -1

    # ------------------------------------------------------------------ output

    def taken(self, amount: int) -> None:
        """The person's side has taken so many bytes more."""
        self._window += amount
        self.go_on()

    def pause(self, paused: bool) -> None:
        """While the server takes nothing at all, nothing is read."""
        self._paused = paused
        self.go_on()

    def go_on(self) -> None:
        """Reads what is to be had once the program is gone; else waits for it."""
        if self.ended is not None:
            self._drain()
        self.watch()

    def program_ended(self, ended: Ended) -> None:
        """What is in the pipes by now is the end of its output, whoever else holds them."""
        self.ended = ended
        if not self.tty:
            self._left = {descriptor: _readable(descriptor) for descriptor in self.outputs}
        self.go_on()

    def _drain(self) -> None:
        for descriptor in list(self.outputs):
            while descriptor in self.outputs and self._may_read:
                if not self._read(descriptor):
                    self._close_output(descriptor)

    @property
    def _may_read(self) -> bool:
        return self._window > 0 and not self._paused

    def _read(self, descriptor: int) -> bool:
        """One piece; False when there is none just now, or never again."""
        most = min(READ_BYTES, self._window)
        if self._left:
            most = min(most, self._left[descriptor])
        try:
            data = os.read(descriptor, most) if most else b""
        except OSError:
            # EAGAIN, or EIO when no program holds the other end.
            return False
        if not data:
            if not self.tty:
                self._close_output(descriptor)
            return False
        self._window -= len(data)
        if self._left:
            self._left[descriptor] -= len(data)
        output: Message = {"terminal_id": self.id, "data": data}
        if self.outputs[descriptor]:
            output["stderr"] = True
        self._emit({"terminal_output": output})
        return True

    def _close_output(self, descriptor: int) -> None:
        if self.outputs.pop(descriptor, None) is None:
            return
        self._loop.unwatch(descriptor)
        os.close(descriptor)
        if descriptor == self.input:
            self.input = -1

    # ------------------------------------------------------------------ waiting

    def watch(self) -> None:
        """Waits for what it can do something with, and for nothing else."""
        wanted = dict.fromkeys(self.outputs, READABLE if self._may_read else 0)
        if self.input >= 0:
            wanted[self.input] = wanted.get(self.input, 0) | (WRITABLE if self._pending else 0)
        for descriptor, events in wanted.items():
            if events:
                self._loop.watch(descriptor, events, self._handler(descriptor))
            else:
                self._loop.unwatch(descriptor)

    def _handler(self, descriptor: int) -> Callable[[int], None]:
        def on_event(happened: int) -> None:
            if descriptor == self.input and (happened & WRITABLE or not self.tty):
                self._write_pending()
            hung_up = happened & ~(WRITABLE | READABLE)
            readable = descriptor in self.outputs and happened & ~WRITABLE and self._may_read
            if readable and not self._read(descriptor) and hung_up:
                # Every program has closed it; its shell is reaped in a moment.
                self._loop.unwatch(descriptor)
            else:
                self.watch()

        return on_event

    # ------------------------------------------------------------------ the rest

    def resize(self, rows: int, columns: int) -> None:
        """Tells the programs in it the new size."""
        if self.tty and self.input >= 0:
            set_size(self.input, rows, columns)

    def foreground(self) -> int:
        """The process group that the keyboard's signals reach."""
        try:
            return (os.tcgetpgrp(self.input) if self.tty else 0) or self.pid
        except OSError:
            return self.pid

    def close(self) -> None:
        """Lets go of every descriptor."""
        for descriptor in list(self.outputs):
            self._close_output(descriptor)
        self._close_input()
        if self.kill_timer:
            self.kill_timer.cancel()


def _never() -> bool:
    return False


def set_size(descriptor: int, rows: int, columns: int) -> None:
    """Sets the window size of a pseudo-terminal; 0 stands for the usual 24 or 80."""
    import fcntl
    import termios

    size = pack("HHHH", min(rows or 24, LARGEST_SIDE), min(columns or 80, LARGEST_SIDE), 0, 0)
    try:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)
    except OSError as error:
        log("terminal cannot be resized", level="warning", reason=error.strerror)


def _readable(descriptor: int) -> int:
    import fcntl
    import termios

    amount: int = unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0]
    return amount
