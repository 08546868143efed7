"""Collecting agents that ended, so that none stays behind as a zombie."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from threading import Lock

from hodei.adapters.process import proc
from hodei.adapters.process.proc import Identity


class Reaper:
    """Collects children of this server, and of nobody else, as soon as they end."""

    def __init__(self) -> None:
        self._watched: dict[int, Identity] = {}
        self._codes: dict[Identity, int] = {}
        self._turn = Lock()

    def watch(self, agent: Identity) -> None:
        """Collects the agent when it ends; for a child of this process. Call it in the loop."""
        try:
            descriptor = os.pidfd_open(agent.pid)
        except OSError:
            # Ended and collected already, or an old kernel: `collect` finds it later.
            return
        self._watched[descriptor] = agent
        asyncio.get_running_loop().add_reader(descriptor, self._ended, descriptor)

    def collect(self, agent: Identity) -> bool:
        """Collects the agent now if it has ended; from any thread.

        False while it is a child that has not: its first thread may be over before the others.
        """
        # One at a time: who finds nothing more to collect must find the code that another got.
        with self._turn, suppress(ChildProcessError):
            stat = proc.read_stat(agent.pid)
            if stat is None or stat.start != agent.start:
                return True
            done, status = os.waitpid(agent.pid, os.WNOHANG)
            if not done:
                return False
            self._codes[agent] = os.waitstatus_to_exitcode(status)
        return True

    def exit_code(self, agent: Identity) -> int | None:
        """As a shell would say it, 128 plus the signal; None when not known."""
        code = self._codes.get(agent)
        return 128 - code if code is not None and code < 0 else code

    def forget(self, agent: Identity) -> None:
        """The worker is no more."""
        self._codes.pop(agent, None)

    def close(self) -> None:
        """Watches nobody any more. Call it in the loop."""
        for descriptor in list(self._watched):
            self._drop(descriptor)

    def _ended(self, descriptor: int) -> None:
        agent = self._watched[descriptor]
        self._drop(descriptor)
        self.collect(agent)

    def _drop(self, descriptor: int) -> None:
        del self._watched[descriptor]
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
