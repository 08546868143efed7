"""What providers were used for, over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from hodei.adapters.memory.jobs import belongs
from hodei.adapters.memory.part import Part
from hodei.domain.attempt import Attempt
from hodei.ports.aggregates import UseBucket, UseSeries


class Use(Part):
    """StatsStore.provider_use."""

    async def provider_use(
        self,
        *,
        start: datetime,
        end: datetime,
        buckets: int,
        projects: frozenset[str] | None = None,
    ) -> Sequence[UseSeries]:
        """See StatsStore."""
        await self._begin()
        found: dict[UUID, _Sums] = {}
        for entry in self._tables.attempts.values():
            attempt = entry.attempt
            job = self._tables.jobs.get(attempt.job_id)
            if projects is not None and (job is None or not belongs(job.job, projects)):
                continue
            until = attempt.ended_at or min(self._now(), end)
            if attempt.ended_at is not None and start <= attempt.ended_at < end:
                place = (attempt.ended_at - start) * buckets // (end - start)
                found.setdefault(attempt.provider_id, _Sums(buckets)).count(attempt, place)
            if attempt.started_at is not None and attempt.started_at < end and until >= start:
                sums = found.setdefault(attempt.provider_id, _Sums(buckets))
                cpu_ms, memory = self._used(attempt)
                for place, part_s, share in _pieces(attempt.started_at, until, start, end, buckets):
                    sums.running_s[place] += part_s
                    sums.cpu_ms[place] += cpu_ms * share
                    sums.memory[place] += memory * part_s
        step_s = (end - start).total_seconds() / buckets
        return [
            UseSeries(
                provider_id=provider_id,
                buckets=tuple(
                    found[provider_id].bucket(start + (end - start) / buckets * n, n, step_s)
                    for n in range(buckets)
                ),
            )
            for provider_id in sorted(found)
        ]

    def _used(self, attempt: Attempt) -> tuple[int, int]:
        """CPU and memory; of one that still runs by its newest sample."""
        if attempt.ended_at is None:
            samples = self._tables.samples.get(attempt.id)
            if samples:
                newest = samples[max(samples)]
                return (newest.cpu_ms, newest.memory_peak_bytes)
        return (attempt.cpu_ms, attempt.memory_peak_bytes)


class _Sums:
    def __init__(self, buckets: int) -> None:
        self.attempts: list[int] = [0] * buckets
        self.failed: list[int] = [0] * buckets
        self.running_s: dict[int, float] = defaultdict(float)
        self.cpu_ms: dict[int, float] = defaultdict(float)
        self.memory: dict[int, float] = defaultdict(float)

    def count(self, attempt: Attempt, place: int) -> None:
        self.attempts[place] += 1
        if attempt.outcome is not None and not attempt.outcome.succeeded:
            self.failed[place] += 1

    def bucket(self, start: datetime, place: int, step_s: float) -> UseBucket:
        return UseBucket(
            start=start,
            attempts=self.attempts[place],
            failed=self.failed[place],
            running=self.running_s[place] / step_s,
            cpus=self.cpu_ms[place] / 1000 / step_s,
            memory_bytes=self.memory[place] / step_s,
        )


def _pieces(
    begun: datetime, until: datetime, start: datetime, end: datetime, buckets: int
) -> Iterator[tuple[int, float, float]]:
    """Stretch, seconds within it, and share of the whole run that they are."""
    whole_s = (until - begun).total_seconds()
    step = (end - start) / buckets
    for place in range(buckets):
        low, high = start + step * place, start + step * (place + 1)
        if begun >= high or until < low or (until == low and begun < low):
            continue
        part_s = (min(until, high) - max(begun, low)).total_seconds()
        yield place, part_s, part_s / whole_s if whole_s else 1.0
