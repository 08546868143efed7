"""Firecracker on the test machine: its programs, guests' kernels, and what is left of microVMs.

Tests of it run in a network and mounts of their own, which `scripts/test firecracker` makes.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from tests.support.docker import ROOT, ImageFiles, busybox_layer
from tests.support.processes import until

SCRIPTS = ROOT / "scripts" / "testbed" / "firecracker"
IMAGE = "hodei-test/busybox:1"
CGROUPS = Path("/sys/fs/cgroup")
NETNS = Path("/run/netns")
SLOTS = Path("/run/hodei-firecracker")

# What the test machine's software KVM needs; hardware needs none of it.
BOOT_ARGS = (
    "console=ttyS0 reboot=k panic=-1 mitigations=off noxsave rodata=off quiet "
    "clearcpuid=smap,smep,erms,fsrm,popcnt,cx16,fsgsbase,invpcid,pcid,pku,la57"
)
CPU_TEMPLATE = {
    "cpuid_modifiers": [
        {
            "leaf": "0x1",
            "subleaf": "0x0",
            "flags": 0,
            "modifiers": [{"register": "ecx", "bitmap": "0bxxxxxxxxxxxxxxxxxx0xxxxxxxxxxxxx"}],
        }
    ]
}
GUEST_ENV = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM"
}


@cache
def script(name: str) -> Path:
    """What a script of the testbed prints: where something is, made now if it was not there."""
    done = subprocess.run(
        [str(SCRIPTS / name)], capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def programs() -> dict[str, object]:
    """Settings that name Firecracker's programs."""
    folder = script("binaries")
    return {"firecracker": str(folder / "firecracker"), "jailer": str(folder / "jailer")}


def tiny_settings() -> dict[str, object]:
    """Of a provider whose guests say UP and wait."""
    kernel = str(script("binaries") / "tiny-guest")
    return {**programs(), "kernel": kernel, "registry": False, "storage_mb": 16}


def linux_settings() -> dict[str, object]:
    """Of a provider whose guests run Linux on this machine."""
    return {
        **programs(),
        "kernel": str(script("kernel")),
        "boot_args": BOOT_ARGS,
        "cpu_template": CPU_TEMPLATE,
        "guest_env": GUEST_ENV,
        "registry": False,
        "storage_mb": 64,
    }


def image_folder(folder: Path, *images: ImageFiles) -> Path:
    """A folder with archives of these images, or of one with a busybox."""
    folder.mkdir(parents=True)
    for number, image in enumerate(images or [ImageFiles(IMAGE, [busybox_layer()])]):
        (folder / f"{number}.tar").write_bytes(image.archive())
    return folder


def is_apart() -> bool:
    """Whether this process has a network and mounts of its own."""
    return os.environ.get("TESTBED_APART") == os.readlink("/proc/self/ns/net")


def machines(worker: str) -> list[int]:
    """Firecracker's processes of a worker."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"firecracker") and worker.encode() in words:
            found.append(int(path.parent.name))
    return found


def left_overs(folder: Path) -> Sequence[str]:
    """Everything of microVMs whose directories are or were below `folder`, and of the network."""
    # Whatever else is below may go while it is looked through.
    found = [
        f"{where}/{name}"
        for where, inside, _ in os.walk(folder)
        if where.endswith("/vms")
        for name in inside
    ]
    found += [str(path) for path in NETNS.glob("hodei-*")]
    found += [path.name for path in Path("/sys/class/net").glob("hfc*")]
    found += _links()
    found += [str(path) for path in SLOTS.glob("*") if str(folder) in os.readlink(path)]
    found += _tables()
    mounts = Path("/proc/self/mounts").read_text("utf-8").splitlines()
    found += [line for line in mounts if str(folder) in line]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in words and ("jailer" in words or "firecracker" in words.split(" ")[0]):
            found.append(words)
    return found


def groups() -> set[str]:
    """Control groups of microVMs."""
    found = [*CGROUPS.glob("hodei-fc/*"), *CGROUPS.glob("*/hodei-fc/*")]
    return {str(path) for path in found if path.is_dir()}


async def clear(before: set[str]) -> None:
    """Removes every microVM and network but for the control groups that were there `before`, so
    that what a failed test leaves fails no other."""
    new = [Path(group) for group in groups() - before]
    await until(lambda: not _killed(new), what=f"all has ended in {new}")
    await until(lambda: all(map(_removed, new)), what=f"removed: {new}")
    for path in NETNS.glob("hodei-*"):
        subprocess.run(["ip", "netns", "del", path.name], check=True)
    for line in _links():
        subprocess.run(["ip", "link", "del", line.split(": ")[1].split("@")[0]], check=True)
    for line in _tables():
        subprocess.run(["nft", "delete", *line.split()], check=True)
    for path in SLOTS.glob("*"):
        path.unlink()


def _killed(folders: Sequence[Path]) -> Sequence[int]:
    """The processes of control groups, to which SIGKILL was sent."""
    files = [each / "cgroup.procs" for each in folders]
    lists = [path.read_text("ascii") for path in files if path.exists()]
    pids = [int(word) for text in lists for word in text.split()]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pids


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return not folder.exists()
    return True


def _links() -> list[str]:
    # /sys shows the network that it was mounted in.
    shown = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines() if ": hfc" in line]


def _tables() -> list[str]:
    shown = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines() if "hodei" in line]
