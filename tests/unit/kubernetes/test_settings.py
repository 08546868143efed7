"""What an operator may set, and what is said about what he may not."""

from __future__ import annotations

import jsonschema_rs
import pytest

from hodei.adapters.kubernetes.factory import FACTORY
from hodei.adapters.kubernetes.parsing import parse_settings
from hodei.adapters.kubernetes.settings import KubernetesSettings, PullPolicy
from hodei.domain.errors import InvalidRequest
from hodei.domain.spec import Architecture

FULL: dict[str, object] = {
    "kubeconfig": "apiVersion: v1",
    "context": "prod",
    "namespace": "jobs",
    "project_namespaces": {"blue": "team-blue"},
    "agent_image": "registry.example/hodei-agent:1",
    "pull_policy": "always",
    "image_pull_secrets": ["registry"],
    "max_workers": 10,
    "max_cpu": 4,
    "max_memory_mb": 4096,
    "gpus": 2,
    "gpu_resource": "amd.com/gpu",
    "architectures": ["arm64"],
    "node_selector": {"pool": "jobs"},
    "tolerations": [{"key": "jobs", "operator": "Exists"}],
    "priority_class": "low",
    "runtime_class": "gvisor",
    "service_account": "runner",
    "service_account_token": True,
    "run_as_user": 1000,
    "non_root": True,
    "capabilities": ["CHOWN"],
    "read_only_root": True,
    "network_none_egress": [],
    "kueue_queue": "queue",
    "labels": {"team": "data"},
    "annotations": {"why": "because of this"},
    "pod_patch": {"spec": {"dnsPolicy": "None"}},
    "lifetime_s": 3600,
    "unschedulable_s": 30,
    "pull_retry_s": 30,
    "lost_node_s": 1000,
}


def test_every_setting_takes_effect() -> None:
    parsed = parse_settings(FULL)
    plain = KubernetesSettings()
    same = [
        name
        for name in KubernetesSettings.__dataclass_fields__
        if getattr(parsed, name) == getattr(plain, name)
    ]
    assert same == ["kubeconfig_file"]
    assert parsed.pull_policy is PullPolicy.ALWAYS
    assert parsed.architectures == (Architecture.ARM64,)
    assert parsed.network_none_egress == ()


def test_nothing_is_needed_and_null_is_nothing() -> None:
    assert parse_settings({}) == KubernetesSettings()
    assert parse_settings(dict.fromkeys(FULL)) == KubernetesSettings()


def test_the_schema_agrees_with_the_parser() -> None:
    schema = FACTORY.settings_schema()
    judge = jsonschema_rs.Draft202012Validator(dict(schema))
    judge.validate(FULL)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == set(KubernetesSettings.__dataclass_fields__)
    for name, rule in properties.items():
        if "default" in rule:
            parse_settings({name: rule["default"]})
            judge.validate({name: rule["default"]})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("namespace", "Not A Name", "must be the name of a namespace"),
        ("max_workers", 0, "must be a whole number from 1 to 5000"),
        ("max_cpu", True, "must be a number above 0"),
        ("pull_policy", "sometimes", "must be one of always, missing, never"),
        ("architectures", ["vax"], "must be one of x86_64, arm64"),
        ("node_selector", {"pool": "a b"}, "is no value that Kubernetes accepts"),
        ("labels", {"hodei.worker": "x"}, "names that begin with hodei. are Hodei's own"),
        ("tolerations", ["all"], "must be an object"),
        ("image_pull_secrets", "registry", "must be a list of at most 100 names of Secrets"),
        ("pod_patch", {"spec": {"restartPolicy": "Always"}}, "must leave spec.restartPolicy"),
        ("context", "prod", "needs kubeconfig or kubeconfig_file"),
        ("kubeconfig_file", "relative/path", "must be an absolute path of a file"),
        ("colour", "red", "unknown setting; known are kubeconfig"),
        ("unschedulable_s", 3600, "must be a whole number from 1 to 290"),
        ("capabilities", ["all of them"], "must be one of capabilities, such as CHOWN"),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object, says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_settings({field: value})
    fault = refused.value.violations[0]
    assert fault.field.startswith(f"settings.{field}")
    assert says in fault.message


def test_two_ways_to_a_cluster_are_one_too_many() -> None:
    with pytest.raises(InvalidRequest, match="either kubeconfig or kubeconfig_file"):
        parse_settings({"kubeconfig": "x", "kubeconfig_file": "/x"})


def test_root_that_must_not_be() -> None:
    with pytest.raises(InvalidRequest, match="is root, which non_root forbids"):
        parse_settings({"non_root": True, "run_as_user": 0})


def test_a_kubeconfig_is_never_shown() -> None:
    assert "very-secret" not in repr(parse_settings({"kubeconfig": "very-secret"}))
    with pytest.raises(InvalidRequest) as refused:
        parse_settings({"kubeconfig": ["very-secret"]})
    assert "very-secret" not in str(refused.value.violations)
