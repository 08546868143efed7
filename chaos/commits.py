"""A proxy before PostgreSQL that makes some commits ambiguous: done, and reported as failed.

It reads as much of the protocol as it needs for that (PostgreSQL documentation, chapter
Frontend/Backend Protocol): which requests change something, and where the answer to each ends.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

CHANGES = re.compile(rb"\b(insert|update|delete|commit)\b", re.IGNORECASE)
IDLE = b"I"
HEAD = 5


class CommitProxy:
    """Listens on one unix socket and forwards to another.

    `doubt()` is asked for every request that changed something, once its commit is done; where it
    says yes, the client never gets the answer: its connection ends.
    """

    def __init__(self, path: Path, target: Path, doubt: Callable[[], bool]) -> None:
        self.path = path
        self._target = target
        self._doubt = doubt
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.doubtful = 0
        """Commits that were done and reported as failed."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._spawn, self.path)
        self.path.chmod(0o777)
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

    def _spawn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._called(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            conversation = _Conversation()
            both = (
                asyncio.ensure_future(self._ask(conversation, reader, far_writer)),
                asyncio.ensure_future(self._answer(conversation, far_reader, writer)),
            )
            try:
                # Whichever side ends, the other one is told.
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in both:
                    each.cancel()
                await asyncio.gather(*both, return_exceptions=True)
                far_writer.close()
        except OSError:
            pass
        finally:
            writer.close()

    async def _ask(
        self, talk: _Conversation, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            length = await source.readexactly(4)
            sink.write(length + await source.readexactly(int.from_bytes(length) - 4))
            while True:
                kind, message = await _message(source)
                talk.asked(kind, message[HEAD:])
                sink.write(message)
                await sink.drain()

    async def _answer(
        self, talk: _Conversation, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        held = b""
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                kind, message = await _message(source)
                held += message
                if kind == b"Z":
                    if talk.answered() and message[HEAD:] == IDLE and self._doubt():
                        self.doubtful += 1
                        return
                elif talk.changing():
                    # The client must not see how it went before the commit is decided on.
                    continue
                if sink.is_closing():
                    return
                sink.write(held)
                held = b""
                await sink.drain()


class _Conversation:
    """Which of the requests on their way change something, in order."""

    def __init__(self) -> None:
        self._statements: dict[bytes, bool] = {}
        self._changes = False
        self._asked: deque[bool] = deque()

    def asked(self, kind: bytes, body: bytes) -> None:
        """One message of the client."""
        if kind == b"P":
            name, _, rest = body.partition(b"\0")
            self._statements[name] = bool(CHANGES.search(rest))
        elif kind == b"B":
            statement = body.split(b"\0", 2)[1]
            self._changes |= self._statements.get(statement, False)
        elif kind == b"Q":
            self._asked.append(bool(CHANGES.search(body)))
        elif kind == b"S":
            self._asked.append(self._changes)
            self._changes = False

    def changing(self) -> bool:
        """Whether the request that is being answered changes something."""
        return bool(self._asked) and self._asked[0]

    def answered(self) -> bool:
        """The answer to the oldest request is whole; whether it changed something."""
        return self._asked.popleft() if self._asked else False


async def _message(source: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await source.readexactly(HEAD)
    return head[:1], head + await source.readexactly(int.from_bytes(head[1:]) - 4)
