"""Collecting agents that ended, so that none stays behind as a zombie."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress


class Reaper:
    """Collects children of this server, and of nobody else, as soon as they end."""

    def __init__(self) -> None:
        self._watched: dict[int, int] = {}
        self._codes: dict[int, int] = {}

    def watch(self, pid: int) -> None:
        """Collects `pid` when it ends; for a child of this process. Call it in the loop."""
        self._codes.pop(pid, None)
        try:
            descriptor = os.pidfd_open(pid)
        except OSError:
            # Ended and collected already, or an old kernel: `collect` finds it later.
            return
        self._watched[descriptor] = pid
        asyncio.get_running_loop().add_reader(descriptor, self._ended, descriptor)

    def collect(self, pid: int) -> None:
        """Collects `pid` now if it is a child that has ended; from any thread."""
        with suppress(ChildProcessError):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._codes[pid] = os.waitstatus_to_exitcode(status)

    def exit_code(self, pid: int) -> int | None:
        """As a shell would say it, 128 plus the signal; None when not known."""
        code = self._codes.get(pid)
        return 128 - code if code is not None and code < 0 else code

    def forget(self, pid: int) -> None:
        """The worker is no more, and its pid may be another's soon."""
        self._codes.pop(pid, None)

    def close(self) -> None:
        """Watches nobody any more. Call it in the loop."""
        for descriptor in list(self._watched):
            self._drop(descriptor)

    def _ended(self, descriptor: int) -> None:
        pid = self._watched[descriptor]
        self._drop(descriptor)
        self.collect(pid)

    def _drop(self, descriptor: int) -> None:
        del self._watched[descriptor]
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
