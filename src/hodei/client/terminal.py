"""A shell inside a running job, as bytes in both directions.

Both sides confirm what they have taken, so that neither a slow reader nor a program that reads
nothing holds up the connection itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hodei.client.errors import ApiError, Unreachable, from_problem
from hodei.client.transport import Transport, tls_fault

MAX_FRAME = 4 << 20
WINDOW = 256 << 10
"""Bytes that may be on their way in each direction before they are taken."""
TAKEN_STEP = WINDOW // 4
MAX_PIECE = 32 << 10
STDERR = 2
"""First byte of a frame of stderr; only without a pseudo-terminal."""
ENDED = 1000
REFUSALS = 4000
"""Close codes of refusals are this plus the HTTP status."""
FIRST_REFUSAL = REFUSALS + 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellEnd:
    """The shell is gone."""

    exit_code: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class ShellOutput:
    """A piece of output; on a pseudo-terminal all of it is stdout."""

    data: bytes
    stderr: bool = False


class Shell:
    """One open terminal. One task reads and another one may write."""

    def __init__(self, socket: ClientConnection, url: str, *, tty: bool) -> None:
        self._socket = socket
        self._url = url
        self._tty = tty
        self._taken = 0
        self._room = WINDOW
        self._may_write = asyncio.Event()
        self._over = False

    async def read(self) -> ShellOutput | ShellEnd:
        """The next output, or the end; the output before it counts as taken.

        Raises Unreachable when the connection breaks first, ApiError when there is no terminal.
        """
        try:
            got = await self._read()
        except BaseException:
            self._end()
            raise
        if isinstance(got, ShellEnd):
            self._end()
        return got

    def _end(self) -> None:
        """Whoever waits to write waits no more."""
        self._over = True
        self._may_write.set()

    async def _read(self) -> ShellOutput | ShellEnd:
        if self._taken >= TAKEN_STEP:
            taken, self._taken = self._taken, 0
            await self._send(json.dumps({"op": "taken", "bytes": taken}))
        while True:
            try:
                frame = await self._socket.recv()
            except ConnectionClosed as error:
                raise self._closed(error) from error
            if isinstance(frame, bytes):
                self._taken += len(frame) if self._tty else len(frame) - 1
                return self._output(frame)
            said = json.loads(frame)
            if said.get("op") == "error":
                raise from_problem(0, said)
            if said.get("op") == "exit":
                return ShellEnd(exit_code=said.get("code", 0), error=said.get("error") or "")
            if said.get("op") == "taken":
                self._room += int(said["bytes"])
                self._may_write.set()

    def _output(self, frame: bytes) -> ShellOutput:
        if self._tty:
            return ShellOutput(frame)
        return ShellOutput(frame[1:], stderr=frame[:1] == bytes([STDERR]))

    async def write(self, data: bytes) -> None:
        """Keys; waits while the program has not taken those before (somebody must `read`)."""
        for start in range(0, len(data), MAX_PIECE):
            piece = data[start : start + MAX_PIECE]
            while self._room <= 0:
                if self._over:
                    return
                self._may_write.clear()
                await self._may_write.wait()
            self._room -= len(piece)
            await self._send(piece)

    async def end_input(self) -> None:
        """Nothing more will be written: the program reads the end of its input."""
        await self._send(json.dumps({"op": "end"}))

    async def signal(self, name: str) -> None:
        """HUP, INT, QUIT, ABRT, KILL, USR1, USR2 or TERM to what runs in the foreground."""
        await self._send(json.dumps({"op": "signal", "name": name}))

    async def resize(self, rows: int, columns: int) -> None:
        """The window changed."""
        await self._send(json.dumps({"op": "resize", "rows": rows, "columns": columns}))

    async def _send(self, frame: bytes | str) -> None:
        try:
            await self._socket.send(frame)
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code == ENDED:
                return  # the shell is gone, as `read` will tell
            raise self._closed(error) from error

    def _closed(self, error: ConnectionClosed) -> ApiError:
        """The server tells by the close code why it refuses a terminal."""
        if error.rcvd is not None and error.rcvd.code >= FIRST_REFUSAL:
            problem = {"detail": error.rcvd.reason}
            return from_problem(error.rcvd.code - REFUSALS, problem)
        return Unreachable(self._url, "the terminal's connection broke")


@asynccontextmanager
async def open_shell(
    transport: Transport,
    job: str,
    *,
    rows: int,
    columns: int,
    argv: Sequence[str],
    tty: bool,
    term: str,
) -> AsyncIterator[Shell]:
    """A shell (or `argv`) in the running job. Raises ApiError when the server refuses it."""
    wanted = [("rows", rows), ("columns", columns), ("tty", int(tty)), ("term", term), ("flow", 1)]
    query = urlencode([*wanted, *(("command", word) for word in argv)])
    async with AsyncExitStack() as stack:
        connecting = connect(
            transport.socket_url(f"/jobs/{quote(job, safe='')}/terminal?{query}"),
            ssl=transport.tls,
            additional_headers=transport.headers(),
            user_agent_header=None,
            proxy=None,
            open_timeout=10.0,
            close_timeout=1.0,
            max_size=MAX_FRAME,
            # What waits is bounded by the window; pings must not wait behind it.
            max_queue=None,
        )
        try:
            socket = await stack.enter_async_context(connecting)
        except InvalidStatus as error:
            raise refusal(error) from error
        except (OSError, TimeoutError) as error:
            why = tls_fault(error) or str(error) or "no answer"
            raise Unreachable(transport.url, why) from error
        yield Shell(socket, transport.url, tty=tty)


def refusal(error: InvalidStatus) -> ApiError:
    """The problem document of a refused handshake."""
    try:
        problem = json.loads(error.response.body or b"")
    except ValueError:
        problem = None
    return from_problem(error.response.status_code, problem)
