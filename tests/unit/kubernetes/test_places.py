"""What is said of pods whose namespace goes, or has gone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.kubeconfig import Access
from hodei.adapters.kubernetes.manifests import WORKER_LABEL, Owner
from hodei.adapters.kubernetes.places import Place
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.domain.provider import Observation, ObservedState
from tests.unit.kubernetes.whole_api import HERE, Answers, refusal, whole_api

STAYS, GOES = UUID(int=1), UUID(int=2)
LEAVING = "2026-11-27T07:00:00Z"


def running(worker_id: UUID, **metadata: object) -> dict[str, Any]:
    status = {"name": "job", "state": {"running": {"startedAt": LEAVING}}}
    return {
        "metadata": {"labels": {WORKER_LABEL: str(worker_id)}, **metadata},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }


PODS = (200, {"items": [running(STAYS), running(GOES, deletionTimestamp=LEAVING)]})


async def observed(answers: Answers) -> tuple[Observation, Observation]:
    owner = Owner(installation="i", provider="p", namespace="jobs")
    async with whole_api(answers) as url, Api(Access(server=url, namespace="jobs")) as api:
        place = Place(api, owner, KubernetesSettings())
        found = await place.observe([STAYS, GOES])
    return found[STAYS], found[GOES]


@pytest.mark.parametrize(
    ("namespace", "says"),
    [
        ((200, {"metadata": {"name": "jobs"}}), "the pod was deleted"),
        (refusal(403, "namespaces is forbidden"), "the pod was deleted"),
        (
            (200, {"metadata": {"name": "jobs", "deletionTimestamp": LEAVING}}),
            "the namespace 'jobs' is being deleted",
        ),
    ],
)
async def test_a_pod_that_goes(namespace: tuple[int, dict[str, Any]], says: str) -> None:
    stays, goes = await observed({f"GET {HERE}/pods": PODS, f"GET {HERE}": namespace})
    assert stays == Observation(state=ObservedState.RUNNING)
    assert goes == Observation(state=ObservedState.RUNNING, reason=says)


async def test_pods_of_a_namespace_that_is_gone() -> None:
    nothing = {f"GET {HERE}/pods": (200, {"items": []}), f"GET {HERE}": refusal(404, "not found")}
    gone = Observation(state=ObservedState.GONE, reason="the namespace 'jobs' was deleted")
    assert await observed(nothing) == (gone, gone)
