"""The JSON Schema of a Kubernetes provider's settings, for forms and the API document."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hodei.adapters.kubernetes.parsing import (
    CAPABILITY,
    FILE,
    LABEL,
    LABEL_VALUE,
    MAX_USER,
    NAME,
    NAMESPACE,
    PROJECT,
)
from hodei.adapters.kubernetes.settings import (
    DEFAULT_AGENT_IMAGE,
    DEFAULT_GPU_RESOURCE,
    DEFAULT_LIFETIME_S,
    DEFAULT_LOST_NODE_S,
    DEFAULT_MAX_WORKERS,
    DEFAULT_PULL_RETRY_S,
    DEFAULT_UNSCHEDULABLE_S,
    MAX_CPU,
    MAX_GPUS,
    MAX_KUBECONFIG,
    MAX_LIFETIME_S,
    MAX_MEMORY_MB,
    MAX_PATIENCE_S,
    MAX_WORKERS,
    PullPolicy,
)
from hodei.domain.parsing.settings import MAX_ENTRIES
from hodei.domain.spec import Architecture

Field = dict[str, object]


def settings_schema() -> Mapping[str, object]:
    """JSON Schema (2020-12) of the settings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Kubernetes provider",
        "description": "Runs each job in a pod of its own image in a cluster.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **_cluster(),
            **_images(),
            **_limits(),
            **_placing(),
            **_confinement(),
            **_patience(),
        },
    }


def _cluster() -> dict[str, Field]:
    return {
        "kubeconfig": {
            "title": "Kubeconfig",
            "description": "Its text, with certificates in it; without one, and without a file, "
            "the account of the server's own pod counts.",
            "type": "string",
            "maxLength": MAX_KUBECONFIG,
            "writeOnly": True,
        },
        "kubeconfig_file": _text(
            "Kubeconfig file", "Path on the server's machine; may run a program for credentials.",
            FILE,
        ),
        "context": _text("Context", "Of the kubeconfig; empty: its current one.", r"\S.*"),
        "namespace": _text(
            "Namespace", "Of the pods; empty: that of the context or of the server's own pod.",
            NAMESPACE,
        ),
        "project_namespaces": {
            "title": "Namespaces of projects",
            "description": "By project, the namespace of its pods. Warm workers stay with the "
            "projects that are not named here.",
            "type": "object",
            "maxProperties": MAX_ENTRIES,
            "propertyNames": {"pattern": f"^{PROJECT}$"},
            "additionalProperties": {"type": "string", "pattern": f"^{NAMESPACE}$"},
        },
        "kueue_queue": _text(
            "Kueue queue", "LocalQueue that pods are queued in, where the cluster has Kueue.",
            NAMESPACE,
        ),
    }  # fmt: skip


def _images() -> dict[str, Field]:
    return {
        "agent_image": {
            "title": "Image of the agent",
            "description": "Brings the agent into every pod; made by hodei agent image.",
            "type": "string",
            "pattern": r"^\S{1,512}$",
            "default": DEFAULT_AGENT_IMAGE,
        },
        "pull_policy": {
            "title": "Pull policy",
            "description": "always asks the registry each time, missing only for an image that the "
            "node does not have, never not at all.",
            **_choice(PullPolicy, PullPolicy.MISSING),
        },
        "image_pull_secrets": _list(
            "Image pull secrets", "Names of Secrets of the namespace.", {"pattern": f"^{NAME}$"}
        ),
    }


def _limits() -> dict[str, Field]:
    return {
        "max_workers": {
            "title": "Workers",
            "description": "Pods at the same time.",
            **_whole(1, MAX_WORKERS),
            "default": DEFAULT_MAX_WORKERS,
        },
        "max_cpu": {
            "title": "CPUs of one job",
            "description": "The most that one job may ask for; empty: what the largest node has.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": MAX_CPU,
        },
        "max_memory_mb": {
            "title": "Memory of one job (MiB)",
            "description": "The most that one job may ask for; empty: what the largest node has.",
            **_whole(16, MAX_MEMORY_MB),
        },
        "gpus": {
            "title": "GPUs of one job",
            "description": "The most that one job may ask for; empty: what the largest node has.",
            **_whole(0, MAX_GPUS),
        },
        "gpu_resource": {
            "title": "GPU resource",
            "description": "What the nodes' device plugin calls a GPU.",
            "type": "string",
            "pattern": f"^{LABEL}$",
            "default": DEFAULT_GPU_RESOURCE,
        },
    }


