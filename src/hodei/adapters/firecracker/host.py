"""What this machine has of what microVMs need, and what exactly is missing."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from hodei.adapters.firecracker.errors import Refusal
from hodei.adapters.firecracker.guest import init_program
from hodei.adapters.firecracker.network import FORWARDING
from hodei.adapters.firecracker.places import CGROUPS, CONTROLLERS_V1, cgroup_version
from hodei.adapters.firecracker.programs import run
from hodei.adapters.firecracker.settings import MAX_VCPUS, FirecrackerSettings
from hodei.domain.errors import SpecRejected
from hodei.domain.provider import Capabilities, Isolation
from hodei.domain.spec import Architecture
from hodei.ports.provider import WorkerSpec

KVM = "/dev/kvm"
TUN = "/dev/net/tun"
OLDEST = (1, 4)
"""The first whose jailer and API know all that is used."""
PROGRAMS = {
    "mkfs.ext4": "e2fsprogs",
    "ip": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "mount": "mount",
}
"""With the Debian package that has them."""
ARCHITECTURES = {"x86_64": Architecture.X86_64, "aarch64": Architecture.ARM64}
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_ELF = b"\x7fELF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Where Firecracker is on this machine."""

    firecracker: str
    jailer: str


def architecture() -> Architecture:
    """This machine's."""
    return ARCHITECTURES.get(os.uname().machine, Architecture.X86_64)


def memory_mb() -> int:
    """This machine's."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def programs(settings: FirecrackerSettings) -> Programs:
    """Raises Refusal when one is not there."""
    found = {}
    for name in ("firecracker", "jailer"):
        wanted = getattr(settings, name)
        path = shutil.which(wanted)
        if path is None:
            raise Refusal(f"there is no program {wanted}")
        found[name] = os.path.realpath(path)
    return Programs(**found)


def capabilities(settings: FirecrackerSettings) -> Capabilities:
    """What this machine offers within the settings."""
    cpus = float(min(os.cpu_count() or 1, MAX_VCPUS))
    memory = memory_mb()
    return Capabilities(
        isolation=Isolation.MICROVM,
        images=True,
        architectures=frozenset({architecture()}),
        gpus=0,
        networks_none=True,
        storage_limit=True,
        max_workers=settings.max_workers,
        max_cpu=min(settings.max_cpu or cpus, cpus),
        max_memory_mb=min(settings.max_memory_mb or memory, memory),
    )


def reject(spec: WorkerSpec, name: str, able: Capabilities, settings: FirecrackerSettings) -> None:
    """Raises SpecRejected with the exact reason when `spec` asks for what is not to be had."""
    wanted = spec.resources
    storage_mb = wanted.storage_mb or settings.storage_mb
    reason = ""
    if not spec.image:
        reason = "runs every job in an image; name one, such as alpine:latest"
    elif wanted.gpus:
        reason = f"gives no GPUs: Firecracker passes no devices on; {wanted.gpus} were asked for"
    elif wanted.architecture is not None and wanted.architecture not in able.architectures:
        has = ", ".join(sorted(able.architectures))
        reason = f"runs on {has}; {wanted.architecture} was asked for"
    elif wanted.cpu > able.max_cpu:
        reason = f"gives a job at most {able.max_cpu:g} CPUs; {wanted.cpu:g} were asked for"
    elif wanted.memory_mb > able.max_memory_mb:
        reason = f"gives a job at most {able.max_memory_mb} MiB; {wanted.memory_mb} were asked for"
    elif storage_mb > settings.max_storage_mb:
        most = settings.max_storage_mb
        reason = f"gives a job at most {most} MiB of storage; {storage_mb} were asked for"
    if reason:
        raise SpecRejected(f"the firecracker provider {name!r} {reason}")


async def examine(settings: FirecrackerSettings) -> tuple[dict[str, str], list[str]]:
    """What there is, for people, and everything that is missing, with what to do about it."""
    shown: dict[str, str] = {"architecture": architecture().value}
    lacking = [*_rights(), *_kernel(settings, shown), *_cgroups(shown)]
    lacking += [
        f"there is no program {name}: install {package}"
        for name, package in PROGRAMS.items()
        if shutil.which(name) is None
    ]
    if init_program(architecture()) is None:
        lacking.append(f"there is no init for {architecture()} guests yet")
    versions = {}
    for name in ("firecracker", "jailer"):
        words, fault = await _version(name, getattr(settings, name))
        shown[name], versions[name] = words or "missing", words
        if fault:
            lacking.append(fault)
    if all(versions.values()) and len(set(versions.values())) > 1:
        lacking.append(
            "firecracker and jailer are of different versions: take both from one release"
        )
    return shown, lacking


def _rights() -> list[str]:
    found = []
    if os.geteuid() != 0:
        found.append("the server does not run as root, which the jailer needs to make jails")
    if not os.path.exists(KVM):
        found.append(
            f"there is no {KVM}: load the module kvm_intel or kvm_amd, or, on a machine that is "
            "virtual itself, switch nested virtualisation on"
        )
    elif not os.access(KVM, os.R_OK | os.W_OK):
        found.append(f"no right to read and write {KVM}")
    if not os.path.exists(TUN):
        found.append(f"there is no {TUN}: load the module tun")
    try:
        forwards = Path(FORWARDING).read_text("ascii").strip() == "1"
    except OSError:
        forwards = False
    if not forwards:
        found.append(
            "this machine forwards no packets, so guests have no network: "
            "sysctl -w net.ipv4.ip_forward=1"
        )
    return found


def kernel_fault(path: str) -> str:
    """Why a file is no guest kernel; empty when it looks like one."""
    try:
        with open(path, "rb") as file:
            begin = file.read(20)
    except OSError as error:
        return (
            f"the guest kernel {path} cannot be read: {error.strerror}; "
            "`hodei firecracker kernel` says how to get one"
        )
    if begin[:4] == _ELF or (len(begin) > 4 and architecture() is Architecture.ARM64):
        return ""
    return f"the guest kernel {path} is not an uncompressed vmlinux (ELF)"


def _kernel(settings: FirecrackerSettings, shown: dict[str, str]) -> list[str]:
    shown["kernel"] = settings.kernel
    fault = kernel_fault(settings.kernel)
    return [fault] if fault else []


def _cgroups(shown: dict[str, str]) -> list[str]:
    version = cgroup_version()
    shown["cgroup"] = f"v{version}"
    if version == 1:
        missing = [name for name in CONTROLLERS_V1 if not (CGROUPS / name / "tasks").exists()]
    else:
        try:
            has = (CGROUPS / "cgroup.controllers").read_text("ascii").split()
        except OSError:
            has = []
        missing = [name for name in CONTROLLERS_V1 if name not in has]
    return [f"the control groups lack {', '.join(missing)}"] if missing else []


async def _version(name: str, wanted: str) -> tuple[str, str]:
    path = shutil.which(wanted)
    if path is None:
        return "", (
            f"there is no program {wanted}: install {name} from Firecracker's release "
            f"and set the provider's {name}"
        )
    try:
        said = await run(path, "--version", patience_s=10)
    except (Refusal, OSError) as error:
        return "", f"{path} does not say its version: {error}"
    found = _VERSION.search(said)
    if found is None:
        return "", f"{path} is no {name}: its version cannot be read"
    version = found[0].removeprefix("v")
    if (int(found[1]), int(found[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return version, f"{name} {version} is too old: {oldest} or newer is needed"
    return version, ""
