"""What the nodes of a cluster offer, and what Hodei can honour with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hodei.adapters.kubernetes.manifests import ARCHITECTURES
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.domain.errors import SpecRejected
from hodei.domain.parsing.answers import Answer, inner, objects, text
from hodei.domain.provider import Capabilities, Isolation
from hodei.domain.spec import Architecture, Network
from hodei.ports.provider import WorkerSpec

ALL_THE_CPUS, ALL_THE_MEMORY_MB = 1024.0, 67_108_864
_QUANTITY = re.compile(r"([0-9.]+(?:[eE][-+]?[0-9]+)?)([a-zA-Z]*)")
_UNITS = {
    "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip
_BY_NAME = {name: architecture for architecture, name in ARCHITECTURES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """What can be had on the nodes that a provider may use, each figure of the largest."""

    ready: int
    total: int
    architectures: frozenset[Architecture]
    cpus: float
    memory_mb: int
    gpus: int


def read_nodes(items: Sequence[Answer], settings: KubernetesSettings) -> Nodes:
    """Of a list of nodes, those that take pods."""
    usable = [each for each in items if _is_ready(each)]
    offers = [inner(inner(each, "status"), "allocatable") for each in usable]
    info = [inner(inner(each, "status"), "nodeInfo") for each in usable]
    found = {_BY_NAME.get(text(each, "architecture")) for each in info}
    return Nodes(
        ready=len(usable),
        total=len(items),
        architectures=frozenset(each for each in found if each is not None),
        cpus=max((quantity(text(each, "cpu")) for each in offers), default=0.0),
        memory_mb=int(max((quantity(text(each, "memory")) for each in offers), default=0)) >> 20,
        gpus=int(max((quantity(text(each, settings.gpu_resource)) for each in offers), default=0)),
    )


def quantity(value: str) -> float:
    """A number as Kubernetes writes it, such as 250m or 1Gi; 0 for what is none."""
    match = _QUANTITY.fullmatch(value)
    if match is None or match[2] not in _UNITS:
        return 0.0
    try:
        return float(match[1]) * _UNITS[match[2]]
    except ValueError:
        return 0.0


def capabilities(settings: KubernetesSettings, nodes: Nodes | None) -> Capabilities:
    """What this cluster offers within the settings; without nodes, what nobody has refuted."""
    seen = nodes if nodes is not None and nodes.ready else None
    cpus = seen.cpus if seen else ALL_THE_CPUS
    memory_mb = seen.memory_mb if seen else ALL_THE_MEMORY_MB
    told = frozenset(settings.architectures) or frozenset({Architecture.X86_64})
    if seen and not settings.architectures:
        told = seen.architectures
    gpus = settings.gpus if settings.gpus is not None else (seen.gpus if seen else 0)
    return Capabilities(
        isolation=Isolation.POD,
        images=True,
        architectures=told,
        gpus=gpus,
        networks_none=settings.network_none_egress is not None,
        storage_limit=True,
        max_workers=settings.max_workers,
        projects_apart=frozenset(settings.project_namespaces),
        max_cpu=min(settings.max_cpu or cpus, cpus),
        max_memory_mb=min(settings.max_memory_mb or memory_mb, memory_mb),
    )


def reject(spec: WorkerSpec, name: str, able: Capabilities) -> None:
    """Raises SpecRejected with the exact reason when `spec` asks for what is not to be had."""
    wanted = spec.resources
    reason = ""
    if not spec.image:
        reason = "runs every job in an image; name one, such as alpine:latest"
    elif wanted.gpus > able.gpus:
        reason = f"has {able.gpus} GPUs for a job; {wanted.gpus} were asked for"
    elif spec.network is Network.NONE and not able.networks_none:
        reason = "has no network_none_egress in its settings; network none was asked for"
    elif wanted.architecture is not None and wanted.architecture not in able.architectures:
        has = ", ".join(sorted(able.architectures)) or "an unknown architecture"
        reason = f"runs on {has}; {wanted.architecture} was asked for"
    elif wanted.cpu > able.max_cpu:
        reason = f"gives a job at most {able.max_cpu:g} CPUs; {wanted.cpu:g} were asked for"
    elif wanted.memory_mb > able.max_memory_mb:
        reason = f"gives a job at most {able.max_memory_mb} MiB; {wanted.memory_mb} were asked for"
    if reason:
        raise SpecRejected(f"the kubernetes provider {name!r} {reason}")


def quotas(items: Sequence[Answer]) -> dict[str, str]:
    """Used and allowed, of every limit of the namespace's quotas."""
    shown = {}
    for item in items:
        status = inner(item, "status")
        used, hard = inner(status, "used"), inner(status, "hard")
        for name in hard:
            shown[name] = f"{text(used, name) or '0'} of {text(hard, name)}"
    return shown


def _is_ready(item: Answer) -> bool:
    if inner(item, "spec").get("unschedulable") is True:
        return False
    rows = objects(inner(item, "status").get("conditions"))
    return any(text(row, "type") == "Ready" and text(row, "status") == "True" for row in rows)
