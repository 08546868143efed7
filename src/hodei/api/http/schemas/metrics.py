"""Samples of what attempts use, and aggregates over jobs."""

from __future__ import annotations

from datetime import datetime

from hodei.api.http.schemas.jobs import Names
from hodei.api.http.schemas.model import Model, ProviderRef
from hodei.domain.job import JobState
from hodei.ports.aggregates import JobMetrics, MetricsBucket, ProviderUse
from hodei.ports.store import Sample


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


class UseView(Model):
    """What the attempts on one provider used."""

    provider: ProviderRef | None
    attempts: int
    failed: int
    cpu_ms: int
    memory_peak_bytes: int
    run_ms: int

    @classmethod
    def of(cls, use: ProviderUse, names: Names) -> UseView:
        """Use as it is shown."""
        return cls(
            provider=names(use.provider_id),
            attempts=use.attempts,
            failed=use.failed,
            cpu_ms=use.cpu_ms,
            memory_peak_bytes=use.memory_peak_bytes,
            run_ms=use.run_ms,
        )


class JobMetricsView(Model):
    """Aggregates over a range of time, and over the period of the same length before it."""

    start: datetime
    end: datetime
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
        names: Names,
    ) -> JobMetricsView:
        """Aggregates as they are shown."""
        return cls(
            start=start,
            end=end,
            total=MetricsBucketView.of(found.total),
            previous=MetricsBucketView.of(previous.total),
            series=[MetricsBucketView.of(bucket) for bucket in found.series],
            providers=[UseView.of(use, names) for use in found.providers],
        )
