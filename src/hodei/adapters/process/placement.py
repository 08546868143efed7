"""What a process provider can honour, and the sentence for what it cannot."""

from __future__ import annotations

import os

from hodei.adapters.process.settings import ProcessSettings
from hodei.domain.errors import SpecRejected
from hodei.domain.provider import Capabilities, Isolation
from hodei.domain.spec import Architecture, Network
from hodei.ports.provider import WorkerSpec

ARCHITECTURES = {
    "x86_64": Architecture.X86_64,
    "amd64": Architecture.X86_64,
    "aarch64": Architecture.ARM64,
    "arm64": Architecture.ARM64,
}


def own_architectures() -> frozenset[Architecture]:
    """That of this machine; none when Hodei has no name for it."""
    found = ARCHITECTURES.get(os.uname().machine)
    return frozenset({found} if found else ())


def own_memory_mb() -> int:
    """Memory of this machine in MiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20)


def capabilities(settings: ProcessSettings) -> Capabilities:
    """What this machine offers within the settings."""
    return Capabilities(
        isolation=Isolation.NONE,
        images=False,
        architectures=own_architectures(),
        max_workers=settings.max_workers,
        max_cpu=settings.cpu_limit,
        max_memory_mb=own_memory_mb(),
        reusable_workers=True,
        survives_restart=True,
    )


def reject(spec: WorkerSpec, name: str, able: Capabilities) -> None:
    """Raises SpecRejected with the exact reason when `spec` asks for what is not to be had."""
    wanted = spec.resources
    reason = ""
    if spec.image is not None:
        reason = (
            f"runs plain processes and cannot use the image {spec.image!r}; "
            "choose a docker, kubernetes or firecracker provider, or leave the image out"
        )
    elif wanted.gpus:
        reason = f"cannot give a job a GPU; {wanted.gpus} were asked for"
    elif wanted.storage_mb:
        reason = f"cannot limit storage; {wanted.storage_mb} MiB were asked for"
    elif spec.network is Network.NONE:
        reason = "cannot cut a job off the network; network none was asked for"
    elif wanted.architecture is not None and wanted.architecture not in able.architectures:
        reason = f"runs on {os.uname().machine}; {wanted.architecture} was asked for"
    elif wanted.cpu > able.max_cpu:
        reason = f"gives a job at most {able.max_cpu:g} CPUs; {wanted.cpu:g} were asked for"
    elif wanted.memory_mb > able.max_memory_mb:
        reason = f"has {able.max_memory_mb} MiB of memory; {wanted.memory_mb} were asked for"
    if reason:
        raise SpecRejected(f"the process provider {name!r} {reason}")
