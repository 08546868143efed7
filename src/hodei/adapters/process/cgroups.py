"""Control groups of the workers: where they can be made, and one worker's own.

Version 1 has one tree for each controller, version 2 one for all. Every worker gets
`<base>/<worker id>`; its agent makes the group of the job below that. In version 2 a group that
hands controllers down may hold no process itself, so there the agent lives in a leaf `agent`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from signal import SIGKILL

NEEDED = ("memory", "pids", "cpu")
TREES_V1 = ("memory", "pids", "cpu", "cpuacct")
# The agent makes the job's group in these too; they are only ever tidied here.
SWEPT_V1 = (*TREES_V1, "freezer", "blkio")
AGENT_LEAF = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """Where the groups of this provider are made."""

    version: int
    """0: nowhere, `reason` says why."""
    base: str = ""
    """Path of our own group, counted from each mount point, with a leading slash."""
    mounts: Mapping[str, str]
    """Controller -> mount point; version 2 has the one key `unified`."""
    reason: str = ""

    def roots(self) -> list[str]:
        """Directories of our own group, one for each tree."""
        return [point + self.base for point in dict.fromkeys(self.mounts.values())]

    def describe(self) -> str:
        """For the provider's health."""
        if self.version:
            return f"v{self.version} {','.join(NEEDED)}"
        return f"limits by rlimit only ({self.reason})"


def no_trees(reason: str) -> Trees:
    """No control groups, and why."""
    return Trees(version=0, mounts={}, reason=reason)


def read_mounts(mountinfo: str) -> tuple[dict[str, str], str]:
    """Mount points of version 1 by controller, and that of version 2 (empty when there is none)."""
    first: dict[str, str] = {}
    second = ""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if not separator or len(fields) < 5 or len(kind) < 3:
            continue
        point = fields[4].replace("\\040", " ").rstrip("/")
        if kind[0] == "cgroup2":
            second = second or point
        elif kind[0] == "cgroup":
            first.update({name: point for name in kind[2].split(",") if name in SWEPT_V1})
    return first, second


def find_trees(name: str) -> Trees:
    """Makes our own group, named `name`, wherever this machine allows it."""
    first, second = read_mounts(_read("/proc/self/mountinfo"))
    if any(controller in first for controller in NEEDED):
        return _find_v1(first, name)
    if second:
        return _find_v2(second, name, _own_place(_read("/proc/self/cgroup")))
    return no_trees("no control groups are mounted")


def existing_trees(name: str) -> Trees:
    """Where groups of ours may still be from a time when they were made."""
    first, second = read_mounts(_read("/proc/self/mountinfo"))
    if any(controller in first for controller in NEEDED):
        return Trees(version=1, base=f"/{name}", mounts=first)
    for place in _way(_own_place(_read("/proc/self/cgroup"))):
        if second and os.path.isdir(f"{second}{place}/{name}"):
            return Trees(version=2, base=f"{place}/{name}", mounts={"unified": second})
    return no_trees("there are none")


def _find_v1(mounts: Mapping[str, str], name: str) -> Trees:
    trees = Trees(version=1, base=f"/{name}", mounts=mounts)
    for controller in NEEDED:
        if controller not in mounts:
            return no_trees(f"the controller {controller} is not mounted")
        folder = mounts[controller] + trees.base
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            return no_trees(f"{folder} cannot be made: {error.strerror}")
        if not os.access(f"{folder}/cgroup.procs", os.W_OK):
            return no_trees(f"{folder}/cgroup.procs cannot be written")
    return trees


def _find_v2(point: str, name: str, own: str) -> Trees:
    """The top if we may, so that a restart of the server's own group spares the workers; else
    the highest group on the way down to the server's that was delegated to us."""
    for place in _way(own):
        base = f"{place}/{name}"
        with suppress(OSError):
            if os.access(f"{point}{place}/cgroup.procs", os.W_OK):
                os.makedirs(point + base, exist_ok=True)
                delegate(point + place)
                delegate(point + base)
                if set(NEEDED) <= set(_read(f"{point}{base}/cgroup.subtree_control").split()):
                    return Trees(version=2, base=base, mounts={"unified": point})
                os.rmdir(point + base)
    return no_trees(f"no group with {', '.join(NEEDED)} is delegated to this user")


