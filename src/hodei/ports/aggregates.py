"""Aggregates over jobs, as the store computes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hodei.domain.job import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsBucket:
    """Finished and submitted jobs in one stretch of time; durations are milliseconds."""

    start: datetime
    submitted: int
    finished: Mapping[JobState, int]
    duration_avg_ms: float | None
    duration_p50_ms: float | None
    duration_p95_ms: float | None
    queue_wait_p50_ms: float | None
    queue_wait_p95_ms: float | None
    start_latency_p50_ms: float | None
    """From assignment to the user's process."""
    start_latency_p95_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderUse:
    """What the attempts on one provider used in the range."""

    provider_id: UUID
    attempts: int
    failed: int
    cpu_ms: int
    memory_peak_bytes: int
    run_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UseBucket:
    """What the attempts on one provider used in one stretch of time."""

    start: datetime
    attempts: int
    """Attempts that ended."""
    failed: int
    running: float
    """Processes that ran, on average."""
    cpus: float
    """CPUs that they used, on average; an attempt's CPU time is spread over its run."""
    memory_bytes: float
    """Memory that they had at their peaks, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseSeries:
    """Use of one provider over time."""

    provider_id: UUID
    buckets: tuple[UseBucket, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMetrics:
    """Aggregates over a range of time, computed from the rows themselves."""

    states: Mapping[JobState, int]
    """Jobs that were submitted in the range by what they are now; every state has an entry."""
    total: MetricsBucket
    series: tuple[MetricsBucket, ...]
    providers: tuple[ProviderUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """How the jobs that finished last went; milliseconds, None when none had a process."""

    finished: int
    """How many were looked at."""
    run_avg_ms: float | None
    start_p50_ms: float | None
    """From assignment to the user's process."""
