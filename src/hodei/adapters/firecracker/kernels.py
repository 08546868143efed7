"""What can be told of a guest kernel from its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hodei.adapters.firecracker.host import architecture, kernel_fault
from hodei.domain.spec import Architecture

NEEDED: Mapping[str, bytes] = {
    "CONFIG_VIRTIO_MMIO": b"virtio_mmio",
    "CONFIG_VIRTIO_BLK": b"virtio_blk",
    "CONFIG_VIRTIO_VSOCKETS": b"virtio_vsock",
    "CONFIG_EXT4_FS": b"ext4",
    "CONFIG_OVERLAY_FS": b"overlayfs",
    "CONFIG_DEVTMPFS": b"devtmpfs",
    # Its own name is the end of the one before.
    "CONFIG_TMPFS": b"nr_inodes",
}
WISHED: Mapping[str, bytes] = {
    "CONFIG_VIRTIO_NET": b"virtio_net",
    "CONFIG_PID_NS": b"pid_for_children",
    "CONFIG_CGROUPS": b"cgroup2",
    "CONFIG_MEMCG": b"oom.group",
    "CONFIG_UNIX98_PTYS": b"devpts",
    "CONFIG_SERIAL_8250_CONSOLE": b"ttyS",
}
"""Without them a job has no network, processes that outlive it, no figures of its own, an end by
lack of memory that is not told as one, no terminals, or a guest whose console says nothing."""
MACHINES = {Architecture.X86_64: 0x3E, Architecture.ARM64: 0xB7}
_BANNER = re.compile(rb"Linux version (\d+\.\d+[^ \0]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A file that may be a guest kernel."""

    version: str
    fault: str
    """Why it cannot be used; empty when nothing speaks against it."""
    warnings: tuple[str, ...]


def inspect(path: Path) -> Kernel:
    """Reads the whole file; what a kernel has built in leaves its name in it."""
    fault = kernel_fault(str(path))
    if fault:
        return Kernel(version="", fault=fault, warnings=())
    content = path.read_bytes()
    banner = _BANNER.search(content)
    version = banner[1].decode("ascii", "replace") if banner else ""
    machine = int.from_bytes(content[18:20], "little")
    lacking = [name for name, mark in NEEDED.items() if mark not in content]
    missing = tuple(name for name, mark in WISHED.items() if mark not in content)
    if content[:4] == b"\x7fELF" and machine != MACHINES[architecture()]:
        fault = f"{path} is made for another machine than {architecture()}"
    elif not version:
        fault = f"{path} is no Linux kernel"
    elif lacking:
        fault = f"{path} lacks {', '.join(lacking)}"
    return Kernel(version=version, fault=fault, warnings=missing)
