"""A real gRPC server whose side of the worker protocol is scripted by the test."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable

import grpc

from hodei.wire.gen import worker_pb2 as pb
from hodei.wire.gen import worker_pb2_grpc as pb_grpc

RegisterContext = grpc.aio.ServicerContext[pb.RegisterRequest, pb.RegisterResponse]
UnregisterContext = grpc.aio.ServicerContext[
    pb.UnregisterWorkerRequest, pb.UnregisterWorkerResponse
]
StreamContext = grpc.aio.ServicerContext[pb.AgentBatch, pb.ServerBatch]

OTP = "one-time-password"
TOKEN = "session-token"
HEARTBEAT_MS = 200
FENCE_MS = 10_000


class Record:
    """What the server was told about one attempt."""

    def __init__(self) -> None:
        self.started: list[pb.AttemptStarted] = []
        self.chunks: dict[int, pb.LogChunk] = {}
        self.order: list[int] = []
        """Numbers of the chunks as they came, repetitions included."""
        self.stats: list[pb.StatsSample] = []
        self.exits: list[pb.AttemptExited] = []
        self.cancels_seen = 0

    @property
    def exit(self) -> pb.AttemptExited:
        """The outcome."""
        return self.exits[-1]

    def text(self, stream: int = 0) -> bytes:
        """The output in order, of one stream (1, 2) or of both (0)."""
        chunks = (self.chunks[seq] for seq in sorted(self.chunks))
        return b"".join(c.data for c in chunks if stream in (0, c.stream))

    def chain(self) -> bytes:
        """The hash chain as the protocol defines it, over what arrived."""
        value = bytes(32)
        for seq in sorted(self.chunks):
            chunk = self.chunks[seq]
            inner = hashlib.sha256(chunk.data).digest()
            value = hashlib.sha256(value + bytes([chunk.stream]) + inner).digest()
        return value

    def is_whole(self) -> bool:
        """Whether the outcome's end mark fits what arrived."""
        end = self.exit
        return (
            sorted(self.chunks) == list(range(1, end.last_chunk_seq + 1))
            and sum(len(c.data) for c in self.chunks.values()) == end.log_bytes
            and self.chain() == end.log_chain
            and end.log_lost_bytes == 0
        )


