"""Samples and aggregates over jobs, the latter against slow sums over what was put in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from statistics import fmean
from uuid import UUID, uuid4

import pytest

from hodei.domain.job import JobState
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.spec import Network, Resources
from hodei.domain.warm import Shape
from hodei.ports.aggregates import JobMetrics, MetricsBucket, ProviderUse, Recent
from hodei.ports.store import Held, Store, Unit
from hodei.testing.store_contract.rows import (
    FAILURE,
    OTHER_PROVIDER,
    PROVIDER,
    SUCCESS,
    after,
    bind,
    finish,
    new_job,
    new_spec,
    only,
    sample_at,
    save,
    start,
    submitted,
    unit_of,
)

ENDINGS = (
    SUCCESS,
    FAILURE,
    Outcome(cause=Cause.TIMEOUT, signal=9),
    Outcome(cause=Cause.CANCELLED),
    Outcome(cause=Cause.OOM, exit_code=0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One finished job in seconds after T0."""

    project: str
    provider_id: UUID
    submitted: float
    bound: float
    started: float | None
    finished: float
    outcome: Outcome
    cpu_ms: int
    peak: int

    def held(self) -> Held:
        """The job, its attempt and its worker at the end."""
        job = new_job(new_spec(project=self.project), at=after(self.submitted))
        held = bind(job, provider_id=self.provider_id, at=after(self.bound))
        if self.started is not None:
            held = start(held, at=after(self.started))
        held = finish(held, self.outcome, at=after(self.finished))
        used = replace(held.attempt, cpu_ms=self.cpu_ms, memory_peak_bytes=self.peak)
        return replace(held, attempt=used)


def lives(random: Random, count: int) -> list[Life]:
    """Random ones within 1,000 s around T0..T0+600."""
    made = []
    for _ in range(count):
        begin = random.randrange(-200_000, 600_000) / 1000
        bound = begin + random.randrange(20_000) / 1000
        started = bound + random.randrange(5_000_000) / 1_000_000
        finished = started + random.randrange(300_000) / 1000
        outcome = random.choice(ENDINGS)
        made.append(
            Life(
                project=random.choice(["a", "b"]),
                provider_id=random.choice([PROVIDER, OTHER_PROVIDER]),
                submitted=begin,
                bound=bound,
                started=None if outcome.cause is Cause.CANCELLED else started,
                finished=finished,
                outcome=outcome,
                cpu_ms=random.randrange(10_000),
                peak=random.randrange(10**9),
            )
        )
    return made


