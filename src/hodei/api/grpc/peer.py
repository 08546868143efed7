"""The server's end of one worker stream: frames out in batches, frames in as reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

from hodei.domain.errors import Conflict, InvalidRequest
from hodei.domain.outcome import Cause
from hodei.domain.spec import CommandType
from hodei.engine.reports import ExitReport, HelloReport
from hodei.ports.certificates import WorkerCertificate
from hodei.ports.peer import RunOrder, TerminalOrder
from hodei.ports.store import Sample
from hodei.wire.gen import worker_pb2 as pb

_TYPES: Mapping[CommandType, pb.CommandType.ValueType] = {
    CommandType.SHELL: pb.COMMAND_TYPE_SHELL,
    CommandType.EXEC: pb.COMMAND_TYPE_EXEC,
    CommandType.PYTHON: pb.COMMAND_TYPE_PYTHON,
    CommandType.NODE: pb.COMMAND_TYPE_NODE,
}
_CAUSES: Mapping[int, Cause] = {
    pb.EXIT_CAUSE_EXIT: Cause.EXIT,
    pb.EXIT_CAUSE_SIGNAL: Cause.SIGNAL,
    pb.EXIT_CAUSE_OOM: Cause.OOM,
    pb.EXIT_CAUSE_TIMEOUT: Cause.TIMEOUT,
    pb.EXIT_CAUSE_CANCELLED: Cause.CANCELLED,
    pb.EXIT_CAUSE_SPEC: Cause.SPEC,
}
_MAX_BATCH_BYTES = 1 << 20
"""Frames beyond this leave in the next message."""
MAX_UNREAD = 10_000
"""Frames that wait for an agent."""
_MAX_TIME_MS = 253_402_300_799_000
"""The last millisecond that a date can name; an agent's clock may say anything."""


class StreamPeer:
    """Implements `Peer` on a gRPC stream; `batches` drains what the others queue."""

    def __init__(self) -> None:
        self._frames: list[pb.ServerFrame] = []
        self._wake = asyncio.Event()
        self._ended = False
        self.error: Exception | None = None

    async def batches(self) -> AsyncIterator[pb.ServerBatch]:
        """Queued frames, as they come, until `close`."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                yield pb.ServerBatch(frames=self._next_batch())
            if self._ended:
                return

    def _next_batch(self) -> list[pb.ServerFrame]:
        size, count = 0, 0
        for frame in self._frames:
            size += frame.ByteSize()
            count += 1
            if size > _MAX_BATCH_BYTES:
                break
        batch, self._frames = self._frames[:count], self._frames[count:]
        return batch

    def _say(self, frame: pb.ServerFrame) -> None:
        if self._ended:
            return
        if len(self._frames) >= MAX_UNREAD:
            # It asks for answers and reads none.
            self.close(Conflict(f"the agent has left {MAX_UNREAD} frames unread"))
            return
        self._frames.append(frame)
        self._wake.set()

    # ---- Peer

    def welcome(self, *, acked_chunk_seq: int, abandon: bool) -> None:
        message = pb.Welcome(acked_chunk_seq=acked_chunk_seq, abandon=abandon)
        self._say(pb.ServerFrame(welcome=message))

    def run(self, order: RunOrder) -> None:
        self._say(pb.ServerFrame(run=_order(order)))

    def cancel(self, attempt_id: UUID, *, grace_ms: int | None, reason: str) -> None:
        message = pb.CancelAttempt(attempt_id=str(attempt_id), grace_ms=grace_ms, reason=reason)
        self._say(pb.ServerFrame(cancel=message))

    def ack_log(self, attempt_id: UUID, seq: int) -> None:
        self._say(pb.ServerFrame(log_ack=pb.LogAck(attempt_id=str(attempt_id), seq=seq)))

    def ack_exit(self, attempt_id: UUID) -> None:
        self._say(pb.ServerFrame(exit_ack=pb.ExitAck(attempt_id=str(attempt_id))))

    def shutdown(self, reason: str) -> None:
        self._say(pb.ServerFrame(shutdown=pb.Shutdown(reason=reason)))

    def renew(self, certificate: WorkerCertificate, authorities: str) -> None:
        """A certificate in the place of the one before; agents of before this frame ignore it."""
        self._say(pb.ServerFrame(certificate=certificate_message(certificate, authorities)))

    def heartbeat(self) -> None:
        self._say(pb.ServerFrame(heartbeat=pb.ServerHeartbeat()))

    def open_terminal(self, order: TerminalOrder) -> None:
        message = pb.TerminalOpen(
            terminal_id=order.terminal_id,
            argv=order.argv,
            rows=order.rows,
            columns=order.columns,
            term=order.term,
            pipes=order.pipes,
            window=order.window,
        )
        self._say(pb.ServerFrame(terminal_open=message))

    def terminal_input(self, terminal_id: str, data: bytes, *, end: bool) -> None:
        message = pb.TerminalInput(terminal_id=terminal_id, data=data, end=end)
        self._say(pb.ServerFrame(terminal_input=message))

    def terminal_taken(self, terminal_id: str, amount: int) -> None:
        message = pb.TerminalTaken(terminal_id=terminal_id, bytes=amount)
        self._say(pb.ServerFrame(terminal_taken=message))

    def signal_terminal(self, terminal_id: str, number: int) -> None:
        message = pb.TerminalSignal(terminal_id=terminal_id, signal=number)
        self._say(pb.ServerFrame(terminal_signal=message))

    def resize_terminal(self, terminal_id: str, rows: int, columns: int) -> None:
        message = pb.TerminalResize(terminal_id=terminal_id, rows=rows, columns=columns)
        self._say(pb.ServerFrame(terminal_resize=message))

    def close_terminal(self, terminal_id: str) -> None:
        message = pb.TerminalClose(terminal_id=terminal_id)
        self._say(pb.ServerFrame(terminal_close=message))

    def close(self, error: Exception | None = None) -> None:
        self.error = self.error or error
        self._ended = True
        self._wake.set()


def certificate_message(certificate: WorkerCertificate, authorities: str) -> pb.Certificate:
    """What an agent shows from now on, and whom it believes."""
    return pb.Certificate(identity=certificate.pem, authorities=authorities)


def _order(order: RunOrder) -> pb.RunAttempt:
    return pb.RunAttempt(
        attempt_id=str(order.attempt_id),
        job_id=str(order.job_id),
        job_name=order.job_name,
        attempt_number=order.attempt_number,
        type=_TYPES[order.type],
        script=order.script,
        argv=order.argv,
        env=order.env,
        secret_env=order.secret_env,
        working_dir=order.working_dir,
        stdin=order.stdin,
        timeout_ms=order.timeout_ms,
        grace_ms=order.grace_ms,
        limits=pb.ResourceLimits(
            cpu_millis=order.cpu_millis, memory_bytes=order.memory_bytes, pids=order.pids
        ),
    )


# ---- what agents say; every value is theirs and is not trusted


def attempt_id_of(text: str) -> UUID:
    """Raises InvalidRequest."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequest.of("attempt_id", "must be a UUID", text) from None


