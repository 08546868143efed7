"""The parts that decide without a server."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from hodei.app.embedded import default_data_dir
from hodei.app.embedded.account import Account, permits
from hodei.app.embedded.binaries import copy_binaries, read_binaries
from hodei.app.embedded.layout import Layout, make_socket_dir, remove_socket_dir
from hodei.app.embedded.logfile import bound_log, last_word, open_log, pick_line
from hodei.app.embedded.processes import PidFile, read_pid_file
from hodei.app.embedded.supervisor import RestartPolicy


def test_restarts_slow_down_to_a_limit() -> None:
    policy = RestartPolicy(first_delay=timedelta(seconds=0.1), longest_delay=timedelta(seconds=0.5))
    assert [policy.delay(count) for count in (1, 2, 3, 4, 9)] == [0.1, 0.2, 0.4, 0.5, 0.5]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("one\ntwo\n\n", "two"),
        ("x LOG:  a\nx FATAL:  no room\nx LOG:  shut down\n", "no room"),
        ("initdb: error: could not create it\ninitdb: removing it\n", "could not create it"),
    ],
)
def test_the_line_that_says_why_is_picked(text: str, line: str) -> None:
    assert pick_line(text) == line


def test_the_log_stays_within_its_size_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    assert not bound_log(log, limit=10)
    descriptor = open_log(log)
    try:
        os.write(descriptor, b"0123456789\n")
        assert bound_log(log, limit=10)
        os.write(descriptor, b"FATAL:  next\n")
    finally:
        os.close(descriptor)
    assert log.read_text() == "FATAL:  next\n"
    assert (tmp_path / "postgres.log.1").read_text() == "0123456789\n"
    assert last_word(log, since=100) == ""
    assert last_word(log) == "next"


def test_a_pid_file_is_read_or_ignored(tmp_path: Path) -> None:
    assert read_pid_file(tmp_path) is None
    path = tmp_path / "postmaster.pid"
    path.write_text("")
    assert read_pid_file(tmp_path) is None
    path.write_text("12\n/data\n1700000000\n5432\n/run/x\n\n  5432001 0\nready   \n")
    assert read_pid_file(tmp_path) == PidFile(
        pid=12, port=5432, socket_dir=Path("/run/x"), status="ready"
    )


def test_clusters_have_names_of_their_own() -> None:
    first, second = Layout(data_dir=Path("/a")), Layout(data_dir=Path("/b"))
    assert first.name != second.name
    assert first.name == Layout(data_dir=Path("/a")).name
    assert len(first.name) < 64


def test_the_default_directory_follows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data_dir({"XDG_DATA_HOME": "/x"}) == Path("/var/lib/hodei")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_data_dir({"XDG_DATA_HOME": "/x"}) == Path("/x/hodei")
    assert default_data_dir({"XDG_DATA_HOME": "relative"}) == Path.home() / ".local/share/hodei"
    assert default_data_dir({}) == Path.home() / ".local/share/hodei"


def test_modes_are_read_for_the_right_class(tmp_path: Path) -> None:
    tmp_path.chmod(0o710)
    owner, group = tmp_path.stat().st_uid, tmp_path.stat().st_gid
    own = Account(name="own", uid=owner, gid=group + 1, switch=True)
    member = Account(name="member", uid=owner + 1, gid=group, switch=True)
    stranger = Account(name="stranger", uid=owner + 1, gid=group + 1, switch=True)
    assert [permits(tmp_path, each, 0o1) for each in (own, member, stranger)] == [True, True, False]
    assert not permits(tmp_path, member, 0o4)


def test_socket_directories_of_others_stay(tmp_path: Path) -> None:
    ours = make_socket_dir(os.geteuid(), os.getegid())
    (ours / ".s.PGSQL.5432.lock").write_text("1\n")
    remove_socket_dir(ours)
    assert not ours.exists()
    remove_socket_dir(tmp_path)
    assert tmp_path.is_dir()


def test_a_copy_of_the_binaries_is_open_to_all_and_made_once(tmp_path: Path) -> None:
    package = tmp_path / "package"
    bin_dir = package / "install" / "bin"
    bin_dir.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = bin_dir / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 19.2 (ours)'\n")
        program.chmod(0o700)
    (package / "data").write_text("x")
    (package / "data").chmod(0o600)
    found = read_binaries(bin_dir, bundle=(package,))
    assert found is not None
    assert (found.version, found.major) == ("19.2", 19)
    copy = copy_binaries(found, tmp_path / "there")
    assert copy.bin_dir == tmp_path / "there/postgresql-19.2/package/install/bin"
    assert copy.postgres.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "there/postgresql-19.2/package/data").stat().st_mode & 0o777 == 0o644
    (package / "data").unlink()
    assert copy_binaries(found, tmp_path / "there") == copy


def test_programs_that_do_not_run_are_no_installation(tmp_path: Path) -> None:
    assert read_binaries(tmp_path) is None
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/no/such/interpreter\n")
        (tmp_path / name).chmod(0o755)
    assert read_binaries(tmp_path) is None
