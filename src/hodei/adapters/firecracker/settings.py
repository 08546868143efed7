"""What an operator may set on a Firecracker provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from hodei.domain.parsing.settings import RegistryLogin

DEFAULT_KERNEL = "/var/lib/hodei/firecracker/vmlinux"
DEFAULT_BOOT_ARGS = (
    "console=ttyS0 reboot=k panic=-1 quiet i8042.noaux i8042.nomux random.trust_cpu=on"
)
DEFAULT_POOL = "172.30.0.0/16"
DEFAULT_UID_BASE = 700_000
DEFAULT_MAX_WORKERS = 16
DEFAULT_STORAGE_MB = 2048
DEFAULT_CACHE_MB = 20_480
DEFAULT_SNAPSHOT_MB = 20_480
DEFAULT_MAX_IMAGE_MB = 8192
MAX_WORKERS = 1000
MAX_SLOTS = 16_384
MAX_VCPUS = 32
"""Of one microVM, as Firecracker has it."""
MAX_MEMORY_MB = 1_048_576
MAX_STORAGE_MB = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Limits of one disk or one direction of a network card; None: no limit."""

    mb_per_s: int | None = None
    operations_per_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirecrackerSettings:
    """Settings of one Firecracker provider, checked."""

    firecracker: str = "firecracker"
    """A path, or a name that is looked up in PATH."""
    jailer: str = "jailer"
    kernel: str = DEFAULT_KERNEL
    """An uncompressed kernel (vmlinux) on this machine."""
    boot_args: str = DEFAULT_BOOT_ARGS
    cpu_template: Mapping[str, object] | None = None
    """A custom CPU template, as Firecracker's /cpu-config takes it."""
    guest_env: Mapping[str, str] = field(default_factory=dict)
    """Variables of everything in the guest, the agent included."""
    docker_host: str | None = None
    """A Docker Engine of this machine whose images are used: unix:///PATH."""
    image_folders: tuple[str, ...] = ()
    """Folders with OCI layouts and archives (.tar) of images."""
    registry: bool = True
    """Whether images are pulled from registries."""
    registries: Mapping[str, RegistryLogin] = field(default_factory=dict, repr=False)
    max_workers: int = DEFAULT_MAX_WORKERS
    max_cpu: float | None = None
    max_memory_mb: int | None = None
    storage_mb: int = DEFAULT_STORAGE_MB
    """What a job may write that does not say."""
    max_storage_mb: int = MAX_STORAGE_MB
    max_image_mb: int = DEFAULT_MAX_IMAGE_MB
    """Unpacked."""
    cache_mb: int = DEFAULT_CACHE_MB
    snapshot_mb: int = DEFAULT_SNAPSHOT_MB
    """Disk for snapshots of booted guests; 0: none are made, and none used."""
    uid_base: int = DEFAULT_UID_BASE
    """The first of the uids and gids that microVMs run as."""
    network_pool: IPv4Network = field(default_factory=lambda: IPv4Network(DEFAULT_POOL))
    """Four addresses of it for each microVM."""
    dns: tuple[str, ...] = ()
    """Name servers; empty: this machine's own."""
    disk_rate: Rate = Rate()
    network_rate: Rate = Rate()

    @property
    def slots(self) -> int:
        """How many microVMs of this machine, of all its providers, can have uid and addresses."""
        return min(self.network_pool.num_addresses // 4, MAX_SLOTS)
