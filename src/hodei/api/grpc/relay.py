"""RelayService: terminals in jobs whose workers are connected here, asked for by other servers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import grpc

from hodei.api.grpc.credentials import server_credentials
from hodei.api.grpc.errors import abort
from hodei.api.grpc.options import LISTENER, RELAY
from hodei.api.grpc.peer import attempt_id_of
from hodei.api.grpc.reading import lenient, readable
from hodei.api.grpc.services import by_name
from hodei.domain.errors import HodeiError, InvalidRequest, Unavailable
from hodei.engine.engine import Engine
from hodei.engine.terminals import SIGNALS, WINDOW, Opening, Terminal, TerminalEnd
from hodei.ports.certificates import CurrentCertificate
from hodei.wire.gen import relay_pb2 as pb
from hodei.wire.gen import relay_pb2_grpc as pb_grpc
from hodei.wire.gen import worker_pb2 as worker

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

OPTIONS = (
    *LISTENER,
    *RELAY,
    ("grpc.max_connection_idle_ms", 30_000),
)
BROKEN = "the server that the person came by was gone"
_NAMES = {number: name for name, number in SIGNALS.items()}


class RelayServer:
    """Serves the other servers of the installation and nobody else."""

    def __init__(self, engine: Engine) -> None:
        self._server = grpc.aio.server(options=OPTIONS)
        served = by_name(self._server, lenient)
        pb_grpc.add_RelayServiceServicer_to_server(RelayEntrance(engine), served)

    def listen(self, address: str, tls: CurrentCertificate) -> None:
        """Listens on `host:port`; `tls` names whose certificates are asked for. Raises
        Unavailable."""
        try:
            port = self._server.add_secure_port(address, server_credentials(tls))
        except RuntimeError:
            port = 0
        if not port:
            raise Unavailable(f"HODEI_RELAY_LISTEN: cannot listen on {address} for other servers")

    async def start(self) -> None:
        """Begins to serve."""
        await self._server.start()

    async def stop(self, grace_s: float) -> None:
        """Ends the terminals that others have here; they are recorded within `grace_s`."""
        await self._server.stop(grace_s)


class RelayEntrance(pb_grpc.RelayServiceServicer):
    """The server's side of `proto/hodei/v1/relay.proto`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Enter(
        self, request_iterator: AsyncIterator[pb.EnterRequest], context: Context
    ) -> AsyncIterator[pb.EnterResponse]:
        async with AsyncExitStack() as stack:
            try:
                order = await _first(request_iterator)
                entering = self._engine.terminals.enter(
                    attempt_id_of(order.job_id), attempt_id_of(order.attempt_id), _opening(order)
                )
                terminal = await stack.enter_async_context(entering)
            except HodeiError as error:
                await abort(context, error)
            desk = _Desk(terminal)
            stack.push_async_callback(desk.close)
            yield pb.EnterResponse(entered=pb.Entered())
            async for frame in desk.frames(request_iterator):
                yield pb.EnterResponse(said=worker.AgentBatch(frames=[frame]))


async def _first(requests: AsyncIterator[pb.EnterRequest]) -> pb.EnterOpen:
    async for request in requests:
        if readable(request).WhichOneof("part") == "open":
            return request.open
        break
    raise InvalidRequest.of("part", "the first message of a call must be open")


def _opening(order: pb.EnterOpen) -> Opening:
    terminal = order.terminal
    return Opening(
        actor=order.actor,
        via=order.via,
        address=order.address,
        argv=tuple(terminal.argv),
        tty=not terminal.pipes,
        rows=terminal.rows,
        columns=terminal.columns,
        term=terminal.term,
    )


class _Desk:
    """One terminal and the server that asked for it, in the part of an agent."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._frames: deque[worker.AgentFrame] = deque()
        self._changed = asyncio.Event()
        self._room = WINDOW
        self._may_send = asyncio.Event()
        self._typed: asyncio.Queue[worker.TerminalInput] = asyncio.Queue()
        self._typed_bytes = 0
        self._over = False
        self._tasks: list[asyncio.Task[None]] = []

    async def frames(
        self, requests: AsyncIterator[pb.EnterRequest]
    ) -> AsyncIterator[worker.AgentFrame]:
        """What the agent would report, until the other server leaves."""
        parts = (self._screen(), self._type(), self._read(requests))
        self._tasks = [asyncio.create_task(part) for part in parts]
        while True:
            while self._frames:
                yield self._frames.popleft()
            if self._over:
                return
            self._changed.clear()
            await self._changed.wait()

    async def close(self) -> None:
        """Whoever did not leave is gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self._over:
            self._terminal.finish(BROKEN)

    def _say(self, frame: worker.AgentFrame) -> None:
        self._frames.append(frame)
        self._changed.set()

    async def _screen(self) -> None:
        while True:
            piece = await self._terminal.read()
            if isinstance(piece, TerminalEnd):
                ended = worker.TerminalExited(exit_code=piece.exit_code, error=piece.error)
                # Not the end of the call: what the other side still says would fail, and take
                # along what it has not read yet.
                self._say(worker.AgentFrame(terminal_exited=ended))
                return
            while self._room <= 0:
                self._may_send.clear()
                await self._may_send.wait()
            self._room -= len(piece.data)
            output = worker.TerminalOutput(data=piece.data, stderr=piece.stderr)
            self._say(worker.AgentFrame(terminal_output=output))

    async def _type(self) -> None:
        while True:
            typed = await self._typed.get()
            if typed.end:
                self._terminal.end_input()
                continue
            await self._terminal.write(typed.data)
            self._typed_bytes -= len(typed.data)
            taken = worker.TerminalTaken(bytes=len(typed.data))
            self._say(worker.AgentFrame(terminal_taken=taken))

    async def _read(self, requests: AsyncIterator[pb.EnterRequest]) -> None:
        """What the other server says; when it ends, it is gone."""
        reason = BROKEN
        try:
            async for request in requests:
                part = readable(request).WhichOneof("part")
                if part == "leave":
                    reason = request.leave.reason
                    break
                for frame in request.said.frames:
                    self._obey(frame)
        except HodeiError as error:
            reason = str(error)
        if reason:
            self._terminal.finish(reason)
        self._over = True
        self._changed.set()

    def _obey(self, frame: worker.ServerFrame) -> None:
        match frame.WhichOneof("frame"):
            case "terminal_input":
                self._typed_bytes += len(frame.terminal_input.data)
                if self._typed_bytes > 2 * WINDOW:
                    raise InvalidRequest.of("data", "is more input than may be on its way")
                self._typed.put_nowait(frame.terminal_input)
            case "terminal_taken":
                self._room = min(self._room + frame.terminal_taken.bytes, WINDOW)
                self._may_send.set()
            case "terminal_resize":
                size = frame.terminal_resize
                self._terminal.resize(size.rows, size.columns)
            case "terminal_signal":
                self._terminal.signal(_NAMES.get(frame.terminal_signal.signal, ""))
            case _:
                return  # a close is followed by what says why
