"""What is created in a cluster, compared as whole values."""

from __future__ import annotations

import json
from dataclasses import replace

from hodei.adapters.kubernetes.manifests import (
    network_policy,
    pod,
    secret,
    unfit_patch,
)
from hodei.adapters.kubernetes.settings import KubernetesSettings, PullPolicy
from hodei.domain.spec import Architecture, Network, Resources
from tests.unit.kubernetes.requests import LABELS, NAME, OWNER, SERVERS, WORKER, request

PLAIN = KubernetesSettings()
ENV = {
    "SERVER": SERVERS,
    "WORKER_ID": str(WORKER),
    "OTP_FILE": "/.hodei-worker/otp",
    "CA": "",
    "REUSABLE": "0",
    "WORKDIR": "inherit",
    "LIMITS": "none",
    "OTP": "",
    "DIR": "",
    "CGROUP": "",
    "IMAGE_ENTRYPOINT": "",
    "SPOOL_BYTES": "",
    "STOP_SIGNAL": "",
    "COPY_TO": "",
}


def plain_installer() -> dict[str, object]:
    """The container that brings the agent."""
    limits = {"cpu": "500m", "memory": "128Mi"}
    return {
        "name": "hodei-agent",
        "image": "hodei-agent:latest",
        "imagePullPolicy": "IfNotPresent",
        "command": ["/.hodei/bin/hodei-agent"],
        "env": [{"name": "HODEI_AGENT_COPY_TO", "value": "/.hodei-copy"}],
        "resources": {"requests": limits, "limits": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "hodei-agent", "mountPath": "/.hodei-copy"}],
    }


def plain_job() -> dict[str, object]:
    """The container of the job."""
    limits = {"cpu": "500m", "memory": "128Mi"}
    return {
        "name": "job",
        "image": "alpine:latest",
        "imagePullPolicy": "IfNotPresent",
        "command": ["/.hodei/bin/hodei-agent"],
        "env": [{"name": f"HODEI_AGENT_{name}", "value": value} for name, value in ENV.items()],
        "resources": {"requests": limits, "limits": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "hodei-agent", "mountPath": "/.hodei", "readOnly": True},
            {"name": "hodei-worker", "mountPath": "/.hodei-worker", "readOnly": True},
        ],
    }


def plain_pod() -> dict[str, object]:
    """Of the ordinary request, without any setting."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": NAME,
            "namespace": "jobs",
            "labels": LABELS,
            "annotations": {"hodei.image": "alpine:latest"},
        },
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": 691_200,
            "terminationGracePeriodSeconds": 30,
            "enableServiceLinks": False,
            "automountServiceAccountToken": False,
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [plain_installer()],
            "containers": [plain_job()],
            "volumes": [
                {"name": "hodei-agent", "emptyDir": {}},
                {
                    "name": "hodei-worker",
                    "secret": {"secretName": NAME, "defaultMode": 0o444},
                },
            ],
        },
    }


def spec_of(settings: KubernetesSettings, **more: object) -> dict[str, object]:
    """The spec of the ordinary pod after `settings`."""
    body = pod(request(), settings, OWNER, SERVERS)["spec"]
    assert isinstance(body, dict)
    return body


def container(body: dict[str, object], name: str = "job") -> dict[str, object]:
    """One container of a pod's spec."""
    kind = "containers" if name == "job" else "initContainers"
    rows = body[kind]
    assert isinstance(rows, list)
    found = next(row for row in rows if row["name"] == name)
    assert isinstance(found, dict)
    return found


def test_an_ordinary_pod() -> None:
    assert pod(request(), PLAIN, OWNER, SERVERS) == plain_pod()


def test_the_secret_belongs_to_the_pod() -> None:
    assert secret(request(), OWNER, "uid-1") == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": NAME,
            "namespace": "jobs",
            "labels": LABELS,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": NAME, "uid": "uid-1"}],
        },
        "stringData": {"otp": "the-password"},
    }


def test_the_password_is_in_no_pod() -> None:
    assert "the-password" not in json.dumps(pod(request(), PLAIN, OWNER, SERVERS))


def test_the_policy_of_jobs_without_a_network() -> None:
    rule = {"to": [{"ipBlock": {"cidr": "10.0.0.5/32"}}], "ports": [{"port": 50052}]}
    settings = replace(PLAIN, network_none_egress=(rule,))
    owned = {"hodei.installation": "inst", "hodei.provider": "prov"}
    assert network_policy(settings, OWNER) == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "hodei-prov", "namespace": "jobs", "labels": owned},
        "spec": {
            "podSelector": {"matchLabels": {**owned, "hodei.network": "none"}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [rule],
        },
    }
    made = pod(request(network=Network.NONE), settings, OWNER, SERVERS)["metadata"]
    assert isinstance(made, dict)
    assert made["labels"] == {**LABELS, "hodei.network": "none"}


