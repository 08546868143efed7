"""Where a worker's things lie on this machine, and what of it lives."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from hodei.adapters.firecracker.machine import CGROUP_PARENT, PID_FILE, shares
from hodei.domain.provider import Observation, ObservedState

SLOTS = Path("/run/hodei-firecracker")
CGROUPS = Path("/sys/fs/cgroup")
PROCESSES = Path("/proc")
CONTROLLERS_V1 = ("cpu", "memory", "pids")
TAIL_BYTES = 4096
CONSOLE_BYTES = 4 << 20
"""Of a console that are kept; what a guest prints beyond replaces it."""


LAST_WORDS = 600
_ENDED = (b"Z", b"X", b"")
_STARVED = "Out of memory: Killed process"
_KILLED = 137
_AGENT_ENDED = re.compile(r"hodei-init: agent ended: (\d{3})")
_AGENT_EXITS: Mapping[int, str] = {
    1: "it was cut off from the server",
    2: "its settings are wrong",
    3: "its one-time password was refused",
    4: "no server answered it",
    126: "its program cannot be executed",
    127: "its program was not found",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The directory of one worker."""

    worker_id: UUID
    folder: Path
    program: str
    """Name of Firecracker's file, of which the jailer makes a directory."""

    @property
    def jails(self) -> Path:
        """The jailer's own tree."""
        return self.folder / "jail"

    @property
    def root(self) -> Path:
        """What Firecracker sees as /."""
        return self.jails / self.program / str(self.worker_id) / "root"

    @property
    def console(self) -> Path:
        """What Firecracker and the guest's console print."""
        return self.folder / "console"

    @property
    def orders(self) -> Path:
        """What the guest's init is to be told; gone once it was."""
        return self.folder / "orders"

    @property
    def started(self) -> Path:
        """There once the guest was started."""
        return self.folder / "started"

    def pid(self) -> int | None:
        """Of Firecracker while it lives."""
        try:
            pid = int((self.root / PID_FILE).read_text("ascii"))
        except (OSError, ValueError):
            return None
        return pid if is_ours(pid, self.worker_id) else None

    def last_words(self) -> str:
        """The end of the console, readable."""
        try:
            with open(self.console, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL_BYTES))
                content = file.read(TAIL_BYTES)
        except OSError:
            return ""
        text = content.decode("utf-8", "replace").replace("\r", "")
        return "".join(c for c in text if c.isprintable() or c == "\n").strip()

    def bound_console(self) -> None:
        """Empties a console that has grown too long."""
        try:
            if self.console.stat().st_size > CONSOLE_BYTES:
                os.truncate(self.console, 0)
        except OSError:
            return


def is_ours(pid: int, worker_id: UUID, processes: Path = PROCESSES) -> bool:
    """Whether the process lives and is the worker's."""
    name = str(worker_id).encode()
    try:
        words = (processes / str(pid) / "cmdline").read_bytes()
        if words:
            return name in words
        # Without words it has ended, or is just becoming another program: the jailer, Firecracker.
        state = (processes / str(pid) / "stat").read_bytes().rpartition(b") ")[2][:1]
        return state not in _ENDED and name in (processes / str(pid) / "cgroup").read_bytes()
    except OSError:
        return False


def observation(place: Place) -> Observation:
    """How a worker is, by what is there of it."""
    if not place.folder.exists():
        return Observation(state=ObservedState.GONE, reason="there is no such microVM")
    place.bound_console()
    said = place.last_words()
    last = f"its console says last: {said[-LAST_WORDS:]}" if said else ""
    if place.pid() is not None:
        up = place.started.exists()
        state = ObservedState.RUNNING if up else ObservedState.STARTING
        return Observation(state=state, reason=last)
    if not place.started.exists():
        return Observation(state=ObservedState.STARTING, reason="the microVM is being made")
    ended = _AGENT_ENDED.findall(said)
    code = int(ended[-1]) if ended else None
    starved = code == _KILLED and _STARVED in said
    if starved:
        reason = "out of memory: the guest's kernel ended the agent"
    elif ended:
        why = _AGENT_EXITS.get(code or 0)
        reason = f"the agent ended with exit code {code}" + (f": {why}" if why else "")
    else:
        reason = "the microVM ended" + (f"; {last}" if last else "")
    return Observation(
        state=ObservedState.EXITED, exit_code=code, reason=reason, out_of_memory=starved
    )


def cgroup_version() -> int:
    """2 where there is nothing but the one tree."""
    return 2 if (CGROUPS / "cgroup.controllers").exists() else 1


def cgroup_folders(worker_id: UUID) -> list[Path]:
    """Control groups of the worker, as far as they are there."""
    tops = [CGROUPS] if cgroup_version() == 2 else [CGROUPS / name for name in CONTROLLERS_V1]
    found = [top / CGROUP_PARENT / str(worker_id) for top in tops]
    return [each for each in found if each.is_dir()]


def weigh() -> None:
    """Gives all microVMs together, by version 1, the weight of this machine: else that of one
    process among all others. Raises OSError."""
    if cgroup_version() == 1:
        place = CGROUPS / "cpu" / CGROUP_PARENT / "cpu.shares"
        place.write_text(str(shares(os.cpu_count() or 1)), "ascii")


def members(folders: Iterable[Path]) -> set[int]:
    """Processes in control groups."""
    found: set[int] = set()
    for folder in folders:
        try:
            found.update(map(int, (folder / "cgroup.procs").read_text("ascii").split()))
        except OSError:
            continue
    return found


def kill(pids: Iterable[int]) -> None:
    """Kills what is still there."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


class Slots:
    """Numbers that are given to one worker of this machine at a time, whichever server made it.

    A slot is a link that names the worker's directory: making one either succeeds or finds it
    taken. What names a directory that is gone is free.
    """

    def __init__(self, count: int, folder: Path = SLOTS) -> None:
        self._count = count
        self._folder = folder

    def of(self, place: Path) -> int | None:
        """The worker's own."""
        own = str(place)
        return next((number for number, owner in self._taken() if owner == own), None)

    def take(self, place: Path) -> int | None:
        """The worker's own, now at the latest; None: all are taken."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = dict(self._taken())
        own = self.of(place)
        if own is not None:
            return own
        for number in range(self._count):
            owner = taken.get(number)
            if owner is not None and (Path(owner).exists() or not self._free(number, owner)):
                continue
            try:
                os.symlink(place, self._folder / str(number))
            except FileExistsError:
                continue
            return number
        return None

    def give_back(self, place: Path) -> None:
        """The worker's, if it has one."""
        number = self.of(place)
        if number is not None:
            (self._folder / str(number)).unlink(missing_ok=True)

    def _free(self, number: int, owner: str) -> bool:
        """Removes the link of a worker that is gone; False: somebody else was at it."""
        stale = self._folder / f".{number}.{os.getpid()}"
        try:
            os.rename(self._folder / str(number), stale)
            found = os.readlink(stale)
        except OSError:
            return False
        stale.unlink(missing_ok=True)
        if found == owner:
            return True
        # Another server took it in between.
        os.symlink(found, self._folder / str(number))
        return False

    def _taken(self) -> Sequence[tuple[int, str]]:
        found = []
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return ()
        for name in names:
            if not name.isdecimal():
                continue
            try:
                found.append((int(name), os.readlink(self._folder / name)))
            except OSError:
                continue
        return found
