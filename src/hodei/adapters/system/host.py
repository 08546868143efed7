"""The machine that this process runs on, as Linux describes it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from hodei.ports.hosts import HostReading

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)
"""Columns of /proc/stat that are no work: idle, and waiting for disks."""
_COLUMNS = 8
"""What comes after them is contained in the first two."""


class LinuxHost:
    """Reads /proc; two small files per reading."""

    def __init__(self, proc: Path = _PROC) -> None:
        self._proc = proc
        self._name = socket.gethostname()[:100]

    @property
    def name(self) -> str:
        """Its host name."""
        return self._name

    def read(self) -> HostReading:
        """What it is busy with."""
        busy, total = self._cpu()
        memory = self._memory()
        one, five, fifteen = os.getloadavg()
        return HostReading(
            cpus=os.cpu_count() or 1,
            cpu_busy_s=busy,
            cpu_total_s=total,
            load_1m=round(one, 2),
            load_5m=round(five, 2),
            load_15m=round(fifteen, 2),
            memory_total_bytes=memory.get("MemTotal"),
            memory_available_bytes=memory.get("MemAvailable"),
        )

    def _cpu(self) -> tuple[float | None, float | None]:
        try:
            with (self._proc / "stat").open(encoding="ascii") as lines:
                numbers = [int(word) for word in next(lines).split()[1:][:_COLUMNS]]
        except (OSError, ValueError, StopIteration):
            return (None, None)
        total = sum(numbers)
        idle = sum(numbers[column] for column in _IDLE if column < len(numbers))
        return ((total - idle) / _TICKS, total / _TICKS)

    def _memory(self) -> dict[str, int]:
        try:
            lines = (self._proc / "meminfo").read_text(encoding="ascii").splitlines()
            rows = (line.split() for line in lines)
            return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if len(row) == 3}
        except (OSError, ValueError):
            return {}
