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


def test_a_file_holds_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "kubernetes.yaml"
    file.write_text("max_workers: 3\nnode_selector: {disk: fast}\n")
    given = Settings(k8s_namespace="jobs", k8s_settings_file=file)
    assert kubernetes_settings(given) == {
        "max_workers": 3,
        "node_selector": {"disk": "fast"},
        "namespace": "jobs",
    }
    file.write_text("")
    assert kubernetes_settings(Settings(k8s_settings_file=file)) == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("max_workers: many", "max_workers must be"),
        ("colour: red", "colour "),
        ("namespace: jobs", "set HODEI_K8S_NAMESPACE"),
        ("- a list", "must hold settings by name"),
        ("{", "is no YAML"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "kubernetes.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InvalidRequest) as refused:
        kubernetes_settings(Settings(k8s_settings_file=file))
    (fault,) = refused.value.violations
    assert fault.field == "HODEI_K8S_SETTINGS_FILE"
    assert words in fault.message
