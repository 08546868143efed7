"""Aggregates over jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.queries import sql
from hodei.domain.job import JobState
from hodei.domain.spec import Network
from hodei.domain.warm import Demand, Shape
from hodei.ports.aggregates import (
    JobMetrics,
    MetricsBucket,
    ProviderUse,
    Recent,
    UseBucket,
    UseSeries,
)

_MANY_ROWS = "SET LOCAL enable_seqscan = on; SET LOCAL work_mem = '32MB'"
"""Aggregates over a long range read most of a table, and sort what they read."""
_FINISHED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.TIMEOUT)


class Metrics:
    """Implements the aggregates of `StatsStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def job_metrics(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> JobMetrics:
        """See `StatsStore.job_metrics`."""
        within = None if projects is None else sorted(projects)

        async def read(session: Session) -> tuple[list[Row], list[Row], list[Row]]:
            # One snapshot for the three reads: the numbers of one page agree.
            async with session.transaction(isolation="repeatable_read", readonly=True):
                await session.execute(_MANY_ROWS)
                return (
                    await session.fetch(sql("metrics.submitted"), start, end, buckets, within),
                    await session.fetch(sql("metrics.finished"), start, end, buckets, within),
                    await session.fetch(sql("metrics.providers"), start, end, within),
                )

        submitted, finished, providers = await self._database.run(read)
        counts: Counter[int] = Counter()
        states: Counter[str] = Counter()
        for row in submitted:
            counts[row["bucket"]] += row["n"]
            states[row["state"]] += row["n"]
        rows = {row["bucket"]: row for row in finished}
        step = (end - start) / buckets
        return JobMetrics(
            states={state: states[state.value] for state in JobState},
            total=_bucket(start, sum(counts.values()), rows.get(None)),
            series=tuple(
                _bucket(start + step * place, counts[place + 1], rows.get(place + 1))
                for place in range(buckets)
            ),
            providers=tuple(_use(row) for row in providers),
        )

    async def demand(
        self, provider_id: UUID, *, since: datetime, stretch_s: int, limit: int
    ) -> Sequence[Demand]:
        """See `StatsStore.demand`."""
        found: dict[Shape, dict[int, int]] = {}
        for row in await self._database.rows(
            sql("metrics.demand"), provider_id, since, stretch_s, limit
        ):
            shape = Shape(
                image=row["image"],
                cpu=row["cpu"],
                memory_mb=row["memory_mb"],
                network=Network(row["network"]),
            )
            found.setdefault(shape, {})[row["jobs"]] = row["stretches"]
        return [Demand(shape=shape, stretches=counted) for shape, counted in found.items()]

    async def provider_use(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> Sequence[UseSeries]:
        """See `StatsStore.provider_use`."""
        within = None if projects is None else sorted(projects)

        async def read(session: Session) -> tuple[list[Row], list[Row]]:
            async with session.transaction(isolation="repeatable_read", readonly=True):
                await session.execute(_MANY_ROWS)
                return (
                    await session.fetch(sql("metrics.ended"), start, end, buckets, within),
                    await session.fetch(sql("metrics.ran"), start, end, buckets, within),
                )

        ended, ran = await self._database.run(read)
        counts = {(row["provider_id"], row["bucket"] - 1): row for row in ended}
        used = {(row["provider_id"], row["place"]): row for row in ran}
        step = (end - start) / buckets
        return [
            UseSeries(
                provider_id=provider_id,
                buckets=tuple(
                    _use_bucket(
                        start + step * place,
                        step,
                        counts.get((provider_id, place)),
                        used.get((provider_id, place)),
                    )
                    for place in range(buckets)
                ),
            )
            for provider_id in sorted({key for key, _ in counts.keys() | used.keys()})
        ]

    async def recent(self, *, since: datetime, limit: int) -> Recent:
        """See `StatsStore.recent`."""
        row = await self._database.row(sql("metrics.recent"), since, limit)
        assert row is not None
        return Recent(
            finished=row["finished"], run_avg_ms=row["run_ms"], start_p50_ms=row["start_ms"]
        )


def _bucket(start: datetime, submitted: int, row: Row | None) -> MetricsBucket:
    finished = {state: row[state.value.lower()] if row else 0 for state in _FINISHED}
    duration, wait, latency = (
        (row[name] if row else None) or (None, None) for name in ("duration", "wait", "latency")
    )
    return MetricsBucket(
        start=start,
        submitted=submitted,
        finished=finished,
        duration_avg_ms=row["duration_avg"] if row else None,
        duration_p50_ms=duration[0],
        duration_p95_ms=duration[1],
        queue_wait_p50_ms=wait[0],
        queue_wait_p95_ms=wait[1],
        start_latency_p50_ms=latency[0],
        start_latency_p95_ms=latency[1],
    )


def _use(row: Row) -> ProviderUse:
    return ProviderUse(
        provider_id=row["provider_id"],
        attempts=row["attempts"],
        failed=row["failed"],
        cpu_ms=row["cpu_ms"],
        memory_peak_bytes=row["memory_peak_bytes"],
        run_ms=row["run_ms"],
    )


def _use_bucket(start: datetime, step: timedelta, ended: Row | None, ran: Row | None) -> UseBucket:
    seconds = step.total_seconds()
    return UseBucket(
        start=start,
        attempts=ended["attempts"] if ended else 0,
        failed=ended["failed"] if ended else 0,
        running=ran["running_s"] / seconds if ran else 0.0,
        cpus=ran["cpu_ms"] / 1000 / seconds if ran else 0.0,
        memory_bytes=ran["memory"] / seconds if ran else 0.0,
    )
