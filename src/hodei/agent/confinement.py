"""Where a job's processes live: what limits them, how they are counted, how all of them end."""

from __future__ import annotations

import os

from hodei.agent import processes
from hodei.agent.cgroups import CgroupError, given_group, own_group, own_mounts
from hodei.agent.diagnostics import log
from hodei.agent.enclosures import Enclosure, GivenGroup, OwnGroups, Rlimits
from hodei.agent.stats import Sampler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hodei.agent.cgroups import Group, Limits, Mount, Usage
    from hodei.agent.processes import Launch
    from hodei.agent.settings import AgentSettings


class Confinement:
    """Serves one attempt at a time; `begin` and `end` enclose it."""

    __slots__ = ("_adopts", "_enclosure", "_oom_base", "_settings", "attempt_id", "observed")

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._enclosure = Enclosure()
        self.observed: Group | None = None
        """The container's own group, where the agent is alone in it with its job."""
        self._adopts = False
        self._oom_base = 0
        self.attempt_id = ""

    def prepare(self) -> None:
        """What takes time and has to be done once, before the first attempt."""
        self._adopts = processes.adopt_orphans()
        if not self._adopts:
            log("cannot adopt orphaned processes; /proc is searched for them", level="warning")
        alone = os.getpid() == 1
        mounts = own_mounts() if alone or self._settings.limits in ("cgroup", "given") else []
        if alone:
            self.observed = own_group(mounts)
        self._enclosure = self._enclose(mounts)

    def _enclose(self, mounts: list[Mount]) -> Enclosure:
        """What the settings ask for, or the next best."""
        limits, shared = self._settings.limits, self.observed is not None
        if limits == "cgroup":
            try:
                return OwnGroups(mounts, self._settings.cgroup)
            except CgroupError as error:
                log("no control groups, rlimits instead", level="warning", reason=str(error))
                return Rlimits(shared=shared)
        if limits == "given":
            try:
                return GivenGroup(given_group(mounts, self._settings.cgroup))
            except CgroupError as error:
                log("no control group for the job", level="warning", reason=str(error))
        return Rlimits(shared=shared) if limits == "rlimit" else Enclosure(shared=shared)

    def begin(self, attempt_id: str, limits: Limits) -> Sampler:
        """Sets the limits for the attempt. Raises CgroupError."""
        self.attempt_id = attempt_id
        self._enclosure.begin(limits)
        watched = self._watched
        self._oom_base = watched.oom_kills() if watched else 0
        return Sampler(watched, network=os.getpid() == 1, base=self._enclosure.base)

    def spawn(self, launch: Launch) -> int:
        """Starts a process inside. Raises OSError, CgroupError."""
        return self._enclosure.spawn(launch)

    def is_empty(self, any_child: bool) -> bool:
        """Whether the attempt has no process left; `any_child` as `processes.reap` found."""
        group = self._enclosure.group
        if group and not group.empty():
            return False
        if self._adopts:
            return not any_child
        return bool(group) or not processes.descendants(self.attempt_id)

    def kill(self) -> None:
        """Kills every process of the attempt; to be repeated until `is_empty`."""
        group = self._enclosure.group
        if group:
            group.kill()
        processes.kill_descendants("" if self._adopts or group else self.attempt_id)

    def oom_killed(self) -> bool:
        """Whether the kernel killed one of the attempt's processes for want of memory."""
        watched = self._watched
        return watched is not None and watched.oom_kills() > self._oom_base

    def end(self, last: Usage) -> None:
        """Makes ready for the next attempt; `last` is what the group showed at the end."""
        self._enclosure.end(last)

    def close(self) -> None:
        """Removes the group that it made."""
        self._enclosure.close()

    @property
    def _watched(self) -> Group | None:
        return self._enclosure.group or self.observed
