"""Each thing that a machine lacks is named, with what to do about it; and what a kernel lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.adapters.firecracker import host, kernels
from hodei.adapters.firecracker.parsing import parse_settings
from hodei.domain.spec import Architecture

VERSION = "#!/bin/sh\necho '{name} v{version}'\n"


def program(folder: Path, name: str, version: str) -> str:
    path = folder / name
    path.write_text(VERSION.format(name=name, version=version), "ascii")
    path.chmod(0o755)
    return str(path)


async def lacking(**settings: object) -> list[str]:
    return (await host.examine(parse_settings(settings)))[1]


async def test_a_machine_that_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = str(tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("KVM", "TUN", "FORWARDING"):
        monkeypatch.setattr(host, name, nowhere)
    monkeypatch.setattr(host, "CGROUPS", tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    found = "\n".join(await lacking(kernel=nowhere))
    for words in (
        "does not run as root",
        f"there is no {nowhere}: load the module kvm_intel or kvm_amd",
        f"there is no {nowhere}: load the module tun",
        "sysctl -w net.ipv4.ip_forward=1",
        f"the guest kernel {nowhere} cannot be read",
        "`hodei firecracker kernel` says how to get one",
        "control groups lack cpu, memory, pids",
        "no program mkfs.ext4: install e2fsprogs",
        "no program ip: install iproute2",
        "no program nft: install nftables",
        "no program nsenter: install util-linux",
        "no program unshare: install util-linux",
        "no program mount: install mount",
        "no program firecracker: install firecracker from Firecracker's release",
        "no program jailer: install jailer from Firecracker's release",
    ):
        assert words in found


@pytest.mark.parametrize(
    ("firecracker", "jailer", "words"),
    [
        ("1.3.9", "1.3.9", "firecracker 1.3.9 is too old: 1.4 or newer is needed"),
        ("1.12.1", "1.13.0", "of different versions: take both from one release"),
        ("one", "1.12.1", "its version cannot be read"),
    ],
)
async def test_versions_that_do_not_do(
    tmp_path: Path, firecracker: str, jailer: str, words: str
) -> None:
    names = {
        "firecracker": program(tmp_path, "firecracker", firecracker),
        "jailer": program(tmp_path, "jailer", jailer),
    }
    assert words in "\n".join(await lacking(**names))


async def test_versions_that_do(tmp_path: Path) -> None:
    names = {name: program(tmp_path, name, "1.4.0") for name in ("firecracker", "jailer")}
    assert not [each for each in await lacking(**names) if "jailer" in each]


def kernel_of(
    folder: Path, *, without: str = "", begin: bytes = b"\x7fELF", machine: int = 0
) -> Path:
    """A file with what a kernel leaves of itself in one."""
    marks = {**kernels.NEEDED, **kernels.WISHED}
    kind = machine or kernels.MACHINES[host.architecture()]
    head = begin.ljust(18, b"\0") + kind.to_bytes(2, "little")
    words = [b"Linux version 6.1.0 (x)", *(mark for name, mark in marks.items() if name != without)]
    path = folder / "vmlinux"
    path.write_bytes(head + b"\0".join(words) + b"\0")
    return path


def test_a_kernel_that_has_everything(tmp_path: Path) -> None:
    found = kernels.inspect(kernel_of(tmp_path))
    assert (found.version, found.fault, found.warnings) == ("6.1.0", "", ())


@pytest.mark.parametrize("name", list(kernels.NEEDED))
def test_a_kernel_that_lacks_what_it_needs(tmp_path: Path, name: str) -> None:
    assert kernels.inspect(kernel_of(tmp_path, without=name)).fault.endswith(f"lacks {name}")


@pytest.mark.parametrize("name", list(kernels.WISHED))
def test_a_kernel_that_can_do_less(tmp_path: Path, name: str) -> None:
    found = kernels.inspect(kernel_of(tmp_path, without=name))
    assert (found.fault, found.warnings) == ("", (name,))


def test_files_that_are_no_kernel(tmp_path: Path) -> None:
    other = {
        Architecture.X86_64: kernels.MACHINES[Architecture.ARM64],
        Architecture.ARM64: kernels.MACHINES[Architecture.X86_64],
    }[host.architecture()]
    assert "another machine" in kernels.inspect(kernel_of(tmp_path, machine=other)).fault
    plain = tmp_path / "plain"
    plain.write_bytes(
        b"\x7fELF".ljust(18, b"\0") + kernels.MACHINES[host.architecture()].to_bytes(2, "little")
    )
    assert "is no Linux kernel" in kernels.inspect(plain).fault
    assert "cannot be read" in kernels.inspect(tmp_path / "nowhere").fault
