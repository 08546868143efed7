"""The machines of the servers: reading one, and keeping what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hodei.ports.servers import ServerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReading:
    """A machine at one moment; what cannot be read is None."""

    cpus: int
    cpu_busy_s: float | None
    """CPU time that was used since it started, over all CPUs."""
    cpu_total_s: float | None
    """CPU time that there was."""
    load_1m: float
    load_5m: float
    load_15m: float
    memory_total_bytes: int | None
    memory_available_bytes: int | None


class Host(Protocol):
    """The machine that this server runs on."""

    @property
    def name(self) -> str:
        """Its name, the same for every server on it."""
        ...

    def read(self) -> HostReading:
        """What it is busy with; quick enough for the event loop, and never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSample:
    """A machine over one stretch of time."""

    host: str
    at: datetime
    """Begin of the stretch."""
    cpus: int
    cpu: float
    """Average share of its CPUs that was busy, from 0 to 1."""
    load_1m: float
    memory_used_bytes: int
    memory_total_bytes: int


class HostStore(ServerStore, Protocol):
    """Samples of machines, and the servers on them."""

    async def add_host_sample(self, sample: HostSample) -> None:
        """Stores one; of several of one host and time the first stays."""
        ...

    async def host_samples(
        self, *, start: datetime, end: datetime, buckets: int
    ) -> Sequence[HostSample]:
        """Averages per host and stretch of [start, end), by host, oldest first.

        Stretches without a sample are left out; `at` is the begin of a stretch, and `cpus` the
        most that there were.
        """
        ...
