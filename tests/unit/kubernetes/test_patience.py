"""What a pod that does not come up waits for, and for how long."""

from __future__ import annotations

import pytest

from hodei.adapters.kubernetes.patience import Patience
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.domain.errors import CapacityExhausted, ProviderUnavailable
from tests.unit.kubernetes.answers import AGENT_IMAGE, IMAGE, Json, condition, ended, pod, waiting

FULL = "0/3 nodes are available: 3 Insufficient memory."
UNPLACED = pod(condition("PodScheduled", "False", "Unschedulable", FULL), node="")
PLACED = pod(condition("PodScheduled", "True"))
REFUSED = "failed to do request: dial tcp 10.0.0.9:5000: connect: connection refused"
BACK_OFF = 'Back-off pulling image "alpine:latest"'


def patience() -> Patience:
    settings = KubernetesSettings(unschedulable_s=60, pull_retry_s=40, agent_image=AGENT_IMAGE)
    return Patience(settings, IMAGE)


def pulling(reason: str, words: str) -> Json:
    """The agent is there, the job's image is not."""
    return pod(install=ended(0), job=waiting(reason, words))


def test_the_scheduler_is_waited_for_and_quoted() -> None:
    one = patience()
    assert one.judge(UNPLACED, 100) == FULL
    assert one.left_s == 60
    assert one.judge(UNPLACED, 150) == FULL
    assert one.left_s == 10
    with pytest.raises(CapacityExhausted, match="no node takes the pod: 0/3 nodes"):
        one.judge(UNPLACED, 160)


def test_a_node_that_was_found_ends_the_wait() -> None:
    one = patience()
    one.judge(UNPLACED, 100)
    assert one.judge(PLACED, 150) == ""
    assert one.left_s is None
    assert one.judge(UNPLACED, 170) == FULL
    assert one.left_s == 60


def test_a_gate_is_waited_for_without_a_limit() -> None:
    gate = "kueue.x-k8s.io/admission"
    told = condition("PodScheduled", "False", "SchedulingGated", "Scheduling is blocked")
    gated = pod(told, node="")
    one = patience()
    assert one.judge(gated, 0) == "Scheduling is blocked"
    gated["spec"]["schedulingGates"] = [{"name": gate}]
    assert one.judge(gated, 10_000) == f"the pod is gated by {gate}"
    assert one.left_s is None
    # Once it is let in, the scheduler has its own time.
    assert one.judge(UNPLACED, 10_001) == FULL
    assert one.left_s == 60


def test_a_registry_that_may_answer_later_is_waited_for() -> None:
    one = patience()
    assert one.judge(pulling("ErrImagePull", REFUSED), 100) == REFUSED
    # An older node only says that it will pull again: the reason stays.
    assert one.judge(pulling("ImagePullBackOff", BACK_OFF), 110) == REFUSED
    assert one.left_s == 30
    with pytest.raises(ProviderUnavailable, match=f"the image {IMAGE} cannot be pulled: failed"):
        one.judge(pulling("ImagePullBackOff", BACK_OFF), 140)


def test_the_agents_image_has_its_own_time_and_its_own_words() -> None:
    one = patience()
    absent = pod(install=waiting("ErrImagePull", REFUSED), job=waiting("PodInitializing"))
    assert one.judge(absent, 100) == REFUSED
    assert one.judge(pulling("ErrImagePull", REFUSED), 139) == REFUSED
    assert one.left_s == 40
    with pytest.raises(ProviderUnavailable, match="name it as agent_image"):
        one.judge(absent, 140)
