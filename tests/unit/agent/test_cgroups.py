"""Reading where control groups are, and using real ones of both versions."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hodei.agent.cgroups import (
    CgroupError,
    Group,
    Limits,
    Mount,
    create_group,
    given_group,
    own_mounts,
    quota_us,
    read_mounts,
)
from hodei.agent.kernelfiles import HeldFiles, keyed

V1 = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
V1_OWN = "8:pids:/\n4:memory:/docker/abc/inner\n2:cpu,cpuacct:/jobs\n1:name=systemd:/x\n0::/u\n"
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"


def test_version_1() -> None:
    homes = {m.controllers: m.home for m in read_mounts(V1, V1_OWN) if m.version == 1}
    assert homes == {
        ("cpu", "cpuacct"): "/sys/fs/cgroup/cpu,cpuacct/jobs",
        ("memory",): "/sys/fs/cgroup/memory/inner",
        ("pids",): "/sys/fs/cgroup/pids",
    }


@pytest.mark.parametrize(
    ("own", "home"),
    [
        ("0::/\n", "/sys/fs/cgroup"),
        ("0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope"),
        ("0::/../other\n", "/sys/fs/cgroup"),
    ],
)
def test_version_2(own: str, home: str) -> None:
    (mount,) = read_mounts(V2, own)
    assert (mount.version, mount.point, mount.home) == (2, "/sys/fs/cgroup", home)


def test_small_files() -> None:
    assert keyed("low 0\noom_kill 3\nodd\nmax -1\n") == {"low": 0, "oom_kill": 3}
    assert quota_us(0) == 0
    assert quota_us(1500) == 150_000
    assert quota_us(1) == 1000


def test_no_hierarchy_at_all() -> None:
    with pytest.raises(CgroupError, match="no control group hierarchy"):
        create_group([], "x", "job")


@pytest.fixture(params=[1, 2])
def group(request: pytest.FixtureRequest) -> Iterator[Group]:
    """A real group in the hierarchies of one version."""
    mounts: list[Mount] = [m for m in own_mounts() if m.version == request.param]
    group = create_group(mounts, f"hodei-unit-{os.getpid()}", "job-1")
    try:
        yield group
    finally:
        group.kill()
        group.remove()
        for folder in set(group.folders.values()):
            assert not Path(folder).exists()
            Path(folder).parent.rmdir()


def test_what_is_started_inside_is_born_inside_and_dies_by_kill(group: Group) -> None:
    assert group.empty()
    group.enter()
    try:
        shell = subprocess.Popen(["sh", "-c", "setsid sleep 60 & sleep 60 & sleep 60 & wait"])
    finally:
        group.leave()
    assert os.getpid() not in group.pids()
    assert shell.pid in group.pids()
    group.kill()
    assert shell.wait(10) == -9
    while not group.empty():
        group.kill()
    assert os.getpid() not in group.pids()


def test_a_group_that_somebody_else_has_made() -> None:
    mounts = [mount for mount in own_mounts() if mount.version == 2]
    path = f"/hodei-unit-{os.getpid()}"
    with pytest.raises(CgroupError, match=f"no group {path} to enter"):
        given_group(mounts, path)
    made = create_group(mounts, "/", path[1:])
    try:
        group = given_group(mounts, path)
        assert group.folders == made.folders
        group.enter()
        try:
            child = subprocess.Popen(["sleep", "60"])
        finally:
            group.leave()
        assert group.pids() == {child.pid}
        group.kill()
        assert child.wait(10) == -9
    finally:
        made.remove()


def test_limits_and_usage(group: Group) -> None:
    if group.source == "cgroup1":
        group.limit(Limits(cpu_millis=500, memory_bytes=64 << 20, pids=20))
        read = {name: Path(folder) for name, folder in group.folders.items()}
        assert (read["cpu"] / "cpu.cfs_quota_us").read_text() == "50000\n"
        assert (read["memory"] / "memory.limit_in_bytes").read_text() == f"{64 << 20}\n"
        assert (read["pids"] / "pids.max").read_text() == "20\n"
        group.limit(Limits())
        assert (read["pids"] / "pids.max").read_text() == "max\n"
        assert (read["cpu"] / "cpu.cfs_quota_us").read_text() == "-1\n"
    else:
        # The bare version 2 beside version 1 has no controllers to delegate.
        with pytest.raises(CgroupError, match="not delegated"):
            group.limit(Limits(pids=20))
        group.limit(Limits())
    usage = group.usage()
    assert usage.processes == 0
    assert group.oom_kills() == 0


def test_a_group_that_serves_again_shows_the_present(group: Group) -> None:
    for _ in range(3):
        group.reset()
        group.enter()
        try:
            child = subprocess.Popen(["sh", "-c", "read line"], stdin=subprocess.PIPE)
        finally:
            group.leave()
        assert not group.empty()
        assert group.pids() == {child.pid}
        assert group.usage().processes == 1
        assert child.stdin is not None
        child.stdin.close()
        child.wait(10)
        assert group.empty()
        assert group.usage(ended=True).processes == group.usage().processes == 0
        if group.source == "cgroup1":
            assert 0 < group.usage(ended=True).peak_bytes == group.usage().peak_bytes


def test_a_process_in_a_sub_group_counts(group: Group) -> None:
    assert group.empty()
    folder = group.folders["pids"] + "/below"
    os.mkdir(folder)
    child = subprocess.Popen(["sleep", "60"])
    Path(folder, "cgroup.procs").write_text(str(child.pid))
    assert not group.empty()
    group.kill()
    assert child.wait(10) == -9
    assert group.empty()


def test_limits_come_back_after_a_kill_and_alone_when_they_differ() -> None:
    mounts = [mount for mount in own_mounts() if mount.version == 1]
    group = create_group(mounts, f"hodei-unit-{os.getpid()}", "job-1")
    pids, cpu = Path(group.folders["pids"], "pids.max"), Path(group.folders["cpu"])
    quota = cpu / "cpu.cfs_quota_us"
    try:
        group.limit(Limits(cpu_millis=500, pids=20))
        group.kill()
        assert pids.read_text() == "0\n"
        group.limit(Limits(cpu_millis=500, pids=20))
        assert pids.read_text() == "20\n"
        quota.write_text("70000")
        group.limit(Limits(cpu_millis=500, pids=21))
        assert pids.read_text() == "21\n"
        assert quota.read_text() == "70000\n"
        group.limit(Limits(cpu_millis=400, pids=21))
        assert quota.read_text() == "40000\n"
    finally:
        group.remove()
        for folder in set(group.folders.values()):
            Path(folder).parent.rmdir()


def test_held_files_are_read_anew_and_let_go(tmp_path: Path) -> None:
    files, path = HeldFiles(), tmp_path / "figure"
    assert files.read(str(path)) == ""
    path.write_text("1\n")
    before = set(os.listdir("/proc/self/fd"))
    assert files.read(str(path)) == "1\n"
    files.write(str(path), "2")
    assert files.read(str(path)) == "2\n"
    large = "".join(f"{number}\n" for number in range(20_000))
    path.write_text(large)
    assert files.read(str(path)) == large
    files.close()
    assert set(os.listdir("/proc/self/fd")) == before
    with pytest.raises(OSError):
        files.write(str(tmp_path / "none/at-all"), "1")