def percentile(values: Sequence[float], share: float) -> float | None:
    """Interpolated: the value at `share` of the way through the sorted values."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return below + (above - below) * (place - math.floor(place))


STATES = {
    Cause.TIMEOUT: JobState.TIMEOUT,
    Cause.CANCELLED: JobState.CANCELLED,
    Cause.OOM: JobState.FAILED,
}


def state_of(life: Life) -> JobState:
    """How it ended."""
    plain = JobState.SUCCEEDED if life.outcome.succeeded else JobState.FAILED
    return STATES.get(life.outcome.cause, plain)


def bucket_of(start: float, new: Sequence[Life], done: Sequence[Life]) -> MetricsBucket:
    """The numbers of one stretch of time."""
    durations = [1000 * (x.finished - x.started) for x in done if x.started is not None]
    waits = [1000 * (x.bound - x.submitted) for x in done]
    latencies = [1000 * (x.started - x.bound) for x in done if x.started is not None]
    finished = dict.fromkeys(
        (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.TIMEOUT), 0
    )
    for life in done:
        finished[state_of(life)] += 1
    return MetricsBucket(
        start=after(start),
        submitted=len(new),
        finished=finished,
        duration_avg_ms=fmean(durations) if durations else None,
        duration_p50_ms=percentile(durations, 0.5),
        duration_p95_ms=percentile(durations, 0.95),
        queue_wait_p50_ms=percentile(waits, 0.5),
        queue_wait_p95_ms=percentile(waits, 0.95),
        start_latency_p50_ms=percentile(latencies, 0.5),
        start_latency_p95_ms=percentile(latencies, 0.95),
    )


def assert_like(found: MetricsBucket, expected: MetricsBucket) -> None:
    """Equal but for the last digits."""
    assert (found.start, found.submitted) == (expected.start, expected.submitted)
    assert dict(found.finished) == dict(expected.finished)
    for name in (
        "duration_avg_ms",
        "duration_p50_ms",
        "duration_p95_ms",
        "queue_wait_p50_ms",
        "queue_wait_p95_ms",
        "start_latency_p50_ms",
        "start_latency_p95_ms",
    ):
        value, wanted = getattr(found, name), getattr(expected, name)
        assert value == (None if wanted is None else pytest.approx(wanted, abs=0.01)), name


class StatsContract:
    """StatsStore."""

    async def test_samples_come_oldest_first(self, store: Store) -> None:
        attempt_id, other = uuid4(), uuid4()
        made = [sample_at(attempt_id, second) for second in range(10)]
        await save(store, Unit(samples=(*made[5:], sample_at(other, 1))))
        await save(store, Unit(samples=tuple(made[:5])))
        assert list(await store.samples(attempt_id)) == made
        assert list(await store.samples(attempt_id, since=after(7))) == made[7:]
        assert list(await store.samples(attempt_id, limit=10)) == made
        assert list(await store.samples(uuid4())) == []

    async def test_a_sample_that_comes_twice_is_kept_once(self, store: Store) -> None:
        sample = sample_at(uuid4(), 1)
        await save(store, Unit(samples=(sample,)))
        await save(store, Unit(samples=(sample, replace(sample, cpu_ms=99))))
        assert list(await store.samples(sample.attempt_id)) == [sample]

    async def test_many_samples_are_thinned_evenly(self, store: Store) -> None:
        attempt_id = uuid4()
        made = [sample_at(attempt_id, second) for second in range(1000)]
        await save(store, Unit(samples=tuple(made)))
        for limit in (1, 2, 7, 100, 333, 600, 999):
            found = list(await store.samples(attempt_id, limit=limit))
            assert len(found) == limit
            places = [made.index(sample) for sample in found]
            assert places[0] == 0
            gaps = [b - a for a, b in zip(places, [*places[1:], 1000], strict=True)]
            assert max(gaps) - min(gaps) <= 1, limit
        later = list(await store.samples(attempt_id, since=after(500), limit=50))
        assert len(later) == 50
        assert later[0] == made[500]

    async def test_metrics_of_nothing(self, store: Store) -> None:
        metrics = await store.job_metrics(start=after(0), end=after(60), buckets=3)
        assert metrics == JobMetrics(
            states=dict.fromkeys(JobState, 0),
            total=bucket_of(0, [], []),
            series=tuple(bucket_of(start, [], []) for start in (0, 20, 40)),
            providers=(),
        )

    @pytest.mark.parametrize("project", [None, "a", "nobody"])
    async def test_metrics_equal_slow_sums(self, store: Store, project: str | None) -> None:
        every = lives(Random(7), 150)
        await save(store, *(unit_of(life.held()) for life in every))
        await submitted(store, new_job(new_spec(project="a"), at=after(599.999999)))
        mine = [life for life in every if project in (None, life.project)]
        waiting = 1 if project in (None, "a") else 0
        found = await store.job_metrics(
            start=after(0), end=after(600), buckets=12, projects=only(project)
        )
        assert len(found.series) == 12
        for number, bucket in enumerate(found.series):
            low, high = number * 50.0, number * 50.0 + 50
            expected = bucket_of(
                low,
                [life for life in mine if low <= life.submitted < high],
                [life for life in mine if low <= life.finished < high],
            )
            extra = waiting if number == 11 else 0
            assert_like(bucket, replace(expected, submitted=expected.submitted + extra))
        new = [life for life in mine if 0 <= life.submitted < 600]
        done = [life for life in mine if 0 <= life.finished < 600]
        total = bucket_of(0, new, done)
        assert_like(found.total, replace(total, submitted=total.submitted + waiting))
        now = Counter(state_of(life) for life in new)
        now[JobState.PENDING] += waiting
        assert found.states == {state: now[state] for state in JobState}
        self._assert_use(found, done)

    @staticmethod
    def _assert_use(found: JobMetrics, done: Sequence[Life]) -> None:
        by_provider = {use.provider_id: use for use in found.providers}
        assert [use.provider_id for use in found.providers] == sorted(by_provider)
        assert set(by_provider) == {life.provider_id for life in done}
        for provider_id, use in by_provider.items():
            group = [life for life in done if life.provider_id == provider_id]
            run_ms = sum(1000 * (x.finished - x.started) for x in group if x.started is not None)
            assert abs(use.run_ms - run_ms) <= 1
            assert replace(use, run_ms=0) == ProviderUse(
                provider_id=provider_id,
                attempts=len(group),
                failed=sum(not life.outcome.succeeded for life in group),
                cpu_ms=sum(life.cpu_ms for life in group),
                memory_peak_bytes=max(life.peak for life in group),
                run_ms=0,
            )

    async def test_every_attempt_of_a_retried_job_counts_for_its_provider(
        self, store: Store
    ) -> None:
        [job] = await submitted(store, new_job())
        first = finish(bind(job, at=after(1)), FAILURE, at=after(5))
        back = replace(job, attempts=1, queued_at=after(6))
        await save(store, unit_of(replace(first, job=back)))
        waiting = replace(back, version=job.version + 1)
        again = start(bind(waiting, at=after(10)), at=after(11))
        await save(store, unit_of(finish(again, at=after(31))))
        found = await store.job_metrics(start=after(0), end=after(60), buckets=1)
        [use] = found.providers
        assert (use.attempts, use.failed, use.run_ms) == (2, 1, 20_000)
        assert found.total.finished[JobState.SUCCEEDED] == 1
        assert found.total.queue_wait_p50_ms == pytest.approx(4_000)
        assert found.total.duration_p50_ms == pytest.approx(20_000)

    async def test_recent_jobs_are_the_last_that_finished(self, store: Store) -> None:
        none = await store.recent(since=after(0), limit=10)
        assert none == Recent(finished=0, run_avg_ms=None, start_p50_ms=None)
        every = lives(Random(11), 60)
        await save(store, *(unit_of(life.held()) for life in every))
        late = sorted((x for x in every if x.finished >= 100), key=lambda x: x.finished)
        for limit in (1, 7, 1000):
            last = late[-limit:]
            ran = [x for x in last if x.started is not None]
            runs = [1000 * (x.finished - x.started) for x in ran if x.started is not None]
            starts = [1000 * (x.started - x.bound) for x in ran if x.started is not None]
            found = await store.recent(since=after(100), limit=limit)
            assert found.finished == len(last)
            assert found.run_avg_ms == (pytest.approx(fmean(runs), abs=0.01) if runs else None)
            assert found.start_p50_ms == (
                pytest.approx(percentile(starts, 0.5), abs=0.01) if starts else None
            )

    async def test_bounds_belong_to_the_stretch_that_they_begin(self, store: Store) -> None:
        await submitted(store, *(new_job(at=after(n)) for n in (0, 10, 20, 30)))
        found = await store.job_metrics(start=after(0), end=after(30), buckets=3)
        assert [bucket.submitted for bucket in found.series] == [1, 1, 1]
        assert [bucket.start for bucket in found.series] == [after(n) for n in (0, 10, 20)]
        assert found.total.submitted == 3
        assert found.series[1].start - found.series[0].start == timedelta(seconds=10)

    async def test_demand_counts_the_jobs_of_one_provider_by_shape_and_stretch(
        self, store: Store
    ) -> None:
        small, large = Resources(cpu=0.5, memory_mb=64), Resources(cpu=2, memory_mb=64)
        for second, image, resources, provider_id in (
            (-1, "alpine", small, PROVIDER),  # too old
            (0, "alpine", small, PROVIDER),
            (9.9, "alpine", small, PROVIDER),
            (10, "alpine", small, PROVIDER),
            (35, "alpine", small, PROVIDER),
            (36, "alpine", large, PROVIDER),
            (37, "alpine", small, OTHER_PROVIDER),
            (38, "alpine", replace(small, gpus=1), PROVIDER),
            (39, "alpine", replace(small, storage_mb=10), PROVIDER),
            (40, None, small, PROVIDER),
        ):
            spec = replace(new_spec(image=image), resources=resources)
            job = new_job(spec, at=after(second))
            await save(store, unit_of(bind(job, provider_id=provider_id, at=after(41))))
        cut_off = replace(new_spec(image="alpine"), resources=small, network=Network.NONE)
        await save(store, unit_of(bind(new_job(cut_off, at=after(50)), at=after(51))))
        await submitted(store, new_job(new_spec(image="waits"), at=after(52)))

        few = Shape(image="alpine", cpu=0.5, memory_mb=64)
        found = await store.demand(PROVIDER, since=after(0), stretch_s=10, limit=100)
        assert {each.shape: dict(each.stretches) for each in found} == {
            few: {2: 1, 1: 2},
            replace(few, cpu=2.0): {1: 1},
            replace(few, image=None): {1: 1},
            replace(few, network=Network.NONE): {1: 1},
        }
        newest = await store.demand(PROVIDER, since=after(0), stretch_s=10, limit=2)
        assert {each.shape for each in newest} == {
            replace(few, image=None),
            replace(few, network=Network.NONE),
        }
        assert await store.demand(uuid4(), since=after(0), stretch_s=10, limit=2) == []