def test_limits_are_requests() -> None:
    wanted = Resources(cpu=1.25, memory_mb=32, storage_mb=100, gpus=2)
    body = pod(request(wanted), replace(PLAIN, gpu_resource="amd.com/gpu"), OWNER, SERVERS)["spec"]
    assert isinstance(body, dict)
    limits = {
        "cpu": "1250m",
        "memory": "32Mi",
        "ephemeral-storage": "100Mi",
        "amd.com/gpu": "2",
    }
    assert container(body)["resources"] == {"requests": limits, "limits": limits}
    small = {"cpu": "1250m", "memory": "64Mi"}
    assert container(body, "hodei-agent")["resources"] == {"requests": small, "limits": small}


def test_where_it_runs() -> None:
    taint: dict[str, object] = {"key": "jobs", "operator": "Exists"}
    settings = KubernetesSettings(
        node_selector={"pool": "jobs"},
        tolerations=(taint,),
        priority_class="low",
        runtime_class="gvisor",
        service_account="runner",
        service_account_token=True,
        image_pull_secrets=("registry",),
    )
    wanted = Resources(cpu=0.5, memory_mb=128, architecture=Architecture.ARM64)
    body = pod(request(wanted), settings, OWNER, SERVERS)["spec"]
    assert isinstance(body, dict)
    plain = plain_pod()["spec"]
    assert isinstance(plain, dict)
    assert body == {
        **plain,
        "nodeSelector": {"pool": "jobs", "kubernetes.io/arch": "arm64"},
        "tolerations": [taint],
        "priorityClassName": "low",
        "runtimeClassName": "gvisor",
        "serviceAccountName": "runner",
        "automountServiceAccountToken": True,
        "imagePullSecrets": [{"name": "registry"}],
    }


def test_confinement() -> None:
    body = spec_of(
        replace(
            PLAIN,
            non_root=True,
            run_as_user=1000,
            read_only_root=True,
            capabilities=("CHOWN",),
            pull_policy=PullPolicy.NEVER,
        )
    )
    assert body["securityContext"] == {
        "seccompProfile": {"type": "RuntimeDefault"},
        "runAsNonRoot": True,
        "runAsUser": 1000,
    }
    assert container(body)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]},
    }
    policies = {container(body, name)["imagePullPolicy"] for name in ("job", "hodei-agent")}
    assert policies == {"Never"}


def test_labels_that_kubernetes_refuses_become_annotations() -> None:
    labels = {"team": "a b", "stage": "prod", "hodei.worker": "another"}
    settings = replace(PLAIN, labels={"cost": "7"}, annotations={"why": "x y"}, kueue_queue="q")
    made = pod(request(labels=labels), settings, OWNER, SERVERS)["metadata"]
    assert made == {
        "name": NAME,
        "namespace": "jobs",
        "labels": {
            **LABELS,
            "stage": "prod",
            "cost": "7",
            "kueue.x-k8s.io/queue-name": "q",
        },
        "annotations": {"team": "a b", "why": "x y", "hodei.image": "alpine:latest"},
    }


def test_a_dollar_sign_names_no_variable() -> None:
    body = pod(request(ca="$(HOME) $"), PLAIN, OWNER, SERVERS)["spec"]
    assert isinstance(body, dict)
    env = container(body)["env"]
    assert isinstance(env, list)
    assert {"name": "HODEI_AGENT_CA", "value": "$$(HOME) $$"} in env


def test_a_patch_is_merged() -> None:
    patch = {
        "metadata": {"labels": {"extra": "1"}},
        "spec": {
            "terminationGracePeriodSeconds": None,
            "dnsPolicy": "None",
            "containers": [
                {"name": "job", "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]},
                {"name": "proxy", "image": "proxy:1"},
            ],
        },
    }
    plain = plain_pod()["spec"]
    assert isinstance(plain, dict)
    body = spec_of(replace(PLAIN, pod_patch=patch))
    mounts = container(body)["volumeMounts"]
    assert isinstance(mounts, list)
    assert [mount["name"] for mount in mounts] == ["hodei-agent", "hodei-worker", "cache"]
    rows = body["containers"]
    assert isinstance(rows, list)
    assert rows[1] == {"name": "proxy", "image": "proxy:1"}
    assert body["dnsPolicy"] == "None"
    assert "terminationGracePeriodSeconds" not in body
    assert plain == plain_pod()["spec"]


def test_a_patch_that_takes_away_what_hodei_needs() -> None:
    for patch, path in (
        ({"metadata": {"labels": {"hodei.worker": "x"}}}, "metadata.labels.hodei.worker"),
        ({"spec": {"restartPolicy": "Always"}}, "spec.restartPolicy"),
        ({"spec": {"containers": [{"name": "job", "command": ["x"]}]}}, "containers.job.command"),
        ({"spec": {"containers": [{"name": "other"}], "initContainers": None}}, "hodei-agent"),
        ({"spec": {"containers": "none"}}, "spec.containers.job.image"),
    ):
        reason = unfit_patch(replace(PLAIN, pod_patch=patch))
        assert path in reason, patch
