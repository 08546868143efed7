"""WorkerAgentService: enrolment and the work stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import grpc

from hodei import __version__
from hodei.api.grpc.errors import abort
from hodei.api.grpc.origin import source_of
from hodei.api.grpc.peer import (
    StreamPeer,
    attempt_id_of,
    certificate_message,
    exit_of,
    hello_of,
    sample_of,
    time_ms_of,
    time_of,
)
from hodei.api.grpc.reading import readable
from hodei.domain.audit import Entry, Interface, result_of
from hodei.domain.errors import HodeiError, InvalidRequest, Unauthenticated
from hodei.engine import enrol
from hodei.engine.engine import Engine
from hodei.engine.sessions import Session
from hodei.ports.certificates import Presented
from hodei.wire.gen import worker_pb2 as pb
from hodei.wire.gen import worker_pb2_grpc as pb_grpc

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

logger = logging.getLogger(__name__)

SESSION_KEY = "hodei-session"
MAX_CHUNK = 1 << 20
"""Bytes of one log chunk; agents send at most 64 KiB."""
MAX_FRAMES = 10_000
"""In one message; an agent counts every chunk with 256 bytes at least against a mebibyte."""
MAX_REASON = 1000


class WorkerAgent(pb_grpc.WorkerAgentServiceServicer):
    """The worker protocol of `proto/hodei/v1/worker.proto`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Register(self, request: pb.RegisterRequest, context: Context) -> pb.RegisterResponse:
        core = self._engine.core
        try:
            readable(request)
            admission = await enrol.register(
                core,
                _worker_id(request.worker_id),
                request.otp,
                agent_version=request.agent_version,
                architecture=request.architecture,
                shown=enrol.shown_by(core, _certificate(context)),
            )
        except HodeiError as error:
            await self._refused("worker.enrol", request, error, context)
            await abort(context, error)
            raise
        timings = core.timings
        certificate = admission.certificate
        return pb.RegisterResponse(
            session_token=admission.session_token,
            heartbeat_ms=int(timings.heartbeat.total_seconds() * 1000),
            fence_ms=int(timings.fence.total_seconds() * 1000),
            server_version=__version__,
            certificate=(
                certificate_message(certificate, enrol.authorities(core)) if certificate else None
            ),
        )

    async def UnregisterWorker(
        self, request: pb.UnregisterWorkerRequest, context: Context
    ) -> pb.UnregisterWorkerResponse:
        try:
            readable(request)
            core = self._engine.core
            shown = enrol.shown_by(core, _certificate(context))
            await enrol.leave(core, request.session_token, request.reason, shown)
        except HodeiError as error:
            await self._refused("worker.leave", None, error, context)
            await abort(context, error)
        return pb.UnregisterWorkerResponse()

    async def WorkerStream(
        self, request_iterator: AsyncIterator[pb.AgentBatch], context: Context
    ) -> AsyncIterator[pb.ServerBatch]:
        peer = StreamPeer()
        session: Session | None = None
        tasks: list[asyncio.Task[None]] = []
        try:
            token = _session_token(context)
            shown = enrol.shown_by(self._engine.core, _certificate(context))
            worker = await enrol.session_worker(self._engine.core, token, shown)
            session = self._engine.connect(worker, peer)
            tasks = [
                asyncio.create_task(session.run()),
                asyncio.create_task(self._read(session, request_iterator)),
                asyncio.create_task(self._renew(peer, worker.id, token, shown)),
            ]
            async for batch in peer.batches():
                yield batch
            if isinstance(peer.error, HodeiError):
                raise peer.error
            if peer.error is not None:
                await abort(context, peer.error)
        except HodeiError as error:
            await self._refused("worker.connect", None, error, context)
            await abort(context, error)
        finally:
            if session is not None:
                self._engine.disconnect(session)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _refused(
        self, action: str, request: object, error: HodeiError, context: Context
    ) -> None:
        """Tells the audit log of a credential that does not count, or counted once already."""
        if not isinstance(error, Unauthenticated):
            return
        worker = request.worker_id if isinstance(request, pb.RegisterRequest) else ""
        result, code, detail = result_of(error)
        await self._engine.audit.note(
            Entry(
                at=self._engine.core.clock.now(),
                actor="anonymous",
                action=action,
                target_kind="worker",
                target=worker,
                result=result,
                code=code,
                detail=detail,
                source=source_of(context),
                interface=Interface.GRPC,
            )
        )

    async def _renew(
        self, peer: StreamPeer, worker_id: UUID, token: str, shown: Presented | None
    ) -> None:
        """Gives the agent a new certificate whenever half the life of the last one is over.

        At once where it shows none: it may have another server to turn to, which asks for one.
        """
        core = self._engine.core
        half = core.timings.certificate / 2
        left = shown.not_after - core.clock.now() if shown else half
        while True:
            await asyncio.sleep(max((left - half).total_seconds(), 0))
            certificate = enrol.certify(core, worker_id, token)
            if certificate is None:
                return
            peer.renew(certificate, enrol.authorities(core))
            left = 2 * half

    async def _read(self, session: Session, batches: AsyncIterator[pb.AgentBatch]) -> None:
        """Takes what the agent says until its stream ends; then the session is over."""
        error: Exception | None = None
        try:
            await self._take_all(session, batches)
        except HodeiError as refused:
            error = refused
        except grpc.aio.AbortError as ended:
            # The other half of the stream has told the agent why.
            error = ended
        except Exception as failure:
            logger.exception("worker stream failed", extra={"worker": str(session.worker.id)})
            error = failure
        session.close(error)

    async def _take_all(self, session: Session, batches: AsyncIterator[pb.AgentBatch]) -> None:
        greeted = False
        async for batch in batches:
            if len(readable(batch).frames) > MAX_FRAMES:
                raise InvalidRequest.of("frames", f"must be at most {MAX_FRAMES} in one message")
            session.heard()
            for frame in batch.frames:
                if not greeted:
                    await _greet(session, frame)
                    greeted = True
                else:
                    _take(session, frame)
            await session.room()


