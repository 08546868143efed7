"""Starting real processes and ending whole trees of them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from hodei.agent.output import HashChain
from hodei.agent.processes import Launch, children_of, spawn, stat_fields
from hodei.agent.stats import network_bytes
from hodei.agent.workspace import Workspace, remove_tree


def run_alone(program: str) -> list[str]:
    """Runs a program in an interpreter of its own, whose children are its alone."""
    source = Path(__file__).parents[3] / "src"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=dict(os.environ, PYTHONPATH=str(source)),
        stdout=subprocess.PIPE,
        check=True,
        timeout=90,
    )
    return done.stdout.decode().split()


def test_spawn_gives_directory_descriptors_and_a_session(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    before = os.getcwd()
    pid = spawn(
        Launch(
            "/bin/sh",
            ["/bin/sh", "-c", "pwd; echo $MARK; ps -o sid= -p $$"],
            {"MARK": "yes", "PATH": os.environ["PATH"]},
            str(tmp_path),
            {1: writer},
        )
    )
    os.close(writer)
    with open(reader) as output:
        words = output.read().split()
    assert os.waitpid(pid, 0)[1] == 0
    assert words == [str(tmp_path), "yes", str(pid)]
    assert os.getcwd() == before


def test_spawn_failures_are_raised_and_leave_the_directory(tmp_path: Path) -> None:
    before = os.getcwd()
    with pytest.raises(FileNotFoundError):
        spawn(Launch("/no/such", ["x"], {}, str(tmp_path), {}))
    with pytest.raises(FileNotFoundError):
        spawn(Launch("/bin/true", ["true"], {}, str(tmp_path / "gone"), {}))
    assert os.getcwd() == before


def test_a_tree_with_orphans_and_sessions_is_seen_and_killed() -> None:
    words = run_alone(
        """
        import os, subprocess
        from hodei.agent import processes
        assert processes.adopt_orphans()
        tree = "sleep 60 & setsid sleep 60 & (setsid sh -c 'sleep 60 & sleep 60' &); echo; exit 0"
        shell = subprocess.Popen(["sh", "-c", tree], stdout=subprocess.PIPE)
        shell.wait()
        while len(processes.descendants()) < 5:
            pass
        print(len(processes.descendants()))
        while True:
            processes.kill_descendants()
            ended, left = processes.reap()
            if not left:
                break
        print(len(processes.descendants()))
        """
    )
    assert words == ["5", "0"]


def test_an_agent_that_cannot_adopt_finds_orphans_by_their_environment() -> None:
    words = run_alone(
        """
        import os, subprocess
        from hodei.agent import processes
        mark = f"unit-{os.getpid()}"
        env = dict(os.environ, HODEI_ATTEMPT_ID=mark)
        subprocess.run(["sh", "-c", "setsid sleep 61 & exit 0"], env=env)
        print(len(processes.descendants()), len(processes.descendants(mark)))
        while processes.descendants(mark):
            processes.kill_descendants(mark)
        print(len(processes.descendants(mark)))
        """
    )
    assert words == ["0", "1", "0"]


def test_the_table_of_children_when_the_kernel_lists_none(monkeypatch: pytest.MonkeyPatch) -> None:
    words = run_alone(
        """
        import os, subprocess
        from hodei.agent import processes
        child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
        while len(processes.descendants()) < 2:
            pass
        usual = processes.descendants()
        processes.os.path.exists = lambda path: False
        print(processes.descendants() == usual, child.pid in usual)
        processes.kill_descendants()
        child.wait()
        """
    )
    assert words == ["True", "True"]


def test_names_with_brackets_do_not_confuse(tmp_path: Path) -> None:
    program = tmp_path / "a) Z 9 (b"
    program.symlink_to("/bin/sleep")
    child = subprocess.Popen([str(program), "60"])
    try:
        assert child.pid in children_of(os.getpid())
        assert int(stat_fields(child.pid)[1]) == os.getpid()
    finally:
        child.kill()
        child.wait()
    assert stat_fields(child.pid) == []


def test_children_of_the_dead() -> None:
    child = subprocess.Popen(["true"])
    poll = select.poll()
    descriptor = os.pidfd_open(child.pid)
    poll.register(descriptor)
    poll.poll(5000)
    os.close(descriptor)
    child.wait()
    assert children_of(child.pid) == []


def test_network_figures_leave_loopback_out() -> None:
    table = "Inter-|   Receive\n face |bytes\n    lo: 9 0 0 0 0 0 0 0 9 0\n"
    table += "  eth0: 100 1 0 0 0 0 0 0 200 2 0\n  eth1: 1 1 0 0 0 0 0 0 2 2 0\n"
    assert network_bytes(table) == (101, 202)


def test_the_hash_chain_is_the_same_before_and_after_it_hurries() -> None:
    slow, fast = HashChain(), HashChain()
    fast._hurry()
    for chain in (slow, fast):
        chain.add(1, b"a" * 70_000)
        chain.add(2, b"")
    assert slow.value == fast.value
    assert len(slow.value) == 32


def test_what_an_attempt_left_goes_and_nothing_else(tmp_path: Path) -> None:
    workspace = Workspace(str(tmp_path / "agent"))
    work = workspace.take()
    assert Path(work).is_relative_to(tmp_path / "agent/attempts")
    (Path(work) / "deep/er").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (Path(work) / "deep/link").symlink_to(outside)
    (Path(work) / "deep").chmod(0)
    workspace.give_back(work)
    assert list((tmp_path / "agent/attempts").iterdir()) == []
    assert (outside / "kept").exists()


def test_an_untouched_working_directory_serves_again(tmp_path: Path) -> None:
    workspace = Workspace(str(tmp_path / "agent"))
    work = workspace.take()
    made = os.stat(work)
    assert (made.st_mode & 0o7777, made.st_uid) == (0o755, os.getuid())
    workspace.give_back(work)
    assert workspace.take() == work
    assert os.stat(work).st_ino == made.st_ino
    workspace.give_back(work)
    workspace.close()
    assert not Path(work).exists()


def _entry(work: Path) -> None:
    (work / "left").touch()


def _mode(work: Path) -> None:
    work.chmod(0o777)


def _attribute(work: Path) -> None:
    os.setxattr(work, "user.note", b"left")


def _replaced(work: Path) -> None:
    work.rename(work.with_name("old"))
    work.mkdir(0o755)


def _gone(work: Path) -> None:
    work.rmdir()


@pytest.mark.parametrize("change", [_entry, _mode, _attribute, _replaced, _gone])
@pytest.mark.parametrize("idle", [False, True])
def test_a_changed_working_directory_does_not(
    tmp_path: Path, change: Callable[[Path], None], idle: bool
) -> None:
    workspace = Workspace(str(tmp_path / "agent"))
    work = workspace.take()
    if idle:
        workspace.give_back(work)
        change(Path(work))
    else:
        change(Path(work))
        workspace.give_back(work)
    following = workspace.take()
    assert following != work
    assert os.listdir(following) == []
    assert os.stat(following).st_mode & 0o7777 == 0o755
    assert os.listxattr(following) == []
    assert not os.path.exists(work)


def test_removing_a_deep_tree(tmp_path: Path) -> None:
    top = tmp_path / "top"
    path = top
    top.mkdir()
    for _ in range(400):
        path = path / "d"
        path.mkdir()
    remove_tree(str(top))
    assert not top.exists()
