"""The cache of snapshots: one maker at a time, whole or not there, within its budget."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hodei.adapters.firecracker.snapshots import Snapshot, Snapshots, key_of, sparse_copy


def fill(snapshots: Snapshots, key: str, size: int = 4096) -> Snapshot:
    with snapshots.new(key) as work:
        for name in ("state", "memory", "scratch"):
            (work / name).write_bytes(b"x" * size)
    found = snapshots.find(key)
    assert found is not None
    return found


def test_one_maker_at_a_time(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "s", 1 << 20)
    assert snapshots.claim("a")
    assert not snapshots.claim("a")
    assert snapshots.claim("b")
    snapshots.release("a")
    assert snapshots.claim("a")
    made = fill(snapshots, "a")
    snapshots.release("a")
    assert not snapshots.claim("a")
    assert {path.name for path in made.folder.iterdir()} == {"state", "memory", "scratch"}
    assert {path.stat().st_mode & 0o777 for path in made.folder.iterdir()} == {0o444}


def test_one_that_failed_is_gone_and_not_made_again_at_once(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "s", 1 << 20)
    fill(snapshots, "a")
    snapshots.failed("a")
    assert snapshots.find("a") is None
    assert not snapshots.claim("a")
    assert os.listdir(tmp_path / "s") == []
    snapshots.failed("never-made")


def test_what_is_not_whole_is_not_there(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "s", 1 << 20)
    with pytest.raises(OSError, match="disk"), snapshots.new("a") as work:
        (work / "state").write_bytes(b"half")
        raise OSError("the disk is full")
    assert snapshots.find("a") is None
    assert os.listdir(tmp_path / "s") == []


def test_the_second_of_two_makers_keeps_the_first_s(tmp_path: Path) -> None:
    one, other = (Snapshots(tmp_path / "s", 1 << 20) for _ in range(2))
    with one.new("a") as work:
        (work / "state").write_bytes(b"one")
        fill(other, "a")
    found = one.find("a")
    assert found is not None
    assert found.state.read_bytes() == b"x" * 4096
    assert os.listdir(tmp_path / "s") == ["a"]


def test_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "s", 2 * 3 * 4096)
    for number, key in enumerate(("a", "b")):
        os.utime(fill(snapshots, key).folder, (number, number))
    assert snapshots.find("a") is not None  # used now
    fill(snapshots, "c")
    assert sorted(os.listdir(tmp_path / "s")) == ["a", "c"]


def test_without_a_budget_none_is_made(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "s", 0)
    assert not snapshots.enabled
    assert not snapshots.claim("a")


def test_a_key_is_of_every_part() -> None:
    assert key_of("a", 1) == key_of("a", 1)
    assert len({key_of("a", 1), key_of("a", 2), key_of("b", 1), key_of("a1")}) == 4


def test_a_copy_has_the_same_content_and_no_zeros_on_the_disk(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    with open(source, "wb") as file:
        file.write(b"begin")
        file.seek(1 << 20)
        file.write(bytes(1 << 20) + b"middle")
        file.truncate(8 << 20)
    sparse_copy(source, target)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_blocks * 512 < 1 << 20
    with pytest.raises(FileExistsError):
        sparse_copy(source, target)


def test_a_copy_follows_no_link_and_waits_for_no_pipe(tmp_path: Path) -> None:
    secret, pipe = tmp_path / "secret", tmp_path / "pipe"
    secret.write_text("s3cret")
    (tmp_path / "link").symlink_to(secret)
    os.mkfifo(pipe)
    for source in (tmp_path / "link", pipe):
        with pytest.raises(OSError):
            sparse_copy(source, tmp_path / "target")
    assert not (tmp_path / "target").exists()
