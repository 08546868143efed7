"""The bodies of everything that is created in a cluster: pure functions of request and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from hodei.adapters.kubernetes.merging import merged
from hodei.adapters.kubernetes.settings import KubernetesSettings, PullPolicy
from hodei.domain.spec import Architecture, Network
from hodei.ports.provider import ProvisionRequest

AGENT_FOLDER = "/.hodei"
AGENT = f"{AGENT_FOLDER}/bin/hodei-agent"
COPY_FOLDER = "/.hodei-copy"
WORKER_FOLDER = "/.hodei-worker"
OTP_KEY = "otp"

JOB, INSTALL = "job", "hodei-agent"
"""Names of the main container and of the one that brings the agent."""

INSTALLATION_LABEL = "hodei.installation"
PROVIDER_LABEL = "hodei.provider"
WORKER_LABEL = "hodei.worker"
NETWORK_LABEL = "hodei.network"
IMAGE_NOTE = "hodei.image"
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"

ARCHITECTURES: Mapping[Architecture, str] = {
    Architecture.X86_64: "amd64",
    Architecture.ARM64: "arm64",
}
PULL_POLICIES: Mapping[PullPolicy, str] = {
    PullPolicy.ALWAYS: "Always",
    PullPolicy.MISSING: "IfNotPresent",
    PullPolicy.NEVER: "Never",
}
INSTALL_MEMORY_MB = 64
"""Copying the agent takes more than the smallest jobs have."""
GRACE_S = 30
UNTRUSTED = ("OTP", "DIR", "CGROUP", "IMAGE_ENTRYPOINT", "SPOOL_BYTES", "STOP_SIGNAL", "COPY_TO")
"""Settings of the agent that an image must have no say in."""

_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose pods they are, and where."""

    installation: str
    provider: str
    namespace: str

    def labels(self, worker_id: UUID) -> dict[str, str]:
        """What finds a worker of this owner again."""
        return {**self.selector(), WORKER_LABEL: str(worker_id)}

    def selector(self) -> dict[str, str]:
        """What all workers of this owner carry."""
        return {INSTALLATION_LABEL: self.installation, PROVIDER_LABEL: self.provider}


def pod_name(worker_id: UUID) -> str:
    """Derived from the worker, so that a repeat finds its own work."""
    return f"hodei-{worker_id}"


def policy_name(owner: Owner) -> str:
    """Of the network policy of one provider's jobs without a network."""
    return f"hodei-{owner.provider}"


def pod(
    request: ProvisionRequest, settings: KubernetesSettings, owner: Owner, servers: str
) -> dict[str, object]:
    """The pod of a worker, with the patch of the settings."""
    body = merged(_pod(request, settings, owner, servers), settings.pod_patch)
    return {**body, "apiVersion": "v1", "kind": "Pod"}


def secret(request: ProvisionRequest, owner: Owner, pod_uid: str) -> dict[str, object]:
    """The one-time password, which the cluster removes with its pod."""
    name = pod_name(request.worker_id)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name,
            "namespace": owner.namespace,
            "labels": owner.labels(request.worker_id),
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": name, "uid": pod_uid}],
        },
        "stringData": {OTP_KEY: request.enrolment.otp},
    }


