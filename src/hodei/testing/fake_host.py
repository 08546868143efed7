"""A machine that is as busy as a test says."""

from __future__ import annotations

from hodei.ports.hosts import HostReading

TOTAL = 1000
"""Bytes of memory."""


class FakeHost:
    """Implements `Host`; `work` lets CPU time pass."""

    def __init__(self, name: str = "here", cpus: int = 2) -> None:
        self._name = name
        self._cpus = cpus
        self._busy_s = 0.0
        self._total_s = 0.0
        self.used_bytes = 0
        self.silent = False
        """Whether it cannot be read."""

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    def work(self, seconds: float, share: float) -> None:
        """All CPUs together were busy for a share of so many seconds."""
        self._total_s += seconds * self._cpus
        self._busy_s += seconds * self._cpus * share

    def read(self) -> HostReading:
        """See `Host.read`."""
        return HostReading(
            cpus=self._cpus,
            cpu_busy_s=None if self.silent else self._busy_s,
            cpu_total_s=None if self.silent else self._total_s,
            load_1m=1.0,
            load_5m=0.5,
            load_15m=0.25,
            memory_total_bytes=None if self.silent else TOTAL,
            memory_available_bytes=None if self.silent else TOTAL - self.used_bytes,
        )
