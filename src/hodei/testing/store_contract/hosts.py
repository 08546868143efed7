"""Samples of the servers' machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hodei.ports.hosts import HostSample
from hodei.ports.store import Store
from hodei.testing.store_contract.rows import FAR, T0, after

SAMPLE = HostSample(
    host="a",
    at=T0,
    cpus=2,
    cpu=0.5,
    load_1m=1.5,
    memory_used_bytes=100,
    memory_total_bytes=1000,
)


class HostContract:
    """HostStore."""

    async def test_stretches_hold_the_averages_of_each_host(
        self, store: Store, other_store: Store
    ) -> None:
        for host, minute, cpu in (("b", 0, 0.1), ("a", 0, 0.2), ("a", 1, 0.4), ("a", 5, 0.9)):
            sample = replace(SAMPLE, host=host, at=after(60 * minute), cpu=cpu)
            await store.add_host_sample(sample)
        found = await other_store.host_samples(start=T0, end=after(600), buckets=5)
        assert [(one.host, one.at) for one in found] == [
            ("a", T0),
            ("a", after(240)),
            ("b", T0),
        ]
        assert [one.cpu for one in found] == pytest.approx([0.3, 0.9, 0.1])
        assert found[2] == replace(SAMPLE, host="b", cpu=0.1)

    async def test_bounds_belong_to_the_stretch_that_they_begin(self, store: Store) -> None:
        for second in (-1, 0, 120, 240):
            await store.add_host_sample(replace(SAMPLE, at=after(second)))
        found = await store.host_samples(start=T0, end=after(240), buckets=2)
        assert [one.at for one in found] == [T0, after(120)]
        assert list(await store.host_samples(start=FAR, end=FAR + timedelta(1), buckets=2)) == []

    async def test_the_first_of_a_host_and_time_stays(self, store: Store) -> None:
        await store.add_host_sample(SAMPLE)
        await store.add_host_sample(replace(SAMPLE, cpu=0.9))
        [found] = await store.host_samples(start=T0, end=after(60), buckets=1)
        assert found.cpu == 0.5

    async def test_old_ones_go_a_few_at_a_time(self, store: Store) -> None:
        for minute in range(5):
            await store.add_host_sample(replace(SAMPLE, at=after(60 * minute)))
        gone = 0
        for _ in range(3):
            purged = await store.purge(jobs_before=T0, logs_before=after(180), limit=2)
            assert purged.samples <= 2
            gone += purged.samples
        assert gone == 3
        left = await store.host_samples(start=T0, end=after(600), buckets=10)
        assert [one.at for one in left] == [after(180), after(240)]
