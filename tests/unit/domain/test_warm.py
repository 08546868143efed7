"""Warm workers: what was learned is worth its budget, and what is out of date is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.domain import worker as workers
from hodei.domain.errors import IllegalTransition
from hodei.domain.provider import ProviderRecord, WarmLearning, WarmPool
from hodei.domain.spec import Network
from hodei.domain.warm import (
    Demand,
    Pool,
    Shape,
    full_name,
    learn,
    outdated,
    pause_s,
    pools_of,
    revision,
    shape_of,
    surplus,
)
from hodei.domain.worker import Target, Worker, WorkerState

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SMALL = Shape(image="alpine:latest", cpu=0.5, memory_mb=128)
LARGE = Shape(image="python:3.11-slim", cpu=2.0, memory_mb=1024)
AMPLE = WarmLearning(budget_cpu=100, budget_memory_mb=100_000, max_workers=100)


def demand(shape: Shape, stretches: Mapping[int, int]) -> Demand:
    return Demand(shape=shape, stretches=stretches)


def sizes(pools: Sequence[Pool]) -> dict[Shape, int]:
    return {pool.shape: pool.size for pool in pools}


def record(*warm: WarmPool, learned: WarmLearning | None = None) -> ProviderRecord:
    return ProviderRecord(
        id=uuid4(),
        name="docker",
        type="docker",
        warm=warm,
        warm_learned=learned,
        created_at=NOW,
        updated_at=NOW,
    )


def waiting(number: int, **changes: Any) -> Worker:
    made = Worker(
        id=UUID(int=number),
        provider_id=UUID(int=0),
        state=WorkerState.READY,
        image=SMALL.image,
        created_at=NOW + timedelta(seconds=number),
    )
    return replace(made, **changes)


def test_as_many_as_came_at_once_and_often_enough() -> None:
    # Five stretches with one job, three with two, one with four.
    (pool,) = learn([demand(SMALL, {1: 5, 2: 3, 4: 1})], AMPLE)
    assert pool.size == 2, "the third would have served one job only"
    assert pool.reason == (
        "2 would have been there for 13 of the last day's 15 jobs; one more only for 1"
    )


def test_what_came_once_is_no_habit() -> None:
    assert learn([demand(SMALL, {1: 1})], AMPLE) == []
    assert learn([], AMPLE) == []


def test_the_budget_goes_where_it_serves_most() -> None:
    both = [demand(LARGE, {1: 40}), demand(SMALL, {3: 20})]
    tight = WarmLearning(budget_cpu=2.0, budget_memory_mb=4096)
    # Three small ones serve 60 jobs for 1.5 CPU; the large one would serve 40 for 2.
    pools = learn(both, tight)
    assert sizes(pools) == {SMALL: 3}
    assert sizes(learn(both, replace(tight, budget_cpu=3.5))) == {SMALL: 3, LARGE: 1}
    assert sizes(learn(both, replace(AMPLE, max_workers=2))) == {SMALL: 2}
    assert "the limit is 2" in learn(both, replace(AMPLE, max_workers=2))[0].reason
    short = learn([demand(SMALL, {3: 20})], replace(tight, budget_memory_mb=256))
    assert short[0].reason == (
        "2 would have been there for 40 of the last day's 60 jobs; "
        "one more for 20 others, but the budget is 256 MB"
    )


def test_two_spellings_of_one_image_are_one_demand() -> None:
    plain = replace(SMALL, image="alpine")
    assert sizes(learn([demand(plain, {1: 1}), demand(SMALL, {1: 1})], AMPLE)) == {SMALL: 1}


def test_configured_workers_cost_nothing_of_the_budget() -> None:
    learning = WarmLearning(budget_cpu=0.5, budget_memory_mb=128)
    fixed = WarmPool(size=2, image="alpine", cpu=0.5, memory_mb=128)
    (pool,) = pools_of(record(fixed, learned=learning), [demand(SMALL, {5: 10})])
    assert (pool.size, pool.fixed) == (3, 2)
    assert pool.reason.startswith("2 configured; 3 would have been there for 30 of")


def test_without_being_asked_to_nothing_is_learned() -> None:
    fixed = WarmPool(size=2, image="alpine", cpu=0.5, memory_mb=128)
    (pool,) = pools_of(record(fixed, fixed), [demand(SMALL, {5: 10}), demand(LARGE, {5: 10})])
    assert (pool.shape, pool.size, pool.reason) == (SMALL, 4, "4 configured")
    assert pools_of(record(), [demand(SMALL, {5: 10})]) == []


def test_a_configured_pool_stays_where_nothing_was_learned() -> None:
    fixed = WarmPool(size=1, image="alpine", cpu=0.5, memory_mb=128)
    found = pools_of(record(fixed, learned=AMPLE), [demand(LARGE, {1: 9})])
    assert sizes(found) == {SMALL: 1, LARGE: 1}


SHAPES = [
    Shape(image=f"i{n}:1", cpu=cpu, memory_mb=mb)
    for n, (cpu, mb) in enumerate(product((0.1, 1.0, 4.0), (64, 2048)))
]


@given(
    st.dictionaries(
        st.sampled_from(SHAPES),
        st.dictionaries(st.integers(1, 9), st.integers(1, 50), min_size=1, max_size=4),
    ),
    st.floats(0.1, 30),
    st.integers(64, 20_000),
    st.integers(1, 20),
)
def test_it_never_costs_more_than_the_budget(
    given_demand: dict[Shape, dict[int, int]], cpu: float, memory_mb: int, most: int
) -> None:
    learning = WarmLearning(budget_cpu=cpu, budget_memory_mb=memory_mb, max_workers=most)
    demands = [demand(shape, stretches) for shape, stretches in given_demand.items()]
    pools = learn(demands, learning)
    assert pools == learn(demands[::-1], learning)
    assert sum(pool.size for pool in pools) <= most
    assert sum(pool.size * pool.shape.cpu for pool in pools) <= cpu + 1e-6
    assert sum(pool.size * pool.shape.memory_mb for pool in pools) <= memory_mb
    for pool in pools:
        # Nobody waits for more workers than ever came at once.
        assert 1 <= pool.size <= max(given_demand[pool.shape])


def test_full_names() -> None:
    assert full_name("alpine") == "alpine:latest"
    assert full_name("registry:5000/a/b") == "registry:5000/a/b:latest"
    assert full_name("a/b:1") == "a/b:1"
    assert full_name("a@sha256:0") == "a@sha256:0"
    assert full_name(None) is None
    assert shape_of(WarmPool(size=1, image="alpine", network=Network.NONE)) == Shape(
        image="alpine:latest", network=Network.NONE
    )


def test_what_is_out_of_date() -> None:
    now = revision({"host": "a"}, "v1")
    worker = waiting(1, revision=now, image_digest="sha256:1")
    assert outdated(worker, revision=now, image_digest="sha256:1") == ""
    assert outdated(worker, revision="", image_digest="") == "", "not known is not changed"
    assert outdated(waiting(1), revision=now, image_digest="sha256:1") == ""
    settings = outdated(worker, revision=revision({"host": "b"}, "v1"), image_digest="sha256:1")
    assert settings == "the settings of its provider changed since it was made"
    agent = outdated(worker, revision=revision({"host": "a"}, "v2"), image_digest="sha256:1")
    assert agent == "the agent changed since it was made"
    image = outdated(worker, revision=now, image_digest="sha256:2")
    assert image == "the image behind alpine:latest changed since it was made"


def test_too_many_are_the_newest_that_are_ready() -> None:
    making = waiting(9, state=WorkerState.STARTING)
    leaving = waiting(7, target=Target.GONE)
    taken = waiting(8, state=WorkerState.BUSY, attempt_id=uuid4())
    ready = [waiting(3), waiting(1), waiting(2)]
    everybody = [making, leaving, taken, *ready]
    assert surplus(everybody, 4) == []
    assert surplus(everybody, 5) == []
    assert surplus(everybody, 3) == [UUID(int=3)]
    assert surplus(everybody, 0) == [UUID(int=1), UUID(int=2), UUID(int=3)]
    assert surplus([], 0) == []


def test_pauses_grow_and_end() -> None:
    assert [pause_s(n) for n in (1, 2, 3)] == [3.0, 6.0, 12.0]
    assert pause_s(50) == pause_s(10_000) == 300.0


@pytest.mark.parametrize("reusable", [True, False])
def test_a_single_use_worker_is_never_used_or_offered_again(reusable: bool) -> None:
    first, second = uuid4(), uuid4()
    fresh = waiting(1, reusable=reusable)
    busy = workers.apply(fresh, workers.Assigned(attempt_id=first), NOW)
    if reusable:
        again = workers.apply(busy, workers.Released(), NOW)
        assert workers.apply(again, workers.Assigned(attempt_id=second), NOW).attempt_id == second
        return
    with pytest.raises(IllegalTransition):
        workers.apply(busy, workers.Released(), NOW)
    # However its state should come to be READY again, it has had its attempt.
    silent = workers.apply(busy, workers.FellSilent(), NOW)
    back = workers.apply(silent, workers.ReturnedIdle(), NOW)
    with pytest.raises(IllegalTransition):
        workers.apply(back, workers.Assigned(attempt_id=second), NOW)
    made_for = waiting(2, attempt_id=first)
    assert workers.apply(made_for, workers.Assigned(attempt_id=first), NOW).attempt_id == first
