"""Control groups, versions 1 and 2: limits on a job, what it uses, and ending all of it.

Version 1 has one tree per controller; a thread enters by writing 0 to `tasks` of each. Version 2
has one tree; a process enters by writing 0 to `cgroup.procs`. Either way the agent itself enters
just before it starts the job's process and leaves right after: what is started inside is born
inside, so not even its first fork can escape.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod

from hodei.agent.kernelfiles import HeldFiles, keyed, read, write

CONTROLLERS_V1 = ("memory", "pids", "cpu", "cpuacct", "freezer", "blkio")
PERIOD_US = 100_000
# The smallest quota that the kernel takes.
MIN_QUOTA_US = 1_000


class CgroupError(Exception):
    """A control group could not be made or used; `str()` says which and why."""


class Mount:
    """One mounted hierarchy, and where in it the agent is."""

    __slots__ = ("controllers", "home", "point", "version")

    def __init__(self, version: int, point: str, controllers: tuple[str, ...], home: str) -> None:
        self.version = version
        self.point = point
        self.controllers = controllers
        self.home = home


class Limits:
    """What a job may use; 0 means no limit."""

    __slots__ = ("cpu_millis", "memory_bytes", "pids")

    def __init__(self, cpu_millis: int = 0, memory_bytes: int = 0, pids: int = 0) -> None:
        self.cpu_millis = cpu_millis
        self.memory_bytes = memory_bytes
        self.pids = pids


class Usage:
    """What a group has used since it was made; `processes` is a count of now."""

    __slots__ = ("cpu_ms", "memory_bytes", "peak_bytes", "processes", "read_bytes", "write_bytes")

    def __init__(self) -> None:
        self.cpu_ms = self.memory_bytes = self.peak_bytes = 0
        self.read_bytes = self.write_bytes = self.processes = 0


class Group(ABC):
    """A group of either version: `folders` maps a controller to its directory."""

    __slots__ = ("_files", "_limits", "folders", "homes")
    source = ""
    reusable = False
    """Whether `reset` makes the group as good as new."""

    def __init__(self, folders: dict[str, str], homes: dict[str, str]) -> None:
        self.folders = folders
        self.homes = homes
        self._files = HeldFiles()
        self._limits: tuple[int, int, int] | None = None
        """What is in force; None when that is not known."""

    def enter(self) -> None:
        """Moves the agent in; with a failure it is moved back. Raises CgroupError."""
        for folder in dict.fromkeys(self.folders.values()):
            try:
                self._join(folder)
            except OSError as error:
                self.leave()
                raise CgroupError(f"cannot enter {folder}: {error.strerror}") from error

    def leave(self) -> None:
        """Moves the agent back to where it was. Raises CgroupError."""
        for folder in dict.fromkeys(self.homes.values()):
            try:
                self._join(folder)
            except OSError as error:
                raise CgroupError(f"cannot return to {folder}: {error.strerror}") from error

    def pids(self) -> set[int]:
        """The processes inside, those of sub-groups that the job made included."""
        found: set[int] = set()
        for folder in self._nested():
            found.update(int(word) for word in read(f"{folder}/cgroup.procs").split())
        return found

    def empty(self) -> bool:
        """Whether no process is left inside."""
        return self._counts_none() or not self.pids()

    def limit(self, limits: Limits) -> None:
        """Applies the limits; what is already so is not written again. Raises CgroupError."""
        wanted = (limits.cpu_millis, limits.memory_bytes, limits.pids)
        if wanted == self._limits:
            return
        before, self._limits = self._limits or (-1, -1, -1), None
        try:
            self._apply(limits, before)
        except OSError as error:
            raise CgroupError(f"cannot limit the job: {error.strerror}") from error
        self._limits = wanted

    def remove(self) -> None:
        """Removes the empty group and its sub-groups; what is still busy stays."""
        self._files.close()
        for top in dict.fromkeys(self.folders.values()):
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    continue

    @abstractmethod
    def kill(self) -> None:
        """Kills everything inside so that no fork can outrun it."""

    @abstractmethod
    def oom_kills(self) -> int:
        """How many processes the kernel has killed here for want of memory."""

    @abstractmethod
    def usage(self, *, ended: bool = False) -> Usage:
        """What the group uses now. Files that are missing count as 0.

        `ended` when nothing is left inside: only what outlives the processes is looked up.
        """

    @abstractmethod
    def reset(self) -> None:
        """Forgets the memory peak and the CPU time of the attempt before."""

    @abstractmethod
    def _apply(self, limits: Limits, before: tuple[int, int, int]) -> None:
        """Writes the limits that differ from those `before`; lets OSError through."""

    @abstractmethod
    def _join(self, folder: str) -> None:
        """Moves the agent to a directory; lets OSError through."""

    @abstractmethod
    def _counts_none(self) -> bool:
        """Whether the kernel's own count says that nothing lives here or below."""

    def _nested(self) -> list[str]:
        return [folder for folder, _, _ in os.walk(self.folders["pids"])]


