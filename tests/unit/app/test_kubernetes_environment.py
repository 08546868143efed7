"""What the environment says about the seeded Kubernetes provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.app.kubernetes_environment import kubernetes_settings
from hodei.app.settings import Settings
from hodei.domain.errors import InvalidRequest


def test_the_own_pod_is_the_default() -> None:
    assert kubernetes_settings(Settings(k8s_enabled=True)) == {}


def test_what_is_named_is_used() -> None:
    given = Settings(
        k8s_enabled=True,
        kubeconfig=Path("/etc/hodei/kubeconfig"),
        k8s_namespace="jobs",
        k8s_agent_image="registry.example/hodei-agent:1",
    )
    assert kubernetes_settings(given) == {
        "kubeconfig_file": "/etc/hodei/kubeconfig",
        "namespace": "jobs",
        "agent_image": "registry.example/hodei-agent:1",
    }


def test_a_wrong_name_is_that_of_the_variable() -> None:
    with pytest.raises(InvalidRequest) as refused:
        kubernetes_settings(Settings(k8s_namespace="No Name"))
    assert [each.field for each in refused.value.violations] == ["HODEI_K8S_NAMESPACE"]