async def _greet(session: Session, frame: pb.AgentFrame) -> None:
    if frame.WhichOneof("frame") != "hello":
        raise InvalidRequest.of("frames[0]", "the first frame of a stream must be hello")
    if frame.hello.worker_id != str(session.worker.id):
        raise Unauthenticated("the session belongs to another worker")
    await session.hello(hello_of(frame.hello))


def _take(session: Session, frame: pb.AgentFrame) -> None:
    """One frame; frames of an attempt that the worker does not hold change nothing."""
    match frame.WhichOneof("frame"):
        case "log":
            log = frame.log
            if len(log.data) > MAX_CHUNK:
                raise InvalidRequest.of("log.data", f"must not exceed {MAX_CHUNK} bytes")
            stderr = log.stream == pb.LOG_STREAM_KIND_STDERR
            time_ms = time_ms_of(log.time_ms)
            session.on_log(attempt_id_of(log.attempt_id), log.seq, stderr, time_ms, log.data)
        case "started":
            started = frame.started
            session.on_started(attempt_id_of(started.attempt_id), time_of(started.started_at_ms))
        case "exited":
            session.on_exit(exit_of(frame.exited))
        case "stats":
            session.on_sample(sample_of(frame.stats))
        case "terminal_output" | "terminal_taken" | "terminal_exited":
            _take_terminal(session, frame)
        case _:
            return  # heartbeats and what later agents may add


def _take_terminal(session: Session, frame: pb.AgentFrame) -> None:
    """Frames of a terminal that is not open here change nothing."""
    match frame.WhichOneof("frame"):
        case "terminal_output":
            output = frame.terminal_output
            terminal = session.terminals.get(output.terminal_id)
            if terminal is not None:
                terminal.on_output(output.data, output.stderr)
        case "terminal_taken":
            terminal = session.terminals.get(frame.terminal_taken.terminal_id)
            if terminal is not None:
                terminal.on_taken(frame.terminal_taken.bytes)
        case "terminal_exited":
            ended = frame.terminal_exited
            terminal = session.terminals.pop(ended.terminal_id, None)
            if terminal is not None:
                terminal.on_exited(ended.exit_code, ended.error[:MAX_REASON])


def _certificate(context: Context) -> bytes | None:
    """PEM of what the client has shown by TLS; gRPC has checked that it is of our authority."""
    return next(iter(context.auth_context().get("x509_pem_cert", ())), None)


def _worker_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequest.of("worker_id", "must be a UUID", text) from None


def _session_token(context: Context) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == SESSION_KEY:
            return value if isinstance(value, str) else value.decode("ascii", "replace")
    raise Unauthenticated(f"metadata {SESSION_KEY} is missing")
