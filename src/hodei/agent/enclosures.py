"""What encloses a job's processes: groups of the agent's own, a given one, rlimits, or nothing."""

from __future__ import annotations

import os

from hodei.agent import processes
from hodei.agent.cgroups import Limits, Usage, create_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hodei.agent.cgroups import Group, Mount
    from hodei.agent.processes import Launch

# The agent itself lives under the address space limit while it starts the job's process.
MIN_ADDRESS_SPACE = 64 << 20
OOM_SCORE = "/proc/self/oom_score_adj"
OOM_FIRST = 900


class Enclosure:
    """Nothing but perhaps a group: the processes are where the agent is."""

    __slots__ = ("_shared", "base", "group")

    def __init__(self, *, shared: bool = False) -> None:
        """`shared`: one limit of memory is that of the agent and of the job together."""
        self._shared = shared
        self.group: Group | None = None
        """Where every process of the attempt is, and none else."""
        self.base: Usage | None = None
        """What earlier attempts left in the group's counts; None: not known."""

    def begin(self, limits: Limits) -> None:
        """Sets the limits for the next attempt. Raises CgroupError."""

    def spawn(self, launch: Launch) -> int:
        """Starts a process inside. Raises OSError, CgroupError."""
        if self.group is None:
            return self._start(launch)
        self.group.enter()
        try:
            return self._start(launch)
        finally:
            self.group.leave()

    def end(self, last: Usage) -> None:
        """Makes ready for the next attempt; `last` is what the group showed at the end."""

    def close(self) -> None:
        """Removes what it made."""

    def _start(self, launch: Launch) -> int:
        return _spawn_before_agent(launch) if self._shared else processes.spawn(launch)


class Rlimits(Enclosure):
    """Limits of each process by itself, where control groups cannot be made."""

    __slots__ = ("_limits",)

    def __init__(self, *, shared: bool = False) -> None:
        super().__init__(shared=shared)
        self._limits = Limits()

    def begin(self, limits: Limits) -> None:
        """See `Enclosure`."""
        self._limits = limits

    def _start(self, launch: Launch) -> int:
        if self._limits.memory_bytes or self._limits.pids:
            return _spawn_limited(launch, self._limits)
        return super()._start(launch)


class GivenGroup(Enclosure):
    """A group that was there before the agent, and stays as it is."""

    __slots__ = ()

    def __init__(self, group: Group) -> None:
        super().__init__(shared=True)
        self.group = group


class OwnGroups(Enclosure):
    """A group of the agent's making, for one attempt or, where it can be emptied, for all."""

    __slots__ = ("_count", "_mounts", "_prefix")

    def __init__(self, mounts: list[Mount], prefix: str) -> None:
        """Makes the first one. Raises CgroupError."""
        super().__init__()
        self._mounts = mounts
        self._prefix = prefix
        self._count = 0
        self._present()

    def begin(self, limits: Limits) -> None:
        """See `Enclosure`."""
        group = self._present()
        group.reset()
        group.limit(limits)

    def end(self, last: Usage) -> None:
        """See `Enclosure`."""
        if self.group is None:
            return
        if self.group.reusable:
            self.base = Usage()
            self.base.read_bytes, self.base.write_bytes = last.read_bytes, last.write_bytes
        else:
            self.close()

    def close(self) -> None:
        """See `Enclosure`."""
        if self.group is not None:
            self.group.remove()
            self.group = None

    def _present(self) -> Group:
        if self.group is None:
            self._count += 1
            name = f"job-{os.getpid()}-{self._count}"
            self.group = create_group(self._mounts, self._prefix, name)
            self.base = Usage()
        return self.group


def _spawn_limited(launch: Launch, limits: Limits) -> int:
    import resource

    wanted = []
    if limits.memory_bytes:
        wanted.append((resource.RLIMIT_AS, max(limits.memory_bytes, MIN_ADDRESS_SPACE)))
    if limits.pids:
        wanted.append((resource.RLIMIT_NPROC, limits.pids))
    before = [(which, resource.getrlimit(which)) for which, _ in wanted]
    try:
        for which, value in wanted:
            hard = resource.getrlimit(which)[1]
            ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (ceiling, hard))
        pid = processes.spawn(launch)
    finally:
        for which, pair in before:
            resource.setrlimit(which, pair)
    for which, value in wanted:
        try:
            # The soft limit was inherited; without a hard one the job could lift it again.
            resource.prlimit(pid, which, (value, value))
        except (OSError, ValueError):
            continue
    return pid


def _spawn_before_agent(launch: Launch) -> int:
    """Starts what the kernel shall end first when the memory that both share is used up.

    The agent has to live on to tell. Anybody may raise the score, and take back what was raised.
    """
    try:
        score = os.open(OOM_SCORE, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return processes.spawn(launch)
    try:
        before = os.read(score, 16)
        raised = int(before) < OOM_FIRST and _write(score, b"%d" % OOM_FIRST)
        try:
            return processes.spawn(launch)
        finally:
            if raised:
                _write(score, before)
    finally:
        os.close(score)


def _write(descriptor: int, content: bytes) -> bool:
    try:
        return os.pwrite(descriptor, content, 0) > 0
    except OSError:
        return False
