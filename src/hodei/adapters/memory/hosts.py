"""Samples of the servers' machines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import fmean

from hodei.adapters.memory.part import Part
from hodei.ports.hosts import HostSample


class Hosts(Part):
    """HostStore."""

    async def add_host_sample(self, sample: HostSample) -> None:
        """See HostStore."""
        await self._begin()
        self._tables.host_samples.setdefault((sample.host, sample.at), sample)

    async def host_samples(
        self, *, start: datetime, end: datetime, buckets: int
    ) -> Sequence[HostSample]:
        """See HostStore."""
        await self._begin()
        grouped: dict[tuple[str, int], list[HostSample]] = {}
        for (host, at), sample in self._tables.host_samples.items():
            if start <= at < end:
                place = (at - start) * buckets // (end - start)
                grouped.setdefault((host, place), []).append(sample)
        step = (end - start) / buckets
        return [
            _average(host, start + step * place, grouped[host, place])
            for host, place in sorted(grouped)
        ]


def _average(host: str, at: datetime, samples: Sequence[HostSample]) -> HostSample:
    return HostSample(
        host=host,
        at=at,
        cpus=max(sample.cpus for sample in samples),
        cpu=fmean(sample.cpu for sample in samples),
        load_1m=fmean(sample.load_1m for sample in samples),
        memory_used_bytes=round(fmean(sample.memory_used_bytes for sample in samples)),
        memory_total_bytes=max(sample.memory_total_bytes for sample in samples),
    )
