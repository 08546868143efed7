"""MetricsService."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from hodei.api.grpc.guard import granted
from hodei.domain.job import Job
from hodei.engine.engine import Engine
from hodei.ports.aggregates import JobMetrics, MetricsBucket, ProviderUse, UseBucket, UseSeries
from hodei.ports.hosts import HostSample
from hodei.ports.store import Sample
from hodei.wire.gen import metrics_pb2, metrics_pb2_grpc
from hodei.wire.times import from_timestamp, to_timestamp

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

DEFAULT_BUCKETS = 60


class Metrics(metrics_pb2_grpc.MetricsServiceServicer):
    """Aggregates and samples over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetJobMetrics(
        self, request: metrics_pb2.GetJobMetricsRequest, context: Context
    ) -> metrics_pb2.JobMetrics:
        start, end = self._range(request)
        buckets = request.buckets or DEFAULT_BUCKETS
        projects = granted().within(request.project or None)
        stats = self._engine.stats
        found = await stats.metrics(start=start, end=end, buckets=buckets, projects=projects)
        use = await stats.use(start=start, end=end, buckets=buckets, projects=projects)
        return _job_metrics(found, use)

    async def GetHostMetrics(
        self, request: metrics_pb2.GetHostMetricsRequest, context: Context
    ) -> metrics_pb2.HostMetrics:
        start, end = self._range(request)
        return _host_metrics(
            await self._engine.hosts.history(
                start=start, end=end, buckets=request.buckets or DEFAULT_BUCKETS
            )
        )

    def _range(
        self, request: metrics_pb2.GetJobMetricsRequest | metrics_pb2.GetHostMetricsRequest
    ) -> tuple[datetime, datetime]:
        """What was asked for; the last day by default."""
        end = self._engine.core.clock.now()
        if request.HasField("end"):
            end = from_timestamp("end", request.end)
        if request.HasField("start"):
            return from_timestamp("start", request.start), end
        return end - timedelta(days=1), end

    async def GetAttemptStats(
        self, request: metrics_pb2.GetAttemptStatsRequest, context: Context
    ) -> metrics_pb2.AttemptStats:
        job_id = await self._engine.jobs.resolve(request.job_id)
        logs = self._engine.logs
        attempt = await logs.unless_waiting(job_id, partial(logs.attempt, job_id, request.attempt))
        if isinstance(attempt, Job):
            return metrics_pb2.AttemptStats()
        since = from_timestamp("since", request.since) if request.HasField("since") else None
        samples = await self._engine.stats.samples(attempt.id, since=since)
        return metrics_pb2.AttemptStats(
            attempt_id=str(attempt.id), points=[_point(sample) for sample in samples]
        )

    async def StreamAttemptStats(
        self, request: metrics_pb2.GetAttemptStatsRequest, context: Context
    ) -> AsyncIterator[metrics_pb2.StatsPoint]:
        job_id = await self._engine.jobs.resolve(request.job_id)
        async for sample in self._engine.stats.follow(job_id):
            yield _point(sample)


def _job_metrics(found: JobMetrics, use: Sequence[UseSeries]) -> metrics_pb2.JobMetrics:
    series = {one.provider_id: one.buckets for one in use}
    totals = {one.provider_id: one for one in found.providers}
    return metrics_pb2.JobMetrics(
        total=_bucket(found.total),
        series=[_bucket(bucket) for bucket in found.series],
        providers=[
            metrics_pb2.ProviderUse(
                provider_id=str(provider_id),
                **_totals(totals.get(provider_id)),
                series=[_use_bucket(bucket) for bucket in series.get(provider_id, ())],
            )
            for provider_id in sorted(totals.keys() | series.keys())
        ],
        states={state.value: count for state, count in found.states.items()},
    )


def _totals(use: ProviderUse | None) -> dict[str, int]:
    if use is None:
        return {}
    return {
        "attempts": use.attempts,
        "failed": use.failed,
        "cpu_ms": use.cpu_ms,
        "memory_peak_bytes": use.memory_peak_bytes,
        "run_ms": use.run_ms,
    }


def _use_bucket(bucket: UseBucket) -> metrics_pb2.UseBucket:
    return metrics_pb2.UseBucket(
        start=to_timestamp(bucket.start),
        attempts=bucket.attempts,
        failed=bucket.failed,
        running=bucket.running,
        cpus=bucket.cpus,
        memory_bytes=bucket.memory_bytes,
    )


def _host_metrics(samples: Sequence[HostSample]) -> metrics_pb2.HostMetrics:
    grouped = groupby(samples, key=lambda sample: sample.host)
    return metrics_pb2.HostMetrics(hosts=[_host(name, list(found)) for name, found in grouped])


def _host(name: str, samples: Sequence[HostSample]) -> metrics_pb2.HostSeries:
    return metrics_pb2.HostSeries(
        name=name,
        cpus=samples[-1].cpus,
        points=[
            metrics_pb2.HostPoint(
                at=to_timestamp(sample.at),
                cpu=sample.cpu,
                load_1m=sample.load_1m,
                memory_used_bytes=sample.memory_used_bytes,
                memory_total_bytes=sample.memory_total_bytes,
            )
            for sample in samples
        ],
    )


def _bucket(bucket: MetricsBucket) -> metrics_pb2.MetricsBucket:
    return metrics_pb2.MetricsBucket(
        start=to_timestamp(bucket.start),
        submitted=bucket.submitted,
        finished={state.value: count for state, count in bucket.finished.items()},
        duration_avg_ms=bucket.duration_avg_ms,
        duration_p50_ms=bucket.duration_p50_ms,
        duration_p95_ms=bucket.duration_p95_ms,
        queue_wait_p50_ms=bucket.queue_wait_p50_ms,
        queue_wait_p95_ms=bucket.queue_wait_p95_ms,
        start_latency_p50_ms=bucket.start_latency_p50_ms,
        start_latency_p95_ms=bucket.start_latency_p95_ms,
    )


def _point(sample: Sample) -> metrics_pb2.StatsPoint:
    return metrics_pb2.StatsPoint(
        at=to_timestamp(sample.at),
        cpu_ms=sample.cpu_ms,
        memory_bytes=sample.memory_bytes,
        memory_peak_bytes=sample.memory_peak_bytes,
        disk_read_bytes=sample.disk_read_bytes,
        disk_write_bytes=sample.disk_write_bytes,
        net_rx_bytes=sample.net_rx_bytes,
        net_tx_bytes=sample.net_tx_bytes,
        processes=sample.processes,
    )
