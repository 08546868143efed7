"""What a microVM is made with: the bodies of Firecracker's API and the jailer's arguments. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from hodei.adapters.firecracker.network import TAP
from hodei.adapters.firecracker.settings import FirecrackerSettings, Rate
from hodei.domain.spec import Network, Resources

CGROUP_PARENT = "hodei-fc"
PERIOD_US = 100_000
OVERHEAD_MB = 128
"""Of the monitor itself, and of what the kernel keeps of its files."""
MOST_PROCESSES = 256
"""Threads of the monitor: one per CPU of the guest, and a few."""
GUEST_CID = 3

KERNEL, SYSTEM, IMAGE, SCRATCH = "vmlinux", "system.ext4", "image.ext4", "scratch.ext4"
API_SOCKET, VSOCK, AGENTS = "api.sock", "v.sock", "agents"
PID_FILE = "firecracker.pid"
STATE, MEMORY = "state", "memory"
NEW_STATE, NEW_MEMORY = "state.new", "memory.new"
BOOT = "root=/dev/vda ro init=/init"

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of Firecracker's API."""

    method: str
    path: str
    body: Body


def calls(
    resources: Resources, network: Network, settings: FirecrackerSettings, mac: str
) -> list[Call]:
    """What configures and starts a microVM, in this order. Paths are as seen in its jail."""
    made = [
        _put(
            "/machine-config",
            {
                "vcpu_count": vcpus(resources.cpu),
                "mem_size_mib": resources.memory_mb,
                "smt": False,
            },
        ),
        _put(
            "/boot-source",
            {
                "kernel_image_path": f"/{KERNEL}",
                "boot_args": f"{settings.boot_args} {BOOT}".strip(),
            },
        ),
        _drive("system", SYSTEM, settings, root=True, read_only=True),
        _drive("image", IMAGE, settings, read_only=True),
        _drive("scratch", SCRATCH, settings),
        _put("/vsock", {"guest_cid": GUEST_CID, "uds_path": VSOCK}),
    ]
    if settings.cpu_template is not None:
        made.insert(1, _put("/cpu-config", dict(settings.cpu_template)))
    if network is not Network.NONE:
        card: dict[str, object] = {
            "iface_id": "eth0",
            "host_dev_name": TAP,
            "guest_mac": mac,
        }
        if limiter := rate_limiter(settings.network_rate):
            card |= {"rx_rate_limiter": limiter, "tx_rate_limiter": limiter}
        made.append(_put("/network-interfaces/eth0", card))
    made.append(_put("/actions", {"action_type": "InstanceStart"}))
    return made


def pausing() -> Call:
    """The guest stands still."""
    return Call(method="PATCH", path="/vm", body={"state": "Paused"})


def resuming() -> Call:
    """The guest goes on."""
    return Call(method="PATCH", path="/vm", body={"state": "Resumed"})


def freezing() -> Call:
    """A guest that stands still is written down."""
    return _put(
        "/snapshot/create",
        {
            "snapshot_type": "Full",
            "snapshot_path": f"/{NEW_STATE}",
            "mem_file_path": f"/{NEW_MEMORY}",
        },
    )


def restoring() -> Call:
    """Instead of all that configures and starts one: it goes on where it was written down."""
    return _put(
        "/snapshot/load",
        {
            "snapshot_path": f"/{STATE}",
            "mem_backend": {"backend_type": "File", "backend_path": f"/{MEMORY}"},
            "resume_vm": True,
        },
    )


def vcpus(cpu: float) -> int:
    """Whole CPUs of the guest; what is less of the last one is kept by the control group."""
    return max(1, math.ceil(cpu))


def rate_limiter(rate: Rate) -> dict[str, object] | None:
    """Firecracker's form: buckets that are filled once a second."""
    limiter: dict[str, object] = {}
    if rate.mb_per_s is not None:
        limiter["bandwidth"] = {"size": rate.mb_per_s << 20, "refill_time": 1000}
    if rate.operations_per_s is not None:
        limiter["ops"] = {"size": rate.operations_per_s, "refill_time": 1000}
    return limiter or None


def cgroup_values(resources: Resources, version: int) -> list[str]:
    """Limits of the monitor's control group, as the jailer takes them."""
    quota = max(1000, round(resources.cpu * PERIOD_US))
    memory = (resources.memory_mb + OVERHEAD_MB) << 20
    if version == 2:
        return [
            f"cpu.max={quota} {PERIOD_US}",
            f"cpu.weight={min(10_000, max(1, round(100 * resources.cpu)))}",
            f"memory.max={memory}",
            f"pids.max={MOST_PROCESSES}",
        ]
    return [
        f"cpu.cfs_quota_us={quota}",
        f"cpu.shares={shares(resources.cpu)}",
        f"memory.limit_in_bytes={memory}",
        f"pids.max={MOST_PROCESSES}",
    ]


def shares(cpu: float) -> int:
    """The weight of so many CPUs in a control group of version 1, where one process has 1024."""
    return min(262_144, max(2, round(1024 * cpu)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Jail:
    """What the jailer is told."""

    worker_id: UUID
    base: str
    """The directory of which the jailer makes its own tree."""
    uid: int
    netns: str
    """A path."""
    cgroups: Sequence[str]
    cgroup_version: int


def jailer_argv(jailer: str, firecracker: str, jail: Jail) -> list[str]:
    """Starts Firecracker in its jail; the jailer itself ends once it runs."""
    argv = [
        jailer,
        "--id", str(jail.worker_id),
        "--exec-file", firecracker,
        "--uid", str(jail.uid),
        "--gid", str(jail.uid),
        "--chroot-base-dir", jail.base,
        "--netns", jail.netns,
        "--new-pid-ns",
        "--cgroup-version", str(jail.cgroup_version),
        "--parent-cgroup", CGROUP_PARENT,
    ]  # fmt: skip
    for value in jail.cgroups:
        argv += ["--cgroup", value]
    return [*argv, "--", "--api-sock", API_SOCKET, "--level", "Error"]


def mounting_argv(sockets: str, place: str, argv: Sequence[str]) -> list[str]:
    """The same in mounts of its own, where the directory `sockets` is seen at `place` too.

    The directory, since a server that starts again makes a new socket; in mounts of its own, so
    that nothing is left of them once the process has ended.
    """
    script = 'mount --bind "$0" "$1" && shift && exec "$@"'
    return [
        "unshare",
        "--mount",
        "--propagation",
        "slave",
        "sh",
        "-c",
        script,
        sockets,
        place,
        *argv,
    ]


def _drive(
    name: str,
    file: str,
    settings: FirecrackerSettings,
    *,
    root: bool = False,
    read_only: bool = False,
) -> Call:
    body: dict[str, object] = {
        "drive_id": name,
        "path_on_host": f"/{file}",
        "is_root_device": root,
        "is_read_only": read_only,
    }
    if limiter := rate_limiter(settings.disk_rate):
        body["rate_limiter"] = limiter
    return _put(f"/drives/{name}", body)


def _put(path: str, body: Body) -> Call:
    return Call(method="PUT", path=path, body=body)
