"""Processes as /proc shows them: who is who, who belongs to a worker, and ending them.

A pid alone names nothing for long, it is given out again. Together with the time its process
was started and the boot that this time counts from, it names one process for ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from signal import SIGKILL, SIGSTOP
from time import sleep

MARKER = "HODEI_WORKER"
"""Variable in the environment of an agent and of everything that it starts."""
DEAD_STATES = frozenset("ZXx")
STOP_ROUNDS = 50
LOOKS = 5
LOOK_AGAIN_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One process, once and for all."""

    pid: int
    start: int
    """Clock ticks from boot to its start."""
    boot: str
    """The kernel's random id of that boot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """What is used of /proc/PID/stat."""

    pid: int
    state: str
    parent: int
    session: int
    start: int


def parse_stat(text: str) -> Stat | None:
    """One line of /proc/PID/stat. The name in it may hold blanks and brackets."""
    head, bracket, tail = text.rpartition(")")
    pid, fields = head.partition(" ")[0], tail.split()
    if not bracket or len(fields) < 20 or not pid.isdecimal():
        return None
    return Stat(
        pid=int(pid),
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        start=int(fields[19]),
    )


def read_stat(pid: int) -> Stat | None:
    """None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return parse_stat(file.read())
    except OSError:
        return None


def boot_id() -> str:
    """The same until the machine is started anew."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def identify(pid: int, boot: str) -> Identity | None:
    """Who has this pid now; None when nobody that lives."""
    stat = read_stat(pid)
    if stat is None or stat.state in DEAD_STATES:
        return None
    return Identity(pid=pid, start=stat.start, boot=boot)


def is_alive(identity: Identity, boot: str) -> bool:
    """Whether this very process runs; what only waits to be collected does not."""
    return identity.boot == boot and identify(identity.pid, boot) == identity


def owners(prefix: str) -> dict[int, str]:
    """Pid -> rest of the marker, for every process whose marker begins with `prefix`.

    A process that is just becoming another program shows no environment for a moment; it is
    looked at again.
    """
    wanted = f"\0{MARKER}={prefix}".encode()
    found = {}
    unsure = pids()
    for _ in range(LOOKS):
        blocks = {pid: _environment(pid) for pid in unsure}
        for pid, block in blocks.items():
            _, mark, rest = block.partition(wanted) if block else (b"", b"", b"")
            if mark:
                found[pid] = rest.partition(b"\0")[0].decode("utf-8", "replace")
        unsure = [pid for pid, block in blocks.items() if block == b"" and _has_program(pid)]
        if not unsure:
            break
        sleep(LOOK_AGAIN_S)
    return found


def pids() -> list[int]:
    """Every process there is."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _environment(pid: int) -> bytes | None:
    """With a leading NUL; None when it is gone, or another user's and so not ours."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            block = file.read()
    except OSError:
        return None
    return b"\0" + block if block else b""


def _has_program(pid: int) -> bool:
    """False for threads of the kernel and for what has ended."""
    try:
        return bool(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


def family(agent: int | None, marker: str) -> set[int]:
    """Every living process of a worker: by marker, by the agent's session, and by descent."""
    stats = {stat.pid: stat for stat in map(read_stat, pids()) if stat is not None}
    roots = {pid for pid, rest in owners(marker).items() if not rest}
    if agent is not None:
        roots |= {s.pid for s in stats.values() if agent in (s.pid, s.session)}
    everyone = roots | descendants(roots, {stat.pid: stat.parent for stat in stats.values()})
    everyone -= {0, 1, os.getpid()}
    return {pid for pid in everyone if pid in stats and stats[pid].state not in DEAD_STATES}


def descendants(roots: Iterable[int], parents: Mapping[int, int]) -> set[int]:
    """Everybody below `roots`, by a map of each process to its parent."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    pending = list(roots)
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found:
                found.add(child)
                pending.append(child)
    return found


def kill_family(agent: int | None, marker: str) -> set[int]:
    """Kills every process of a worker; who was found. Empty: nobody was left.

    All are stopped before one is killed: what is stopped forks no more and loses no parent, so
    that the search by descent stays true.
    """
    seen: set[int] = set()
    for _ in range(STOP_ROUNDS):
        fresh = family(agent, marker) - seen
        if not fresh:
            break
        signal_all(fresh, SIGSTOP)
        seen |= fresh
    signal_all(seen, SIGKILL)
    return seen


def signal_all(targets: Iterable[int], number: int) -> None:
    """Sends the signal to each that is still there."""
    for pid in targets:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
