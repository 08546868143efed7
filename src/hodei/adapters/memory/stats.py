"""Samples, and aggregates over jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import fmean
from uuid import UUID

from hodei.adapters.memory.jobs import belongs
from hodei.adapters.memory.part import Part
from hodei.adapters.memory.percentiles import percentile
from hodei.domain.attempt import Attempt
from hodei.domain.job import JOB, Job, JobState
from hodei.domain.warm import Demand, Shape
from hodei.ports.aggregates import JobMetrics, MetricsBucket, ProviderUse, Recent
from hodei.ports.store import Sample

Finished = tuple[Job, Attempt | None]
"""A finished job with its last attempt."""


class Stats(Part):
    """StatsStore."""

    async def samples(
        self, attempt_id: UUID, *, since: datetime | None = None, limit: int = 3600
    ) -> Sequence[Sample]:
        """See StatsStore."""
        await self._begin()
        stored = self._tables.samples.get(attempt_id, {})
        found = sorted(
            (sample for at, sample in stored.items() if since is None or at >= since),
            key=lambda sample: sample.at,
        )
        total = len(found)
        if total <= limit:
            return found
        # Each of `limit` equal stretches keeps its first sample.
        return [found[-(-stretch * total // limit)] for stretch in range(limit)]

    async def job_metrics(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> JobMetrics:
        """See StatsStore."""
        await self._begin()
        every = (entry.job for entry in self._tables.jobs.values())
        jobs = [job for job in every if belongs(job, projects)]
        submitted = [job for job in jobs if start <= job.submitted_at < end]
        finished = [
            (job, self._last_attempt(job))
            for job in jobs
            if job.finished_at is not None and start <= job.finished_at < end
        ]
        new: list[int] = [0] * buckets
        done: list[list[Finished]] = [[] for _ in range(buckets)]
        for job in submitted:
            new[_bucket(job.submitted_at, start, end, buckets)] += 1
        for job, attempt in finished:
            if job.finished_at is not None:
                done[_bucket(job.finished_at, start, end, buckets)].append((job, attempt))
        step = (end - start) / buckets
        states = Counter(job.state for job in submitted)
        return JobMetrics(
            states={state: states[state] for state in JobState},
            total=_summary(start, len(submitted), finished),
            series=tuple(
                _summary(start + step * number, new[number], done[number])
                for number in range(buckets)
            ),
            providers=self._provider_use(start, end, projects),
        )

    async def demand(
        self, provider_id: UUID, *, since: datetime, stretch_s: int, limit: int
    ) -> Sequence[Demand]:
        """See StatsStore."""
        await self._begin()
        given = [
            (entry.job, order)
            for order, entry in enumerate(self._tables.jobs.values())
            if entry.job.provider_id == provider_id and entry.job.submitted_at >= since
        ]
        given.sort(key=lambda pair: (pair[0].submitted_at, pair[1]), reverse=True)
        came = Counter(
            (_shape(job), int(job.submitted_at.timestamp()) // stretch_s)
            for job, _ in given[:limit]
            if not job.spec.resources.storage_mb and not job.spec.resources.gpus
        )
        found: dict[Shape, Counter[int]] = {}
        for (shape, _), jobs in came.items():
            found.setdefault(shape, Counter())[jobs] += 1
        return [Demand(shape=shape, stretches=dict(counted)) for shape, counted in found.items()]

    async def recent(self, *, since: datetime, limit: int) -> Recent:
        """See StatsStore."""
        await self._begin()
        ended = [
            (at, entry.job)
            for entry in self._tables.jobs.values()
            if (at := entry.job.finished_at) is not None and at >= since
        ]
        ended.sort(key=lambda row: row[0], reverse=True)
        last = _summary(since, 0, [(job, self._last_attempt(job)) for _, job in ended[:limit]])
        return Recent(
            finished=min(len(ended), limit),
            run_avg_ms=last.duration_avg_ms,
            start_p50_ms=last.start_latency_p50_ms,
        )

    def _last_attempt(self, job: Job) -> Attempt | None:
        entry = self._tables.attempts.get(job.attempt_id) if job.attempt_id else None
        return entry.attempt if entry else None

    def _provider_use(
        self, start: datetime, end: datetime, projects: frozenset[str] | None
    ) -> tuple[ProviderUse, ...]:
        used: dict[UUID, list[Attempt]] = {}
        for entry in self._tables.attempts.values():
            attempt = entry.attempt
            if attempt.ended_at is None or not start <= attempt.ended_at < end:
                continue
            job = self._tables.jobs.get(attempt.job_id)
            if projects is None or (job is not None and belongs(job.job, projects)):
                used.setdefault(attempt.provider_id, []).append(attempt)
        return tuple(_use(provider_id, used[provider_id]) for provider_id in sorted(used))


def _shape(job: Job) -> Shape:
    wanted = job.spec.resources
    return Shape(
        image=job.spec.image,
        cpu=float(wanted.cpu),
        memory_mb=wanted.memory_mb,
        network=job.spec.network,
    )


def _use(provider_id: UUID, attempts: Sequence[Attempt]) -> ProviderUse:
    runs = (_ms(attempt.started_at, attempt.ended_at) for attempt in attempts)
    return ProviderUse(
        provider_id=provider_id,
        attempts=len(attempts),
        failed=sum(1 for a in attempts if a.outcome is not None and not a.outcome.succeeded),
        cpu_ms=sum(attempt.cpu_ms for attempt in attempts),
        memory_peak_bytes=max(attempt.memory_peak_bytes for attempt in attempts),
        run_ms=round(sum(ms for ms in runs if ms is not None)),
    )


def _summary(start: datetime, submitted: int, finished: Sequence[Finished]) -> MetricsBucket:
    durations = _known(_ms(a.started_at if a else None, job.finished_at) for job, a in finished)
    waits = _known(_ms(job.queued_at, _bound_at(a)) for job, a in finished)
    latencies = _known(_ms(_bound_at(a), a.started_at if a else None) for _, a in finished)
    counts = dict.fromkeys(sorted(JOB.terminal), 0)
    for job, _ in finished:
        counts[job.state] += 1
    return MetricsBucket(
        start=start,
        submitted=submitted,
        finished=counts,
        duration_avg_ms=fmean(durations) if durations else None,
        duration_p50_ms=percentile(durations, 0.5),
        duration_p95_ms=percentile(durations, 0.95),
        queue_wait_p50_ms=percentile(waits, 0.5),
        queue_wait_p95_ms=percentile(waits, 0.95),
        start_latency_p50_ms=percentile(latencies, 0.5),
        start_latency_p95_ms=percentile(latencies, 0.95),
    )


def _bound_at(attempt: Attempt | None) -> datetime | None:
    """When the attempt was made: the first row of its timeline."""
    return attempt.phases[0].at if attempt and attempt.phases else None


def _bucket(at: datetime, start: datetime, end: datetime, buckets: int) -> int:
    return (at - start) * buckets // (end - start)


def _ms(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else (end - begin).total_seconds() * 1000


def _known(values: Iterable[float | None]) -> list[float]:
    return sorted(value for value in values if value is not None)