def network_policy(settings: KubernetesSettings, owner: Owner) -> dict[str, object]:
    """Keeps jobs without a network to what leads to the server."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": policy_name(owner),
            "namespace": owner.namespace,
            "labels": owner.selector(),
        },
        "spec": {
            "podSelector": {"matchLabels": {**owner.selector(), NETWORK_LABEL: "none"}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [dict(rule) for rule in settings.network_none_egress or ()],
        },
    }


def unfit_patch(settings: KubernetesSettings) -> str:
    """Why `pod_patch` would take from a pod what Hodei needs of it; empty when it does not."""
    plain, patched = _sample(), merged(_sample(), settings.pod_patch)
    for path in _KEPT:
        if _at(patched, path) != _at(plain, path):
            return f"must leave {'.'.join(path)} as it is"
    return ""


_KEPT = (
    ("metadata", "name"),
    ("metadata", "labels", INSTALLATION_LABEL),
    ("metadata", "labels", PROVIDER_LABEL),
    ("metadata", "labels", WORKER_LABEL),
    ("spec", "restartPolicy"),
    ("spec", "containers", JOB, "image"),
    ("spec", "containers", JOB, "command"),
    ("spec", "initContainers", INSTALL, "command"),
)


def _sample() -> dict[str, object]:
    return {
        "metadata": {
            "name": "worker",
            "labels": {INSTALLATION_LABEL: "i", PROVIDER_LABEL: "p", WORKER_LABEL: "w"},
        },
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": JOB, "image": "image", "command": [AGENT]}],
            "initContainers": [{"name": INSTALL, "command": [AGENT]}],
        },
    }


def _at(body: object, path: tuple[str, ...]) -> object:
    for name in path:
        if isinstance(body, list):
            body = next((each for each in body if _name(each) == name), None)
        else:
            body = body.get(name) if isinstance(body, Mapping) else None
    return body


def _name(item: object) -> object:
    return item.get("name") if isinstance(item, Mapping) else None


def _pod(
    request: ProvisionRequest, settings: KubernetesSettings, owner: Owner, servers: str
) -> dict[str, object]:
    plain = {k: v for k, v in request.spec.labels.items() if _LABEL_VALUE.fullmatch(v)}
    rest = {k: v for k, v in request.spec.labels.items() if k not in plain}
    labels = {**settings.labels, **plain, **owner.labels(request.worker_id)}
    if request.spec.network is Network.NONE:
        labels[NETWORK_LABEL] = "none"
    if settings.kueue_queue:
        labels[QUEUE_LABEL] = settings.kueue_queue
    notes = {**settings.annotations, **rest, IMAGE_NOTE: request.spec.image or ""}
    return {
        "metadata": {
            "name": pod_name(request.worker_id),
            "namespace": owner.namespace,
            "labels": labels,
            "annotations": notes,
        },
        "spec": {
            **_placing(request, settings),
            "restartPolicy": "Never",
            "activeDeadlineSeconds": settings.lifetime_s,
            "terminationGracePeriodSeconds": GRACE_S,
            # Variables for every service of the namespace are nothing that a job asked for.
            "enableServiceLinks": False,
            "automountServiceAccountToken": settings.service_account_token,
            "securityContext": _pod_security(settings),
            "initContainers": [_install(request, settings)],
            "containers": [_job(request, settings, servers)],
            "volumes": [
                {"name": "hodei-agent", "emptyDir": {}},
                {
                    "name": "hodei-worker",
                    # Any user of the image may have to read it.
                    "secret": {"secretName": pod_name(request.worker_id), "defaultMode": 0o444},
                },
            ],
        },
    }


def _placing(request: ProvisionRequest, settings: KubernetesSettings) -> dict[str, object]:
    spec: dict[str, object] = {}
    selector = dict(settings.node_selector)
    wanted = request.spec.resources.architecture
    if wanted is not None:
        selector["kubernetes.io/arch"] = ARCHITECTURES[wanted]
    if selector:
        spec["nodeSelector"] = selector
    if settings.tolerations:
        spec["tolerations"] = [dict(each) for each in settings.tolerations]
    if settings.priority_class:
        spec["priorityClassName"] = settings.priority_class
    if settings.runtime_class:
        spec["runtimeClassName"] = settings.runtime_class
    if settings.service_account:
        spec["serviceAccountName"] = settings.service_account
    if settings.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": each} for each in settings.image_pull_secrets]
    return spec


def _pod_security(settings: KubernetesSettings) -> dict[str, object]:
    context: dict[str, object] = {"seccompProfile": {"type": "RuntimeDefault"}}
    if settings.non_root:
        context["runAsNonRoot"] = True
    if settings.run_as_user is not None:
        context["runAsUser"] = settings.run_as_user
    return context


def _install(request: ProvisionRequest, settings: KubernetesSettings) -> dict[str, object]:
    """The agent copies itself to where the job's image finds it, and ends."""
    wanted = request.spec.resources
    limits = {
        "cpu": _cpu(wanted.cpu),
        "memory": f"{max(wanted.memory_mb, INSTALL_MEMORY_MB)}Mi",
    }
    return {
        "name": INSTALL,
        "image": settings.agent_image,
        "imagePullPolicy": PULL_POLICIES[settings.pull_policy],
        "command": [AGENT],
        "env": [{"name": "HODEI_AGENT_COPY_TO", "value": COPY_FOLDER}],
        "resources": {"requests": limits, "limits": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "hodei-agent", "mountPath": COPY_FOLDER}],
    }


def _job(
    request: ProvisionRequest, settings: KubernetesSettings, servers: str
) -> dict[str, object]:
    limits = _limits(request, settings)
    capabilities: dict[str, object] = {"drop": ["ALL"]}
    if settings.capabilities:
        capabilities["add"] = list(settings.capabilities)
    return {
        "name": JOB,
        "image": request.spec.image or "",
        "imagePullPolicy": PULL_POLICIES[settings.pull_policy],
        "command": [AGENT],
        "env": environment(request, servers),
        "resources": {"requests": limits, "limits": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": settings.read_only_root,
            "capabilities": capabilities,
        },
        "volumeMounts": [
            {"name": "hodei-agent", "mountPath": AGENT_FOLDER, "readOnly": True},
            {"name": "hodei-worker", "mountPath": WORKER_FOLDER, "readOnly": True},
        ],
    }


def environment(request: ProvisionRequest, servers: str) -> list[dict[str, str]]:
    """What the agent is told. Holds no secret: whoever may read pods may look."""
    told = {
        "SERVER": servers,
        "WORKER_ID": str(request.worker_id),
        "OTP_FILE": f"{WORKER_FOLDER}/{OTP_KEY}",
        "CA": request.enrolment.ca_pem,
        "REUSABLE": "0",
        "WORKDIR": "inherit",
        "LIMITS": "none",
        **dict.fromkeys(UNTRUSTED, ""),
    }
    # A reference to another variable is written $(NAME), a dollar sign for its own sake $$.
    return [
        {"name": f"HODEI_AGENT_{name}", "value": value.replace("$", "$$")}
        for name, value in told.items()
    ]


def _limits(request: ProvisionRequest, settings: KubernetesSettings) -> dict[str, str]:
    wanted = request.spec.resources
    limits = {"cpu": _cpu(wanted.cpu), "memory": f"{wanted.memory_mb}Mi"}
    if wanted.storage_mb:
        limits["ephemeral-storage"] = f"{wanted.storage_mb}Mi"
    if wanted.gpus:
        limits[settings.gpu_resource] = str(wanted.gpus)
    return limits


def _cpu(cores: float) -> str:
    return f"{max(1, round(cores * 1000))}m"
