"""Where a job goes, and the exact sentence when it goes nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain.parsing import parse_spec
from hodei.domain.placement import (
    AGING_STEP,
    Blocked,
    Candidate,
    IdleWorker,
    Placement,
    decide,
    placement_class,
    rank,
    refused_at_submit,
)
from hodei.domain.provider import Capabilities, Health, Isolation, ProviderRecord
from hodei.domain.spec import Architecture, JobSpec, Priority
from tests.unit.domain.specs import SPECS

T0 = datetime(2026, 1, 1, tzinfo=UTC)
SPACE = UUID(int=0)
HEALTHY = Health(ok=True)
PROCESS = Capabilities(
    isolation=Isolation.NONE,
    images=False,
    architectures=frozenset({Architecture.X86_64}),
    max_workers=4,
    max_cpu=2.0,
    max_memory_mb=4096,
    reusable_workers=True,
)
CONTAINER = Capabilities(
    isolation=Isolation.CONTAINER,
    images=True,
    architectures=frozenset({Architecture.X86_64}),
    networks_none=True,
    max_workers=8,
)
IDLE = IdleWorker(worker_id=UUID(int=9), image="alpine", cpu=1.0, memory_mb=512)


def provider(
    name: str, capabilities: Capabilities, *, live: int = 0, ok: str = "", **record: Any
) -> Candidate:
    """A candidate; `ok` is why it is not healthy."""
    return Candidate(
        record=ProviderRecord(
            id=uuid5(SPACE, name), name=name, type="x", created_at=T0, updated_at=T0, **record
        ),
        capabilities=capabilities,
        health=Health(ok=False, reason=ok) if ok else HEALTHY,
        live_workers=live,
    )


def local(**facts: Any) -> Candidate:
    return provider("local", PROCESS, **facts)


def docker(name: str = "docker-1", **facts: Any) -> Candidate:
    return provider(name, CONTAINER, **facts)


def job(**fields: Any) -> JobSpec:
    return parse_spec({"name": "n", "command": "true", **fields})


PLAIN = job()
ALPINE = job(image="alpine")


def placed(spec: JobSpec, *candidates: Candidate) -> Placement:
    decision = decide(spec, candidates)
    assert isinstance(decision, Placement), decision
    return decision


def blocked(spec: JobSpec, *candidates: Candidate) -> Blocked:
    decision = decide(spec, candidates)
    assert isinstance(decision, Blocked), decision
    return decision


# ---- the choice


def test_a_free_provider_is_taken() -> None:
    found = placed(PLAIN, local(live=1))
    assert (found.provider_id, found.worker_id) == (uuid5(SPACE, "local"), None)
    assert found.reason == "'local' has 3 of 4 workers free"


def test_a_warm_worker_comes_first() -> None:
    warm = replace(docker("b", live=7), idle=(IDLE,))
    found = placed(ALPINE, docker("a"), warm)
    assert (found.provider_id, found.worker_id) == (uuid5(SPACE, "b"), IDLE.worker_id)
    assert found.reason == "warm worker waiting on 'b'"


def test_the_freer_provider_is_taken_and_names_break_ties() -> None:
    small = provider("a-small", replace(CONTAINER, max_workers=2), live=1)
    assert placed(ALPINE, small, docker("b", live=3)).provider_id == uuid5(SPACE, "b")
    for order in ((docker("b"), docker("a")), (docker("a"), docker("b"))):
        assert placed(ALPINE, *order).provider_id == uuid5(SPACE, "a")


def test_the_record_overrides_the_capacity() -> None:
    assert placed(PLAIN, local(max_workers=9)).reason == "'local' has 9 of 9 workers free"
    assert blocked(PLAIN, local(max_workers=1, live=1)).reason == (
        "the only worker of provider 'local' is busy"
    )


def test_the_others_are_told_too() -> None:
    found = placed(ALPINE, local(), docker())
    assert [(r.provider, r.forever) for r in found.rejections] == [("local", True)]


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        (ALPINE, True),
        (job(image="alpine:3"), False),
        (job(image="alpine", resources={"cpu": 2}), False),
        (job(image="alpine", resources={"memory_mb": 256}), False),
        (job(image="alpine", network="none"), False),
        (job(image="alpine", resources={"architecture": "x86_64"}), True),
    ],
)
def test_a_warm_worker_must_have_the_limits_of_the_job(spec: JobSpec, fits: bool) -> None:
    found = placed(spec, replace(docker(live=1), idle=(IDLE,)))
    assert (found.worker_id == IDLE.worker_id) is fits


def test_a_project_that_is_kept_apart_gets_a_worker_of_its_own() -> None:
    able = replace(CONTAINER, projects_apart=frozenset({"blue"}))
    warm = replace(provider("k8s", able, live=1), idle=(IDLE,))
    assert placed(ALPINE, warm).worker_id == IDLE.worker_id
    assert placed(replace(ALPINE, project="blue"), warm).worker_id is None


def test_a_warm_worker_of_unknown_architecture_is_not_taken_for_a_wish() -> None:
    both = replace(CONTAINER, architectures=frozenset(Architecture))
    warm = replace(provider("k8s", both, live=1), idle=(IDLE,))
    assert placed(ALPINE, warm).worker_id == IDLE.worker_id
    wish = job(image="alpine", resources={"architecture": "arm64"})
    assert placed(wish, warm).worker_id is None


def test_a_reusable_worker_takes_any_limits_even_on_a_full_provider() -> None:
    idle = IdleWorker(worker_id=UUID(int=5), image=None, cpu=1.0, memory_mb=512)
    full = replace(local(live=4), idle=(idle,), free_cpu=0.0)
    assert placed(job(resources={"cpu": 2}), full).worker_id == UUID(int=5)


def test_an_unhealthy_provider_gets_nothing_even_with_a_warm_worker() -> None:
    ill = replace(docker(ok="connection refused."), idle=(IDLE,))
    found = blocked(ALPINE, ill)
    assert found.reason == "provider 'docker-1' is not healthy: connection refused"
    assert not found.forever


def test_a_provider_can_be_asked_for_by_id() -> None:
    wish = job(image="alpine", preferences={"provider": str(uuid5(SPACE, "b")).upper()})
    assert placed(wish, docker("a"), docker("b")).provider_id == uuid5(SPACE, "b")


# ---- one sentence per reason


BLOCKED: list[tuple[JobSpec, list[Candidate], str, bool]] = [
    (PLAIN, [], "no provider is configured", True),
    (PLAIN, [local(enabled=False)], "provider 'local' is disabled", True),
    (PLAIN, [local(enabled=False), docker(enabled=False)], "no provider is enabled", True),
    (PLAIN, [local(live=4)], "all 4 workers of provider 'local' are busy", False),
    (
        ALPINE,
        [docker("b", live=8), docker("a", live=9)],
        "all 16 workers of providers 'a' and 'b' are busy",
        False,
    ),
    (
        ALPINE,
        [replace(docker(live=8), idle=(replace(IDLE, image="node"),))],
        "provider 'docker-1' is at its limit of 8 workers, and none of the 1 idle fits this job",
        False,
    ),
    (
        ALPINE,
        [docker("a", live=8), docker("b", ok="timed out"), local()],
        "all 8 workers of provider 'a' are busy; provider 'b' is not healthy: timed out",
        False,
    ),
    (
        PLAIN,
        [replace(local(), free_cpu=0.5)],
        "provider 'local' has 0.5 CPUs free and the job asks for 1",
        False,
    ),
    (
        PLAIN,
        [replace(local(), free_memory_mb=100)],
        "provider 'local' has 100 MB of memory free and the job asks for 512",
        False,
    ),
    (
        job(preferences={"provider": "gone"}),
        [local(), docker()],
        "no provider is called 'gone'",
        True,
    ),
    (
        job(preferences={"provider": "local"}),
        [local(live=4), docker()],
        "all 4 workers of provider 'local' are busy",
        False,
    ),
    (
        job(preferences={"provider": "local"}),
        [local(enabled=False), docker()],
        "provider 'local' is disabled",
        True,
    ),
    (
        job(image="alpine", preferences={"region": "eu-west"}),
        [docker("a"), docker("b", region="us")],
        "no enabled provider serves region 'eu-west'",
        True,
    ),
    (
        job(preferences={"labels": {"disk": "ssd"}}),
        [local(labels={"disk": "hdd"})],
        "provider 'local' does not carry the label disk=ssd",
        True,
    ),
    (
        ALPINE,
        [local()],
        "provider 'local' runs no images; start the server with HODEI_DOCKER_ENABLED=1, create a "
        "provider of type docker, "
        "or leave the image empty",
        True,
    ),
    (
        ALPINE,
        [local(), docker(enabled=False)],
        "provider 'docker-1' could run the job but is disabled",
        True,
    ),
    (
        PLAIN,
        [docker("a"), docker("b")],
        "no enabled provider runs jobs without an image; name one",
        True,
    ),
    (
        job(resources={"architecture": "arm64"}),
        [local()],
        "provider 'local' does not offer arm64, only x86_64",
        True,
    ),
    (
        job(resources={"gpus": 2}),
        [local()],
        "provider 'local' has no GPU and the job asks for 2",
        True,
    ),
    (
        job(image="a", resources={"gpus": 2}),
        [docker("a"), docker("b")],
        "no enabled provider has 2 GPUs",
        True,
    ),
    (
        job(network="none"),
        [local()],
        "provider 'local' cannot cut a job off from the network",
        True,
    ),
    (
        job(resources={"storage_mb": 1}),
        [local()],
        "provider 'local' cannot limit storage; leave storage_mb at 0",
        True,
    ),
    (
        job(resources={"cpu": 2.5}),
        [local()],
        "provider 'local' gives a job at most 2 CPUs and this one asks for 2.5",
        True,
    ),
    (
        job(resources={"memory_mb": 8192}),
        [local()],
        "provider 'local' gives a job at most 4096 MB of memory and this one asks for 8192",
        True,
    ),
    (
        PLAIN,
        [local(max_workers=0)],
        "provider 'local' allows no worker: its max_workers is 0",
        True,
    ),
    (
        job(image="alpine", resources={"gpus": 1}),
        [local(), docker()],
        "provider 'local' runs no images; start the server with HODEI_DOCKER_ENABLED=1, create a "
        "provider of type docker, or leave the image empty; provider 'docker-1' has no GPU and "
        "the job asks for 1",
        True,
    ),
    (ALPINE, [local(), docker(live=8)], "all 8 workers of provider 'docker-1' are busy", False),
]


@pytest.mark.parametrize(("spec", "candidates", "reason", "forever"), BLOCKED)
def test_blocked(spec: JobSpec, candidates: list[Candidate], reason: str, forever: bool) -> None:
    found = blocked(spec, *candidates)
    assert (found.reason, found.forever) == (reason, forever)
    assert {r.provider for r in found.rejections} == {c.record.name for c in candidates}


def test_a_crowd_of_reasons_is_cut_short() -> None:
    found = blocked(ALPINE, *(docker(f"d{i}", ok=f"error {i}") for i in range(6)))
    assert found.reason.endswith("provider 'd2' is not healthy: error 2; and 3 more")
    full = blocked(ALPINE, *(docker(f"d{i}", live=8) for i in range(6)))
    assert full.reason == "all 48 workers of 6 providers are busy"


# ---- refused at submit


def test_what_nobody_can_ever_serve_is_refused() -> None:
    spec = job(resources={"gpus": 2})
    (found,) = refused_at_submit(spec, [local()])
    assert (found.field, found.value) == ("resources.gpus", "2")
    assert found.message == "provider 'local' has no GPU and the job asks for 2"


def test_each_field_that_is_in_the_way_is_named() -> None:
    spec = job(image="alpine", resources={"gpus": 1})
    found = refused_at_submit(spec, [local(), docker("a"), docker("b")])
    assert [(v.field, v.value) for v in found] == [("image", "alpine"), ("resources.gpus", "1")]
    assert found[1].message == (
        "provider 'a' has no GPU and the job asks for 1; "
        "provider 'b' has no GPU and the job asks for 1"
    )


def test_the_same_reason_everywhere_is_said_once() -> None:
    spec = job(image="a", preferences={"region": "mars"})
    (found,) = refused_at_submit(spec, [docker("a"), docker("b")])
    assert found.field == "preferences.region"
    assert found.message == "no configured provider serves region 'mars'"


def test_a_provider_that_does_not_exist_is_refused_whatever_the_rest() -> None:
    (found,) = refused_at_submit(job(preferences={"provider": "x"}), [local()])
    assert (found.field, found.message) == ("preferences.provider", "no provider is called 'x'")


def test_only_the_provider_that_was_asked_for_counts() -> None:
    spec = job(image="alpine", preferences={"provider": "local"})
    (found,) = refused_at_submit(spec, [local(), docker()])
    assert found.field == "image"


@pytest.mark.parametrize("fact", [{"enabled": False}, {"ok": "down"}, {"live": 4}])
def test_what_could_be_served_later_is_taken(fact: dict[str, Any]) -> None:
    assert refused_at_submit(PLAIN, [local(**fact)]) == []


def test_without_providers_everything_is_refused() -> None:
    (found,) = refused_at_submit(PLAIN, [])
    assert found.message == "no provider is configured; create one first"


CANDIDATES = st.builds(
    replace,
    st.sampled_from([local(), docker("a"), docker("b", region="eu-west"), docker("docker-1")]),
    live_workers=st.integers(0, 9),
    health=st.sampled_from([HEALTHY, Health(ok=False, reason="down")]),
    idle=st.sampled_from([(), (IDLE,), (replace(IDLE, image=None),)]),
)


@settings(deadline=None, max_examples=150)
@given(SPECS, st.lists(CANDIDATES, max_size=4, unique_by=lambda c: c.record.name))
def test_refusal_and_decision_agree(spec: JobSpec, candidates: list[Candidate]) -> None:
    decision = decide(spec, candidates)
    refused = refused_at_submit(spec, candidates)
    match decision:
        case Placement():
            assert refused == []
            assert decision.reason
        case Blocked():
            # Every candidate here is enabled, so that "forever" is what submission refuses.
            assert bool(refused) is decision.forever
            assert decision.reason
            assert "\n" not in decision.reason
    assert decide(spec, list(reversed(candidates))).__class__ is decision.__class__


# ---- placement class and rank


@settings(deadline=None, max_examples=100)
@given(SPECS, SPECS)
def test_jobs_of_one_class_get_one_verdict(one: JobSpec, other: JobSpec) -> None:
    assert len(placement_class(one)) == 16
    twin = replace(
        other,
        image=one.image,
        resources=one.resources,
        preferences=one.preferences,
        network=one.network,
    )
    candidates = [replace(local(live=1), idle=(IDLE,)), docker(live=8)]
    assert placement_class(twin) == placement_class(one)
    assert decide(twin, candidates) == decide(one, candidates)


@pytest.mark.parametrize(
    "fields",
    [
        {"image": "alpine"},
        {"resources": {"cpu": 2}},
        {"resources": {"memory_mb": 64}},
        {"resources": {"storage_mb": 1}},
        {"resources": {"gpus": 1}},
        {"resources": {"architecture": "arm64"}},
        {"preferences": {"provider": "x"}},
        {"preferences": {"region": "x"}},
        {"preferences": {"labels": {"a": "b"}}},
        {"network": "none"},
    ],
)
def test_what_placement_reads_makes_the_class(fields: dict[str, Any]) -> None:
    assert placement_class(job(**fields)) != placement_class(PLAIN)


def test_rank() -> None:
    ranks = [rank(T0, p) for p in (Priority.HIGH, Priority.NORMAL, Priority.LOW)]
    assert ranks == [T0 - AGING_STEP, T0, T0 + AGING_STEP]
    assert rank(T0, Priority.LOW, timedelta(0)) == T0


@settings(deadline=None)
@given(st.sampled_from(Priority), st.sampled_from(Priority), st.integers(1, 10**6))
def test_nothing_starves(one: Priority, other: Priority, later_ms: int) -> None:
    latest = T0 + 2 * AGING_STEP + timedelta(milliseconds=later_ms)
    assert rank(T0, one) < rank(latest, other)
