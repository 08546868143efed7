"""What a bundle is made of, and that it is always the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from hodei.app.bundle import (
    ENTRY_POINT,
    MOUNT_POINT,
    BundleBroken,
    BundleInfo,
    BundleUnwritable,
    InterpreterUnsuitable,
    build,
    read_bundle,
)
from hodei.app.bundle.builder import TIME, own_agent
from hodei.app.bundle.elf import Elf
from hodei.app.cli import agent

MOST_BYTES = 25_000_000


def contents(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            int(path.stat().st_mtime),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


def writable_copy(bundle: BundleInfo, folder: Path) -> Path:
    return Path(shutil.copytree(bundle.path, folder / "copy"))


def test_it_is_complete_and_small(bundle: BundleInfo) -> None:
    assert read_bundle(bundle.path) == bundle
    assert bundle.architecture == os.uname().machine
    assert bundle.size_bytes == sum(
        path.stat().st_size for path in bundle.path.rglob("*") if path.is_file()
    )
    assert bundle.size_bytes <= MOST_BYTES
    entry = bundle.path / Path(ENTRY_POINT[0]).relative_to(MOUNT_POINT)
    assert os.access(entry, os.X_OK)


def test_the_same_inputs_give_the_same_bytes(
    bundle: BundleInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o077)
    try:
        again = build(tmp_path / "elsewhere" / "with another name")
    finally:
        os.umask(before)
    assert again.version == bundle.version
    assert contents(again.path) == contents(bundle.path)


def test_another_agent_is_another_version(bundle: BundleInfo, tmp_path: Path) -> None:
    package = tmp_path / "src" / "hodei"
    shutil.copytree(own_agent().parent, package, ignore=shutil.ignore_patterns("app", "wire"))
    version = package / "__init__.py"
    version.write_text(version.read_text().replace('__version__ = "', '__version__ = "9'))
    assert build(tmp_path / "out", agent=package / "agent").version != bundle.version


def test_nothing_tells_where_it_was_made(bundle: BundleInfo) -> None:
    places = {str(own_agent()), sysconfig.get_path("stdlib"), str(bundle.path)}
    compiled = list(bundle.path.rglob("*.pyc"))
    assert len(compiled) > 50
    assert list(bundle.path.rglob("*.py")) == []
    for path in compiled:
        assert not [place for place in places if place.encode() in path.read_bytes()], path


def test_byte_code_is_never_checked_against_a_source(bundle: BundleInfo) -> None:
    assert {path.read_bytes()[4:8] for path in bundle.path.rglob("*.pyc")} == {b"\1\0\0\0"}


def test_everybody_may_read_and_nobody_write(bundle: BundleInfo) -> None:
    modes = {path.stat().st_mode & 0o777 for path in bundle.path.rglob("*")}
    assert modes == {0o755, 0o644}
    assert {int(path.stat().st_mtime) for path in bundle.path.rglob("*")} == {TIME}


def test_binaries_are_trimmed_and_look_nowhere_else(bundle: BundleInfo) -> None:
    binaries = [
        p for p in bundle.path.rglob("*") if p.is_file() and p.read_bytes()[:4] == b"\x7fELF"
    ]
    names = {path.name for path in binaries}
    for path in binaries:
        elf = Elf(path.name, path.read_bytes())
        assert elf.search_path == []
        assert set(elf.needed) <= names
        assert elf.trimmed() == path.read_bytes()


def test_each_component_has_its_licence(bundle: BundleInfo) -> None:
    folder = bundle.path / "licenses"
    notice = (folder / "NOTICE.txt").read_text()
    for name, terms in (("CPython", "PSF-2.0"), ("glibc", "LGPL-2.1-or-later"), ("Hodei", "Apac")):
        line = next(line for line in notice.splitlines() if line.startswith(name))
        assert terms in line
    named = {line.rpartition(": ")[2] for line in notice.splitlines()[4:]}
    assert {path.stem for path in folder.iterdir()} == named | {"NOTICE"}
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (folder / "LGPL-2.1-or-later.txt").read_text()


def test_what_was_there_is_replaced(bundle: BundleInfo, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()
    assert build(out).version == bundle.version
    assert not (out / "old").exists()
    assert list(tmp_path.iterdir()) == [out]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()
    with pytest.raises(InterpreterUnsuitable, match="cannot be run"):
        build(out, python=str(tmp_path / "no-python"))
    assert (out / "old").exists()
    assert list(tmp_path.iterdir()) == [out]


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InterpreterUnsuitable, match="cannot carry the agent"):
        build(tmp_path / "out", python="/bin/false")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BundleUnwritable, match="file/out"):
        build(tmp_path / "file" / "out")


@pytest.mark.parametrize("spoil", ["change", "remove", "add", "mode", "link", "manifest"])
def test_what_was_changed_is_found(spoil: str, bundle: BundleInfo, tmp_path: Path) -> None:
    copy = writable_copy(bundle, tmp_path)
    victim = copy / "bin" / "python"
    if spoil == "change":
        data = bytearray(victim.read_bytes())
        data[1000] ^= 1
        victim.write_bytes(data)
    elif spoil == "remove":
        victim.unlink()
    elif spoil == "add":
        (copy / "lib" / "more").touch()
    elif spoil == "mode":
        victim.chmod(0o777)
    elif spoil == "link":
        victim.unlink()
        victim.symlink_to(sys.executable)
    else:
        (copy / "manifest.json").write_text("{}")
    with pytest.raises(BundleBroken, match=str(copy)):
        read_bundle(copy)


def test_the_manifest_names_the_components(bundle: BundleInfo) -> None:
    document = json.loads((bundle.path / "manifest.json").read_text())
    assert document["version"] == bundle.version
    assert document["components"]["CPython"].startswith(".".join(map(str, sys.version_info[:3])))


def test_the_commands_say_what_they_made(
    tmp_path: Path, bundle: BundleInfo, capsys: pytest.CaptureFixture[str]
) -> None:
    agent.build(tmp_path / "out")
    agent.check(tmp_path / "out")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[0] == lines[1]
    assert bundle.version in lines[0] and ENTRY_POINT[0] in lines[0]


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x01\x01\x01" + bytes(90)]
)
def test_what_is_no_elf_file_is_refused(data: bytes) -> None:
    with pytest.raises(InterpreterUnsuitable, match="thing"):
        Elf("thing", data)


def test_trimming_keeps_a_program_running(tmp_path: Path) -> None:
    source = shutil.which("gcc") or ""
    trimmed = tmp_path / "gcc"
    trimmed.write_bytes(Elf(source, Path(source).read_bytes()).trimmed())
    trimmed.chmod(0o755)
    assert subprocess.run([trimmed, "--version"], check=True, capture_output=True).stdout