class GroupV1(Group):
    """One directory per controller."""

    __slots__ = ()
    source = "cgroup1"
    reusable = True

    def kill(self) -> None:
        frozen = self.folders.get("freezer")
        if "pids" in self.folders:
            _try_write(f"{self.folders['pids']}/pids.max", "0")
            self._limits = None
        if frozen:
            _try_write(f"{frozen}/freezer.state", "FROZEN")
        for pid in self.pids():
            try:
                os.kill(pid, 9)
            except OSError:
                continue
        if frozen:
            _try_write(f"{frozen}/freezer.state", "THAWED")

    def oom_kills(self) -> int:
        return keyed(self._read("memory", "memory.oom_control")).get("oom_kill", 0)

    def usage(self, *, ended: bool = False) -> Usage:
        usage = Usage()
        usage.cpu_ms = _number(self._read("cpuacct", "cpuacct.usage")) // 1_000_000
        usage.peak_bytes = _number(self._read("memory", "memory.max_usage_in_bytes"))
        if not ended:
            cache = keyed(self._read("memory", "memory.stat")).get("total_inactive_file", 0)
            current = _number(self._read("memory", "memory.usage_in_bytes"))
            usage.memory_bytes = max(0, current - cache)
            if "pids" in self.folders:
                usage.processes = len(read(f"{self.folders['pids']}/cgroup.procs").split())
        for line in self._read("blkio", "blkio.throttle.io_service_bytes").splitlines():
            words = line.split()
            if len(words) == 3 and words[1] == "Read":
                usage.read_bytes += int(words[2])
            elif len(words) == 3 and words[1] == "Write":
                usage.write_bytes += int(words[2])
        return usage

    def reset(self) -> None:
        for controller, name in (("memory", "max_usage_in_bytes"), ("cpuacct", "usage")):
            if controller in self.folders:
                self._try(f"{self.folders[controller]}/{controller}.{name}", "0")

    def _apply(self, limits: Limits, before: tuple[int, int, int]) -> None:
        cpu, memory, pids = (self.folders.get(name) for name in ("cpu", "memory", "pids"))
        if cpu and limits.cpu_millis != before[0]:
            quota = str(quota_us(limits.cpu_millis) or -1)
            self._files.write(f"{cpu}/cpu.cfs_quota_us", quota)
        if memory and limits.memory_bytes != before[1]:
            # Memory alone may never exceed memory and swap, whichever way the limit moves.
            ceiling, size = f"{memory}/memory.memsw.limit_in_bytes", str(limits.memory_bytes or -1)
            self._try(ceiling, "-1")
            self._files.write(f"{memory}/memory.limit_in_bytes", size)
            self._try(ceiling, size)
        if pids and limits.pids != before[2]:
            self._files.write(f"{pids}/pids.max", str(limits.pids or "max"))

    def _join(self, folder: str) -> None:
        self._files.write(f"{folder}/tasks", "0")

    def _counts_none(self) -> bool:
        # Counts sub-groups too, and what has died until it is reaped.
        return self._read("pids", "pids.current").strip() == "0"

    def _nested(self) -> list[str]:
        top = self.folders.get("pids") or next(iter(self.folders.values()))
        return [folder for folder, _, _ in os.walk(top)]

    def _read(self, controller: str, name: str) -> str:
        folder = self.folders.get(controller)
        return self._files.read(f"{folder}/{name}") if folder else ""

    def _try(self, path: str, value: str) -> None:
        try:
            self._files.write(path, value)
        except OSError:
            return