def _placing() -> dict[str, Field]:
    return {
        "architectures": _list(
            "Architectures",
            "Of the nodes; empty: as the nodes tell, where they may be listed, else x86_64.",
            {"enum": [each.value for each in Architecture]},
        ),
        "node_selector": _pairs("Node selector", "Labels that a node must carry.", LABEL_VALUE),
        "tolerations": {
            "title": "Tolerations",
            "description": "Taints of nodes that do not keep pods away, in Kubernetes' own words.",
            "type": "array",
            "maxItems": MAX_ENTRIES,
            "items": {"type": "object"},
        },
        "priority_class": _text("Priority class", "Of every pod.", NAME),
        "runtime_class": _text("Runtime class", "Of every pod, such as gvisor or kata.", NAME),
        "labels": _pairs("Labels", "Put on every pod besides Hodei's own.", LABEL_VALUE),
        "annotations": _pairs("Annotations", "Put on every pod.", None),
        "pod_patch": {
            "title": "Pod patch",
            "description": "Merged into every pod: objects by field, lists of named objects by "
            "name; null takes a field away.",
            "type": "object",
            "maxProperties": MAX_ENTRIES,
        },
    }


def _confinement() -> dict[str, Field]:
    return {
        "service_account": _text("Service account", "Of every pod.", NAME),
        "service_account_token": _flag(
            "Token for jobs", "Jobs can read the token of their service account."
        ),
        "non_root": _flag(
            "Not as root", "Refuses images that would run as root, as the restricted standard asks."
        ),
        "run_as_user": {
            "title": "User",
            "description": "Number of the user that jobs run as; empty: as the image says.",
            **_whole(0, MAX_USER),
        },
        "capabilities": _list(
            "Capabilities",
            "Those that containers keep; all others are dropped, and privileges can never be "
            "gained.",
            {"pattern": f"^{CAPABILITY}$"},
        ),
        "read_only_root": _flag("Read-only root", "The image's file system cannot be written."),
        "network_none_egress": {
            "title": "Way to the server without a network",
            "description": "Egress rules of a NetworkPolicy for jobs with network none; they have "
            "to lead to the Hodei server and nowhere else. Without them such jobs are refused.",
            "type": "array",
            "maxItems": MAX_ENTRIES,
            "items": {"type": "object"},
        },
    }


def _patience() -> dict[str, Field]:
    return {
        "unschedulable_s": {
            "title": "Patience with the scheduler (s)",
            "description": "How long a pod that fits on no node waits for one.",
            **_whole(1, MAX_PATIENCE_S),
            "default": DEFAULT_UNSCHEDULABLE_S,
        },
        "pull_retry_s": {
            "title": "Patience with a registry (s)",
            "description": "How long a node may try a registry that does not answer, or has too "
            "much to do. An image that is not there is not waited for.",
            **_whole(1, MAX_PATIENCE_S),
            "default": DEFAULT_PULL_RETRY_S,
        },
        "lost_node_s": {
            "title": "Patience with a lost node (s)",
            "description": "A pod that its node does not confirm as ended is removed by force "
            "after this long; agents end their job after 15 minutes without a server.",
            **_whole(30, MAX_LIFETIME_S),
            "default": DEFAULT_LOST_NODE_S,
        },
        "lifetime_s": {
            "title": "Lifetime of a pod (s)",
            "description": "The cluster itself ends a pod after this long, whatever happens to "
            "Hodei.",
            **_whole(60, MAX_LIFETIME_S),
            "default": DEFAULT_LIFETIME_S,
        },
    }


def _text(title: str, description: str, pattern: str) -> Field:
    return {
        "title": title,
        "description": description,
        "type": "string",
        "pattern": f"^({pattern})?$",
    }


def _flag(title: str, description: str) -> Field:
    return {"title": title, "description": description, "type": "boolean", "default": False}


def _list(title: str, description: str, item: Field) -> Field:
    return {
        "title": title,
        "description": description,
        "type": "array",
        "maxItems": MAX_ENTRIES,
        "uniqueItems": True,
        "items": {"type": "string", **item},
    }


def _pairs(title: str, description: str, value: str | None) -> Field:
    content: Field = {"type": "string"}
    if value is not None:
        content["pattern"] = f"^{value}$"
    return {
        "title": title,
        "description": description,
        "type": "object",
        "maxProperties": MAX_ENTRIES,
        "propertyNames": {"pattern": f"^(?!hodei\\.){LABEL}$"},
        "additionalProperties": content,
    }


def _whole(low: int, high: int) -> Field:
    return {"type": "integer", "minimum": low, "maximum": high}


def _choice(choices: type[StrEnum], default: str) -> Field:
    return {"type": "string", "enum": [each.value for each in choices], "default": str(default)}
