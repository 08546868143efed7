"""An agent in memory: plays the worker's side of the protocol, well or badly, as it is told.

What must not be lost (start, output, end) is kept until the server acknowledges it and is said
again on the next stream, exactly as the real agent does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hodei.domain.errors import HodeiError
from hodei.domain.logs import CHAIN_START, RawChunk, Stream, extend_chain
from hodei.domain.outcome import Cause
from hodei.engine import enrol
from hodei.engine.engine import Engine
from hodei.engine.reports import ExitReport, HelloReport
from hodei.engine.sessions import Session
from hodei.ports.clock import Clock
from hodei.ports.peer import RunOrder, TerminalOrder
from hodei.ports.provider import ProvisionRequest

Frame = Callable[[Session], None]


@dataclass(slots=True, kw_only=True)
class Span:
    """Time during which user code of an attempt ran."""

    job_id: UUID
    attempt_id: UUID
    begin: float
    end: float | None = None


@dataclass(slots=True, kw_only=True)
class Run:
    """The attempt that the agent holds."""

    order: RunOrder
    started_at: datetime | None = None
    span: Span | None = None
    chunks: list[RawChunk] = field(default_factory=list)
    chain: bytes = CHAIN_START
    acked: int = 0
    exited: ExitReport | None = None
    cancelled: bool = False


class Link:
    """One stream between an agent and a server, with the server's part of `api.grpc.worker`.

    It is also the Peer: what the server says is noted, and reaches the agent at once unless
    `deaf` or broken.
    """

    def __init__(self, agent: SimulatedAgent, engine: Engine) -> None:
        self.agent = agent
        self.engine = engine
        self.said: list[tuple[str, object]] = []
        self.session: Session | None = None
        self.error: Exception | None = None
        self.up = True
        self.deaf = False
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self.task = asyncio.get_running_loop().create_task(self._serve())

    def send(self, frame: Frame) -> None:
        """From the agent; lost when the stream is broken."""
        if self.up:
            self._frames.put_nowait(frame)

    def cut(self, *, lost: bool = False) -> None:
        """The stream breaks: both sides notice. What the server has not read yet may be lost."""
        if self.up:
            self.up = False
            while lost and not self._frames.empty():
                self._frames.get_nowait()
            self._frames.put_nowait(None)
            self.agent.link_lost(self)

    async def _serve(self) -> None:
        tasks: list[asyncio.Task[None]] = []
        try:
            worker = await enrol.session_worker(self.engine.core, self.agent.token)
            self.session = self.engine.connect(worker, self)
            loop = asyncio.get_running_loop()
            tasks = [
                loop.create_task(self.session.run()),
                loop.create_task(self._read(self.session)),
            ]
            await self.session.closed.wait()
        except HodeiError as error:
            self.error = error
        finally:
            if self.session is not None:
                self.engine.disconnect(self.session)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.cut()

    async def _read(self, session: Session) -> None:
        error: Exception | None = None
        try:
            await session.hello(self.agent.hello())
            while (frame := await self._frames.get()) is not None:
                session.heard()
                frame(session)
                await session.room()
        except HodeiError as refused:
            error = refused
        session.close(error)

    def _say(self, kind: str, value: object) -> bool:
        self.said.append((kind, value))
        # An agent that has opened another stream reads this one no more.
        return self.up and not self.deaf and self.agent.link is self

    # ---- Peer

    def welcome(self, *, acked_chunk_seq: int, abandon: bool) -> None:
        if self._say("welcome", (acked_chunk_seq, abandon)):
            self.agent.on_welcome(acked_chunk_seq, abandon)

    def run(self, order: RunOrder) -> None:
        if self._say("run", order.attempt_id):
            self.agent.on_run(order)

    def cancel(self, attempt_id: UUID, *, grace_ms: int | None, reason: str) -> None:
        if self._say("cancel", attempt_id):
            self.agent.on_cancel(attempt_id)

    def ack_log(self, attempt_id: UUID, seq: int) -> None:
        if self._say("ack_log", (attempt_id, seq)):
            self.agent.on_ack_log(attempt_id, seq)

    def ack_exit(self, attempt_id: UUID) -> None:
        if self._say("ack_exit", attempt_id):
            self.agent.on_ack_exit(attempt_id)

    def shutdown(self, reason: str) -> None:
        if self._say("shutdown", reason):
            self.agent.on_shutdown()

    def heartbeat(self) -> None:
        self._say("heartbeat", None)

    def open_terminal(self, order: TerminalOrder) -> None:
        self._say("open_terminal", order)

    def terminal_input(self, terminal_id: str, data: bytes, *, end: bool) -> None:
        self._say("terminal_input", (terminal_id, data, end))

    def terminal_taken(self, terminal_id: str, amount: int) -> None:
        self._say("terminal_taken", (terminal_id, amount))

    def signal_terminal(self, terminal_id: str, number: int) -> None:
        self._say("signal_terminal", (terminal_id, number))

    def resize_terminal(self, terminal_id: str, rows: int, columns: int) -> None:
        self._say("resize_terminal", (terminal_id, rows, columns))

    def close_terminal(self, terminal_id: str) -> None:
        self._say("close_terminal", terminal_id)

    def close(self, error: Exception | None = None) -> None:
        self.error = self.error or error
        self.cut()


class SimulatedAgent:
    """One agent. `spans` is shared by all of a world: what user code ran when."""

    def __init__(self, clock: Clock, request: ProvisionRequest, spans: list[Span]) -> None:
        self._clock = clock
        self._spans = spans
        self.worker_id = request.worker_id
        self.otp = request.enrolment.otp
        self.reusable = request.spec.reusable
        self.token = ""
        self.link: Link | None = None
        self.links: list[Link] = []
        self.welcomed = False
        self.held: Run | None = None
        self.ended: list[UUID] = []
        """Attempts whose end was acknowledged."""
        self.gone = asyncio.Event()
        self.starts = True
        """Whether an order is followed at once."""
        self.obeys = True
        """Whether a cancel ends the attempt."""

    # ---- connecting

    async def register(self, engine: Engine) -> None:
        """Exchanges the password. Raises HodeiError."""
        admission = await enrol.register(
            engine.core, self.worker_id, self.otp, agent_version="1", architecture="x86_64"
        )
        self.token = admission.session_token

    def connect(self, engine: Engine) -> Link:
        """Opens a stream; an older one stays as it is, as half-open ones do."""
        self.welcomed = False
        self.link = Link(self, engine)
        self.links.append(self.link)
        return self.link

    def disconnect(self, *, lost: bool = False) -> None:
        """Both sides notice that the stream is gone; what was under way may be lost with it."""
        if self.link is not None:
            self.link.cut(lost=lost)

    def hello(self) -> HelloReport:
        """What it holds."""
        run = self.held
        return HelloReport(
            attempt_id=run.order.attempt_id if run else None,
            started=bool(run and run.started_at),
            exited=bool(run and run.exited),
            started_at=run.started_at if run else None,
            last_chunk_seq=len(run.chunks) if run else 0,
        )

    def link_lost(self, link: Link) -> None:
        """The stream is over."""
        if link is self.link:
            self.link, self.welcomed = None, False

    def heartbeat(self) -> None:
        """Says that it is there."""
        self._send(lambda session: None)

    # ---- what the job does

    def start(self) -> None:
        """The user's process exists."""
        run = self._run()
        if run.started_at is None:
            run.started_at = self._clock.now()
            run.span = Span(
                job_id=run.order.job_id,
                attempt_id=run.order.attempt_id,
                begin=self._clock.monotonic(),
            )
            self._spans.append(run.span)
            self._say_started(run)

    def write(self, data: bytes, *, stderr: bool = False) -> None:
        """One chunk of output."""
        run = self._run()
        chunk = RawChunk(
            seq=len(run.chunks) + 1,
            stream=Stream.STDERR if stderr else Stream.STDOUT,
            time_ms=int(self._clock.now().timestamp() * 1000),
            data=data,
        )
        run.chunks.append(chunk)
        run.chain = extend_chain(run.chain, chunk)
        self._say_chunk(run, chunk)

    def exit(
        self,
        code: int | None = 0,
        cause: Cause = Cause.EXIT,
        *,
        signal: int | None = None,
        message: str = "",
    ) -> None:
        """The process tree is gone."""
        run = self._run()
        if run.exited is not None:
            return
        self._stop(run)
        run.exited = ExitReport(
            attempt_id=run.order.attempt_id,
            cause=cause,
            exit_code=code,
            signal=signal,
            message=message,
            started_at=run.started_at,
            last_chunk_seq=len(run.chunks),
            log_chain=run.chain,
            cpu_ms=5,
            memory_peak_bytes=1 << 20,
            log_lost_bytes=0,
        )
        self._say_exited(run)

    def repeat(self) -> None:
        """Says everything once more that was said since the last acknowledgement."""
        run = self.held
        if run is not None:
            self._say_started(run)
            for chunk in run.chunks[run.acked :]:
                self._say_chunk(run, chunk)
            self._say_exited(run)

    def forget(self) -> None:
        """It ends what runs and remembers nothing of it, as no honest agent does."""
        self._stop(self._run())
        self.held = None

    def die(self) -> None:
        """The whole worker is gone, user code and all."""
        if self.held is not None:
            self._stop(self.held)
        self.gone.set()
        for link in self.links:
            link.cut()

    # ---- what the server says

    def on_welcome(self, acked: int, abandon: bool) -> None:
        self.welcomed = True
        run = self.held
        if run is None:
            return
        if abandon:
            self._stop(run)
            self.held = None
            self._after_attempt()
            return
        if run.started_at is not None:
            self._say_started(run)
        for chunk in run.chunks[acked:]:
            self._say_chunk(run, chunk)
        if run.exited is not None:
            self._say_exited(run)

    def on_run(self, order: RunOrder) -> None:
        if self.held is not None or self.gone.is_set():
            return
        self.held = Run(order=order)
        if self.starts:
            self.start()

    def on_cancel(self, attempt_id: UUID) -> None:
        run = self.held
        if run is None or run.order.attempt_id != attempt_id:
            return
        run.cancelled = True
        if self.obeys:
            self.exit(None, Cause.CANCELLED, signal=15)

    def on_ack_log(self, attempt_id: UUID, seq: int) -> None:
        if self.held is not None and self.held.order.attempt_id == attempt_id:
            self.held.acked = max(self.held.acked, seq)

    def on_ack_exit(self, attempt_id: UUID) -> None:
        run = self.held
        if run is None or run.order.attempt_id != attempt_id or run.exited is None:
            return
        self.ended.append(attempt_id)
        self.held = None
        self._after_attempt()

    def on_shutdown(self) -> None:
        self.die()

    # ---- inside

    def _after_attempt(self) -> None:
        if not self.reusable:
            self.die()

    def _run(self) -> Run:
        assert self.held is not None, "the agent holds no attempt"
        return self.held

    def _stop(self, run: Run) -> None:
        if run.span is not None and run.span.end is None:
            run.span.end = self._clock.monotonic()

    def _send(self, frame: Frame) -> None:
        if self.link is not None and self.welcomed:
            self.link.send(frame)

    def _say_started(self, run: Run) -> None:
        at = run.started_at
        if at is not None:
            self._send(lambda session: session.on_started(run.order.attempt_id, at))

    def _say_chunk(self, run: Run, chunk: RawChunk) -> None:
        stderr = chunk.stream is Stream.STDERR
        self._send(
            lambda session: session.on_log(
                run.order.attempt_id, chunk.seq, stderr, chunk.time_ms, chunk.data
            )
        )

    def _say_exited(self, run: Run) -> None:
        report = run.exited
        if report is not None:
            self._send(lambda session: session.on_exit(report))


async def live_as(agent: SimulatedAgent, engine: Engine) -> None:
    """The life of an honest agent as its worker's task: enrols, connects, stays."""
    try:
        with suppress(HodeiError):
            await agent.register(engine)
            agent.connect(engine)
            await agent.gone.wait()
    finally:
        agent.die()
