"""What providers were used for over time, against slow sums over what was put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from hodei.ports.aggregates import UseBucket, UseSeries
from hodei.ports.store import Store, Unit
from hodei.testing.store_contract.rows import (
    OTHER_PROVIDER,
    PROVIDER,
    after,
    bind,
    finish,
    new_job,
    new_spec,
    only,
    sample_at,
    save,
    start,
    unit_of,
)
from hodei.testing.store_contract.stats import Life, lives

SPAN_S = 600.0


def expected(every: Sequence[Life], provider_id: UUID, place: int, step: float) -> UseBucket:
    """One stretch, each life cut into what lies within it."""
    low, high = place * step, (place + 1) * step
    mine = [life for life in every if life.provider_id == provider_id]
    ended = [life for life in mine if low <= life.finished < high]
    running = cpu_ms = memory = 0.0
    for life in mine:
        if life.started is None:
            continue
        part = min(life.finished, high) - max(life.started, low)
        if part > 0:
            running += part
            cpu_ms += life.cpu_ms * part / (life.finished - life.started)
            memory += life.peak * part
    return UseBucket(
        start=after(low),
        attempts=len(ended),
        failed=sum(not life.outcome.succeeded for life in ended),
        running=running / step,
        cpus=cpu_ms / 1000 / step,
        memory_bytes=memory / step,
    )


def assert_like(found: UseBucket, wanted: UseBucket) -> None:
    """Equal but for the last digits."""
    assert (found.start, found.attempts, found.failed) == (
        wanted.start,
        wanted.attempts,
        wanted.failed,
    )
    for name in ("running", "cpus", "memory_bytes"):
        value = getattr(wanted, name)
        assert getattr(found, name) == pytest.approx(value, rel=1e-4, abs=1e-4), name


class UseContract:
    """StatsStore.provider_use."""

    async def test_use_of_nothing(self, store: Store) -> None:
        assert list(await store.provider_use(start=after(0), end=after(60), buckets=3)) == []

    @pytest.mark.parametrize("project", [None, "a", "nobody"])
    @pytest.mark.parametrize("buckets", [1, 12])
    async def test_use_equals_slow_sums(
        self, store: Store, project: str | None, buckets: int
    ) -> None:
        every = lives(Random(3), 120)
        await save(store, *(unit_of(life.held()) for life in every))
        mine = [life for life in every if project in (None, life.project)]
        found = await store.provider_use(
            start=after(0), end=after(SPAN_S), buckets=buckets, projects=only(project)
        )
        used = sorted({life.provider_id for life in mine})
        assert [series.provider_id for series in found] == used
        for series in found:
            assert len(series.buckets) == buckets
            for place, bucket in enumerate(series.buckets):
                wanted = expected(mine, series.provider_id, place, SPAN_S / buckets)
                assert_like(bucket, wanted)

    async def test_an_attempt_longer_than_the_range_fills_it(self, store: Store) -> None:
        held = start(bind(new_job(at=after(-100)), at=after(-100)), at=after(-100))
        held = finish(held, at=after(300))
        used = replace(held.attempt, cpu_ms=800_000, memory_peak_bytes=5)
        await save(store, unit_of(replace(held, attempt=used)))
        [series] = await store.provider_use(start=after(0), end=after(60), buckets=3)
        for bucket in series.buckets:
            assert bucket.attempts == 0
            found = [bucket.running, bucket.cpus, bucket.memory_bytes]
            assert found == pytest.approx([1, 2, 5])

    async def test_an_attempt_that_takes_no_time_leaves_its_cpu_time(self, store: Store) -> None:
        held = finish(start(bind(new_job()), at=after(5)), at=after(5))
        await save(store, unit_of(replace(held, attempt=replace(held.attempt, cpu_ms=1000))))
        [series] = await store.provider_use(start=after(0), end=after(20), buckets=2)
        first, second = series.buckets
        assert [first.cpus, second.cpus] == pytest.approx([0.1, 0])

    async def test_what_runs_now_counts_by_its_newest_sample(self, store: Store) -> None:
        running = start(bind(new_job(new_spec()), at=after(0)), at=after(0))
        other = bind(new_job(), provider_id=OTHER_PROVIDER)
        samples = [
            replace(
                sample_at(running.attempt.id, second), cpu_ms=second * 10**9, memory_peak_bytes=7
            )
            for second in (1, 2)
        ]
        await save(store, unit_of(running), unit_of(other), Unit(samples=tuple(samples)))
        found = await store.provider_use(start=after(0), end=after(100), buckets=2)
        [series] = [one for one in found if one.provider_id == PROVIDER]
        assert [one for one in found if one.provider_id == OTHER_PROVIDER] == []
        assert isinstance(series, UseSeries)
        for bucket in series.buckets:
            assert [bucket.running, bucket.memory_bytes] == pytest.approx([1, 7])
            assert bucket.cpus > 0
