"""Whether servers and agents stay as small as they are: memory and descriptors over a long load."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chaos.field import Field

LOOK_S = 5.0
SETTLED = 1 / 3
"""Share of a run after which caches are full; what comes later must not grow."""
FREE_SHARE = 0.05
FREE_MIB = 6.0
FREE_DESCRIPTORS = 6.0
"""What the fitted line may rise over the rest of a run: more than a measurement is uncertain."""
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One quantity of one process, or the greatest of several, over a run."""

    name: str
    unit: str
    points: Sequence[tuple[float, float]]
    """Seconds of the run, and the value."""

    def settled(self) -> Sequence[tuple[float, float]]:
        """The part that must be flat."""
        if not self.points:
            return ()
        begin, end = self.points[0][0], self.points[-1][0]
        return [one for one in self.points if one[0] >= begin + (end - begin) * SETTLED]

    @property
    def mean(self) -> float:
        """Of the settled part."""
        part = self.settled()
        return sum(value for _, value in part) / len(part) if part else 0.0

    @property
    def per_s(self) -> float:
        """Slope of the line of least squares through the settled part."""
        part = self.settled()
        if len(part) < 2:
            return 0.0
        middle = sum(at for at, _ in part) / len(part)
        above = sum((at - middle) * (value - self.mean) for at, value in part)
        below = sum((at - middle) ** 2 for at, _ in part)
        return above / below if below else 0.0

    @property
    def rise(self) -> float:
        """What that line rises from the beginning to the end of the settled part."""
        part = self.settled()
        return self.per_s * (part[-1][0] - part[0][0]) if part else 0.0

    @property
    def free(self) -> float:
        """What it may rise."""
        least = FREE_MIB if self.unit == "MiB" else FREE_DESCRIPTORS
        return max(least, self.mean * FREE_SHARE)

    def told(self) -> str:
        """For a person."""
        return (
            f"{self.name}: {self.mean:.1f} {self.unit}, {self.rise:+.2f} in the settled part "
            f"({self.per_s * HOUR_S:+.1f} an hour; may rise {self.free:.1f})"
        )


def growing(series: Sequence[Series]) -> list[str]:
    """What is not flat, a sentence each; and what was not seen at all."""
    found = [f"not flat: {one.told()}" for one in series if one.rise > one.free]
    return found + [f"never seen: {one.name}" for one in series if len(one.settled()) < 2]


async def watch(field: Field, seconds: float) -> list[Series]:
    """Looks at all processes while a load runs."""
    clock = asyncio.get_running_loop().time
    began = clock()
    kept: dict[tuple[str, str], list[tuple[float, float]]] = {}
    while (at := clock() - began) < seconds:
        for number, server in enumerate(field.servers, start=1):
            pid = server.process.pid
            kept.setdefault((f"server {number}, memory", "MiB"), []).append((at, resident(pid)))
            open_now = (at, float(descriptors(pid)))
            kept.setdefault((f"server {number}, descriptors", ""), []).append(open_now)
        agents = field.agents()
        if agents:
            most = max(resident(pid) for pid in agents)
            kept.setdefault(("greatest agent, memory", "MiB"), []).append((at, most))
            open_most = (at, float(max(descriptors(pid) for pid in agents)))
            kept.setdefault(("greatest agent, descriptors", ""), []).append(open_most)
        await asyncio.sleep(LOOK_S)
    return [Series(name=name, unit=unit, points=points) for (name, unit), points in kept.items()]


def resident(pid: int) -> float:
    """MiB that a process holds; 0 when it has ended."""
    with suppress(OSError):
        for row in Path(f"/proc/{pid}/status").read_text().splitlines():
            if row.startswith("VmRSS:"):
                return int(row.split()[1]) / 1024
    return 0.0


def descriptors(pid: int) -> int:
    """How many files and sockets a process has open; 0 when it has ended."""
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))
    return 0
