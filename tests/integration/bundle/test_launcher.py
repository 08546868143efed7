"""The launcher, for both architectures: its machine code is its source, and does what it says."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

import hodei.app.bundle.launcher as launcher
from hodei.app.bundle.elf import Elf

ASSEMBLERS = {"x86_64": "x86_64-linux-gnu-as", "aarch64": "aarch64-linux-gnu-as"}
PREFIX = launcher.HIDDEN_PREFIX


def assembler_of(architecture: str) -> str:
    return "as" if platform.machine() == architecture else ASSEMBLERS[architecture]


def emulator_of(architecture: str) -> list[str]:
    return [] if platform.machine() == architecture else [f"qemu-{architecture}-static"]


def assembled(architecture: str, folder: Path) -> bytes:
    """The text section of the source, as this machine's assembler makes it."""
    source = Path(launcher.__file__).with_name(f"{architecture}.s")
    target = folder / "launcher.o"
    command = [assembler_of(architecture), "-o", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    data = target.read_bytes()
    table, size, count = struct.unpack_from("<Q", data, 0x28)[0], 64, data[0x3C]
    for index in range(count):
        kind, flags, _, offset, length = struct.unpack_from(
            "<IQQQQ", data, table + index * size + 4
        )
        if kind == 1 and flags & 4:
            return data[offset : offset + length]
    raise AssertionError("there is no text section")


@pytest.mark.parametrize("architecture", sorted(ASSEMBLERS))
def test_the_machine_code_is_the_assembled_source(architecture: str, tmp_path: Path) -> None:
    code = launcher.machine_code(architecture)
    assert len(code) == launcher.CODE_BYTES
    assert code == assembled(architecture, tmp_path)


@pytest.mark.parametrize("architecture", sorted(ASSEMBLERS))
def test_it_is_a_static_program(architecture: str) -> None:
    made = Elf("launcher", launcher.make_launcher(architecture, ["/a", "b"]))
    assert made.architecture == architecture
    assert made.loader == "" and made.needed == []


def launch(
    architecture: str, folder: Path, env: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs a launcher that becomes `arguments`, in exactly this environment."""
    program = folder / "launcher"
    program.write_bytes(launcher.make_launcher(architecture, arguments))
    program.chmod(0o755)
    command = [*emulator_of(architecture), str(program), "ignored", "arguments"]
    command[0] = str(shutil.which(command[0]))
    return subprocess.run(command, env=env, capture_output=True, check=False, timeout=90)


def environment_of(done: subprocess.CompletedProcess[bytes]) -> dict[str, str]:
    assert done.returncode == 0, done
    entries = done.stdout.rstrip(b"\0").split(b"\0") if done.stdout else []
    return dict(os.fsdecode(entry).split("=", 1) for entry in entries)


@pytest.mark.parametrize("architecture", sorted(ASSEMBLERS))
@pytest.mark.parametrize(
    "env",
    [
        {},
        {"A": ""},
        {"LD_PRELOAD": "/x", "HODEI_AGENT_OTP": "secret", "PATH": "/bin"},
        {"HODEI_AGENT": "1", "HODEI_AGENT_": "2", "HODEI": "3", "hodei_agent_x": "4"},
        {PREFIX + "TWICE": "is not hidden again"},
        {f"N{n}": "x" * (n % 37) for n in range(5000)},
        {"LONG": "x" * 100_000, "UTF8": "äß→"},
    ],
    ids=["none", "empty", "usual", "alike", "hidden", "many", "long"],
)
def test_everything_but_the_agents_settings_is_renamed(
    architecture: str, env: dict[str, str], tmp_path: Path
) -> None:
    busybox = str(shutil.which("busybox"))
    done = launch(architecture, tmp_path, env, busybox, "cat", "/proc/self/environ")
    expected = {
        name if name.startswith("HODEI_AGENT_") else PREFIX + name: value
        for name, value in env.items()
    }
    assert environment_of(done) == expected


@pytest.mark.parametrize("architecture", sorted(ASSEMBLERS))
def test_it_hands_on_its_own_arguments_only(architecture: str, tmp_path: Path) -> None:
    busybox = str(shutil.which("busybox"))
    done = launch(architecture, tmp_path, {}, busybox, "echo", "one", "two three", "")
    assert done.stdout == b"one two three \n"


@pytest.mark.parametrize("architecture", sorted(ASSEMBLERS))
def test_it_says_when_it_cannot_start(architecture: str, tmp_path: Path) -> None:
    done = launch(architecture, tmp_path, {"A": "b"}, "/nowhere/loader")
    assert done.returncode == 127
    assert done.stderr == b"hodei-agent: its loader cannot start"
