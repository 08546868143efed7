"""Starting processes, learning that they ended, and ending whole trees of them.

The agent is the parent of last resort of everything the job starts (PID 1 of its namespace, or a
child subreaper), so "every process of the attempt" is "every descendant of the agent": a daemon
that forked twice and made its own session is still one.
"""

from __future__ import annotations

import os
from errno import ESRCH
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterable, Mapping
else:
    # `signal` builds enums, which costs more than all that the agent does before it registers.
    import _signal

SIGKILL, SIGSTOP, SIGTERM, SIGHUP, SIGINT, SIGCONT, SIGCHLD = 9, 19, 15, 1, 2, 18, 17
# Everything that can be reset except the two that cannot and the C library's own (32, 33).
RESET_SIGNALS = tuple(n for n in range(1, 65) if n not in (SIGKILL, SIGSTOP, 32, 33))
PR_SET_CHILD_SUBREAPER = 36
STOP_ROUNDS_S = 2.0


class Launch:
    """One process to start; descriptors are the agent's own numbers."""

    __slots__ = ("argv", "cwd", "descriptors", "environment", "file", "tty")

    def __init__(
        self,
        file: str,
        argv: list[str],
        environment: Mapping[str, str],
        cwd: str,
        descriptors: Mapping[int, int],
        tty: str = "",
    ) -> None:
        self.file = file
        self.argv = argv
        self.environment = environment
        self.cwd = cwd
        self.descriptors = descriptors
        """Number in the child -> number in the agent."""
        self.tty = tty
        """A terminal device to open as 0, 1 and 2; it becomes the controlling terminal."""


def spawn(launch: Launch) -> int:
    """Starts it in a session of its own with every signal reset; the pid. Raises OSError.

    Descriptors of the agent are close-on-exec, so the child has only those it was given.
    """
    actions: list[tuple[int, int, str, int, int] | tuple[int, int, int] | tuple[int, int]] = []
    if launch.tty:
        actions.append((os.POSIX_SPAWN_OPEN, 0, launch.tty, os.O_RDWR, 0))
        actions += [(os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)]
    for child, own in launch.descriptors.items():
        actions.append((os.POSIX_SPAWN_DUP2, own, child))
    # posix_spawn has no working directory. The agent has one thread, so lending its own is safe.
    home = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.chdir(launch.cwd)
        return os.posix_spawn(
            launch.file,
            launch.argv,
            launch.environment,
            file_actions=actions,
            setsid=True,
            setsigmask=(),
            setsigdef=RESET_SIGNALS,
        )
    finally:
        os.fchdir(home)
        os.close(home)


def signal_number(name: str) -> int:
    """The signal that an image means, as its builders may write it: SIGQUIT, QUIT, 3, RTMIN+3.

    0 for one that this system does not have, so that an odd image runs all the same.
    """
    plain = name.upper().removeprefix("SIG")
    base, plus, offset = plain.partition("+")
    if base == "RTMIN" and plus and offset.isdecimal():
        number = int(_signal.SIGRTMIN) + int(offset)
    elif plain.isdecimal():
        number = int(plain)
    else:
        number = int(getattr(_signal, f"SIG{plain}", 0)) if plain.isalnum() else 0
    return number if 0 < number <= _signal.SIGRTMAX else 0


def above_standard(descriptor: int, floor: int = 64) -> int:
    """The same file under a number that no `dup2` into the child can overwrite."""
    import fcntl

    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, floor)
    os.close(descriptor)
    return moved


def shield_descriptors() -> None:
    """Marks everything the agent inherited, beyond 0, 1 and 2, as not for its children."""
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        numbers = list(range(3, 256))
    for number in numbers:
        if number > 2:
            try:
                os.set_inheritable(number, False)
            except OSError:
                continue


def adopt_orphans() -> bool:
    """Makes the agent the parent of orphaned descendants; False when the system refuses."""
    if os.getpid() == 1:
        return True
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def watch_signals(descriptor: int) -> None:
    """From now on SIGCHLD and SIGTERM write their number to `descriptor`."""
    _signal.signal(_signal.SIGCHLD, _ignore)
    _signal.signal(_signal.SIGTERM, _ignore)
    _signal.signal(_signal.SIGINT, _ignore)
    _signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)