def time_of(ms: int) -> datetime:
    """An agent's time, forced into what a date can be."""
    return datetime.fromtimestamp(time_ms_of(ms) / 1000, UTC)


def time_ms_of(ms: int) -> int:
    """The same in milliseconds, as log lines keep it."""
    return min(max(ms, 0), _MAX_TIME_MS)


def hello_of(hello: pb.Hello) -> HelloReport:
    """What the agent holds."""
    return HelloReport(
        attempt_id=attempt_id_of(hello.attempt_id) if hello.attempt_id else None,
        started=hello.started,
        exited=hello.exited,
        started_at=time_of(hello.started_at_ms) if hello.started_at_ms else None,
        last_chunk_seq=hello.last_chunk_seq,
    )


def exit_of(message: pb.AttemptExited) -> ExitReport:
    """How the attempt ended. Raises InvalidRequest."""
    cause = _CAUSES.get(message.cause)
    if cause is None:
        raise InvalidRequest.of("cause", "is not one that an agent can report", message.cause)
    return ExitReport(
        attempt_id=attempt_id_of(message.attempt_id),
        cause=cause,
        exit_code=message.exit_code if message.HasField("exit_code") else None,
        signal=message.signal or None,
        message=message.message[:1000],
        started_at=time_of(message.started_at_ms) if message.started_at_ms else None,
        last_chunk_seq=message.last_chunk_seq,
        log_chain=message.log_chain,
        cpu_ms=_bounded(message.cpu_ms),
        memory_peak_bytes=_bounded(message.memory_peak_bytes),
        log_lost_bytes=message.log_lost_bytes,
    )


def sample_of(message: pb.StatsSample) -> Sample:
    """What the attempt uses. Raises InvalidRequest."""
    return Sample(
        attempt_id=attempt_id_of(message.attempt_id),
        at=time_of(message.time_ms),
        cpu_ms=_bounded(message.cpu_ms),
        memory_bytes=_bounded(message.memory_bytes),
        memory_peak_bytes=_bounded(message.memory_peak_bytes),
        disk_read_bytes=_bounded(message.disk_read_bytes),
        disk_write_bytes=_bounded(message.disk_write_bytes),
        net_rx_bytes=_bounded(message.net_rx_bytes),
        net_tx_bytes=_bounded(message.net_tx_bytes),
        processes=min(message.processes, 1 << 30),
    )


def _bounded(number: int) -> int:
    """What fits a signed 64-bit column."""
    return min(number, (1 << 63) - 1)
