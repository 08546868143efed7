"""Terminals over a WebSocket: binary frames are the terminal's bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from starlette.websockets import WebSocket

from hodei.api.access.gate import Grant
from hodei.api.access.streams import Lost
from hodei.api.access.table import REST
from hodei.api.http.callers import Caller, caller_of
from hodei.api.http.operations import MAX_KEY, Api, origin_of
from hodei.api.http.query import Bad, Query, Repeated, flag, text, whole
from hodei.api.http.schemas.logs import compact
from hodei.api.http.websocket.socket import GONE, admitted
from hodei.api.http.websocket.terminal_frames import (
    Control,
    EndInput,
    Resize,
    Signal,
    Taken,
    read_control,
)
from hodei.domain.access.principal import Principal
from hodei.domain.audit import Interface
from hodei.domain.errors import (
    Conflict,
    Forbidden,
    HodeiError,
    InvalidRequest,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from hodei.domain.parsing.reader import text_fault
from hodei.engine.terminals import WINDOW, Opening, Terminal, TerminalEnd

CODES: Mapping[type[HodeiError], int] = {
    InvalidRequest: 4400,
    Unauthenticated: 4401,
    Forbidden: 4403,
    NotFound: 4404,
    Conflict: 4409,
    Unavailable: 4503,
}
MAX_ARGUMENTS = 64
STDOUT, STDERR = b"\x01", b"\x02"
"""First byte of each binary frame to the client without a pseudo-terminal."""


def _read_command(values: Sequence[str]) -> Sequence[str]:
    argv = tuple(values)
    if len(argv) > MAX_ARGUMENTS or any(len(one) > 4096 for one in argv):
        raise Bad(f"must be at most {MAX_ARGUMENTS} arguments of 4096 characters")
    if argv and not argv[0]:
        raise Bad("must name the program to run")
    return argv


ROWS = whole("rows", "Rows.", least=1, most=1000, default=24)
COLUMNS = whole("columns", "Columns.", least=1, most=1000, default=80)
COMMAND: Repeated[Sequence[str]] = Repeated(
    name="command",
    description="Program and arguments.",
    schema={},
    read=_read_command,
    default=(),
)
TTY = flag("tty", "A pseudo-terminal.", default=True)
TERM = text("term", "What TERM says.", most=64, default="xterm-256color")
FLOW = flag("flow", "Bytes are confirmed in both directions.")
PARAMETERS = (ROWS, COLUMNS, COMMAND, TTY, TERM, FLOW)
_DECLARED = {parameter.name: parameter for parameter in PARAMETERS}


def terminal_endpoint(api: Api) -> Callable[[WebSocket], Awaitable[None]]:
    """GET /jobs/{key}/terminal."""

    async def terminal(websocket: WebSocket) -> None:
        caller = await admitted(api, websocket)
        if caller is None:
            return
        try:
            await _serve(api, websocket, caller)
        except HodeiError as error:
            await _refuse(websocket, error)
        except GONE:
            return

    return terminal


async def _serve(api: Api, websocket: WebSocket, caller: Caller) -> None:
    query = Query(websocket.scope["query_string"], _DECLARED)
    key: str = websocket.path_params["key"]
    if len(key) > MAX_KEY or text_fault(key):
        raise NotFound("job", key)
    headers, origin = websocket.headers, origin_of(websocket, Interface.WEBSOCKET)
    opening = Opening(
        actor=caller.principal.name,
        # Browsers always say from which page they come; programs do not.
        via="web" if "origin" in headers else "cli",
        address=origin.source,
        argv=query.get(COMMAND),
        tty=query.get(TTY),
        rows=query.get(ROWS),
        columns=query.get(COLUMNS),
        term=query.get(TERM),
    )
    async with AsyncExitStack() as stack:
        async with api.gate.passing(REST["openTerminal"], origin) as grant:
            grant.enter(caller.principal)
            job = await grant.job(key)
            terminal = await stack.enter_async_context(api.engine.terminals.open(job, opening))
        relay = _Relay(websocket, terminal, tty=opening.tty, flow=query.get(FLOW))
        await relay.run(lambda: _lost(api, websocket, grant))


async def _lost(api: Api, websocket: WebSocket, grant: Grant) -> HodeiError:
    """Returns once the person may not be in there any more."""

    async def who() -> Principal:
        return (await caller_of(api.identity, websocket)).principal

    error = await grant.lost(who)
    await grant.note(error)
    return error


class _Relay:
    """One terminal on one socket.

    With `flow` neither side has more than the window on its way unconfirmed, so that a client
    whose user does not read, or a program that does not, holds up no ping of the connection.
    """

    def __init__(self, websocket: WebSocket, terminal: Terminal, *, tty: bool, flow: bool) -> None:
        self._websocket = websocket
        self._terminal = terminal
        self._tty = tty
        self._flow = flow
        self._room = WINDOW
        self._may_send = asyncio.Event()
        self._typed: deque[bytes | EndInput] = deque()
        self._typed_bytes = 0
        self._ended = False
        self._typed_changed = asyncio.Event()

    async def run(self, lost: Lost) -> None:
        """Until the shell or the client is gone. Raises what `lost` returns."""

        async def leave() -> None:
            raise await lost()

        parts = (self._screen, self._keys, self._type, leave)
        tasks = {asyncio.create_task(run()) for run in parts}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _screen(self) -> None:
        """Output to the client, until the shell is gone."""
        while True:
            piece = await self._terminal.read()
            if isinstance(piece, TerminalEnd):
                end = {"op": "exit", "code": piece.exit_code, "error": piece.error}
                await self._websocket.send_text(compact(end))
                await self._websocket.close(1000)
                return
            while self._flow and self._room <= 0:
                self._may_send.clear()
                await self._may_send.wait()
            self._room -= len(piece.data)
            mark = b"" if self._tty else STDERR if piece.stderr else STDOUT
            await self._websocket.send_bytes(mark + piece.data)

    async def _keys(self) -> None:
        """Frames from the client, until it goes."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            data = message.get("bytes")
            if data == b"":
                continue
            if data is not None:
                self._typed.append(data)
                self._typed_bytes += len(data)
                self._typed_changed.set()
                # A client that confirms nothing is held up by its connection instead.
                while self._typed_bytes > 2 * WINDOW:
                    self._typed_changed.clear()
                    await self._typed_changed.wait()
            else:
                self._obey(read_control(message.get("text") or ""))

    def _obey(self, control: Control) -> None:
        match control:
            case Resize(rows=rows, columns=columns):
                self._terminal.resize(rows, columns)
            case Signal(name=name):
                self._terminal.signal(name)
            case Taken(bytes=amount):
                self._room = min(self._room + amount, WINDOW)
                self._may_send.set()
            case EndInput():
                if not self._ended:
                    self._ended = True
                    self._typed.append(control)
                    self._typed_changed.set()

    async def _type(self) -> None:
        """What was typed, to the program, at its pace."""
        while True:
            if not self._typed:
                self._typed_changed.clear()
                await self._typed_changed.wait()
                continue
            item = self._typed.popleft()
            if isinstance(item, EndInput):
                self._terminal.end_input()
                continue
            await self._terminal.write(item)
            self._typed_bytes -= len(item)
            self._typed_changed.set()
            if self._flow:
                await self._websocket.send_text(compact({"op": "taken", "bytes": len(item)}))


async def _refuse(websocket: WebSocket, error: HodeiError) -> None:
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), 1011)
    try:
        await websocket.send_text(
            compact({"op": "error", "code": error.code, "detail": str(error)})
        )
        await websocket.close(code)
    except GONE:
        return
