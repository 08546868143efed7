"""Terminals over a WebSocket: binary frames are the terminal's bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.websockets import WebSocket

from hodei.api.http.body import parse_json
from hodei.api.http.operations import MAX_KEY, Api
from hodei.api.http.query import Bad, Query, Repeated, whole
from hodei.api.http.schemas.logs import compact
from hodei.api.http.websocket.socket import GONE, admitted
from hodei.domain.errors import (
    Conflict,
    HodeiError,
    InvalidRequest,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import Report, open_section, text_fault
from hodei.engine.terminals import Terminal, TerminalEnd

CODES: Mapping[type[HodeiError], int] = {
    InvalidRequest: 4400,
    Unauthenticated: 4401,
    NotFound: 4404,
    Conflict: 4409,
    Unavailable: 4503,
}
MAX_INPUT = 1 << 16
"""Bytes of keys per frame."""
MAX_ARGUMENTS = 64
SIDES = Whole(least=1, most=1000)


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
_DECLARED = {parameter.name: parameter for parameter in (ROWS, COLUMNS, COMMAND)}


def terminal_endpoint(api: Api) -> Callable[[WebSocket], Awaitable[None]]:
    """GET /jobs/{key}/terminal."""

    async def terminal(websocket: WebSocket) -> None:
        if not await admitted(api, websocket):
            return
        try:
            await _serve(api, websocket)
        except HodeiError as error:
            await _refuse(websocket, error)
        except GONE:
            return

    return terminal


async def _serve(api: Api, websocket: WebSocket) -> None:
    query = Query(websocket.scope["query_string"], _DECLARED)
    key: str = websocket.path_params["key"]
    if len(key) > MAX_KEY or text_fault(key):
        raise NotFound("job", key)
    detail = await api.engine.jobs.get(key)
    if not detail.attempts or detail.job.finished:
        raise Conflict(f"the job is {detail.job.state.value}; a terminal needs a running process")
    opening = api.engine.terminals.open(
        detail.attempts[-1].id,
        argv=query.get(COMMAND),
        rows=query.get(ROWS),
        columns=query.get(COLUMNS),
    )
    async with opening as terminal:
        reading = asyncio.create_task(_keys(websocket, terminal))
        writing = asyncio.create_task(_screen(websocket, terminal))
        tasks = {reading, writing}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()


async def _screen(websocket: WebSocket, terminal: Terminal) -> None:
    """Output to the client, until the shell is gone."""
    while True:
        piece = await terminal.read()
        if isinstance(piece, TerminalEnd):
            end = {"op": "exit", "code": piece.exit_code, "error": piece.error}
            await websocket.send_text(compact(end))
            await websocket.close(1000)
            return
        await websocket.send_bytes(piece)


async def _keys(websocket: WebSocket, terminal: Terminal) -> None:
    """Input from the client, until it goes."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get("bytes")
        if data is not None:
            for start in range(0, len(data), MAX_INPUT):
                terminal.write(data[start : start + MAX_INPUT])
        else:
            terminal.resize(*_size(message.get("text") or ""))


def _size(text: str) -> tuple[int, int]:
    try:
        data = parse_json(text.encode())
    except InvalidRequest as error:
        raise InvalidRequest.of("frame", error.violations[0].message) from None
    report = Report()
    frame = open_section(report, "", data, ("op", "rows", "columns"), {})
    report.close()
    if frame.get("op") != "resize":
        report.add("op", "must be resize", frame.get("op"))
    for name in ("rows", "columns"):
        if not frame.has(name):
            report.add(name, f"is required: {SIDES.expected}")
    rows, columns = frame.whole("rows", SIDES, 1), frame.whole("columns", SIDES, 1)
    report.close()
    return rows, columns


async def _refuse(websocket: WebSocket, error: HodeiError) -> None:
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), 1011)
    try:
        await websocket.send_text(
            compact({"op": "error", "code": error.code, "detail": str(error)})
        )
        await websocket.close(code)
    except GONE:
        return