def _way(own: str) -> list[str]:
    """The groups from the top, written as nothing, down to `own`."""
    way = [""]
    for part in own.strip("/").split("/"):
        way.append(f"{way[-1]}/{part}" if part else way[-1])
    return list(dict.fromkeys(way))


def delegate(folder: str) -> None:
    """Hands the controllers down to the groups below; what is refused shows afterwards."""
    for controller in NEEDED:
        with suppress(OSError):
            _write(f"{folder}/cgroup.subtree_control", f"+{controller}")


def _own_place(text: str) -> str:
    for line in text.splitlines():
        if line.startswith("0::"):
            return line[3:]
    return "/"


class WorkerGroup:
    """The groups of one worker, made or not. All methods block; OSError goes through."""

    def __init__(self, trees: Trees, worker: str) -> None:
        self._trees = trees
        self._folders = [f"{root}/{worker}" for root in trees.roots()]
        self.path = f"{trees.base}/{worker}" if trees.version else ""
        """From the mount point of every tree; empty without control groups."""

    def make(self, pids_max: int) -> list[str]:
        """Makes the groups; the files that the agent has to write a 0 to, to enter them."""
        entries = []
        for folder in self._made_here():
            os.makedirs(folder, exist_ok=True)
            limit = f"{folder}/pids.max"
            if os.path.exists(limit):
                _write(limit, str(pids_max))
            if self._trees.version == 2:
                # Our own group may have been tidied away, and made anew just now.
                delegate(os.path.dirname(folder))
                delegate(folder)
                folder = f"{folder}/{AGENT_LEAF}"
                os.makedirs(folder, exist_ok=True)
            entries.append(f"{folder}/cgroup.procs")
        return entries

    def exists(self) -> bool:
        """Whether anything of it is there."""
        return any(os.path.isdir(folder) for folder in self._folders)

    def members(self) -> set[int]:
        """Pids of everything inside, nested groups included."""
        found: set[int] = set()
        for folder in self._nested():
            found.update(int(word) for word in _read(f"{folder}/cgroup.procs").split())
        # 0 stands for a process of another pid namespace.
        return found - {0, os.getpid()}

    def kill(self) -> set[int]:
        """Kills everything inside, no fork escaping; who was there."""
        members = self.members()
        if not members:
            return members
        for folder in self._folders:
            if _try_write(f"{folder}/cgroup.kill", "1"):
                continue
            # Without the one stroke of later kernels: nobody forks while all are struck.
            _try_write(f"{folder}/pids.max", "0")
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)
        for folder in self._nested():
            # An agent that died while it held its job still leaves it frozen, and nothing frozen
            # by version 1 ends. No such file elsewhere.
            _try_write(f"{folder}/freezer.state", "THAWED")
        return members

    def remove(self) -> bool:
        """Removes the groups; False when the kernel still holds one."""
        for folder in self._nested():
            with suppress(OSError):
                os.rmdir(folder)
        return not self.exists()

    def _made_here(self) -> list[str]:
        wanted = TREES_V1 if self._trees.version == 1 else tuple(self._trees.mounts)
        points = {p for name, p in self._trees.mounts.items() if name in wanted}
        return [f for f in self._folders if any(f == p + self.path for p in points)]

    def _nested(self) -> Iterator[str]:
        for top in self._folders:
            for folder, _, _ in os.walk(top, topdown=False):
                yield folder


def workers_with_groups(trees: Trees) -> set[str]:
    """Names of the groups below ours."""
    found: set[str] = set()
    for root in trees.roots():
        with suppress(OSError), os.scandir(root) as entries:
            found.update(entry.name for entry in entries if entry.is_dir())
    return found


def remove_base(trees: Trees) -> None:
    """Removes our own group where no worker is left in it."""
    for root in trees.roots():
        with suppress(OSError):
            os.rmdir(root)


def _read(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _write(path: str, value: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)


def _try_write(path: str, value: str) -> bool:
    try:
        _write(path, value)
    except OSError:
        return False
    return True
