"""Samples of what attempts use, and aggregates over jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hodei.api.http.schemas.jobs import Names
from hodei.api.http.schemas.model import Model, ProviderRef
from hodei.domain.job import JobState
from hodei.ports.aggregates import (
    JobMetrics,
    MetricsBucket,
    ProviderUse,
    UseBucket,
    UseSeries,
)
from hodei.ports.store import Sample

CSV_STATES = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.TIMEOUT)
CSV_FIGURES = (
    "duration_avg_ms",
    "duration_p50_ms",
    "duration_p95_ms",
    "queue_wait_p50_ms",
    "queue_wait_p95_ms",
    "start_latency_p50_ms",
    "start_latency_p95_ms",
)
CSV_COLUMNS = (
    "start",
    "submitted",
    *(state.value.lower() for state in CSV_STATES),
    *CSV_FIGURES,
)


class SampleView(Model):
    """What an attempt used at one moment; cpu, disk and network count up from its start."""

    at: datetime
    cpu_ms: int
    memory_bytes: int
    memory_peak_bytes: int
    disk_read_bytes: int
    disk_write_bytes: int
    net_rx_bytes: int
    net_tx_bytes: int
    processes: int

    @classmethod
    def of(cls, sample: Sample) -> SampleView:
        """A sample as it is shown."""
        return cls(
            at=sample.at,
            cpu_ms=sample.cpu_ms,
            memory_bytes=sample.memory_bytes,
            memory_peak_bytes=sample.memory_peak_bytes,
            disk_read_bytes=sample.disk_read_bytes,
            disk_write_bytes=sample.disk_write_bytes,
            net_rx_bytes=sample.net_rx_bytes,
            net_tx_bytes=sample.net_tx_bytes,
            processes=sample.processes,
        )


class Samples(Model):
    """Samples of one attempt, oldest first, thinned evenly when there are too many."""

    attempt: int | None
    items: list[SampleView]


class MetricsBucketView(Model):
    """Jobs in one stretch of time; durations are milliseconds, null when nothing finished."""

    start: datetime
    submitted: int
    finished: dict[JobState, int]
    duration_avg_ms: float | None
    duration_p50_ms: float | None
    duration_p95_ms: float | None
    queue_wait_p50_ms: float | None
    queue_wait_p95_ms: float | None
    start_latency_p50_ms: float | None
    start_latency_p95_ms: float | None

    @classmethod
    def of(cls, bucket: MetricsBucket) -> MetricsBucketView:
        """A stretch of time as it is shown."""
        return cls(
            start=bucket.start,
            submitted=bucket.submitted,
            finished=dict(bucket.finished),
            duration_avg_ms=bucket.duration_avg_ms,
            duration_p50_ms=bucket.duration_p50_ms,
            duration_p95_ms=bucket.duration_p95_ms,
            queue_wait_p50_ms=bucket.queue_wait_p50_ms,
            queue_wait_p95_ms=bucket.queue_wait_p95_ms,
            start_latency_p50_ms=bucket.start_latency_p50_ms,
            start_latency_p95_ms=bucket.start_latency_p95_ms,
        )


class UseBucketView(Model):
    """Use of one provider in one stretch of time, running attempts included."""

    start: datetime
    attempts: int
    """Attempts that ended."""
    failed: int
    running: float
    """Processes that ran, on average."""
    cpus: float
    """CPUs that they used, on average."""
    memory_bytes: float
    """Memory of their peaks, on average."""

    @classmethod
    def of(cls, bucket: UseBucket) -> UseBucketView:
        """A stretch of time as it is shown."""
        return cls(
            start=bucket.start,
            attempts=bucket.attempts,
            failed=bucket.failed,
            running=round(bucket.running, 4),
            cpus=round(bucket.cpus, 4),
            memory_bytes=round(bucket.memory_bytes, 1),
        )


class UseView(Model):
    """What the attempts used that ended on one provider, and its use over time."""

    provider: ProviderRef | None
    attempts: int
    failed: int
    cpu_ms: int
    memory_peak_bytes: int
    run_ms: int
    series: list[UseBucketView]

    @classmethod
    def of(cls, use: ProviderUse, series: UseSeries | None, names: Names) -> UseView:
        """Use as it is shown."""
        return cls(
            provider=names(use.provider_id),
            attempts=use.attempts,
            failed=use.failed,
            cpu_ms=use.cpu_ms,
            memory_peak_bytes=use.memory_peak_bytes,
            run_ms=use.run_ms,
            series=[UseBucketView.of(bucket) for bucket in series.buckets] if series else [],
        )


class JobMetricsView(Model):
    """Aggregates over a range of time, and over the period of the same length before it."""

    start: datetime
    end: datetime
    bucket_ms: int
    """Length of one stretch of the series."""
    states: dict[JobState, int]
    """Jobs submitted in the range by what they are now; their sum is total.submitted."""
    total: MetricsBucketView
    previous: MetricsBucketView
    series: list[MetricsBucketView]
    providers: list[UseView]

    @classmethod
    def of(
        cls,
        start: datetime,
        end: datetime,
        found: JobMetrics,
        previous: JobMetrics,
        use: Sequence[UseSeries],
        names: Names,
    ) -> JobMetricsView:
        """Aggregates as they are shown."""
        return cls(
            start=start,
            end=end,
            bucket_ms=round((end - start).total_seconds() * 1000 / len(found.series)),
            states=dict(found.states),
            total=MetricsBucketView.of(found.total),
            previous=MetricsBucketView.of(previous.total),
            series=[MetricsBucketView.of(bucket) for bucket in found.series],
            providers=_use(found.providers, use, names),
        )


def _use(totals: Sequence[ProviderUse], series: Sequence[UseSeries], names: Names) -> list[UseView]:
    """Every provider on which something ran or ended."""
    by_id = {one.provider_id: one for one in series}
    ended = {use.provider_id for use in totals}
    idle = [_nothing(provider_id) for provider_id in by_id if provider_id not in ended]
    everyone = sorted([*totals, *idle], key=lambda use: use.provider_id)
    return [UseView.of(use, by_id.get(use.provider_id), names) for use in everyone]


def _nothing(provider_id: UUID) -> ProviderUse:
    return ProviderUse(
        provider_id=provider_id, attempts=0, failed=0, cpu_ms=0, memory_peak_bytes=0, run_ms=0
    )


def metrics_csv(found: JobMetrics) -> str:
    """The series as comma-separated values, one stretch of time per line."""
    rows = [CSV_COLUMNS]
    for bucket in found.series:
        finished = [str(bucket.finished.get(state, 0)) for state in CSV_STATES]
        figures = [_figure(getattr(bucket, name)) for name in CSV_FIGURES]
        rows.append((bucket.start.isoformat(), str(bucket.submitted), *finished, *figures))
    return "".join(",".join(row) + "\r\n" for row in rows)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
