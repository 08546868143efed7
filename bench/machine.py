"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path


def describe(postgres: str) -> dict[str, object]:
    """The machine, its load just now, and the versions that matter."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu_name(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgresql": postgres,
        "revision": _revision(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def speed() -> float:
    """Nanoseconds of CPU for one turn of a plain loop of Python, at best of five times.

    Virtual machines are not as fast at one minute as at the next, and floors that are bound by
    the kernel or the disk do not show it.
    """
    turns = 300_000
    return round(min(_looped(turns) for _ in range(5)) / turns, 1)


def _looped(turns: int) -> int:
    start, total = time.process_time_ns(), 0
    for turn in range(turns):
        total += turn
    return time.process_time_ns() - start


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _revision() -> str:
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except OSError:
        return ""
    return found.stdout.strip()
