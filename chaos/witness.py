"""Whom running jobs tell that they run: a connection each, which the kernel closes at their end."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from types import TracebackType
from typing import Self

from chaos.ledger import Visit

SETTLE_S = 1.0
"""How long an end that has happened may take to be heard of, before two attempts are two."""


class Witness:
    """An async context manager that listens; `visits` are in the order in which they began."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self.visits: list[Visit] = []

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._listening.getsockname()[:2]
        return host, port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._called, sock=self._listening)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def running(self) -> list[Visit]:
        """Attempts whose processes live."""
        return [visit for visit in self.visits if visit.closed is None]

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        visit: Visit | None = None
        with suppress(OSError):
            while text := (await reader.readline()).decode("ascii", "replace").split():
                if text[0] == "start":
                    visit = Visit(job_id=text[1], attempt=int(text[2]), opened=clock())
                    self._begin(visit)
                elif visit is not None:
                    visit.done = int(text[1])
                # Only now does the attempt go on: what it did is known before anybody else says so.
                writer.write(b"heard\n")
                await writer.drain()
        if visit is not None:
            async with self._changed:
                visit.closed = clock()
                self._changed.notify_all()
        writer.close()

    def _begin(self, visit: Visit) -> None:
        earlier = [one for one in self.running() if one.job_id == visit.job_id]
        self.visits.append(visit)
        task = asyncio.get_running_loop().create_task(self._compare(visit, earlier))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _compare(self, visit: Visit, earlier: list[Visit]) -> None:
        """Whether any of those that seemed to run really did."""

        def over() -> bool:
            return all(one.closed is not None for one in earlier)

        try:
            async with asyncio.timeout(SETTLE_S), self._changed:
                await self._changed.wait_for(over)
        except TimeoutError:
            visit.overlapped = True
