"""What is said when a cluster does not take a worker, on a real cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    ProviderError,
    ProviderUnavailable,
)
from hodei.ports.provider import ProvisionRequest
from hodei.testing.provider_harness import started
from tests.kubernetes.provider.harness import KubernetesHarness
from tests.support.kubernetes import PrivateCluster, namespace
from tests.support.kubernetes_limits import full_quota, token

RBAC = "/apis/rbac.authorization.k8s.io/v1"


async def fault(harness: KubernetesHarness, request: ProvisionRequest) -> ProviderError:
    """Why the worker cannot be made; whatever was made of it is removed."""
    async with harness.create() as provider:
        with pytest.raises(ProviderError) as raised:
            await started(provider, request)
        for handle in await provider.list_owned():
            await provider.destroy(handle, grace_s=0)
    assert harness.traces() == []
    return raised.value


async def health(harness: KubernetesHarness) -> str:
    """What a test of the provider says; empty when all is well."""
    async with harness.create() as provider:
        return (await provider.check()).reason


async def test_an_image_that_is_not_there(harness: KubernetesHarness) -> None:
    request = harness.request()
    absent = replace(request, spec=replace(request.spec, image="hodei-test/absent:1"))
    error = await fault(harness, absent)
    assert isinstance(error, ImageUnavailable)
    assert "hodei-test/absent:1 cannot be pulled" in str(error)


async def test_an_agent_image_that_is_not_there(harness: KubernetesHarness) -> None:
    harness.settings["agent_image"] = "hodei-test/no-agent:1"
    error = await fault(harness, harness.request())
    assert isinstance(error, ProviderUnavailable)
    assert "name it as agent_image" in str(error)


async def test_an_agent_image_without_an_agent(harness: KubernetesHarness) -> None:
    harness.settings["agent_image"] = "hodei-test/busybox:1"
    error = await fault(harness, harness.request())
    assert isinstance(error, ProviderError)
    assert "hodei-test/busybox:1" in str(error) or "hodei-agent" in str(error)


async def test_a_node_that_nobody_is(harness: KubernetesHarness) -> None:
    harness.settings |= {"node_selector": {"pool": "none"}, "unschedulable_s": 1}
    error = await fault(harness, harness.request())
    assert isinstance(error, CapacityExhausted)
    assert "node(s) didn't match" in str(error)
    assert await health(harness) == "no node carries the labels of node_selector: pool=none"


async def test_a_quota_that_is_full(harness: KubernetesHarness, cluster: PrivateCluster) -> None:
    with namespace(cluster, f"test-{uuid4().hex[:8]}") as place:
        await full_quota(cluster, place)
        harness.settings["namespace"] = place
        error = await fault(harness, harness.request())
        assert isinstance(error, CapacityExhausted)
        assert "exceeded quota: none" in str(error)
        assert "exceeded quota: none" in await health(harness)


async def test_each_missing_right_is_named(
    harness: KubernetesHarness, cluster: PrivateCluster, tmp_path: Path
) -> None:
    with namespace(cluster, f"test-{uuid4().hex[:8]}") as place:
        path = f"{RBAC}/namespaces/{place}"
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
        cluster.ask("POST", f"{path}/roles", {"metadata": {"name": "looks"}, "rules": rules})
        subject = {"kind": "ServiceAccount", "name": "default", "namespace": place}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "looks"}
        body = {"metadata": {"name": "looks"}, "subjects": [subject], "roleRef": role}
        cluster.ask("POST", f"{path}/rolebindings", body)
        config = yaml.safe_load(cluster.kubeconfig.read_text("utf-8"))
        config["users"][0]["user"] = {"token": await token(cluster, place)}
        del harness.settings["kubeconfig_file"]
        harness.settings |= {"kubeconfig": yaml.safe_dump(config), "namespace": place}
        assert await health(harness) == (
            f"these rights are missing in namespace {place!r}: create pods, delete pods, "
            "create secrets, update secrets, delete secrets"
        )
        error = await fault_without_rights(harness)
        assert "grant the right to create pods" in str(error)


async def fault_without_rights(harness: KubernetesHarness) -> ProviderError:
    """Why an account that may only look makes no worker."""
    async with harness.create() as provider:
        with pytest.raises(ProviderUnavailable) as raised:
            await started(provider, harness.request())
    return raised.value


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"namespace": "nowhere"}, "there is no namespace 'nowhere'"),
        ({"image_pull_secrets": ["none"]}, "there is no image pull secret 'none'"),
        ({"service_account": "nobody"}, "service account default/nobody"),
        ({"priority_class": "urgent"}, "no PriorityClass with name urgent"),
        ({"context": "other"}, "no context 'other'; it has test"),
        ({"pod_patch": {"spec": {"hostname": "NO NAME"}}}, "spec.hostname"),
    ],
)
async def test_a_check_names_what_to_change(
    harness: KubernetesHarness, settings: dict[str, object], says: str
) -> None:
    harness.settings |= settings
    assert says in await health(harness)


async def test_a_pod_that_somebody_deletes(
    harness: KubernetesHarness, cluster: PrivateCluster
) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        cluster.remove("pods", f"hodei.worker={handle.worker_id}")
        await provider.destroy(handle, grace_s=1)
        assert harness.traces() == []
        assert await provider.list_owned() == []
