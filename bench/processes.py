"""Processes as /proc shows them: families, CPU time, resident memory; and ending our own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """CPU time in ms."""

    own: float
    reaped: float
    """Of children that have ended and were waited for."""

    def __sub__(self, other: Spent) -> Spent:
        return Spent(own=self.own - other.own, reaped=self.reaped - other.reaped)


def adopt_orphans() -> None:
    """Workers outlive their server; with this their parent is then this process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def family(root: int) -> list[int]:
    """`root` and everything below it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal() and (fields := _stat(int(name))):
            children.setdefault(int(fields[1]), []).append(int(name))
    found = [root]
    for pid in found:
        found += children.get(pid, ())
    return found


def agents(root: int) -> list[int]:
    """Hodei's agents below `root`."""
    return [pid for pid in family(root) if b"hodei/agent" in _command(pid)]


def spent(pids: Iterable[int]) -> Spent:
    """What these have used so far, together."""
    own = reaped = 0.0
    for pid in pids:
        if fields := _stat(pid):
            own += (int(fields[11]) + int(fields[12])) * TICK_MS
            reaped += (int(fields[13]) + int(fields[14])) * TICK_MS
    return Spent(own=own, reaped=reaped)


def on_cpu_ms(pid: int) -> float:
    """CPU time of the living threads so far, in ms; finer than the clock's ticks."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_bytes().split()[0])
    return total / 1e6


def resident_mb(pid: int) -> float:
    """MiB of memory that the process holds just now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def end_all(pids: Iterable[int], patience_s: float = 5.0) -> None:
    """SIGTERM, then SIGKILL to what is left; collects what are children of ours."""
    left = [pid for pid in pids if pid != os.getpid()]
    _signal(left, signal.SIGTERM)
    until = time.monotonic() + patience_s
    while left and time.monotonic() < until:
        left = [pid for pid in left if not _gone(pid)]
        time.sleep(0.02)
    _signal(left, signal.SIGKILL)
    for pid in left:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _gone(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return not _stat(pid)


def _stat(pid: int) -> list[bytes]:
    """The fields from the state on; the second, the name, may hold blanks and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
