"""A wire between agents and a server that a test can cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

PIECE = 65_536
Heard = Callable[[int, bool, bytes], None]
"""Number of the connection, whether the piece goes to the target, the piece."""


class Proxy:
    """Listens on one unix socket and forwards to another.

    `cut` makes it a dead wire: what is connected stays connected and hears nothing any more,
    neither a byte nor an end, and who calls is let in and never answered. `mend` lets new calls
    through; the old ones stay dead, as after a router forgot them. `delay_s` is what each piece
    of up to `PIECE` bytes takes longer, in both directions. `heard` is told each piece before it
    goes on.
    """

    def __init__(self, path: Path, target: Path, heard: Heard | None = None) -> None:
        self.path = path
        self._target = target
        self._heard = heard
        self._calls = 0
        self._server: asyncio.Server | None = None
        self._open = True
        self._generation = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.bytes_passed = 0
        self.delay_s = 0.0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._spawn, self.path)
        # As the server's own: monitors of microVMs are users of their own.
        self.path.chmod(0o666)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """From now on nothing passes."""
        self._open = False
        self._generation += 1

    def mend(self) -> None:
        """New calls pass."""
        self._open = True

    def _spawn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._called(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        generation = self._generation
        self._calls += 1
        call = self._calls
        try:
            if not self._open:
                await asyncio.Event().wait()
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pass(reader, far_writer, generation, call))
                    group.create_task(self._pass(far_reader, writer, generation, -call))
            finally:
                far_writer.close()
        except* (OSError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, generation: int, call: int
    ) -> None:
        """`call` is negative on the way back."""
        while data := await source.read(PIECE):
            if generation != self._generation:
                # A dead wire says nothing, not even that it is dead.
                await asyncio.Event().wait()
            self.bytes_passed += len(data)
            if self._heard is not None:
                self._heard(abs(call), call > 0, data)
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if sink.is_closing():
                return
            sink.write(data)
            await sink.drain()
        if generation != self._generation:
            await asyncio.Event().wait()
        with suppress(OSError):
            sink.close()
