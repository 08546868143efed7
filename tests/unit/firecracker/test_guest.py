"""What a guest begins with: the init that is shipped, and the orders it is given."""

from __future__ import annotations

import subprocess
from importlib.resources import files
from ipaddress import IPv4Network
from pathlib import Path
from uuid import UUID

import pytest

from hodei.adapters.firecracker import guest
from hodei.adapters.firecracker.agent_start import LAUNCHER, started_by
from hodei.adapters.firecracker.network import names
from hodei.adapters.firecracker.orders import Program, addresses, encoded, records
from hodei.app.bundle.launcher import make_launcher
from hodei.domain.spec import Architecture


def test_the_init_is_what_its_source_gives(tmp_path: Path) -> None:
    made, source = tmp_path / "init", tmp_path / "init.c"
    source.write_bytes(files(guest).joinpath("init.c").read_bytes())
    argv = ["musl-gcc", "-static", "-Os", "-s", "-Wall", "-Werror", "-o", str(made), "init.c"]
    subprocess.run(argv, check=True, cwd=tmp_path, timeout=60)
    assert guest.init_program(Architecture.X86_64) == made.read_bytes()
    assert guest.init_program(Architecture.ARM64) is None


def program() -> Program:
    return Program(argv=["/a", "b c"], env={"X": "1\n2"}, uid=5, gid=6, groups=(6, 7), otp="s3cret")


def test_orders_without_a_network() -> None:
    assert records(program(), "box", network=False, dns=["9.9.9.9"]) == [
        ("hostname", b"box"),
        ("file", b"0644 /etc/hosts\n127.0.0.1\tlocalhost box\n"),
        ("file", b"0644 /etc/hostname\nbox\n"),
        ("uid", b"5"),
        ("gid", b"6"),
        ("group", b"6"),
        ("group", b"7"),
        ("cwd", b"/"),
        ("file", b"0400 /.hodei-run/otp\ns3cret"),
        ("env", b"X=1\n2"),
        ("arg", b"/a"),
        ("arg", b"b c"),
    ]


def test_a_network_comes_with_name_servers() -> None:
    made = records(program(), "box", network=True, dns=["9.9.9.9"])
    assert ("file", b"0644 /etc/resolv.conf\nnameserver 9.9.9.9\n") in made


def test_each_guest_s_card_has_addresses_of_its_own() -> None:
    assert addresses(names(UUID(int=1), 3, IPv4Network("10.9.0.0/24"))) == [
        ("mac", b"\x06\x00\xc6\x12\x00\x0e"),
        ("address", b"198.18.0.14"),
        ("mask", b"255.255.255.252"),
        ("gateway", b"198.18.0.13"),
    ]


def test_the_form_of_orders() -> None:
    assert encoded([("env", b"A=\n\0"), ("end", b"")]) == b"env 4\nA=\n\0\nend 0\n\n"
    assert "s3cret" not in repr(program())


@pytest.mark.parametrize(
    "words", [["/ld.so", "--library-path", "/lib", "/python", "-I"], ["/x", "y"]]
)
def test_the_launcher_s_own_command_is_found(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "bin").mkdir()
    launcher = tmp_path / "bin" / "hodei-agent"
    launcher.write_bytes(make_launcher("x86_64", words))
    assert started_by(tmp_path) == words
    launcher.write_text("#!/bin/sh\n")
    assert started_by(tmp_path) == [LAUNCHER]
