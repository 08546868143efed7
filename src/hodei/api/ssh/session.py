"""One session of an SSH connection: a shell or a command in the job that the user name names."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import asyncssh

from hodei.api.access.gate import Gate, Grant, Origin
from hodei.api.access.table import SSH
from hodei.domain.access.principal import Principal
from hodei.domain.audit import Interface
from hodei.domain.errors import HodeiError, InvalidRequest, Unauthenticated
from hodei.engine.correlation import serve_under
from hodei.engine.engine import Engine
from hodei.engine.terminals import MAX_SIDE, Opening, Terminal, TerminalEnd

logger = logging.getLogger(__name__)

FAILED = 255
"""Exit code when there is no terminal, as that of ssh itself."""
MAX_PENDING = 128 << 10
"""Bytes of input that wait here before no more is read."""
NO_SUBSYSTEM = (
    "{name} is not offered; a file is copied by `ssh JOB@HOST 'cat > FILE' < FILE`, a folder by "
    "`ssh JOB@HOST 'tar c FOLDER' | tar x`"
)
NO_SHELL = "a command over SSH needs sh; `hodei jobs shell JOB -- PROGRAM ARGUMENT...` does not"


Who = Callable[[], Awaitable[Principal]]
"""Asks anew who is at the other end. Raises Unauthenticated."""


async def nobody() -> Principal:
    """Until somebody has signed in."""
    raise Unauthenticated("nobody has signed in")


class JobSession(asyncssh.SSHServerSession[bytes]):
    """Relays a channel to a terminal; asyncssh calls from the event loop, in order."""

    def __init__(self, engine: Engine, gate: Gate, key: str, who: Who, address: str) -> None:
        self._engine = engine
        self._gate = gate
        self._key = key
        self._who = who
        self._address = address
        self._argv: tuple[str, ...] = ()
        self._refusal = ""
        self._term = ""
        self._terminal: Terminal | None = None
        self._typed: deque[bytes | None] = deque()
        """None: the end of input."""
        self._typed_bytes = 0
        self._typed_changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.done: asyncio.Task[None] | None = None
        """The relay, once it was asked for."""
        self.on_lost: Callable[[], None] = _nothing

    # ---- what the client asks for

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._chan = chan

    def pty_requested(
        self,
        term_type: str,
        term_size: tuple[int, int, int, int],
        term_modes: Mapping[int, int],
    ) -> bool:
        self._term = term_type or "xterm"
        return True

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        if command.split(" ", 1)[0] == "scp":
            self._refusal = NO_SUBSYSTEM.format(name="scp")
        self._argv = ("sh", "-c", command)
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        self._refusal = NO_SUBSYSTEM.format(name=subsystem[:50])
        return True

    def session_started(self) -> None:
        self.done = asyncio.get_running_loop().create_task(self._run())

    # ---- the relay

    async def _run(self) -> None:
        code = FAILED
        try:
            code = await self._relay()
        except HodeiError as error:
            self._say(str(error))
        except Exception:
            logger.exception("SSH session failed", extra={"job": self._key})
            self._say("internal error; see the server's log")
        finally:
            with contextlib.suppress(OSError):
                self._chan.exit(code)

    async def _relay(self) -> int:
        if self._refusal:
            self._say(self._refusal)
            return FAILED
        serve_under(None)
        async with AsyncExitStack() as stack:
            origin = Origin(Interface.SSH, self._address)
            async with self._gate.passing(SSH["session"], origin) as grant:
                grant.enter(await self._who())
                job = await grant.job(self._key)
                opening = self._opening(grant.principal.name)
                opened = self._engine.terminals.open(job, opening)
                terminal = await stack.enter_async_context(opened)
            self._terminal = terminal
            # The window may have changed while it was opened.
            columns, rows, _, _ = self._chan.get_terminal_size()
            terminal.resize(_side(rows, opening.rows), _side(columns, opening.columns))
            beside = [
                asyncio.create_task(self._type(terminal)),
                asyncio.create_task(self._end_when_lost(terminal, grant)),
            ]
            try:
                end = await self._screen(terminal)
            finally:
                self._terminal = None
                for task in beside:
                    task.cancel()
        if end.error:
            self._say(end.error)
        if end.error.startswith("sh was not found"):
            self._say(NO_SHELL)
        return end.exit_code

    def _opening(self, actor: str) -> Opening:
        columns, rows, _, _ = self._chan.get_terminal_size()
        return Opening(
            actor=actor,
            via="ssh",
            address=self._address,
            argv=self._argv,
            tty=bool(self._term),
            rows=_side(rows, 24),
            columns=_side(columns, 80),
            term=self._term,
        )

    async def _end_when_lost(self, terminal: Terminal, grant: Grant) -> None:
        """Ends the terminal of somebody who may not be in there any more."""
        error = await grant.lost(self._who)
        terminal.finish(str(error))
        await grant.note(error)

    async def _screen(self, terminal: Terminal) -> TerminalEnd:
        """Output to the client, at its pace, until the program is gone."""
        while True:
            piece = await terminal.read()
            if isinstance(piece, TerminalEnd):
                return piece
            if piece.stderr:
                self._chan.write_stderr(piece.data)
            else:
                self._chan.write(piece.data)
            await self._writable.wait()

    async def _type(self, terminal: Terminal) -> None:
        """What was typed, to the program, at its pace."""
        while True:
            if not self._typed:
                self._typed_changed.clear()
                await self._typed_changed.wait()
                continue
            data = self._typed.popleft()
            if data is None:
                terminal.end_input()
                continue
            await terminal.write(data)
            self._typed_bytes -= len(data)
            if self._typed_bytes <= MAX_PENDING:
                self._chan.resume_reading()

    def _say(self, text: str) -> None:
        # On a pseudo-terminal the client's own terminal is raw.
        end = "\r\n" if self._term else "\n"
        with contextlib.suppress(OSError):
            self._chan.write_stderr(f"hodei: {text}{end}".encode())

    # ---- what the client sends

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._typed.append(data)
        self._typed_bytes += len(data)
        self._typed_changed.set()
        if self._typed_bytes > MAX_PENDING:
            self._chan.pause_reading()

    def eof_received(self) -> bool:
        self._typed.append(None)
        self._typed_changed.set()
        # The other direction stays open: the program may still have much to say.
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        if self._terminal is not None:
            self._terminal.resize(_side(height, 24), _side(width, 80))

    def signal_received(self, signal: str) -> None:
        if self._terminal is not None:
            with contextlib.suppress(InvalidRequest):
                self._terminal.signal(signal)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.on_lost()
        if self.done is not None:
            self.done.cancel()


def _nothing() -> None:
    """Until somebody wants to know."""


def _side(asked: int, usual: int) -> int:
    return min(asked, MAX_SIDE) or usual
