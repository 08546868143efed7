"""An agent that lies: it takes the place of a real one and says whatever a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import grpc

from hodei.wire.gen import worker_pb2 as pb
from hodei.wire.gen import worker_pb2_grpc as pb_grpc


class Doorman(pb_grpc.WorkerAgentServiceServicer):
    """Stands before the server's own socket. Turns agents away, which then call the server
    itself, or keeps one waiting and takes its one-time password."""

    def __init__(self) -> None:
        self._caught: asyncio.Queue[pb.RegisterRequest] = asyncio.Queue()
        self._catching = False

    async def Register(
        self,
        request: pb.RegisterRequest,
        context: grpc.aio.ServicerContext[pb.RegisterRequest, pb.RegisterResponse],
    ) -> pb.RegisterResponse:
        if self._catching:
            self._catching = False
            self._caught.put_nowait(request)
            await asyncio.Event().wait()
        await context.abort(grpc.StatusCode.UNAVAILABLE, "call the server itself")

    async def WorkerStream(
        self,
        request_iterator: AsyncIterator[pb.AgentBatch],
        context: grpc.aio.ServicerContext[pb.AgentBatch, pb.ServerBatch],
    ) -> AsyncIterator[pb.ServerBatch]:
        async for _ in request_iterator:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "call the server itself")
        yield pb.ServerBatch()

    async def UnregisterWorker(
        self,
        request: pb.UnregisterWorkerRequest,
        context: grpc.aio.ServicerContext[pb.UnregisterWorkerRequest, pb.UnregisterWorkerResponse],
    ) -> pb.UnregisterWorkerResponse:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "call the server itself")

    def catch(self) -> None:
        """The next agent is kept waiting."""
        self._catching = True

    async def caught(self) -> pb.RegisterRequest:
        """What the kept agent wanted to send."""
        return await self._caught.get()


@asynccontextmanager
async def doorman(path: Path) -> AsyncIterator[Doorman]:
    """A doorman that listens on a unix socket."""
    server = grpc.aio.server()
    one = Doorman()
    pb_grpc.add_WorkerAgentServiceServicer_to_server(one, server)
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    try:
        yield one
    finally:
        await server.stop(0)


class Impostor:
    """One work stream on which everything can be said."""

    def __init__(self, channel: grpc.aio.Channel, token: str, *, noise: bool = False) -> None:
        """`noise`: what is said arrives as bytes that are no message."""
        open_stream = channel.stream_stream(
            "/hodei.v1.WorkerAgentService/WorkerStream",
            _noise if noise else pb.AgentBatch.SerializeToString,
            pb.ServerBatch.FromString,
        )
        # Without an iterator of requests the call can be written to.
        self._call = open_stream(None, metadata=(("hodei-session", token),))

    async def say(self, *frames: pb.AgentFrame) -> None:
        """One batch of frames."""
        # The server may have ended the stream already; `end` says how.
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await self._call.write(pb.AgentBatch(frames=frames))

    async def hear(self, kind: str) -> pb.ServerFrame:
        """The next frame of a kind; others are passed over."""
        while True:
            batch = await self._call.read()
            assert isinstance(batch, pb.ServerBatch), f"the stream ended without {kind}"
            for frame in batch.frames:
                if frame.WhichOneof("frame") == kind:
                    return frame

    async def end(self) -> tuple[grpc.StatusCode, str]:
        """How the server ends the stream."""
        try:
            while isinstance(await self._call.read(), pb.ServerBatch):
                pass
        except grpc.aio.AioRpcError:
            pass
        return await self._call.code(), await self._call.details()

    def hang_up(self) -> None:
        """Cuts the stream."""
        self._call.cancel()


CLIENT_FAULT = "Internal error from Core"
"""What grpc.aio makes of a stream whose end arrives before it has sent its own beginning."""


async def verdict(
    channel: grpc.aio.Channel, token: str, *frames: pb.AgentFrame
) -> tuple[grpc.StatusCode, str]:
    """How the server ends a stream that begins with these frames."""
    while True:
        stream = Impostor(channel, token)
        await stream.say(*frames)
        code, words = await stream.end()
        if words != CLIENT_FAULT:
            return code, words


def _noise(batch: pb.AgentBatch) -> bytes:
    return b"\xff\xff\xff"


def hello(worker_id: str, attempt_id: str = "", *, started: bool = False) -> pb.AgentFrame:
    """The first frame of a stream."""
    return pb.AgentFrame(
        hello=pb.Hello(worker_id=worker_id, attempt_id=attempt_id, started=started)
    )


def started(attempt_id: str, at_ms: int = 1) -> pb.AgentFrame:
    """The user's process exists."""
    return pb.AgentFrame(
        started=pb.AttemptStarted(attempt_id=attempt_id, started_at_ms=at_ms, pid=1)
    )


def log(attempt_id: str, seq: int, data: bytes, time_ms: int = 1) -> pb.AgentFrame:
    """A chunk of output."""
    chunk = pb.LogChunk(
        attempt_id=attempt_id,
        seq=seq,
        stream=pb.LOG_STREAM_KIND_STDOUT,
        time_ms=time_ms,
        data=data,
    )
    return pb.AgentFrame(log=chunk)


def exited(attempt_id: str, **more: object) -> pb.AgentFrame:
    """The attempt is over."""
    message = pb.AttemptExited(attempt_id=attempt_id, cause=pb.EXIT_CAUSE_EXIT, exit_code=0)
    for name, value in more.items():
        setattr(message, name, value)
    return pb.AgentFrame(exited=message)


def stats(attempt_id: str, number: int) -> pb.AgentFrame:
    """A sample in which every figure is `number`."""
    sample = pb.StatsSample(attempt_id=attempt_id, time_ms=min(number, (1 << 63) - 1))
    for field in ("cpu_ms", "memory_bytes", "memory_peak_bytes", "disk_read_bytes", "net_rx_bytes"):
        setattr(sample, field, number)
    sample.processes = min(number, (1 << 32) - 1)
    return pb.AgentFrame(stats=sample)
