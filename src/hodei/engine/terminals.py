"""Terminals: shells inside running jobs, relayed between a person and the agent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from hodei.domain.errors import Conflict, InvalidRequest, Unavailable
from hodei.engine.core import Core
from hodei.engine.sessions import Session, Sessions

logger = logging.getLogger(__name__)

MAX_QUEUED = 1024
"""Pieces of output that a slow person may be behind before the terminal is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEnd:
    """The shell is gone."""

    exit_code: int
    error: str = ""


class Terminal:
    """One open terminal."""

    def __init__(self, terminal_id: str, session: Session) -> None:
        self._id = terminal_id
        self._session = session
        self._output: asyncio.Queue[bytes | TerminalEnd] = asyncio.Queue(MAX_QUEUED)

    def deliver(self, data: bytes | None, exit_code: int, error: str) -> None:
        """From the agent: output, or the end when `data` is None."""
        item = data if data is not None else TerminalEnd(exit_code=exit_code, error=error)
        try:
            self._output.put_nowait(item)
        except asyncio.QueueFull:
            self._session.peer.close_terminal(self._id)
            # The reader must learn of the end, so the newest output makes room for it.
            self._cut_off()

    def _cut_off(self) -> None:
        end = TerminalEnd(exit_code=255, error="the output came faster than it was read")
        kept = [self._output.get_nowait() for _ in range(self._output.qsize())]
        for item in [*kept[: MAX_QUEUED - 1], end]:
            self._output.put_nowait(item)

    async def read(self) -> bytes | TerminalEnd:
        """The next output, or the end (also when the worker's stream is lost)."""
        getting = asyncio.ensure_future(self._output.get())
        closing = asyncio.ensure_future(self._session.closed.wait())
        try:
            await asyncio.wait({getting, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            if not getting.done():
                getting.cancel()
        if getting.done() and not getting.cancelled():
            return getting.result()
        return TerminalEnd(exit_code=255, error="the connection to the worker was lost")

    def write(self, data: bytes) -> None:
        """Keys from the person."""
        self._session.peer.terminal_input(self._id, data)

    def resize(self, rows: int, columns: int) -> None:
        """The person's window changed."""
        self._session.peer.resize_terminal(self._id, *_size(rows, columns))


class Terminals:
    """Opens terminals in jobs that run on workers connected here."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self._core = core
        self._sessions = sessions

    @asynccontextmanager
    async def open(
        self,
        attempt_id: UUID,
        *,
        argv: Sequence[str] = (),
        rows: int = 24,
        columns: int = 80,
        term: str = "xterm-256color",
    ) -> AsyncIterator[Terminal]:
        """A shell (or `argv`) in the running attempt, closed on leaving.

        Raises Conflict when it does not run, Unavailable when its worker is connected to
        another replica.
        """
        rows, columns = _size(rows, columns)
        session = self._sessions.by_attempt(attempt_id)
        if session is None:
            await self._say_why(attempt_id)
            raise Unavailable("the worker is connected to another server; try again there")
        terminal_id = self._core.chance.uuid().hex
        terminal = Terminal(terminal_id, session)
        session.terminal_output[terminal_id] = terminal.deliver
        session.peer.open_terminal(terminal_id, argv, rows, columns, term)
        logger.info("terminal opened", extra={"attempt_id": str(attempt_id)})
        try:
            yield terminal
        finally:
            session.terminal_output.pop(terminal_id, None)
            session.peer.close_terminal(terminal_id)

    async def _say_why(self, attempt_id: UUID) -> None:
        attempt = await self._core.store.get_attempt(attempt_id)
        if attempt is None or attempt.ended or attempt.started_at is None:
            phase = attempt.phase.value if attempt else "gone"
            raise Conflict(f"the attempt is {phase}; a terminal needs a running process")


def _size(rows: int, columns: int) -> tuple[int, int]:
    if not (1 <= rows <= 1000 and 1 <= columns <= 1000):
        raise InvalidRequest.of("size", "rows and columns must be between 1 and 1000")
    return rows, columns