class GroupV2(Group):
    """One directory for everything; `folders` holds it under `pids`."""

    __slots__ = ()
    source = "cgroup2"

    def kill(self) -> None:
        folder = self.folders["pids"]
        if _try_write(f"{folder}/cgroup.kill", "1"):
            return
        # Kernels before 5.14: nothing that is frozen forks.
        _try_write(f"{folder}/cgroup.freeze", "1")
        for pid in self.pids():
            try:
                os.kill(pid, 9)
            except OSError:
                continue
        _try_write(f"{folder}/cgroup.freeze", "0")

    def oom_kills(self) -> int:
        return keyed(self._read("memory.events")).get("oom_kill", 0)

    def usage(self, *, ended: bool = False) -> Usage:
        usage = Usage()
        usage.cpu_ms = keyed(self._read("cpu.stat")).get("usage_usec", 0) // 1000
        usage.peak_bytes = _number(self._read("memory.peak"))
        if not ended or not usage.peak_bytes:
            cache = keyed(self._read("memory.stat")).get("inactive_file", 0)
            usage.memory_bytes = max(0, _number(self._read("memory.current")) - cache)
            usage.peak_bytes = usage.peak_bytes or usage.memory_bytes
        if not ended:
            usage.processes = len(read(f"{self.folders['pids']}/cgroup.procs").split())
        for word in self._read("io.stat").split():
            name, _, value = word.partition("=")
            if name == "rbytes":
                usage.read_bytes += int(value)
            elif name == "wbytes":
                usage.write_bytes += int(value)
        return usage

    def reset(self) -> None:
        """Nothing: a group of version 2 serves one attempt, for its peak cannot be reset."""

    def _apply(self, limits: Limits, before: tuple[int, int, int]) -> None:
        folder = self.folders["pids"]
        quota = quota_us(limits.cpu_millis)
        settings = {
            "cpu.max": f"{quota or 'max'} {PERIOD_US}",
            "memory.max": str(limits.memory_bytes or "max"),
            "memory.swap.max": "0" if limits.memory_bytes else "max",
            "pids.max": str(limits.pids or "max"),
        }
        asked = {
            "cpu.max": limits.cpu_millis,
            "memory.max": limits.memory_bytes,
            "memory.swap.max": 0,
            "pids.max": limits.pids,
        }
        for name, value in settings.items():
            if os.path.exists(f"{folder}/{name}"):
                write(f"{folder}/{name}", value)
            elif asked[name]:
                raise CgroupError(f"{folder} has no {name}: its controller is not delegated")

    def _join(self, folder: str) -> None:
        write(f"{folder}/cgroup.procs", "0")

    def _counts_none(self) -> bool:
        return keyed(self._read("cgroup.events")).get("populated") == 0

    def _read(self, name: str) -> str:
        return self._files.read(f"{self.folders['pids']}/{name}")


