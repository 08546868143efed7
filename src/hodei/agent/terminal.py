"""Terminals into a running attempt: a shell on a pseudo-terminal among the job's processes."""

from __future__ import annotations

import os
from struct import pack

from hodei.agent import processes
from hodei.agent.cgroups import CgroupError
from hodei.agent.command import NotRunnable, SpecFault, login_shell, resolve
from hodei.agent.diagnostics import log
from hodei.agent.loop import READABLE, WRITABLE
from hodei.agent.processes import Ended, Launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hodei.agent.codec import Message
    from hodei.agent.confinement import Confinement
    from hodei.agent.loop import Loop, Timer
    from hodei.agent.runner import Attempt

MOST_TERMINALS = 8
READ_BYTES = 16_384
MOST_PENDING_INPUT = 1 << 20
HANGUP_GRACE_S = 1.0
LARGEST_SIDE = 0xFFFF


class Terminal:
    """One open terminal; `master` is the agent's end of it."""

    __slots__ = ("id", "kill_timer", "master", "paused", "pending", "pid")

    def __init__(self, terminal_id: str, master: int, pid: int) -> None:
        self.id = terminal_id
        self.master = master
        self.pid = pid
        self.pending = bytearray()
        self.paused = False
        self.kill_timer: Timer | None = None


class Terminals:
    """All terminals of the agent; they end with the attempt."""

    __slots__ = ("_confinement", "_emit", "_loop", "_open", "_paused")

    def __init__(
        self, loop: Loop, confinement: Confinement, emit: Callable[[Message], None]
    ) -> None:
        self._loop = loop
        self._confinement = confinement
        self._emit = emit
        self._open: dict[str, Terminal] = {}
        self._paused = False

    def open(self, order: Message, attempt: Attempt | None) -> None:
        """Opens one beside the job's processes, or says why not."""
        terminal_id: str = order["terminal_id"]
        if terminal_id in self._open:
            return
        if attempt is None or attempt.phase != "running":
            self._refuse(terminal_id, "nothing is running here")
        elif len(self._open) >= MOST_TERMINALS:
            self._refuse(terminal_id, f"{MOST_TERMINALS} terminals are open already")
        else:
            try:
                self._start(order, attempt)
            except (SpecFault, NotRunnable, CgroupError) as error:
                self._refuse(terminal_id, str(error))
            except (OSError, ValueError) as error:
                self._refuse(terminal_id, f"no terminal can be opened: {error}")

    def _start(self, order: Message, attempt: Attempt) -> None:
        environment = dict(attempt.environment, TERM=order["term"] or "xterm-256color")
        argv: list[str] = list(order["argv"])
        if argv:
            file = resolve(argv[0], environment.get("PATH", ""), attempt.cwd)
        else:
            file = login_shell(environment, attempt.cwd)
            argv = [file]
        master, slave = os.openpty()
        try:
            _set_size(master, order["rows"], order["columns"])
            # The child opens it by name, as leader of a new session: so it becomes its own.
            device = os.ttyname(slave)
            pid = self._confinement.spawn(
                Launch(file, argv, environment, attempt.cwd, {}, tty=device)
            )
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        os.set_blocking(master, False)
        terminal = Terminal(order["terminal_id"], master, pid)
        self._open[terminal.id] = terminal
        self._watch(terminal)
        log("terminal opened", terminal_id=terminal.id, pid=pid)

    def write(self, terminal_id: str, data: bytes) -> None:
        """Input from the person; an unknown terminal takes none."""
        terminal = self._open.get(terminal_id)
        if terminal is None:
            return
        terminal.pending += data
        if len(terminal.pending) > MOST_PENDING_INPUT:
            log("terminal takes no input", level="warning", terminal_id=terminal_id)
            self.close(terminal_id)
            return
        self._write_pending(terminal)
        self._watch(terminal)

    def resize(self, terminal_id: str, rows: int, columns: int) -> None:
        """Tells the programs in it the new size."""
        terminal = self._open.get(terminal_id)
        if terminal:
            _set_size(terminal.master, rows, columns)

    def close(self, terminal_id: str) -> None:
        """Hangs up, and kills what ignores that."""
        terminal = self._open.get(terminal_id)
        if terminal is None or terminal.kill_timer:
            return
        processes.signal_group(terminal.pid, processes.SIGHUP)

        def kill() -> None:
            processes.signal_group(terminal.pid, processes.SIGKILL)

        terminal.kill_timer = self._loop.call_in(HANGUP_GRACE_S, kill)

    def close_all(self) -> None:
        """The attempt is ending: its sweep kills what this does not."""
        for terminal_id in list(self._open):
            self.close(terminal_id)

    def pause(self, paused: bool) -> None:
        """While the server takes nothing, nothing is read; programs wait as on a slow line."""
        if paused != self._paused:
            self._paused = paused
            for terminal in self._open.values():
                self._watch(terminal)

    def child_ended(self, ended: Ended) -> None:
        """A child of the agent was reaped; perhaps it was a terminal's shell."""
        for terminal in list(self._open.values()):
            if terminal.pid == ended.pid:
                self._finish(terminal, ended)

    def _finish(self, terminal: Terminal, ended: Ended) -> None:
        while self._read(terminal):
            pass
        if terminal.kill_timer:
            terminal.kill_timer.cancel()
        self._loop.unwatch(terminal.master)
        os.close(terminal.master)
        del self._open[terminal.id]
        code = ended.exit_code if ended.exit_code is not None else 128 + ended.signal
        self._emit({"terminal_exited": {"terminal_id": terminal.id, "exit_code": code}})

    def _refuse(self, terminal_id: str, error: str) -> None:
        self._emit({"terminal_exited": {"terminal_id": terminal_id, "error": error}})

    def _watch(self, terminal: Terminal) -> None:
        events = (0 if self._paused else READABLE) | (WRITABLE if terminal.pending else 0)
        if not events:
            self._loop.unwatch(terminal.master)
            return

        def on_event(happened: int) -> None:
            if happened & WRITABLE:
                self._write_pending(terminal)
            readable = bool(happened & ~WRITABLE) and not self._paused
            hung_up = happened & ~(WRITABLE | READABLE)
            if readable and not self._read(terminal) and hung_up:
                # Every program has closed it; its shell is reaped in a moment.
                self._loop.unwatch(terminal.master)
            else:
                self._watch(terminal)

        self._loop.watch(terminal.master, events, on_event)

    def _read(self, terminal: Terminal) -> bool:
        try:
            data = os.read(terminal.master, READ_BYTES)
        except OSError:
            # EAGAIN, or EIO when no program holds the other end.
            return False
        if data:
            self._emit({"terminal_output": {"terminal_id": terminal.id, "data": data}})
        return bool(data)

    def _write_pending(self, terminal: Terminal) -> None:
        try:
            written = os.write(terminal.master, terminal.pending) if terminal.pending else 0
        except BlockingIOError:
            return
        except OSError:
            terminal.pending.clear()
            return
        del terminal.pending[:written]


def _set_size(descriptor: int, rows: int, columns: int) -> None:
    import fcntl
    import termios

    size = pack("HHHH", min(rows or 24, LARGEST_SIDE), min(columns or 80, LARGEST_SIDE), 0, 0)
    try:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)
    except OSError as error:
        log("terminal cannot be resized", level="warning", reason=error.strerror)
