"""Which server processes of a cluster are alive, told from /proc and never from a pid file.

A pid file outlives a crash and a reboot, and its number may belong to anybody by then. A process
is taken for ours only when it runs as the cluster's user and names the cluster itself: by `-D`
on its command line (the postmaster), by the cluster's name in its title (its children), or by
its working directory, which every server process keeps in the cluster.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProcess:
    """One living process; `started` tells it from a later one with the same number."""

    pid: int
    started: int
    """Clock ticks after boot."""
    postmaster: bool

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return _started(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Send a signal, unless the process is gone."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def server_processes(cluster: Path, *, name: str, uid: int) -> list[ServerProcess]:
    """Every living server process of `cluster`, the postmaster first."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            process = _inspect(int(entry.name), cluster=cluster, name=name, uid=uid)
            if process is not None:
                found.append(process)
    return sorted(found, key=lambda each: (not each.postmaster, each.pid))


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What `postmaster.pid` says, which is only a hint."""

    pid: int
    port: int
    socket_dir: Path | None
    status: str
    """`starting`, `ready`, `stopping`, `standby`, or empty when not yet written."""


def read_pid_file(cluster: Path) -> PidFile | None:
    """The parsed file, or None when it is missing or makes no sense."""
    try:
        lines = (cluster / "postmaster.pid").read_text(errors="replace").split("\n")
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    lines += [""] * 8
    socket_dir = Path(lines[4].strip()) if lines[4].strip() else None
    return PidFile(pid=pid, port=port, socket_dir=socket_dir, status=lines[7].strip())


def _inspect(pid: int, *, cluster: Path, name: str, uid: int) -> ServerProcess | None:
    folder = PROC / str(pid)
    try:
        if (folder / "comm").read_text().strip() not in ("postgres", "postmaster"):
            return None
        arguments = (folder / "cmdline").read_bytes().split(b"\0")
        owner = _owner(folder)
    except (OSError, ValueError):
        return None
    started = _started(pid)
    if owner != uid or started is None:
        return None
    titled = arguments[0].startswith(b"postgres: ")
    if titled:
        ours = arguments[0].startswith(f"postgres: {name}: ".encode())
    else:
        ours = _option_d(arguments) == os.fsencode(cluster)
    if ours or _works_in(folder, cluster):
        return ServerProcess(pid=pid, started=started, postmaster=not titled)
    return None


def _owner(folder: Path) -> int:
    for line in (folder / "status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[2])
    raise ValueError("no Uid line")


def _option_d(arguments: list[bytes]) -> bytes | None:
    for option, value in pairwise(arguments):
        if option == b"-D":
            return value.rstrip(b"/")
    return None


def _works_in(folder: Path, cluster: Path) -> bool:
    # Root without CAP_SYS_PTRACE (a plain container) may not read this link; the rest suffices.
    try:
        return (folder / "cwd").readlink() == cluster
    except OSError:
        return False


def _started(pid: int) -> int | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    state, *rest = text[text.rindex(")") + 2 :].split()
    return None if state in "ZX" else int(rest[18])