def quota_us(cpu_millis: int) -> int:
    """CPU time per period of 100 ms; 0 when there is no limit."""
    return max(MIN_QUOTA_US, cpu_millis * PERIOD_US // 1000) if cpu_millis else 0


def read_mounts(mountinfo: str, own: str) -> list[Mount]:
    """The hierarchies of /proc/self/mountinfo with the agent's place from /proc/self/cgroup."""
    places = parse_places(own)
    mounts = []
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if not separator or len(fields) < 5 or len(kind) < 3:
            continue
        root, point = _unescape(fields[3]), _unescape(fields[4])
        if kind[0] == "cgroup2":
            mounts.append(Mount(2, point, (), _inside(point, root, places.get("", "/"))))
        elif kind[0] == "cgroup":
            options = kind[2].split(",")
            controllers = tuple(name for name in CONTROLLERS_V1 if name in options)
            if controllers:
                place = places.get(controllers[0], "/")
                mounts.append(Mount(1, point, controllers, _inside(point, root, place)))
    return mounts


def parse_places(text: str) -> dict[str, str]:
    """Controller -> path of /proc/self/cgroup; the unified hierarchy under the empty name."""
    places: dict[str, str] = {}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        for name in names.split(","):
            places.setdefault(name, path)
    return places


def own_mounts() -> list[Mount]:
    """`read_mounts` of the running agent."""
    return read_mounts(read("/proc/self/mountinfo"), read("/proc/self/cgroup"))


def own_group(mounts: list[Mount]) -> Group | None:
    """The group the agent itself is in: its container's, where the agent is alone with the job.

    Only to be read; the agent never enters or kills it.
    """
    homes = _homes_v1(mounts)
    if "memory" in homes or "cpuacct" in homes:
        return GroupV1(homes, homes)
    for mount in mounts:
        if mount.version == 2 and os.path.exists(f"{mount.home}/cpu.stat"):
            return GroupV2({"pids": mount.home}, {"pids": mount.home})
    return None


def given_group(mounts: list[Mount], path: str) -> Group:
    """A group of version 2 that somebody else has made and limited, counted from the mount's root.
    Raises CgroupError when there is none that the agent may enter."""
    for mount in mounts:
        folder = _place(mount.point, mount.home, path, "")
        if mount.version == 2 and os.access(f"{folder}/cgroup.procs", os.W_OK):
            return GroupV2({"pids": folder}, {"pids": mount.home})
    raise CgroupError(f"there is no group {path} to enter")


def create_group(mounts: list[Mount], prefix: str, name: str) -> Group:
    """Makes `prefix/name`; a prefix with a leading `/` counts from the mount's root, any other
    from the agent's own group. Raises CgroupError when no hierarchy may be written."""
    homes = _homes_v1(mounts)
    if homes:
        points = {c: m.point for m in mounts if m.version == 1 for c in m.controllers}
        folders = {
            controller: _place(points[controller], home, prefix, name)
            for controller, home in homes.items()
        }
        _make(list(folders.values()))
        return GroupV1(folders, homes)
    for mount in mounts:
        if mount.version == 2:
            folder = _place(mount.point, mount.home, prefix, name)
            _make([os.path.dirname(folder)])
            _delegate(mount.point, os.path.dirname(folder))
            _make([folder])
            return GroupV2({"pids": folder}, {"pids": mount.home})
    raise CgroupError("no control group hierarchy is mounted")


def _homes_v1(mounts: list[Mount]) -> dict[str, str]:
    found = {c: m.home for m in mounts if m.version == 1 for c in m.controllers}
    # Hybrid systems keep a bare version 2 beside a complete version 1.
    return found if "memory" in found or "pids" in found else {}


def _place(point: str, home: str, prefix: str, name: str) -> str:
    base = point if prefix.startswith("/") else home
    return "/".join(part for part in (base.rstrip("/"), prefix.strip("/"), name) if part)


def _delegate(point: str, folder: str) -> None:
    """Asks for the controllers on the way down; a provider may have done it already."""
    path = point
    for part in ["", *os.path.relpath(folder, point).split("/")]:
        path = os.path.join(path, part).rstrip("/")
        for controller in ("cpu", "memory", "pids", "io"):
            _try_write(f"{path}/cgroup.subtree_control", f"+{controller}")


def _make(folders: list[str]) -> None:
    for folder in folders:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise CgroupError(f"cannot make {folder}: {error.strerror}") from error


def _inside(point: str, root: str, place: str) -> str:
    """The directory of `place` in a mount that shows `root` of its hierarchy."""
    if root != "/" and (place == root or place.startswith(root + "/")):
        place = place[len(root) :]
    elif root != "/" or place.startswith("/.."):
        # The place lies outside what is mounted (a namespace): the mount is all there is to see.
        place = ""
    return (point.rstrip("/") + place).rstrip("/") or "/"


def _unescape(field: str) -> str:
    return field.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")


def _try_write(path: str, value: str) -> bool:
    try:
        write(path, value)
    except OSError:
        return False
    return True


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdecimal() else 0
