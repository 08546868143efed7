"""What an engine tells about itself, and what Hodei can honour with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hodei.adapters.docker.settings import DockerSettings, StorageLimit
from hodei.domain.errors import SpecRejected
from hodei.domain.parsing.answers import Answer, inner, objects, text, whole
from hodei.domain.provider import Capabilities, Isolation
from hodei.domain.spec import Architecture, Network
from hodei.ports.provider import WorkerSpec

ARCHITECTURES: Mapping[str, Architecture] = {
    "x86_64": Architecture.X86_64,
    "amd64": Architecture.X86_64,
    "aarch64": Architecture.ARM64,
    "arm64": Architecture.ARM64,
}
"""As kernels and images call them."""
# overlay2 can too, on XFS mounted with project quotas, but says nothing about it.
LIMITING_DRIVERS = frozenset({"btrfs", "zfs", "devicemapper"})
ALL_THE_CPUS, ALL_THE_MEMORY_MB = 1024.0, 67_108_864


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One engine as it was when it was asked."""

    prefix: str
    """Of every path: the version of the API that is spoken."""
    engine_id: str
    version: str
    api: str
    system: str
    machine: str
    storage_driver: str
    file_system: str
    cgroup: str
    cpus: int
    memory_mb: int
    running: int
    gpus: int
    """0 without a runtime for them; 1 when there is one and the number is not told."""
    missing: tuple[str, ...]
    """Limits that the engine cannot set, in words."""
    warnings: tuple[str, ...]


def read_facts(version: Answer, info: Answer, prefix: str) -> Facts:
    """The answers of /version and /info as a value."""
    status = info.get("DriverStatus")
    pairs = {
        pair[0]: pair[1]
        for pair in (status if isinstance(status, list) else ())
        if isinstance(pair, list) and len(pair) == 2
    }
    missing = [
        words
        for field, words in (("MemoryLimit", "memory"), ("CpuCfsQuota", "CPU"))
        if info.get(field) is False
    ]
    warnings = [
        words
        for field, words in (("SwapLimit", "swap"), ("PidsLimit", "processes"))
        if info.get(field) is False
    ]
    return Facts(
        prefix=prefix,
        engine_id=text(info, "ID"),
        version=text(version, "Version"),
        api=text(version, "ApiVersion"),
        system=text(info, "OSType"),
        machine=text(info, "Architecture"),
        storage_driver=text(info, "Driver"),
        file_system=str(pairs.get("Backing Filesystem", "")),
        cgroup=f"{text(info, 'CgroupDriver')} v{text(info, 'CgroupVersion') or '1'}",
        cpus=whole(info, "NCPU") or 1,
        memory_mb=(whole(info, "MemTotal") or 0) >> 20,
        running=whole(info, "ContainersRunning") or 0,
        gpus=_gpus(info),
        missing=tuple(missing),
        warnings=tuple(warnings),
    )


def guessed(settings: DockerSettings) -> Capabilities:
    """Before the engine has answered once: what nobody has refuted."""
    return Capabilities(
        isolation=Isolation.CONTAINER,
        images=True,
        architectures=frozenset(Architecture),
        gpus=settings.gpus or 0,
        networks_none=settings.binds,
        storage_limit=settings.storage_limit is StorageLimit.ON,
        max_workers=settings.max_workers,
        max_cpu=settings.max_cpu or ALL_THE_CPUS,
        max_memory_mb=settings.max_memory_mb or ALL_THE_MEMORY_MB,
    )


def capabilities(settings: DockerSettings, facts: Facts) -> Capabilities:
    """What this engine offers within the settings."""
    architecture = ARCHITECTURES.get(facts.machine)
    storage = settings.storage_limit is StorageLimit.ON or (
        settings.storage_limit is StorageLimit.AUTO and facts.storage_driver in LIMITING_DRIVERS
    )
    memory_mb = facts.memory_mb or ALL_THE_MEMORY_MB
    known = facts.gpus if settings.gpus is None else settings.gpus
    return Capabilities(
        isolation=Isolation.CONTAINER,
        images=True,
        architectures=frozenset({architecture} if architecture else ()),
        # A number in the settings brings no runtime into being.
        gpus=known if facts.gpus else 0,
        networks_none=settings.binds,
        storage_limit=storage,
        max_workers=settings.max_workers,
        max_cpu=min(settings.max_cpu or ALL_THE_CPUS, float(facts.cpus)),
        max_memory_mb=min(settings.max_memory_mb or memory_mb, memory_mb),
    )


def unfit(facts: Facts, settings: DockerSettings) -> str:
    """Why an engine that answers is of no use; empty when it is."""
    if facts.system != "linux":
        return f"the engine runs {facts.system or 'no known'} containers; linux is needed"
    if facts.missing:
        limits = " and ".join(facts.missing)
        return f"the engine cannot limit {limits}: its kernel lacks the control group for it"
    if settings.gpus and not facts.gpus:
        return f"the settings say {settings.gpus} GPUs, but the engine has no runtime for GPUs"
    return ""


def details(facts: Facts) -> dict[str, str]:
    """The facts as they are shown with the provider's health."""
    shown = {
        "engine": facts.version,
        "api": f"{facts.api}, spoken {facts.prefix.removeprefix('/v')}",
        "storage_driver": f"{facts.storage_driver} on {facts.file_system or 'unknown'}",
        "cgroup": facts.cgroup,
        "architecture": facts.machine,
        "cpus": str(facts.cpus),
        "memory_mb": str(facts.memory_mb),
        "containers_running": str(facts.running),
        "gpus": str(facts.gpus),
    }
    if facts.warnings:
        shown["not_limited"] = ", ".join(facts.warnings)
    return shown


def reject(spec: WorkerSpec, name: str, able: Capabilities) -> None:
    """Raises SpecRejected with the exact reason when `spec` asks for what is not to be had."""
    wanted = spec.resources
    reason = ""
    if not spec.image:
        reason = "runs every job in an image; name one, such as alpine:latest"
    elif wanted.gpus > able.gpus:
        reason = f"has {able.gpus} GPUs for a job; {wanted.gpus} were asked for"
    elif wanted.storage_mb and not able.storage_limit:
        reason = (
            f"cannot limit storage with the engine's driver; {wanted.storage_mb} MiB were asked for"
        )
    elif spec.network is Network.NONE and not able.networks_none:
        reason = (
            "reaches its agents by the network only, so a job cannot be cut off from it; "
            "network none was asked for"
        )
    elif wanted.architecture is not None and wanted.architecture not in able.architectures:
        has = ", ".join(sorted(able.architectures)) or "an unknown architecture"
        reason = f"runs on {has}; {wanted.architecture} was asked for"
    elif wanted.cpu > able.max_cpu:
        reason = f"gives a job at most {able.max_cpu:g} CPUs; {wanted.cpu:g} were asked for"
    elif wanted.memory_mb > able.max_memory_mb:
        reason = f"gives a job at most {able.max_memory_mb} MiB; {wanted.memory_mb} were asked for"
    if reason:
        raise SpecRejected(f"the docker provider {name!r} {reason}")


def _gpus(info: Answer) -> int:
    # Engines of 2025 and later list what the vendors' own descriptions (CDI) name.
    listed = [
        text(device, "ID")
        for device in objects(info.get("DiscoveredDevices"))
        if "gpu" in text(device, "ID") and not text(device, "ID").endswith("=all")
    ]
    return len(listed) or int("nvidia" in inner(info, "Runtimes"))