class ScriptedServer(pb_grpc.WorkerAgentServiceServicer):
    """Accepts one worker; switches decide what it answers by itself."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.records: dict[str, Record] = {}
        self.registrations: list[pb.RegisterRequest] = []
        self.unregistered: list[str] = []
        self.hellos: list[pb.Hello] = []
        self.terminals: dict[str, bytearray] = {}
        self.terminal_errors: dict[str, bytearray] = {}
        """What came from stderr."""
        self.input_taken: dict[str, int] = {}
        self.terminal_exits: dict[str, pb.TerminalExited] = {}
        self.heartbeats = 0
        self.messages = 0
        self.refuse_otp = False
        self.refuse_session = False
        self.unavailable_registrations = 0
        self.ack_logs = True
        self.ack_exits = True
        self.beat = True
        self.abandon: set[str] = set()
        self.fence_ms = FENCE_MS
        self.credentials: grpc.ServerCredentials | None = None
        """Makes it a TLS server; set before `start`."""
        self.certificate: pb.Certificate | None = None
        """Goes with the session."""
        self.shown: list[bytes] = []
        """The certificate of each stream's connection, PEM."""
        self._server: grpc.aio.Server | None = None
        self._outgoing: asyncio.Queue[pb.ServerBatch | None] = asyncio.Queue()
        self._changed = asyncio.Condition()

    async def start(self) -> None:
        """Listens on its address, again after `stop`."""
        self._server = grpc.aio.server()
        pb_grpc.add_WorkerAgentServiceServicer_to_server(self, self._server)
        if self.credentials is not None:
            self._server.add_secure_port(self.address, self.credentials)
        else:
            self._server.add_insecure_port(self.address)
        await self._server.start()

    async def stop(self) -> None:
        """Drops the connection and stops to listen."""
        if self._server is not None:
            await self._server.stop(None)
            self._server = None

    def of(self, attempt_id: str) -> Record:
        """The record of an attempt."""
        return self.records.setdefault(attempt_id, Record())

    async def send(self, *frames: pb.ServerFrame) -> None:
        """Queues one batch for the agent."""
        await self._outgoing.put(pb.ServerBatch(frames=frames))

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Waits until something that arrived makes the condition true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def cut(self) -> None:
        """Ends the present stream from this side."""
        await self._outgoing.put(None)

    # ------------------------------------------------------------------ the service

    async def Register(
        self, request: pb.RegisterRequest, context: RegisterContext
    ) -> pb.RegisterResponse:
        """Grants a session, unless told otherwise."""
        self.registrations.append(request)
        await self._wake()
        if self.unavailable_registrations:
            self.unavailable_registrations -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        if self.refuse_otp or request.otp != OTP:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "the password was used before")
        return pb.RegisterResponse(
            session_token=TOKEN,
            heartbeat_ms=HEARTBEAT_MS,
            fence_ms=self.fence_ms,
            certificate=self.certificate,
        )

    async def UnregisterWorker(
        self, request: pb.UnregisterWorkerRequest, context: UnregisterContext
    ) -> pb.UnregisterWorkerResponse:
        """Notes the farewell."""
        self.unregistered.append(request.reason)
        await self._wake()
        return pb.UnregisterWorkerResponse()

    async def WorkerStream(
        self, requests: AsyncIterator[pb.AgentBatch], context: StreamContext
    ) -> AsyncIterator[pb.ServerBatch]:
        """The work stream."""
        metadata = dict(context.invocation_metadata() or ())
        if self.refuse_session or metadata.get("hodei-session") != TOKEN:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such session")
        self.shown += context.auth_context().get("x509_pem_cert", ())
        outgoing: asyncio.Queue[pb.ServerBatch | None] = asyncio.Queue()
        self._outgoing = outgoing
        reader = asyncio.create_task(self._read(requests, outgoing))
        try:
            while True:
                try:
                    batch = await asyncio.wait_for(outgoing.get(), HEARTBEAT_MS / 1000)
                except TimeoutError:
                    if not self.beat:
                        continue
                    batch = pb.ServerBatch(
                        frames=[pb.ServerFrame(heartbeat=pb.ServerHeartbeat(sent_at_ms=1))]
                    )
                if batch is None:
                    return
                yield batch
        finally:
            reader.cancel()

    async def _read(
        self, requests: AsyncIterator[pb.AgentBatch], outgoing: asyncio.Queue[pb.ServerBatch | None]
    ) -> None:
        async for batch in requests:
            self.messages += 1
            answers: list[pb.ServerFrame] = []
            acked: dict[str, int] = {}
            for frame in batch.frames:
                self._take(frame, answers, acked)
            if self.ack_logs:
                for attempt_id, seq in acked.items():
                    ack = pb.LogAck(attempt_id=attempt_id, seq=seq)
                    answers.append(pb.ServerFrame(log_ack=ack))
            if answers:
                await outgoing.put(pb.ServerBatch(frames=answers))
            await self._wake()
        await outgoing.put(None)

    def _take(
        self, frame: pb.AgentFrame, answers: list[pb.ServerFrame], acked: dict[str, int]
    ) -> None:
        kind = frame.WhichOneof("frame")
        if kind == "hello":
            self.hellos.append(frame.hello)
            held = frame.hello.attempt_id
            stored = max(self.of(held).chunks, default=0) if held else 0
            welcome = pb.Welcome(acked_chunk_seq=stored, abandon=held in self.abandon)
            answers.append(pb.ServerFrame(welcome=welcome))
        elif kind == "log":
            record = self.of(frame.log.attempt_id)
            record.order.append(frame.log.seq)
            record.chunks[frame.log.seq] = frame.log
            acked[frame.log.attempt_id] = frame.log.seq
        elif kind == "started":
            self.of(frame.started.attempt_id).started.append(frame.started)
        elif kind == "exited":
            self.of(frame.exited.attempt_id).exits.append(frame.exited)
            if self.ack_exits:
                ack = pb.ExitAck(attempt_id=frame.exited.attempt_id)
                answers.append(pb.ServerFrame(exit_ack=ack))
        elif kind == "stats":
            self.of(frame.stats.attempt_id).stats.append(frame.stats)
        elif kind == "cancel_seen":
            self.of(frame.cancel_seen.attempt_id).cancels_seen += 1
        elif kind == "heartbeat":
            self.heartbeats += 1
        elif kind == "terminal_output":
            piece = frame.terminal_output
            into = self.terminal_errors if piece.stderr else self.terminals
            into.setdefault(piece.terminal_id, bytearray()).extend(piece.data)
        elif kind == "terminal_taken":
            taken = frame.terminal_taken
            before = self.input_taken.get(taken.terminal_id, 0)
            self.input_taken[taken.terminal_id] = before + taken.bytes
        elif kind == "terminal_exited":
            self.terminal_exits[frame.terminal_exited.terminal_id] = frame.terminal_exited

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()
