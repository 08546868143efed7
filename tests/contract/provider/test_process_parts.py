"""The parts of the process provider that read and write the kernel's files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest

from hodei.adapters.process import proc
from hodei.adapters.process.cgroups import Trees, WorkerGroup, existing_trees, read_mounts
from hodei.adapters.process.folder import as_worker_id
from hodei.adapters.process.launch import launch_command
from hodei.adapters.process.reaper import Reaper
from hodei.adapters.process.settings import parse_settings, settings_schema

MOUNTS = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
nonsense
"""


def unified_mounts() -> list[str]:
    """The version 2 tree of this machine, where we may make groups in it."""
    second = read_mounts(Path("/proc/self/mountinfo").read_text("utf-8"))[1]
    return [second] if second and os.access(f"{second}/cgroup.procs", os.W_OK) else []


def freezer_mounts() -> list[str]:
    """The tree of the freezer of version 1 on this machine, where we may make groups in it."""
    found = read_mounts(Path("/proc/self/mountinfo").read_text("utf-8"))[0].get("freezer")
    return [found] if found and os.access(f"{found}/cgroup.procs", os.W_OK) else []


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["/bin/sleep", "600"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_mounts_of_both_versions_are_found() -> None:
    first, second = read_mounts(MOUNTS)
    assert second == "/sys/fs/cgroup/unified"
    assert first == {
        "cpu": "/sys/fs/cgroup/cpu,cpuacct",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
        "memory": "/sys/fs/cgroup/memory",
    }


def test_a_tree_of_two_controllers_is_entered_once(tmp_path: Path) -> None:
    mounts = {"cpu": f"{tmp_path}/both", "cpuacct": f"{tmp_path}/both", "pids": f"{tmp_path}/pids"}
    group = WorkerGroup(Trees(version=1, base="/ours", mounts=mounts), "worker")
    assert group.make(99) == [
        f"{tmp_path}/both/ours/worker/cgroup.procs",
        f"{tmp_path}/pids/ours/worker/cgroup.procs",
    ]
    assert group.path == "/ours/worker"
    assert group.remove()


@pytest.mark.parametrize("mount", ["", *unified_mounts()])
def test_a_group_of_version_2_is_left_empty_for_its_leaves(
    mount: str, tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    """In the real tree where it is ours, and in a plain directory with the same files."""
    base = f"/hodei-parts-{uuid4().hex[:8]}"
    trees = Trees(version=2, base=base, mounts={"unified": mount or str(tmp_path)})
    group = WorkerGroup(trees, "worker")
    assert group.kill() == set()
    (entry,) = group.make(64)
    try:
        assert entry.endswith(f"{base}/worker/agent/cgroup.procs")
        Path(entry).write_text(str(sleeper.pid), "ascii")
        assert group.members() == {sleeper.pid}
        assert not group.remove()
        assert group.kill() == {sleeper.pid}
        assert sleeper.wait(10) == -9
    finally:
        if not mount:
            Path(entry).unlink()
        assert group.remove()
        os.rmdir(trees.roots()[0])


@pytest.mark.parametrize("mount", ["", *freezer_mounts()])
def test_a_job_that_a_dead_agent_left_frozen_ends_all_the_same(
    mount: str, tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    base = f"/hodei-parts-{uuid4().hex[:8]}"
    trees = Trees(version=1, base=base, mounts={"freezer": mount or str(tmp_path)})
    job = Path(trees.roots()[0]) / "worker" / "job"
    job.mkdir(parents=True)
    try:
        (job / "cgroup.procs").write_text(str(sleeper.pid), "ascii")
        (job / "freezer.state").write_text("FROZEN", "ascii")
        assert WorkerGroup(trees, "worker").kill() == {sleeper.pid}
        assert sleeper.wait(10) == -9
        assert (job / "freezer.state").read_text("ascii").strip() == "THAWED"
    finally:
        if mount:
            job.rmdir()
            job.parent.rmdir()
            job.parent.parent.rmdir()


def test_no_group_is_found_where_none_was_made() -> None:
    group = WorkerGroup(existing_trees(f"hodei-{uuid4().hex}"), "worker")
    assert not group.exists()
    assert group.kill() == set()
    assert group.remove()


@pytest.mark.parametrize("name", ["sh", "a b", "x) R 1 1 (y", ")", ""])
def test_the_name_of_a_process_can_be_anything(name: str) -> None:
    fields = "S 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4242 100 1 0"
    parsed = proc.parse_stat(f"123 ({name}) {fields}\n")
    assert parsed == proc.Stat(pid=123, state="S", parent=7, session=9, start=4242)


@pytest.mark.parametrize("text", ["", "123 (sh", "123 (sh) S 1 2", "x (sh) " + "1 " * 30])
def test_half_a_line_is_nobody(text: str) -> None:
    assert proc.parse_stat(text) is None


def test_an_identity_is_of_one_process_only(sleeper: subprocess.Popen[bytes]) -> None:
    boot = proc.boot_id()
    identity = proc.identify(sleeper.pid, boot)
    assert identity is not None
    assert proc.is_alive(identity, boot)
    assert not proc.is_alive(identity, "another boot")
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not proc.is_alive(identity, boot), "a zombie is not alive"


def ended_child() -> proc.Identity:
    """A child of this process that has ended with 7 and waits to be collected."""
    child = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 7"], os.environ)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    return identity_of(child)


def identity_of(pid: int) -> proc.Identity:
    """Also of one that is dead and waits to be collected."""
    stat = proc.read_stat(pid)
    assert stat is not None
    return proc.Identity(pid=pid, start=stat.start, boot=proc.boot_id())


def test_who_looks_while_another_collects_knows_the_exit_code_too() -> None:
    reaper, together = Reaper(), Barrier(2)
    children = [ended_child() for _ in range(200)]

    def codes() -> list[int | None]:
        seen = []
        for child in children:
            together.wait()
            reaper.collect(child)
            seen.append(reaper.exit_code(child))
        return seen

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(codes), pool.submit(codes)
        assert first.result() == second.result() == [7] * len(children)


def test_a_pid_that_is_another_process_now_is_not_collected() -> None:
    reaper, child = Reaper(), ended_child()
    before = proc.Identity(pid=child.pid, start=child.start - 1, boot=child.boot)
    assert reaper.collect(before)
    assert reaper.exit_code(before) is None
    assert reaper.collect(child)
    assert reaper.exit_code(child) == 7


def test_a_child_whose_first_thread_is_over_has_not_ended() -> None:
    script = "import ctypes, threading; threading.Thread(target=input).start()"
    script += "; ctypes.CDLL(None).pthread_exit(None)"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    assert child.stdin is not None
    reaper, agent = Reaper(), identity_of(child.pid)
    while proc.identify(child.pid, agent.boot) is not None:
        time.sleep(0.001)
    assert not reaper.collect(agent)
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert reaper.collect(agent)
    assert reaper.exit_code(agent) == 0
    child.wait()


def test_descendants_go_all_the_way_down() -> None:
    parents = {2: 1, 3: 2, 4: 3, 5: 1, 6: 5}
    assert proc.descendants([2], parents) == {3, 4}
    assert proc.descendants([9], parents) == set()


def test_the_command_line_ends_with_the_agent() -> None:
    command = launch_command("/w/process", ["/g/cgroup.procs"], ["python", "agent"])
    assert command[:2] == ["/bin/sh", "-c"]
    assert command[3:] == [
        *("hodei-worker", "/w/process", "/g/cgroup.procs"),
        *("--", "python", "agent"),
    ]


def test_only_the_canonical_form_is_a_worker_id() -> None:
    worker_id = uuid4()
    assert as_worker_id(str(worker_id)) == worker_id
    assert as_worker_id(worker_id.hex) is None
    assert as_worker_id("memory") is None


def test_the_defaults_of_the_schema_are_valid_settings() -> None:
    properties = settings_schema()["properties"]
    assert isinstance(properties, dict)
    defaults = {name: each["default"] for name, each in properties.items()}
    assert parse_settings(defaults) == parse_settings({})
