"""What the states of a pod mean, as servers of 1.20 and of the newest versions tell them."""

from __future__ import annotations

import pytest

from hodei.adapters.kubernetes import pods
from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    ProviderError,
    ProviderUnavailable,
    SpecRejected,
)
from hodei.domain.provider import ObservedState
from tests.unit.kubernetes.answers import (
    AGENT_IMAGE,
    IMAGE,
    RUNNING,
    Json,
    condition,
    ended,
    pod,
    waiting,
)

NOT_FOUND = 'rpc error: failed to resolve reference "alpine:latest": not found'
# Since 1.32 a node repeats in each back-off why it has to pull again.
BACK_OFF = f'Back-off pulling image "alpine:latest": ErrImagePull: {NOT_FOUND}'
BUSY = 'Back-off pulling image "alpine:latest": ErrImagePull: 429 Too Many Requests'
SANDBOX = condition("PodReadyToStartContainers", "True")


def pulls(reason: str, words: str) -> Json:
    return pod(SANDBOX, install=ended(0), job=waiting(reason, words))


TROUBLES: list[tuple[Json, type[ProviderError], str]] = [
    (pulls("ErrImagePull", NOT_FOUND), ImageUnavailable, "not found"),
    (pulls("ImagePullBackOff", BACK_OFF), ImageUnavailable, "not found"),
    (pulls("ErrImageNeverPull", "is not present"), ImageUnavailable, "never forbids"),
    (pulls("SignatureValidationFailed", "no signature"), ImageUnavailable, "no signature"),
    (
        pulls("CreateContainerConfigError", "runAsNonRoot and image will run as root"),
        SpecRejected,
        "non_root forbids",
    ),
    (
        pod(install=waiting("ErrImagePull", NOT_FOUND), job=waiting("PodInitializing")),
        ProviderUnavailable,
        "name it as agent_image",
    ),
    (
        pod(install=ended(127, "Error"), job=waiting("PodInitializing"), phase="Failed"),
        ProviderUnavailable,
        "did not bring the agent (exit code 127)",
    ),
    (
        pod(phase="Failed", reason="OutOfcpu", message="Node didn't have enough resource: cpu"),
        CapacityExhausted,
        "(OutOfcpu): Node didn't have enough resource",
    ),
    (
        pod(phase="Failed", reason="UnexpectedAdmissionError", message="no devices"),
        CapacityExhausted,
        "(UnexpectedAdmissionError): no devices",
    ),
]


@pytest.mark.parametrize(("seen", "kind", "words"), TROUBLES)
def test_what_will_not_come_up(seen: Json, kind: type[ProviderError], words: str) -> None:
    found = pods.trouble(seen, IMAGE, AGENT_IMAGE)
    assert type(found) is kind
    assert words in str(found)


COMING: list[Json] = [
    pod(node=""),
    pod(SANDBOX, install=RUNNING, job=waiting("PodInitializing")),
    # A sidecar that a cluster's webhook adds is an init container that goes on.
    pod(
        SANDBOX,
        install=ended(0),
        job=waiting("PodInitializing"),
        others=[{"name": "mesh", "state": RUNNING, "started": True, "ready": True}],
    ),
    pulls("ContainerCreating", ""),
    pulls("ImagePullBackOff", BUSY),
    pod(condition("PodScheduled", "True"), install=ended(0), job=RUNNING, phase="Running"),
]


@pytest.mark.parametrize("seen", COMING)
def test_what_may_come_up(seen: Json) -> None:
    assert pods.trouble(seen, IMAGE, AGENT_IMAGE) is None


def test_the_phases_of_a_pod_that_comes_up() -> None:
    sidecar = [{"name": "mesh", "state": RUNNING}]
    fetched = pod(SANDBOX, install=ended(0), job=waiting("PodInitializing"), others=sidecar)
    begun = pod(SANDBOX, install=ended(0), job=RUNNING, phase="Running", others=sidecar)
    assert [pods.is_pulling(each) for each in (pod(), fetched, begun)] == [False, True, False]
    assert [pods.has_started(each) for each in (pod(), fetched, begun)] == [False, False, True]
    assert pods.digest(begun) == "sha256:" + "ab" * 32


def disrupted(reason: str, message: str) -> Json:
    """As nodes and schedulers tell it since 1.26."""
    target = condition("DisruptionTarget", "True", reason, message)
    return pod(target, install=ended(0), job=ended(137, "Error"), phase="Failed")


LOW = "The node was low on memory."
ENDS: list[tuple[Json, str]] = [
    (pod(job=ended(0), phase="Succeeded"), "the agent ended with exit code 0"),
    (pod(job=ended(4, "Error"), phase="Failed"), "exit code 4: no server answered it"),
    (pod(job=ended(137, "Error"), phase="Failed"), "killed from outside, with memory to spare"),
    (pod(job=ended(137, "OOMKilled"), phase="Failed"), "out of memory"),
    (
        pod(phase="Failed", reason="Evicted", message=LOW),
        "the cluster evicted the pod: The node was low on memory.",
    ),
    (pod(phase="Failed", reason="DeadlineExceeded"), "lifetime_s"),
    (pod(phase="Failed", reason="NodeShutdown", message="shutdown"), "(NodeShutdown): shutdown"),
    (pod(phase="Failed", reason="Terminated", message="shutdown"), "(Terminated): shutdown"),
    (disrupted("PreemptionByScheduler", "preempting"), "(PreemptionByScheduler): preempting"),
    (disrupted("EvictionByEvictionAPI", "Eviction API"), "(EvictionByEvictionAPI): Eviction API"),
    (disrupted("DeletionByTaintManager", "taint"), "(DeletionByTaintManager): taint"),
    (disrupted("TerminationByKubelet", "low on memory"), "(TerminationByKubelet): low on memory"),
    (disrupted("DeletionByPodGC", "node not found"), "(DeletionByPodGC): node not found"),
]


@pytest.mark.parametrize(("seen", "words"), ENDS)
def test_an_end_says_why(seen: Json, words: str) -> None:
    found = pods.observation(seen)
    assert found.state is ObservedState.EXITED
    assert words in found.reason
    assert found.out_of_memory == ("out of memory" in words)


def test_a_sidecar_that_goes_on_is_still_a_process_of_the_pod() -> None:
    sidecar = [{"name": "mesh", "state": RUNNING}]
    over = pod(job=ended(0), phase="Succeeded")
    assert pods.is_over(over)
    assert not pods.is_over(pod(job=ended(0), phase="Running", others=sidecar))


def test_a_pod_whose_node_does_not_answer_is_unknown() -> None:
    for seen in (pod(phase="Unknown"), pod(reason="NodeLost", job=RUNNING)):
        assert pods.observation(seen).state is ObservedState.UNKNOWN


def test_a_pod_that_waits_says_for_what() -> None:
    words = "0/1 nodes are available: 1 node(s) had untolerated taint {a: b}."
    unplaced = pod(condition("PodScheduled", "False", "Unschedulable", words), node="")
    found = pods.observation(unplaced)
    assert (found.state, found.reason) == (ObservedState.STARTING, words)
