"""Projects whose pods are in a namespace of their own, on a real cluster."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from hodei.domain.errors import ProviderUnavailable
from hodei.domain.provider import ObservedState
from hodei.ports.provider import ProvisionRequest
from hodei.testing.provider_harness import started
from tests.kubernetes.provider.harness import KubernetesHarness
from tests.support.kubernetes import PrivateCluster, namespace


def of_project(harness: KubernetesHarness, project: str) -> ProvisionRequest:
    made = harness.request()
    return replace(made, spec=replace(made.spec, project=project))


async def test_each_project_in_its_own_namespace(
    harness: KubernetesHarness, cluster: PrivateCluster
) -> None:
    with namespace(cluster, f"test-{uuid4().hex[:8]}") as place:
        harness.settings["project_namespaces"] = {"blue": place}
        async with harness.create() as provider:
            health = await provider.check()
            assert (health.ok, health.details[f"namespace_{place}"]) == (True, "ready")
            assert provider.capabilities.projects_apart == {"blue"}
            blue = await started(provider, of_project(harness, "blue"))
            green = await started(provider, of_project(harness, "green"))
            assert blue.data["namespace"] == place
            (pod,) = cluster.items("pods", "hodei.worker", place)
            assert pod["metadata"]["name"] == f"hodei-{blue.worker_id}"
            seen = await provider.observe([blue, green])
            assert {each.state for each in seen.values()} == {ObservedState.RUNNING}
            owned = {each.worker_id for each in await provider.list_owned()}
            assert owned == {blue.worker_id, green.worker_id}
            for handle in (blue, green):
                await provider.destroy(handle, grace_s=0)
            for kind in ("pods", "secrets"):
                assert cluster.items(kind, "hodei.worker", place) == []
            assert harness.traces() == []


async def test_a_namespace_that_is_not_there_stops_its_project_alone(
    harness: KubernetesHarness,
) -> None:
    harness.settings["project_namespaces"] = {"blue": "nowhere"}
    async with harness.create() as provider:
        health = await provider.check()
        assert health.ok
        assert health.details["namespace_nowhere"] == "there is no namespace 'nowhere'"
        with pytest.raises(ProviderUnavailable, match='namespaces "nowhere" not found'):
            await started(provider, of_project(harness, "blue"))
        green = await started(provider, of_project(harness, "green"))
        await provider.destroy(green, grace_s=0)
        assert harness.traces() == []
