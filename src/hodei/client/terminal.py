"""A shell inside a running job, as bytes in both directions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hodei.client.errors import ApiError, Unreachable, from_problem
from hodei.client.transport import Transport

MAX_FRAME = 4 << 20
REFUSALS = 4000
"""Close codes of refusals are this plus the HTTP status."""
FIRST_REFUSAL = REFUSALS + 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellEnd:
    """The shell is gone."""

    exit_code: int
    error: str = ""


class Shell:
    """One open terminal."""

    def __init__(self, socket: ClientConnection, url: str) -> None:
        self._socket = socket
        self._url = url

    async def read(self) -> bytes | ShellEnd:
        """The next output, or the end. Raises Unreachable when the connection breaks first."""
        while True:
            try:
                frame = await self._socket.recv()
            except ConnectionClosed as error:
                raise self._closed(error) from error
            if isinstance(frame, bytes):
                return frame
            said = json.loads(frame)
            if said.get("op") == "error":
                raise from_problem(0, said)
            if said.get("op") == "exit":
                return ShellEnd(exit_code=said.get("code", 0), error=said.get("error") or "")

    async def write(self, data: bytes) -> None:
        """Keys."""
        await self._send(data)

    async def resize(self, rows: int, columns: int) -> None:
        """The window changed."""
        await self._send(json.dumps({"op": "resize", "rows": rows, "columns": columns}))

    async def _send(self, frame: bytes | str) -> None:
        try:
            await self._socket.send(frame)
        except ConnectionClosed as error:
            raise self._closed(error) from error

    def _closed(self, error: ConnectionClosed) -> ApiError:
        """The server tells by the close code why it refuses a terminal."""
        if error.rcvd is not None and error.rcvd.code >= FIRST_REFUSAL:
            problem = {"detail": error.rcvd.reason}
            return from_problem(error.rcvd.code - REFUSALS, problem)
        return Unreachable(self._url, "the terminal's connection broke")


@asynccontextmanager
async def open_shell(
    transport: Transport, job: str, *, rows: int, columns: int, argv: Sequence[str] = ()
) -> AsyncIterator[Shell]:
    """A shell (or `argv`) in the running job. Raises ApiError when the server refuses it."""
    query = urlencode([("rows", rows), ("columns", columns), *(("command", word) for word in argv)])
    try:
        async with connect(
            transport.socket_url(f"/jobs/{quote(job, safe='')}/terminal?{query}"),
            additional_headers=transport.headers(),
            user_agent_header=None,
            proxy=None,
            open_timeout=10.0,
            close_timeout=1.0,
            max_size=MAX_FRAME,
        ) as socket:
            yield Shell(socket, transport.url)
    except InvalidStatus as error:
        raise refusal(error) from error
    except (OSError, TimeoutError) as error:
        raise Unreachable(transport.url, str(error) or "no answer") from error


def refusal(error: InvalidStatus) -> ApiError:
    """The problem document of a refused handshake."""
    try:
        problem = json.loads(error.response.body or b"")
    except ValueError:
        problem = None
    return from_problem(error.response.status_code, problem)
