"""Layers become a tree: later over earlier, whiteouts honoured, and nothing outside of it."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
import zstandard

from hodei.adapters.firecracker.images.unpacking import BadLayer, Tree
from hodei.adapters.firecracker.images.users import User, resolve_user
from hodei.domain.errors import ImageUnavailable

Entry = tuple[str, bytes | str | None]
"""Content of a file; text: target of a symbolic link; None: a directory."""


def entry_of(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    made.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    made.uid, made.gid = os.getuid(), os.getgid()
    return made


def layer(path: Path, entries: Iterable[Entry | tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            name, content = entry
            if content is None:
                archive.addfile(entry_of(name, tarfile.DIRTYPE))
            elif isinstance(content, str):
                archive.addfile(entry_of(name, tarfile.SYMTYPE, content))
            else:
                made = entry_of(name)
                made.size = len(content)
                archive.addfile(made, io.BytesIO(content))
    return path


def unpacked(folder: Path, *layers: Iterable[Entry | tarfile.TarInfo]) -> Path:
    root = folder / "tree"
    root.mkdir()
    tree = Tree(root, 1 << 20)
    for number, entries in enumerate(layers):
        tree.add(layer(folder / f"{number}.tar", entries))
    return root


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_later_layers_win_and_whiteouts_remove(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        [("a/one", b"1"), ("a/two", b"2"), ("b/old", b"x"), ("c", b"file")],
        [("a/.wh.one", b""), ("b/new", b"n"), ("b/.wh..wh..opq", b""), ("c/now", b"folder")],
    )
    assert names(root) == {"a", "a/two", "b", "b/new", "c", "c/now"}


@pytest.mark.parametrize("name", ["../../evil", "/evil", "a/../../evil"])
def test_names_lead_nowhere_else(tmp_path: Path, name: str) -> None:
    root = unpacked(tmp_path, [(name, b"x")])
    assert names(root) == {"evil"}
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "0.tar"}


def test_links_are_followed_from_the_root_of_the_image(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = unpacked(
        tmp_path,
        [("usr/lib", None), ("lib", "usr/lib"), ("abs", str(outside)), ("up", "../../outside")],
        [("lib/so", b"1"), ("abs/in", b"2"), ("up/in", b"3")],
    )
    assert (root / "usr/lib/so").read_bytes() == b"1"
    assert (root / "lib").is_symlink()
    assert list(outside.iterdir()) == []
    assert (root / "outside/in").read_bytes() == b"3"


def test_a_file_replaces_a_link_and_is_not_written_through_it(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("safe")
    root = unpacked(tmp_path, [("x", str(victim))], [("x", b"new")])
    assert victim.read_text() == "safe"
    assert (root / "x").read_bytes() == b"new"


def test_hard_links_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("secret")
    good = entry_of("b", tarfile.LNKTYPE, "a")
    root = unpacked(tmp_path, [("a", b"1"), good])
    assert (root / "a").stat().st_ino == (root / "b").stat().st_ino
    bad = entry_of("c", tarfile.LNKTYPE, "../victim")
    with pytest.raises(BadLayer, match="not there"):
        Tree(root, 1 << 20).add(layer(tmp_path / "bad.tar", [bad]))


def test_links_in_circles_end(tmp_path: Path) -> None:
    with pytest.raises(BadLayer, match="circles"):
        unpacked(tmp_path, [("a", "b"), ("b", "a"), ("a/x", b"1")])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_packed_and_damaged_layers(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    plain = layer(tmp_path / "plain", [("a", os.urandom(50_000))]).read_bytes()
    packed = tmp_path / "packed"
    packed.write_bytes(pack(plain))
    root = tmp_path / "tree"
    root.mkdir()
    Tree(root, 1 << 20).add(packed)
    assert names(root) == {"a"}
    packed.write_bytes(packed.read_bytes()[:20_000])
    with pytest.raises(BadLayer, match="cannot be unpacked"):
        Tree(root, 1 << 20).add(packed)


def test_an_image_that_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(ImageUnavailable, match="max_image_mb"):
        unpacked(tmp_path, [("a", bytes(600_000)), ("b", bytes(600_000))])


def test_users_come_from_the_image_s_own_lists(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nana:x:1000:1001::/:/bin/sh\n")
    (tmp_path / "etc/group").write_text("root:x:0:\nteam:x:50:ana,ben\nodd:x\n")
    assert resolve_user("", tmp_path) == User(uid=0, gid=0, groups=(0,))
    assert resolve_user("ana", tmp_path) == User(uid=1000, gid=1001, groups=(1001, 50))
    assert resolve_user("1000:team", tmp_path) == User(uid=1000, gid=50, groups=(50,))
    assert resolve_user("77", tmp_path) == User(uid=77, gid=0, groups=(0,))
    for unknown in ("ben", "ana:nobody", "99999999999"):
        with pytest.raises(ImageUnavailable):
            resolve_user(unknown, tmp_path)
