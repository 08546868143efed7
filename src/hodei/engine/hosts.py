"""Hosts: what the servers' machines are busy with, now and over time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hodei.domain.errors import HodeiError, InvalidRequest
from hodei.engine.core import Core
from hodei.engine.stats import MAX_BUCKETS
from hodei.ports.hosts import HostReading, HostSample
from hodei.ports.meter import Loop

logger = logging.getLogger(__name__)

STRETCH = timedelta(minutes=1)
"""One sample per machine and stretch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNow:
    """This server's machine as it is now."""

    name: str
    reading: HostReading
    cpu: float | None
    """Share of its CPUs that was busy of late; None until it is known."""


class Hosts:
    """Samples this machine once a minute; several servers on it store one sample together."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._shown = core.host.read()
        self._cpu: float | None = None

    def now(self) -> HostNow:
        """This machine; its CPUs since whoever asked before, a second ago at least."""
        reading = self._core.host.read()
        if _elapsed_s(self._shown, reading) >= 1:
            self._cpu = _busy(self._shown, reading)
            self._shown = reading
        return HostNow(name=self._core.host.name, reading=reading, cpu=self._cpu)

    async def history(
        self, *, start: datetime, end: datetime, buckets: int
    ) -> Sequence[HostSample]:
        """Averages per host and stretch of [start, end). Raises InvalidRequest."""
        if end <= start:
            raise InvalidRequest.of("end", "must be after start", end.isoformat())
        if not 1 <= buckets <= MAX_BUCKETS:
            raise InvalidRequest.of("buckets", f"must be between 1 and {MAX_BUCKETS}", buckets)
        return await self._core.store.host_samples(start=start, end=end, buckets=buckets)

    async def run(self) -> None:
        """Samples until cancelled, at the turn of every minute."""
        before = self._core.host.read()
        while True:
            begun = self._core.clock.now()
            until = _stretch(begun) + STRETCH
            await self._core.clock.sleep((until - begun).total_seconds())
            reading = self._core.host.read()
            sample = _sample(self._core.host.name, _stretch(begun), before, reading)
            before = reading
            try:
                if sample is not None:
                    await self._core.store.add_host_sample(sample)
                self._core.meter.passed(Loop.HOSTS)
            except HodeiError as error:
                logger.warning("host sample not stored", extra={"error": str(error)})


def _stretch(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _elapsed_s(before: HostReading, after: HostReading) -> float:
    if before.cpu_total_s is None or after.cpu_total_s is None:
        return 0.0
    return (after.cpu_total_s - before.cpu_total_s) / after.cpus


def _busy(before: HostReading, after: HostReading) -> float | None:
    elapsed = _elapsed_s(before, after) * after.cpus
    if elapsed <= 0 or before.cpu_busy_s is None or after.cpu_busy_s is None:
        return None
    return min(1.0, max(0.0, (after.cpu_busy_s - before.cpu_busy_s) / elapsed))


def _sample(name: str, at: datetime, before: HostReading, after: HostReading) -> HostSample | None:
    """The stretch between two readings; None where the machine does not tell."""
    cpu = _busy(before, after)
    total, available = after.memory_total_bytes, after.memory_available_bytes
    if cpu is None or total is None or available is None:
        return None
    return HostSample(
        host=name,
        at=at,
        cpus=after.cpus,
        cpu=round(cpu, 4),
        load_1m=after.load_1m,
        memory_used_bytes=total - available,
        memory_total_bytes=total,
    )
