"""The relay's other half: calls the server that holds a worker, in the part of a server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc

from hodei.api.grpc.options import RELAY
from hodei.api.grpc.peer import StreamPeer
from hodei.domain.errors import Conflict, Unavailable
from hodei.engine.sessions import NO_EXIT_CODE
from hodei.ports.certificates import CurrentCertificate
from hodei.ports.peer import TerminalEvents
from hodei.ports.relay import EnterOrder
from hodei.wire.gen import relay_pb2 as pb
from hodei.wire.gen import relay_pb2_grpc as pb_grpc
from hodei.wire.gen import worker_pb2 as worker

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[pb.EnterRequest, pb.EnterResponse]

logger = logging.getLogger(__name__)

CONNECT_S = 3.0
"""Until the other server has answered the call."""
ENDING_S = 3.0
"""Until it has recorded the end of a terminal."""
OPTIONS = (
    *RELAY,
    ("grpc.enable_retries", 0),
    # Each call has a connection of its own: what floods one terminal holds up no other.
    ("grpc.use_local_subchannel_pool", 1),
)


class GrpcRelay:
    """Implements `Relay`."""

    def __init__(self, address: str, tls: CurrentCertificate) -> None:
        """`address` is this server's own; `tls` is what it shows, and whom it believes."""
        self.address = address
        self._tls = tls

    def call(self, address: str, order: EnterOrder) -> FarCall:
        """See `Relay.call`."""
        return FarCall(address, order, self._tls)


class FarCall(StreamPeer):
    """Implements `FarTerminal`."""

    def __init__(self, address: str, order: EnterOrder, tls: CurrentCertificate) -> None:
        super().__init__()
        self._address = address
        self._order = order
        self._tls = tls
        self._reason = ""

    def leave(self, reason: str) -> None:
        """See `FarTerminal.leave`."""
        self._reason = reason

    @asynccontextmanager
    async def entered(self, events: TerminalEvents) -> AsyncIterator[None]:
        """See `FarTerminal.entered`."""
        shown = self._tls()
        credentials = grpc.ssl_channel_credentials(shown.clients, shown.key, shown.chain)
        async with grpc.aio.secure_channel(self._address, credentials, OPTIONS) as channel:
            call = pb_grpc.RelayServiceStub(channel).Enter(self._requests())
            await self._open(call)
            hearing = asyncio.create_task(self._hear(call, events))
            try:
                yield
            finally:
                self.close()
                await asyncio.wait((hearing,), timeout=ENDING_S)
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)
                call.cancel()

    async def _requests(self) -> AsyncIterator[pb.EnterRequest]:
        """What is said goes there, at the pace at which it is taken."""
        yield pb.EnterRequest(open=_opening(self._order))
        async for batch in self.batches():
            yield pb.EnterRequest(said=batch)
        yield pb.EnterRequest(leave=pb.EnterLeave(reason=self._reason))

    async def _open(self, call: Call) -> None:
        """Returns once the terminal is open. Raises Conflict and Unavailable."""
        try:
            async with asyncio.timeout(CONNECT_S):
                if isinstance(await call.read(), pb.EnterResponse):
                    return
        except TimeoutError:
            call.cancel()
            raise Unavailable(f"that server does not answer at {self._address}") from None
        except grpc.aio.AioRpcError:
            pass
        raise await self._refusal(call)

    async def _refusal(self, call: Call) -> Conflict | Unavailable:
        code, details = await call.code(), await call.details()
        if code in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND):
            return Conflict(details)
        return Unavailable(f"that server does not let this one in at {self._address}: {details}")

    async def _hear(self, call: Call, events: TerminalEvents) -> None:
        try:
            while isinstance(response := await call.read(), pb.EnterResponse):
                for frame in response.said.frames:
                    _report(frame, events)
        except grpc.aio.AioRpcError as error:
            logger.info("the other server ended a terminal", extra={"error": error.details()})
        words = f"the connection to the server at {self._address}, which holds the job, was lost"
        events.on_exited(NO_EXIT_CODE, words)


def _report(frame: worker.AgentFrame, events: TerminalEvents) -> None:
    match frame.WhichOneof("frame"):
        case "terminal_output":
            events.on_output(frame.terminal_output.data, frame.terminal_output.stderr)
        case "terminal_taken":
            events.on_taken(frame.terminal_taken.bytes)
        case "terminal_exited":
            events.on_exited(frame.terminal_exited.exit_code, frame.terminal_exited.error)
        case _:
            return


def _opening(order: EnterOrder) -> pb.EnterOpen:
    terminal = order.terminal
    return pb.EnterOpen(
        job_id=str(order.job_id),
        attempt_id=str(order.attempt_id),
        actor=order.actor,
        via=order.via,
        address=order.address,
        terminal=worker.TerminalOpen(
            terminal_id=terminal.terminal_id,
            argv=terminal.argv,
            rows=terminal.rows,
            columns=terminal.columns,
            term=terminal.term,
            pipes=terminal.pipes,
            window=terminal.window,
        ),
    )
