"""How busy the servers' machines were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from hodei.api.http.schemas.model import Model
from hodei.ports.hosts import HostSample


class HostPoint(Model):
    """A machine in one stretch of time."""

    at: datetime
    cpu: float
    """Share of its CPUs that was busy, from 0 to 1."""
    load_1m: float
    memory_used_bytes: int
    memory_total_bytes: int


class HostSeries(Model):
    """One machine; stretches in which no server ran on it are left out."""

    name: str
    cpus: int
    points: list[HostPoint]
    """Oldest first."""


class HostMetricsView(Model):
    """Averages per machine and stretch of time."""

    start: datetime
    end: datetime
    bucket_ms: int
    """Length of a stretch; machines are sampled once a minute."""
    hosts: list[HostSeries]
    """By name."""

    @classmethod
    def of(
        cls, start: datetime, end: datetime, buckets: int, samples: Sequence[HostSample]
    ) -> HostMetricsView:
        """Samples as they are shown; they come by host."""
        return cls(
            start=start,
            end=end,
            bucket_ms=round((end - start).total_seconds() * 1000 / buckets),
            hosts=[
                _series(name, list(of_host))
                for name, of_host in groupby(samples, key=lambda sample: sample.host)
            ],
        )


def _series(name: str, samples: Sequence[HostSample]) -> HostSeries:
    return HostSeries(
        name=name,
        cpus=samples[-1].cpus,
        points=[
            HostPoint(
                at=sample.at,
                cpu=round(sample.cpu, 4),
                load_1m=round(sample.load_1m, 2),
                memory_used_bytes=sample.memory_used_bytes,
                memory_total_bytes=sample.memory_total_bytes,
            )
            for sample in samples
        ],
    )
