"""The conversation with the server: enrolment, the work stream, and coming back to it.

The stream may break at any moment and at any byte. What must not be lost (started, output,
outcome) is kept by the attempt until it is acknowledged and sent again from where the server's
Welcome says; everything else is only of the moment.
"""

from __future__ import annotations

import os
from time import monotonic, time

from hodei.agent import messages
from hodei.agent.codec import CodecError
from hodei.agent.diagnostics import log
from hodei.agent.loop import READABLE, WRITABLE
from hodei.agent.rpc import ConnectionLost, RpcError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hodei.agent.codec import Message
    from hodei.agent.loop import Loop, Timer
    from hodei.agent.rpc import Channel, Stream
    from hodei.agent.runner import Attempt

FIRST_RETRY_S, LAST_RETRY_S = 0.1, 3.0
CONNECT_TIMEOUT_S = 3.0
# A connect blocks the loop, so it may not take the time of a job's own deadline.
LEAST_CONNECT_S = 0.05
LONGEST_STALL_S = 15.0
# One message to the server, and what may wait to be sent before the job has to.
BATCH_BYTES = 1 << 20
BACKLOG_BYTES = 1 << 20
UNAUTHENTICATED = 16


class BackOff:
    """Waiting times that double from 0.1 s to 3 s, each shortened at random by up to half."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = FIRST_RETRY_S

    def delay(self) -> float:
        """The next waiting time in seconds."""
        delay = self._next
        self._next = min(delay * 2, LAST_RETRY_S)
        # 256 steps suffice to keep a thousand agents from coming back at once.
        return delay * (1 - os.urandom(1)[0] / 512)

    def reset(self) -> None:
        """Begins again at the shortest."""
        self._next = FIRST_RETRY_S


class Session:
    """The work stream of a registered agent, over as many connections as it takes."""

    def __init__(
        self, loop: Loop, channels: list[Channel], worker_id: str, granted: Message
    ) -> None:
        """`granted` is the RegisterResponse. Any server of `channels` will do; the first is
        the present one, and the list is turned when it fails."""
        self._loop = loop
        self._channels = channels
        self._worker_id = worker_id
        self._token: str = granted["session_token"]
        self._take_certificate(granted.get("certificate"))
        self._heartbeat_s = (granted["heartbeat_ms"] or 5000) / 1000
        self._fence_s = (granted["fence_ms"] or 60_000) / 1000
        self._stream: Stream | None = None
        self._watched = (-1, 0)
        self.welcomed = False
        """Whether the server has answered the Hello of this connection."""
        self.attempt: Attempt | None = None
        self.on_frame: Callable[[str, Message], None] = _ignore_frame
        self.on_fenced: Callable[[], None] = _ignore
        self.on_refused: Callable[[], None] = _ignore
        self.on_disconnected: Callable[[], None] = _ignore
        self._outbox: list[Message] = []
        self._started_sent = False
        self._exit_sent = False
        self._back_off = BackOff()
        self._last_sent = self._last_heard = monotonic()
        self._opened_at = self._last_heard
        self._wake: Timer | None = None
        self._stall: Timer | None = None
        loop.call_in(self._fence_s, self._check_fence)

    # ------------------------------------------------------------------ connecting

    @property
    def _channel(self) -> Channel:
        return self._channels[0]

    def open(self, *, connected: bool) -> None:
        """Begins a stream, on the connection that registering left when there is one.

        That one will not do for TLS: it shows the certificate for enrolling.
        """
        try:
            if not connected or self._channel.tls:
                room = self._loop.next_deadline() - monotonic()
                self._channel.connect(max(LEAST_CONNECT_S, min(CONNECT_TIMEOUT_S, room)))
            self._stream = self._channel.open_stream(
                messages.WORKER_STREAM, (("hodei-session", self._token),)
            )
            self._stream.send(messages.AGENT_BATCH.encode({"frames": [{"hello": self._hello()}]}))
            self._channel.on_writable()
            self._last_sent = self._opened_at = monotonic()
            self._stall = self._loop.call_in(self._stall_s, self._check_stall)
        except (ConnectionLost, RpcError) as error:
            self._disconnected(str(error))

    def _hello(self) -> Message:
        hello: Message = {"worker_id": self._worker_id}
        attempt = self.attempt
        if attempt:
            hello["attempt_id"] = attempt.id
            hello["started"] = attempt.started_at_ms > 0
            hello["exited"] = attempt.exited is not None
            hello["started_at_ms"] = attempt.started_at_ms
            hello["last_chunk_seq"] = attempt.output.last_seq
        return hello

    @property
    def _stall_s(self) -> float:
        """Silence after which a connection is taken for dead though it is open.

        A server gives a silent worker up after less than a minute: it has to call again by then.
        """
        return max(3 * self._heartbeat_s, min(self._fence_s / 3, LONGEST_STALL_S))

    def _disconnected(self, reason: str) -> None:
        self._unwatch()
        if self._stall:
            self._stall.cancel()
        self._stream = None
        self._channel.close()
        self._channels.append(self._channels.pop(0))
        self.welcomed = False
        self._outbox = [frame for frame in self._outbox if "terminal_exited" in frame]
        self.on_disconnected()
        delay = self._back_off.delay()
        log("disconnected", level="warning", reason=reason, retry_in_s=f"{delay:.2f}")
        self._loop.call_in(delay, self._reopen)

    def _reopen(self) -> None:
        if self._loop.exit_code is None and self._stream is None:
            self.open(connected=False)

    def close(self, seconds: float) -> None:
        """Sends what is queued, for at most so long, and hangs up."""
        deadline = monotonic() + seconds
        stream = self._stream
        try:
            if stream is not None:
                stream.close_send()
                self._channel.on_writable()
                while stream.backlog() and self._channel.drive(deadline):
                    continue
        except ConnectionLost:
            return
        finally:
            self._unwatch()
            self._channel.close()

    def unregister(self, reason: str, seconds: float) -> None:
        """Tells the server that this agent leaves by itself; silence is accepted."""
        request = {"session_token": self._token, "reason": reason}
        try:
            self._channel.unary(
                messages.UNREGISTER_WORKER,
                messages.UNREGISTER_WORKER_REQUEST.encode(request),
                timeout_s=seconds,
            )
        except (ConnectionLost, RpcError) as error:
            log("could not unregister", level="warning", reason=str(error))

    # ------------------------------------------------------------------ hearing

    def _on_socket(self, events: int) -> None:
        try:
            if events & WRITABLE:
                self._channel.on_writable()
            if events & ~WRITABLE:
                self._channel.on_readable()
        except ConnectionLost as error:
            self._take_messages()
            if self._stream is not None:
                self._judge_end()
                self._disconnected(error.reason)
            return
        self._take_messages()
        if self._stream is not None and self._stream.status() is not None:
            code, message = self._stream.status() or (0, "")
            self._judge_end()
            self._disconnected(f"the server ended the stream: {code} {message}")

    def _judge_end(self) -> None:
        status = self._stream.status() if self._stream else None
        if status and status[0] == UNAUTHENTICATED:
            log("the session is not valid any more", level="error", reason=status[1])
            self.on_refused()

    def _take_messages(self) -> None:
        while self._stream is not None and (payloads := self._stream.receive()):
            self._last_heard = monotonic()
            for payload in payloads:
                self._take(payload)

    def _take(self, payload: bytes) -> None:
        try:
            frames: list[Message] = messages.SERVER_BATCH.decode(payload)["frames"]
        except CodecError as error:
            log("a message that cannot be read", level="error", reason=str(error))
            return
        cancelled = {f["cancel"]["attempt_id"] for f in frames if "cancel" in f}
        for frame in frames:
            for kind, body in frame.items():
                if kind == "welcome":
                    self._on_welcome(body)
                elif kind == "log_ack":
                    self._on_log_ack(body)
                elif kind == "certificate":
                    self._take_certificate(body)
                else:
                    if kind == "run":
                        body["cancelled"] = body["attempt_id"] in cancelled
                    self.on_frame(kind, body)

    def _take_certificate(self, certificate: Message | None) -> None:
        if certificate is not None:
            for channel in self._channels:
                channel.show(certificate["identity"], certificate["authorities"])

    def _on_welcome(self, welcome: Message) -> None:
        self.welcomed = True
        self._back_off.reset()
        self._started_sent = self._exit_sent = False
        if self.attempt:
            self.attempt.output.spool.rewind(welcome["acked_chunk_seq"])
        log("welcomed", acked_chunk_seq=welcome["acked_chunk_seq"])
        if welcome["abandon"]:
            self.on_frame("abandon", welcome)

    def _on_log_ack(self, ack: Message) -> None:
        if self.attempt and self.attempt.id == ack["attempt_id"]:
            self.attempt.output.spool.confirm(ack["seq"])

    # ------------------------------------------------------------------ speaking

    def emit(self, frame: Message) -> None:
        """Queues a frame of the moment; without a connection it is dropped."""
        if self.welcomed or "terminal_exited" in frame:
            self._outbox.append(frame)

    def hold(self, attempt: Attempt | None) -> None:
        """The attempt whose frames are sent from now on."""
        self.attempt = attempt
        self._started_sent = self._exit_sent = False

    @property
    def congested(self) -> bool:
        """Whether more would only wait in memory."""
        return not self.welcomed or self._stream is None or self._stream.backlog() > BACKLOG_BYTES

    def flush(self) -> None:
        """Sends all that is ready, in as few messages as possible; the end of every turn."""
        if self._stream is None:
            self._pace_output()
            return
        try:
            if self.welcomed:
                self._send_ready()
            self._channel.on_writable()
            self._watch()
        except ConnectionLost as error:
            self._take_messages()
            self._judge_end()
            self._disconnected(error.reason)
        self._pace_output()
        self._schedule()

    def _send_ready(self) -> None:
        self._close_chunk()
        while not self.congested and self._stream is not None:
            frames = self._ready_frames()
            if not frames:
                break
            self._stream.send(messages.AGENT_BATCH.encode({"frames": frames}))
            self._last_sent = monotonic()
            self._channel.on_writable()
        if self._stream is not None and monotonic() >= self._last_sent + self._heartbeat_s:
            beat = {"heartbeat": {"sent_at_ms": int(time() * 1000)}}
            self._stream.send(messages.AGENT_BATCH.encode({"frames": [beat]}))
            self._last_sent = monotonic()

    def _close_chunk(self) -> None:
        """Small output leaves at once on a free link, otherwise within 100 ms."""
        attempt = self.attempt
        if attempt is None:
            return
        output, now = attempt.output, monotonic()
        free = not output.spool.in_flight and now >= attempt.hold_until
        if free or now >= output.flush_due():
            output.flush()

    def _ready_frames(self) -> list[Message]:
        frames: list[Message] = []
        attempt = self.attempt
        held = attempt is not None and attempt.exited is None and monotonic() < attempt.hold_until
        if attempt is not None and (not held or self._outbox):
            self._add_started(frames, attempt)
        frames += self._outbox
        self._outbox = []
        if attempt is None or held:
            return frames
        for chunk in attempt.output.spool.unsent(BATCH_BYTES):
            frames.append(
                {
                    "log": {
                        "attempt_id": attempt.id,
                        "seq": chunk.seq,
                        "stream": chunk.stream,
                        "time_ms": chunk.time_ms,
                        "data": chunk.data,
                    }
                }
            )
        if attempt.exited and not self._exit_sent and attempt.output.spool.all_sent:
            self._exit_sent = True
            frames.append({"exited": attempt.exited})
        return frames

    def _add_started(self, frames: list[Message], attempt: Attempt) -> None:
        if attempt.started_at_ms and not self._started_sent:
            self._started_sent = True
            frames.append(
                {
                    "started": {
                        "attempt_id": attempt.id,
                        "started_at_ms": attempt.started_at_ms,
                        "pid": attempt.pid,
                    }
                }
            )

    def _pace_output(self) -> None:
        if self.attempt and self.attempt.phase == "running":
            # A connection that takes nothing is no reason to fill the disk: the job waits.
            self.attempt.output.set_connected(self.welcomed)

    # ------------------------------------------------------------------ waiting

    def _watch(self) -> None:
        wanted = READABLE | (WRITABLE if self._channel.wants_write() else 0)
        descriptor = self._channel.fileno()
        if self._watched != (descriptor, wanted):
            self._unwatch()
            self._watched = (descriptor, wanted)
            self._loop.watch(descriptor, wanted, self._on_socket)

    def _unwatch(self) -> None:
        if self._watched[0] >= 0:
            self._loop.unwatch(self._watched[0])
        self._watched = (-1, 0)

    def _schedule(self) -> None:
        """Wakes the loop for the next heartbeat or the open chunk's 100 ms."""
        when = self._last_sent + self._heartbeat_s if self.welcomed else float("inf")
        if self.attempt and self.welcomed and not self.congested:
            when = min(when, self.attempt.output.flush_due())
        if self._wake and self._wake.action and self._wake.when == when:
            return
        if self._wake:
            self._wake.cancel()
        if when != float("inf"):
            self._wake = self._loop.call_at(when, _ignore)

    def _check_stall(self) -> None:
        silent = monotonic() - max(self._last_heard, self._opened_at)
        if silent >= self._stall_s:
            self._disconnected(f"nothing heard for {silent:.1f} s")
        else:
            self._stall = self._loop.call_in(self._stall_s - silent, self._check_stall)

    def _check_fence(self) -> None:
        silent = monotonic() - self._last_heard
        if silent >= self._fence_s:
            log("nothing heard from any server: leaving", level="error", seconds=f"{silent:.1f}")
            self.on_fenced()
        else:
            self._loop.call_in(self._fence_s - silent, self._check_fence)


def _ignore() -> None:
    """Only wakes the loop."""


def _ignore_frame(kind: str, body: Message) -> None:
    """What becomes of frames until somebody takes them."""
