"""Where a job's processes live: what limits them, how they are counted, how all of them end."""

from __future__ import annotations

import os

from hodei.agent import processes
from hodei.agent.cgroups import (
    CgroupError,
    Limits,
    Usage,
    create_group,
    given_group,
    own_group,
    own_mounts,
)
from hodei.agent.diagnostics import log
from hodei.agent.stats import Sampler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hodei.agent.cgroups import Group, Mount
    from hodei.agent.processes import Launch
    from hodei.agent.settings import AgentSettings

# The agent itself lives under the address space limit while it starts the job's process.
MIN_ADDRESS_SPACE = 64 << 20
OOM_SCORE = "/proc/self/oom_score_adj"
OOM_FIRST = 900


class Confinement:
    """Serves one attempt at a time; `begin` and `end` enclose it."""

    __slots__ = (
        "_adopts",
        "_base",
        "_count",
        "_group",
        "_limits",
        "_mode",
        "_mounts",
        "_oom_base",
        "_prefix",
        "attempt_id",
        "observed",
    )

    def __init__(self, settings: AgentSettings) -> None:
        self._mode = settings.limits
        self._prefix = settings.cgroup
        self._mounts: list[Mount] = []
        self._group: Group | None = None
        self.observed: Group | None = None
        """The container's own group, where the agent is alone in it with its job."""
        self._adopts = False
        self._count = 0
        self._base: Usage | None = None
        self._limits = Limits()
        self._oom_base = 0
        self.attempt_id = ""

    def prepare(self) -> None:
        """What takes time and has to be done once, before the first attempt."""
        self._adopts = processes.adopt_orphans()
        if not self._adopts:
            log("cannot adopt orphaned processes; /proc is searched for them", level="warning")
        if os.getpid() == 1 or self._mode in ("cgroup", "given"):
            self._mounts = own_mounts()
        if os.getpid() == 1:
            self.observed = own_group(self._mounts)
        if self._mode == "cgroup":
            try:
                self._new_group()
            except CgroupError as error:
                log("no control groups, rlimits instead", level="warning", reason=str(error))
                self._mode = "rlimit"
        if self._mode == "given":
            try:
                self._group = given_group(self._mounts, self._prefix)
            except CgroupError as error:
                log("no control group for the job", level="warning", reason=str(error))
                self._mode = "none"

    def begin(self, attempt_id: str, limits: Limits) -> Sampler:
        """Sets the limits for the attempt. Raises CgroupError."""
        self.attempt_id = attempt_id
        self._limits = limits
        if self._mode == "cgroup" and self._group is None:
            self._new_group()
        if self._group and self._mode == "cgroup":
            self._group.reset()
            self._group.limit(limits)
        watched = self._group or self.observed
        self._oom_base = watched.oom_kills() if watched else 0
        return Sampler(watched, network=os.getpid() == 1, base=self._base)

    def spawn(self, launch: Launch) -> int:
        """Starts a process inside. Raises OSError, CgroupError."""
        if self._group:
            self._group.enter()
            try:
                if self._mode == "given":
                    return _spawn_before_agent(launch)
                return processes.spawn(launch)
            finally:
                self._group.leave()
        if self._mode == "rlimit" and (self._limits.memory_bytes or self._limits.pids):
            return self._spawn_limited(launch)
        if self.observed:
            return _spawn_before_agent(launch)
        return processes.spawn(launch)

    def is_empty(self, any_child: bool) -> bool:
        """Whether the attempt has no process left; `any_child` as `processes.reap` found."""
        if self._group and not self._group.empty():
            return False
        if self._adopts:
            return not any_child
        return bool(self._group) or not processes.descendants(self.attempt_id)

    def kill(self) -> None:
        """Kills every process of the attempt; to be repeated until `is_empty`."""
        if self._group:
            self._group.kill()
        processes.kill_descendants("" if self._adopts or self._group else self.attempt_id)

    def oom_killed(self) -> bool:
        """Whether the kernel killed one of the attempt's processes for want of memory."""
        watched = self._group or self.observed
        return watched is not None and watched.oom_kills() > self._oom_base

    def end(self, last: Usage) -> None:
        """Makes ready for the next attempt; `last` is what the group showed at the end."""
        group = self._group
        if group is None or self._mode == "given":
            return
        if group.reusable:
            self._base = Usage()
            self._base.read_bytes, self._base.write_bytes = last.read_bytes, last.write_bytes
        else:
            group.remove()
            self._group = None

    def close(self) -> None:
        """Removes the group that it made."""
        if self._group and self._mode == "cgroup":
            self._group.remove()

    def _new_group(self) -> None:
        self._count += 1
        self._group = create_group(self._mounts, self._prefix, f"job-{os.getpid()}-{self._count}")
        self._base = Usage()

    def _spawn_limited(self, launch: Launch) -> int:
        import resource

        wanted = []
        if self._limits.memory_bytes:
            size = max(self._limits.memory_bytes, MIN_ADDRESS_SPACE)
            wanted.append((resource.RLIMIT_AS, size))
        if self._limits.pids:
            wanted.append((resource.RLIMIT_NPROC, self._limits.pids))
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
