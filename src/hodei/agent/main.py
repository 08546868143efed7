"""The agent's program: enrols, takes orders, and leaves when it is not needed any more.

Exit codes: 0 work done, 1 cut off (the session was refused or no server was heard), 2 settings
are wrong, 3 the password was refused, 4 no server answered in time.
"""

from __future__ import annotations

import os
from time import monotonic, sleep

from hodei import __version__
from hodei.agent import messages, processes
from hodei.agent.copying import BUNDLE, copy_tree
from hodei.agent.diagnostics import log, set_level
from hodei.agent.environment import original_environment
from hodei.agent.loop import READABLE, Loop
from hodei.agent.rpc import Channel, ConnectionLost, RpcError
from hodei.agent.session import BackOff, Session
from hodei.agent.settings import AgentSettings, SettingsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hodei.agent.codec import Message
    from hodei.agent.confinement import Confinement
    from hodei.agent.runner import Attempt, Host
    from hodei.agent.terminal import Terminals

COPY_TO = "HODEI_AGENT_COPY_TO"
FEATURES = ("pty", "stats")
DONE, CUT_OFF, BAD_SETTINGS, REFUSED, NO_SERVER = 0, 1, 2, 3, 4
REGISTER_CALL_S = 10.0
# Statuses of Register after which another try can succeed: cancelled, unknown, deadline,
# exhausted, aborted, internal, unavailable.
RETRIABLE = frozenset((1, 2, 4, 8, 10, 13, 14))
CLOSE_S = 1.0
# After SIGTERM the outcome is waited for no longer than this once the job has ended.
LEAVE_S = 5.0
MOST_REMEMBERED = 16
KILL_S = 5.0


def main() -> int:
    """Runs the agent to its end; the exit code."""
    processes.exit_on_terminate()
    if target := os.environ.get(COPY_TO):
        return copy_to(target)
    try:
        settings = AgentSettings(os.environ)
    except SettingsError as error:
        log(str(error), level="error")
        return BAD_SETTINGS
    set_level(settings.log_level)
    _secure_descriptors()
    os.umask(0o022)
    try:
        channels = [
            Channel(target, ca=settings.ca.encode() or None)
            for target in settings.server.split(",")
        ]
    except ValueError as error:
        log(str(error), level="error")
        return BAD_SETTINGS
    for channel in channels:
        channel.show(settings.identity)
    granted = register(channels, settings)
    if isinstance(granted, int):
        return granted
    agent = Agent(settings, channels, granted)
    return agent.run()


def copy_to(target: str) -> int:
    """Copies the bundle instead of working; the exit code."""
    try:
        count = copy_tree(BUNDLE, target)
    except OSError as error:
        log("the bundle cannot be copied", level="error", reason=str(error))
        return CUT_OFF
    log("copied", files=count, target=target)
    return DONE


def register(channels: list[Channel], settings: AgentSettings) -> Message | int:
    """Exchanges the password for a session, with patience; the response or an exit code.

    Turns `channels` until the first is the one that answered.
    """
    deadline = monotonic() + settings.register_timeout_s
    system = os.uname()
    request = messages.REGISTER_REQUEST.encode(
        {
            "worker_id": settings.worker_id,
            "otp": settings.take_otp(),
            "agent_version": __version__,
            "architecture": "arm64" if system.machine == "aarch64" else system.machine,
            "hostname": system.nodename,
            "features": list(FEATURES),
        }
    )
    back_off = BackOff()
    while True:
        try:
            channels[0].connect(REGISTER_CALL_S)
            answer = channels[0].unary(messages.REGISTER, request, timeout_s=REGISTER_CALL_S)
            log("registered", worker_id=settings.worker_id)
            return messages.REGISTER_RESPONSE.decode(answer)
        except RpcError as error:
            if error.code not in RETRIABLE:
                log("registration refused", level="error", reason=str(error))
                return REFUSED
            reason = str(error)
        except ConnectionLost as error:
            reason = error.reason
        channels.append(channels.pop(0))
        delay = back_off.delay()
        if monotonic() + delay > deadline:
            log("no server to register with", level="error", reason=reason)
            return NO_SERVER
        log("registration failed", level="warning", reason=reason, retry_in_s=f"{delay:.2f}")
        sleep(delay)


