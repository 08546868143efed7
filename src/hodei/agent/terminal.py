"""Terminals into a running attempt: shells and commands among the job's processes."""

from __future__ import annotations

import os

from hodei.agent import processes
from hodei.agent.cgroups import CgroupError
from hodei.agent.command import (
    NOT_EXECUTABLE,
    NOT_FOUND,
    NotRunnable,
    SpecFault,
    exec_fault,
    login_shell,
    resolve,
)
from hodei.agent.diagnostics import log
from hodei.agent.processes import Ended, Launch
from hodei.agent.terminal_stream import Terminal, set_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hodei.agent.codec import Message
    from hodei.agent.confinement import Confinement
    from hodei.agent.loop import Loop
    from hodei.agent.runner import Attempt

MOST_TERMINALS = 8
HANGUP_GRACE_S = 1.0
REFUSED = 255
OVER = "the job is over"


class Terminals:
    """All terminals of the agent; they end with the attempt, and with the connection."""

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
            self._refuse(terminal_id, "nothing is running here", REFUSED)
        elif len(self._open) >= MOST_TERMINALS:
            self._refuse(terminal_id, f"{MOST_TERMINALS} terminals are open already", REFUSED)
        else:
            try:
                self._start(order, attempt)
            except NotRunnable as fault:
                self._refuse(terminal_id, str(fault), fault.exit_code)
            except SpecFault as fault:
                self._refuse(terminal_id, str(fault), NOT_FOUND)
            except (CgroupError, OSError, ValueError) as error:
                self._refuse(terminal_id, f"no terminal can be opened: {error}", NOT_EXECUTABLE)

    def _start(self, order: Message, attempt: Attempt) -> None:
        environment = dict(attempt.environment)
        if not order["pipes"]:
            environment["TERM"] = order["term"] or "xterm-256color"
        argv: list[str] = list(order["argv"])
        if argv:
            file = resolve(argv[0], environment.get("PATH", ""), attempt.cwd)
        else:
            file = login_shell(environment, attempt.cwd)
            argv = [file]
        launch = Launch(file, argv, environment, attempt.cwd, {})
        start = self._on_pipes if order["pipes"] else self._on_tty
        terminal = start(order, launch)
        terminal.is_over = attempt.is_over
        self._open[terminal.id] = terminal
        terminal.pause(self._paused)
        log("terminal opened", terminal_id=terminal.id, pid=terminal.pid)

    def _on_tty(self, order: Message, launch: Launch) -> Terminal:
        master, slave = os.openpty()
        try:
            set_size(master, order["rows"], order["columns"])
            # The child opens it by name, as leader of a new session: so it becomes its own.
            launch.tty = os.ttyname(slave)
            pid = self._spawn(launch)
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        return self._terminal(order, pid, master, {master: False})

    def _on_pipes(self, order: Message, launch: Launch) -> Terminal:
        read, write = zip(os.pipe(), os.pipe(), os.pipe(), strict=True)
        own, given = (write[0], *read[1:]), (read[0], *write[1:])
        try:
            launch.descriptors = dict(enumerate(given))
            pid = self._spawn(launch)
        except BaseException:
            for descriptor in own:
                os.close(descriptor)
            raise
        finally:
            for descriptor in given:
                os.close(descriptor)
        return self._terminal(order, pid, own[0], {own[1]: False, own[2]: True})

    def _spawn(self, launch: Launch) -> int:
        try:
            return self._confinement.spawn(launch)
        except OSError as error:
            raise exec_fault(launch.file, error) from error

    def _terminal(self, order: Message, pid: int, entry: int, outputs: dict[int, bool]) -> Terminal:
        return Terminal(
            order["terminal_id"],
            self._loop,
            self._emit,
            pid=pid,
            input=entry,
            outputs=outputs,
            window=order["window"],
        )

    def write(self, terminal_id: str, data: bytes, *, end: bool) -> None:
        """Input from the person; an unknown terminal takes none."""
        terminal = self._open.get(terminal_id)
        if terminal and not terminal.write(data, end=end):
            log("terminal takes no input", level="warning", terminal_id=terminal_id)
            self.close(terminal_id)

    def taken(self, terminal_id: str, amount: int) -> None:
        """Output that the person's side has taken; more may be read."""
        terminal = self._open.get(terminal_id)
        if terminal:
            terminal.taken(amount)
            self._finish_if_drained(terminal)

    def resize(self, terminal_id: str, rows: int, columns: int) -> None:
        """Tells the programs in it the new size."""
        terminal = self._open.get(terminal_id)
        if terminal:
            terminal.resize(rows, columns)

    def signal(self, terminal_id: str, number: int) -> None:
        """A signal to what runs in the foreground; one that does not exist is none."""
        terminal = self._open.get(terminal_id)
        if terminal and terminal.ended is None and 0 < number < 32:
            processes.signal_group(terminal.foreground(), number)

    def close(self, terminal_id: str) -> None:
        """Hangs up, and kills what ignores that."""
        terminal = self._open.get(terminal_id)
        if terminal is None or terminal.kill_timer:
            return
        if terminal.ended is not None:
            self._finish(terminal)
            return
        processes.signal_group(terminal.pid, processes.SIGHUP)
        processes.signal_group(terminal.pid, processes.SIGCONT)

        def kill() -> None:
            processes.signal_group(terminal.pid, processes.SIGKILL)

        terminal.kill_timer = self._loop.call_in(HANGUP_GRACE_S, kill)

    def close_all(self) -> None:
        """The attempt is over, or the connection: nobody can read them any more."""
        for terminal_id in list(self._open):
            self.close(terminal_id)

    def pause(self, paused: bool) -> None:
        """While the server takes nothing, nothing is read; programs wait as on a slow line."""
        if paused != self._paused:
            self._paused = paused
            for terminal in list(self._open.values()):
                terminal.pause(paused)
                self._finish_if_drained(terminal)

    def child_ended(self, ended: Ended) -> None:
        """A child of the agent was reaped; perhaps it was a terminal's program."""
        for terminal in list(self._open.values()):
            if terminal.pid == ended.pid and terminal.ended is None:
                terminal.program_ended(ended)
                if terminal.kill_timer:
                    self._finish(terminal)
                else:
                    self._finish_if_drained(terminal)

    def _finish_if_drained(self, terminal: Terminal) -> None:
        if terminal.ended is not None and terminal.drained:
            self._finish(terminal)

    def _finish(self, terminal: Terminal) -> None:
        ended = terminal.ended
        assert ended is not None
        terminal.close()
        del self._open[terminal.id]
        code = ended.exit_code if ended.exit_code is not None else 128 + ended.signal
        exited: Message = {"terminal_id": terminal.id, "exit_code": code}
        if ended.signal and terminal.is_over():
            exited["error"] = OVER
        self._emit({"terminal_exited": exited})

    def _refuse(self, terminal_id: str, error: str, code: int) -> None:
        exited = {"terminal_id": terminal_id, "error": error, "exit_code": code}
        self._emit({"terminal_exited": exited})
