"""What an operator may set on a Kubernetes provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hodei.domain.spec import Architecture

DEFAULT_AGENT_IMAGE = "hodei-agent:latest"
DEFAULT_GPU_RESOURCE = "nvidia.com/gpu"
DEFAULT_MAX_WORKERS = 64
DEFAULT_LIFETIME_S = 8 * 86_400
DEFAULT_UNSCHEDULABLE_S = 60
DEFAULT_PULL_RETRY_S = 60
DEFAULT_LOST_NODE_S = 960
"""An agent that hears no server ends its job after 15 minutes."""
MAX_WORKERS = 5000
MAX_CPU = 1024.0
MAX_MEMORY_MB = 67_108_864
MAX_GPUS = 64
MAX_KUBECONFIG = 262_144
MAX_PATIENCE_S = 290
MAX_LIFETIME_S = 366 * 86_400

Json = Mapping[str, object]


class PullPolicy(StrEnum):
    """When a node fetches an image from its registry."""

    ALWAYS = "always"
    MISSING = "missing"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSettings:
    """Settings of one Kubernetes provider, checked."""

    kubeconfig: str = field(default="", repr=False)
    """Text of a kubeconfig that holds everything itself."""
    kubeconfig_file: str = ""
    """Path of a kubeconfig on the server's machine; without both the pod's own account counts."""
    context: str = ""
    """Of the kubeconfig; empty: its current one."""
    namespace: str = ""
    """Empty: that of the context, or of the server's own pod."""
    project_namespaces: Mapping[str, str] = field(default_factory=dict)
    """By project, the namespace of its pods instead of that one."""
    agent_image: str = DEFAULT_AGENT_IMAGE
    pull_policy: PullPolicy = PullPolicy.MISSING
    image_pull_secrets: tuple[str, ...] = ()
    max_workers: int = DEFAULT_MAX_WORKERS
    max_cpu: float | None = None
    """The most CPUs of one job; None: what the largest node has, where nodes may be listed."""
    max_memory_mb: int | None = None
    gpus: int | None = None
    gpu_resource: str = DEFAULT_GPU_RESOURCE
    architectures: tuple[Architecture, ...] = ()
    """Empty: those of the nodes, where nodes may be listed, else x86_64."""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Json, ...] = ()
    priority_class: str = ""
    runtime_class: str = ""
    service_account: str = ""
    service_account_token: bool = False
    """Whether jobs get the token of their service account."""
    run_as_user: int | None = None
    non_root: bool = False
    """Refuses images that would run as root, as the restricted pod security standard asks."""
    capabilities: tuple[str, ...] = ()
    read_only_root: bool = False
    network_none_egress: tuple[Json, ...] | None = None
    """Egress rules that lead to the Hodei server and nowhere else; None: such jobs are refused."""
    kueue_queue: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    pod_patch: Json = field(default_factory=dict)
    """Merged into every pod."""
    lifetime_s: int = DEFAULT_LIFETIME_S
    """The cluster itself ends a pod after this long, whatever happens to Hodei."""
    unschedulable_s: int = DEFAULT_UNSCHEDULABLE_S
    """How long a pod that fits on no node may wait for one."""
    pull_retry_s: int = DEFAULT_PULL_RETRY_S
    """How long a node may try a registry that does not answer, or sends it away for a while."""
    lost_node_s: int = DEFAULT_LOST_NODE_S
    """A pod that its node does not confirm as ended is removed by force after this long."""