class Agent:
    """Connects the session's orders with the one attempt that may be held at a time."""

    def __init__(self, settings: AgentSettings, channels: list[Channel], granted: Message) -> None:
        self._settings = settings
        self._loop = Loop()
        self._session = Session(self._loop, channels, settings.worker_id, granted)
        self._session.on_frame = self._on_frame
        self._session.on_fenced = self._cut_off
        self._session.on_refused = self._cut_off
        self._attempt: Attempt | None = None
        self._abandoned = False
        self._following: Message | None = None
        self._cancelled: list[str] = []
        self._leave_with: int | None = None
        self._await_ack = False
        self._signals, writer = os.pipe()
        os.set_blocking(self._signals, False)
        os.set_blocking(writer, False)
        processes.watch_signals(writer)
        self._loop.watch(self._signals, READABLE, self._on_signal)
        self._loop.after_turn = self._after_turn

    def run(self) -> int:
        """Works until there is no more to do; the exit code."""
        self._session.open(connected=True)
        # Now, while the server thinks about the Hello, is the time for everything slow.
        self._prepare()
        self._session.flush()
        try:
            code = self._loop.run()
        except Exception as error:
            # A job must not outlive its agent, even if the agent is at fault.
            log("the agent failed", level="error", reason=repr(error))
            self._kill_everything()
            raise
        self._session.close(CLOSE_S)
        self._confinement.close()
        self._host.workspace.close()
        log("leaving", exit_code=code)
        return code

    def _prepare(self) -> None:
        # The first job shall find everything loaded: wait4 needs resource, pipes need fcntl.
        import fcntl  # noqa: F401
        import resource  # noqa: F401

        from hodei.agent.confinement import Confinement
        from hodei.agent.runner import Host
        from hodei.agent.terminal import Terminals
        from hodei.agent.workspace import Workspace

        self._confinement: Confinement = Confinement(self._settings)
        self._confinement.prepare()
        self._host: Host = Host(
            self._loop,
            self._settings,
            original_environment(),
            self._confinement,
            Workspace(self._settings.directory),
        )
        self._host.emit = self._session.emit
        self._terminals: Terminals = Terminals(self._loop, self._confinement, self._session.emit)
        # Whoever sat before them is gone with the stream.
        self._session.on_disconnected = self._terminals.close_all

    def _kill_everything(self) -> None:
        until = monotonic() + KILL_S
        while self._attempt and monotonic() < until:
            _, any_child = processes.reap()
            if self._confinement.is_empty(any_child):
                return
            self._confinement.kill()
            sleep(0.01)

    def _after_turn(self) -> None:
        self._session.flush()
        self._terminals.pause(self._session.congested)

    # ------------------------------------------------------------------ orders

    def _on_frame(self, kind: str, body: Message) -> None:
        if kind == "run":
            self._run(body)
        elif kind == "cancel":
            self._cancel(body)
        elif kind == "exit_ack":
            self._on_exit_ack(body)
        elif kind == "abandon":
            self._abandon()
        elif kind == "shutdown":
            log("shutdown", reason=body["reason"])
            self._leave(DONE)
        elif kind.startswith("terminal_"):
            self._on_terminal(kind, body)

    def _run(self, order: Message) -> None:
        from hodei.agent.runner import Attempt

        attempt_id = order["attempt_id"]
        if self._leave_with is not None:
            return
        if self._attempt is not None:
            if self._attempt.id == attempt_id:
                return
            if not self._abandoned:
                log("refused a second attempt", level="error", attempt_id=attempt_id)
                return
            # It waits until nothing is left of the abandoned one.
            self._following = order
            return
        log("attempt begins", attempt_id=attempt_id)
        self._attempt = attempt = Attempt(self._host, order)
        attempt.on_ended = self._on_ended
        self._session.hold(attempt)
        if order["cancelled"] or attempt_id in self._cancelled:
            attempt.cancel("cancelled before it started")
        else:
            attempt.start()

    def _cancel(self, order: Message) -> None:
        attempt_id = order["attempt_id"]
        if self._attempt and self._attempt.id == attempt_id:
            self._attempt.cancel(order["reason"], order.get("grace_ms"))
        elif attempt_id not in self._cancelled:
            # It may overtake the order to run.
            self._cancelled = [*self._cancelled, attempt_id][-MOST_REMEMBERED:]

    def _on_exit_ack(self, ack: Message) -> None:
        attempt = self._attempt
        if attempt is None or attempt.id != ack["attempt_id"] or not attempt.exited:
            return
        self._drop_attempt()
        if not self._settings.reusable or self._leave_with is not None:
            self._loop.stop(self._leave_with or DONE)

    def _abandon(self) -> None:
        if self._attempt is None:
            return
        log("attempt abandoned", attempt_id=self._attempt.id)
        self._abandoned = True
        self._attempt.on_ended = self._on_abandoned_ended
        if self._attempt.exited:
            self._on_abandoned_ended()
        else:
            self._attempt.abandon()
        # Nobody wants a word about it: nothing more is sent.
        self._session.hold(None)

    def _on_abandoned_ended(self) -> None:
        self._terminals.close_all()
        self._drop_attempt()
        self._abandoned = False
        if not self._settings.reusable or self._leave_with is not None:
            self._loop.stop(self._leave_with or DONE)
        following, self._following = self._following, None
        if following is not None:
            self._run(following)

    def _on_ended(self) -> None:
        self._terminals.close_all()
        if self._leave_with is not None and not self._await_ack:
            self._loop.stop(self._leave_with)

    def _drop_attempt(self) -> None:
        if self._attempt:
            self._attempt.forget()
        self._attempt = None
        self._session.hold(None)

    def _on_terminal(self, kind: str, body: Message) -> None:
        if kind == "terminal_open":
            self._terminals.open(body, self._attempt)
        elif kind == "terminal_input":
            self._terminals.write(body["terminal_id"], body["data"], end=body["end"])
        elif kind == "terminal_taken":
            self._terminals.taken(body["terminal_id"], body["bytes"])
        elif kind == "terminal_signal":
            self._terminals.signal(body["terminal_id"], body["signal"])
        elif kind == "terminal_resize":
            self._terminals.resize(body["terminal_id"], body["rows"], body["columns"])
        elif kind == "terminal_close":
            self._terminals.close(body["terminal_id"])

    # ------------------------------------------------------------------ leaving

    def _leave(self, code: int) -> None:
        """Kills what runs and ends; the outcome is sent but not waited for."""
        self._leave_with = code
        self._await_ack = False
        attempt = self._attempt
        if attempt is None or attempt.exited:
            self._loop.stop(code)
        else:
            attempt.abandon()

    def _cut_off(self) -> None:
        self._leave(CUT_OFF)

    def _on_signal(self, events: int) -> None:
        try:
            numbers = os.read(self._signals, 4096)
        except BlockingIOError:
            return
        if processes.SIGCHLD in numbers:
            self._reap()
        if processes.SIGTERM in numbers or processes.SIGINT in numbers:
            self._asked_to_stop()

    def _reap(self) -> None:
        ended, any_child = processes.reap()
        for child in ended:
            if self._attempt:
                self._attempt.child_ended(child)
        # Only now: a terminal that was killed says whether the job was over.
        for child in ended:
            self._terminals.child_ended(child)
        if self._attempt:
            self._attempt.children_changed(any_child)

    def _asked_to_stop(self) -> None:
        log("asked to stop")
        attempt = self._attempt
        if attempt is None or self._leave_with is not None:
            if attempt is None:
                self._session.unregister("asked to stop", CLOSE_S)
            self._leave(DONE)
            return
        self._leave_with = DONE
        self._await_ack = True
        attempt.cancel("worker was asked to stop")
        self._stop_when_ended()

    def _stop_when_ended(self) -> None:
        """Once the job has ended its outcome gets a few seconds to be acknowledged."""
        attempt = self._attempt
        if attempt is None or attempt.exited:
            self._loop.call_in(LEAVE_S, lambda: self._loop.stop(DONE))
            return

        def ended() -> None:
            self._on_ended()
            self._loop.call_in(LEAVE_S, lambda: self._loop.stop(DONE))

        attempt.on_ended = ended


def _secure_descriptors() -> None:
    """0, 1 and 2 exist, and nothing else that was inherited reaches a job."""
    while True:
        descriptor = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        if descriptor > 2:
            os.close(descriptor)
            break
        os.set_inheritable(descriptor, True)
    processes.shield_descriptors()
