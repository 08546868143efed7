"""What an attempt uses: from its control group, its container's, or its processes in /proc."""

from __future__ import annotations

import os

from hodei.agent.cgroups import Usage
from hodei.agent.kernelfiles import read
from hodei.agent.processes import descendants, stat_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hodei.agent.cgroups import Group

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICK_MS = 1000 // os.sysconf("SC_CLK_TCK")
# Places in /proc/PID/stat behind the name: user, system, and the same of children waited for.
_TIMES = slice(11, 15)
_RESIDENT = 21


class Sampler:
    """Samples of one attempt, counted from its start."""

    __slots__ = (
        "_base",
        "_base_network",
        "_group",
        "_network",
        "_orphans_cpu_ms",
        "_peak",
        "_previous",
        "source",
    )

    def __init__(self, group: Group | None, *, network: bool, base: Usage | None = None) -> None:
        """`network` when the agent's network namespace is the job's own; `base` is what the
        group has already used, looked up when it is not known."""
        self._group = group
        self._network = network
        self.source = group.source if group else "proc"
        self._orphans_cpu_ms = 0
        self._peak = 0
        self._previous = Usage()
        self._base = base or self._usage()
        self._base_network = self._network_bytes()

    def count_ended(self, cpu_ms: int, peak_bytes: int) -> None:
        """Adds a process that the agent reaped and that /proc no longer shows."""
        self._orphans_cpu_ms += cpu_ms
        if self._group is None:
            self._peak = max(self._peak, peak_bytes)

    @property
    def last(self) -> Usage:
        """What the latest sample saw, not counted from the start."""
        return self._previous

    def sample(self, *, ended: bool = False) -> dict[str, int]:
        """The figures of a StatsSample by their field names.

        `ended` when no process is left and only the totals and the peak are of interest.
        """
        usage, base = self._usage(ended=ended), self._base
        self._peak = max(self._peak, usage.peak_bytes, usage.memory_bytes)
        received, sent = self._base_network if ended else self._network_bytes()
        return {
            "cpu_ms": max(0, usage.cpu_ms - base.cpu_ms),
            "memory_bytes": usage.memory_bytes,
            "memory_peak_bytes": self._peak,
            "disk_read_bytes": max(0, usage.read_bytes - base.read_bytes),
            "disk_write_bytes": max(0, usage.write_bytes - base.write_bytes),
            "net_rx_bytes": max(0, received - self._base_network[0]),
            "net_tx_bytes": max(0, sent - self._base_network[1]),
            "processes": usage.processes,
        }

    def _usage(self, *, ended: bool = False) -> Usage:
        if self._group:
            self._previous = self._group.usage(ended=ended)
            return self._previous
        usage = tree_usage()
        # A process that ended takes its counters along; the sums must not go back.
        previous = self._previous
        usage.cpu_ms = max(usage.cpu_ms + self._orphans_cpu_ms, previous.cpu_ms)
        usage.read_bytes = max(usage.read_bytes, previous.read_bytes)
        usage.write_bytes = max(usage.write_bytes, previous.write_bytes)
        self._previous = usage
        return usage

    def _network_bytes(self) -> tuple[int, int]:
        return network_bytes(read("/proc/net/dev")) if self._network else (0, 0)


def tree_usage() -> Usage:
    """The sums over all processes below the agent."""
    usage = Usage()
    for pid in descendants():
        fields = stat_fields(pid)
        if not fields:
            continue
        usage.processes += 1
        usage.cpu_ms += sum(int(field) for field in fields[_TIMES]) * TICK_MS
        usage.memory_bytes += int(fields[_RESIDENT]) * PAGE_BYTES
        for line in read(f"/proc/{pid}/io").splitlines():
            name, _, value = line.partition(": ")
            if name == "read_bytes":
                usage.read_bytes += int(value)
            elif name == "write_bytes":
                usage.write_bytes += int(value)
    return usage


def network_bytes(table: str) -> tuple[int, int]:
    """Bytes received and sent over all interfaces but loopback, from /proc/net/dev."""
    received = sent = 0
    for line in table.splitlines():
        name, colon, figures = line.partition(":")
        words = figures.split()
        if colon and len(words) > 8 and name.strip() != "lo":
            received += int(words[0])
            sent += int(words[8])
    return received, sent