def exit_on_terminate() -> None:
    """Until `watch_signals`: SIGTERM and SIGINT end the agent, which PID 1 else ignores."""
    _signal.signal(_signal.SIGTERM, _exit)
    _signal.signal(_signal.SIGINT, _exit)


def _exit(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _ignore(number: int, frame: object) -> None:
    """Only the wake-up descriptor matters; without a handler nothing would be written to it."""


class Ended:
    """A child that ended: `status` as wait() gave it, its CPU time and peak memory."""

    __slots__ = ("cpu_ms", "peak_bytes", "pid", "status")

    def __init__(self, pid: int, status: int, cpu_ms: int, peak_bytes: int) -> None:
        self.pid = pid
        self.status = status
        self.cpu_ms = cpu_ms
        self.peak_bytes = peak_bytes

    @property
    def exit_code(self) -> int | None:
        """The exit code; None when a signal ended it."""
        return os.WEXITSTATUS(self.status) if os.WIFEXITED(self.status) else None

    @property
    def signal(self) -> int:
        """The signal that ended it, 0 when none did."""
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


def reap() -> tuple[list[Ended], bool]:
    """Every child that has ended by now, and whether any child is left."""
    ended: list[Ended] = []
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, False
        if pid == 0:
            return ended, True
        cpu_ms = int((usage.ru_utime + usage.ru_stime) * 1000)
        ended.append(Ended(pid, status, cpu_ms, usage.ru_maxrss * 1024))


def descendants(attempt_id: str = "") -> set[int]:
    """Pids below the agent; with an attempt id also those whose environment names it.

    The second way costs a walk over /proc and is for agents that cannot adopt orphans.
    """
    own = os.getpid()
    # Kernels without CONFIG_PROC_CHILDREN lack the file; there every process is asked.
    listed = os.path.exists(f"/proc/self/task/{own}/children")
    table = {} if listed else _children_table()
    found: set[int] = set()
    pending = [own]
    while pending:
        parent = pending.pop()
        for child in children_of(parent) if listed else table.get(parent, ()):
            if child not in found:
                found.add(child)
                pending.append(child)
    if attempt_id:
        found |= _marked(f"HODEI_ATTEMPT_ID={attempt_id}".encode(), own)
    return found


def children_of(pid: int) -> list[int]:
    """Direct children, by every thread of `pid`; none when it is gone."""
    children: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children += [int(word) for word in file.read().split()]
    except OSError:
        return children
    return children


def stat_fields(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat from the state on (the third); empty when it is gone.

    The second field, the name, may hold blanks and brackets: the last bracket ends it.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _children_table() -> dict[int, list[int]]:
    table: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        fields = stat_fields(int(name)) if name.isdecimal() else []
        if fields:
            table.setdefault(int(fields[1]), []).append(int(name))
    return table


def signal_all(pids: Iterable[int], number: int) -> int:
    """Sends the signal to each; how many there were to receive it."""
    reached = 0
    for pid in pids:
        try:
            os.kill(pid, number)
            reached += 1
        except OSError as error:
            reached += error.errno != ESRCH
    return reached


def signal_group(leader: int, number: int) -> None:
    """Signals the process group of `leader`; nothing happens when it is gone."""
    try:
        os.killpg(leader, number)
    except OSError:
        return


def kill_descendants(attempt_id: str = "") -> None:
    """Stops, then kills everything below the agent.

    Killing alone may lose the race against a fork bomb: what is stopped forks no more, so the
    set seen is stopped again and again until a look finds nobody new.
    """
    if os.getpid() == 1:
        # The kernel kills the whole namespace in one step, which no fork can outrun.
        try:
            os.kill(-1, SIGKILL)
        except OSError:
            return
        return
    seen: set[int] = set()
    until = monotonic() + STOP_ROUNDS_S
    while True:
        fresh = descendants(attempt_id) - seen
        if not fresh or monotonic() > until:
            break
        signal_all(fresh, SIGSTOP)
        seen |= fresh
    signal_all(seen, SIGKILL)


def _marked(mark: bytes, own: int) -> set[int]:
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdecimal() or int(name) == own:
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if mark in file.read().split(b"\0"):
                    found.add(int(name))
        except OSError:
            continue
    return found
