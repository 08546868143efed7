"""PeerContract: limits by control groups and rlimits, and the figures of what was used."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hodei.agent.cgroups import own_mounts
from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.conftest import Bench
from tests.contract.peer.scripted_server import Record

MIB = 1 << 20


@pytest.fixture
async def confined(bench: Bench) -> AsyncIterator[Bench]:
    """An agent that limits its jobs by control groups of its own."""
    name = f"hodei-peer-{os.getpid()}"
    await bench.start_agent(LIMITS="cgroup", CGROUP=name)
    yield bench
    await bench.close()
    left = []
    for mount in own_mounts():
        folder = Path(mount.home) / name
        if folder.exists():
            left += [entry for entry in folder.iterdir() if entry.is_dir()]
            folder.rmdir()
    assert left == []


async def test_memory_limit_and_oom(confined: Bench) -> None:
    limits = pb.ResourceLimits(memory_bytes=64 * MIB)
    hog = "data = bytearray(200 << 20)\nprint(len(data))"
    record = await confined.run(type=pb.COMMAND_TYPE_PYTHON, script=hog, limits=limits)
    assert record.exit.cause == pb.EXIT_CAUSE_OOM
    assert record.exit.signal == signal.SIGKILL
    assert "64 MiB" in record.exit.message
    record = await confined.run("echo fine", limits=limits)
    assert record.exit.cause == pb.EXIT_CAUSE_EXIT
    record = await confined.run("kill -KILL $$", limits=limits)
    assert record.exit.cause == pb.EXIT_CAUSE_SIGNAL
    record = await confined.run(type=pb.COMMAND_TYPE_PYTHON, script=hog)
    assert record.exit.exit_code == 0
    assert record.exit.memory_peak_bytes > 200 * MIB


async def test_fork_bomb_within_its_limit(confined: Bench) -> None:
    limits = pb.ResourceLimits(pids=40, memory_bytes=512 * MIB)
    bomb = "bomb() { bomb | bomb & }; bomb; sleep 98.5"
    record = await confined.run("#!/bin/bash\n" + bomb, limits=limits, timeout_ms=700, grace_ms=100)
    assert record.exit.cause in (pb.EXIT_CAUSE_TIMEOUT, pb.EXIT_CAUSE_EXIT)
    inside = await confined.run("cat /proc/self/cgroup; echo $$", limits=limits)
    assert inside.exit.exit_code == 0
    place = next(
        line.rpartition(":")[2]
        for line in inside.text().decode().splitlines()
        if line.rpartition(":")[0].endswith((":pids", "0:"))
    )
    assert "/job-" in place


async def test_cpu_limit_slows(confined: Bench) -> None:
    spin = "import time\nend = time.monotonic() + 1.2\nwhile time.monotonic() < end: pass"
    limits = pb.ResourceLimits(cpu_millis=200)
    record = await confined.run(type=pb.COMMAND_TYPE_PYTHON, script=spin, limits=limits)
    assert record.exit.cpu_ms < 600
    assert record.stats[0].source in ("cgroup1", "cgroup2")


async def _spun(bench: Bench, gate: Path, samples: int) -> Record:
    """A job that has much memory and works until there are so many samples of that."""
    script = f"import os\ndata = bytearray(50 << 20)\nwhile not os.path.exists('{gate}'): pass"
    record = await bench.begin(type=pb.COMMAND_TYPE_PYTHON, script=script)

    def sampled() -> bool:
        # The first may have come before the program did.
        while record.stats and record.stats[0].memory_bytes < 50 * MIB:
            del record.stats[0]
        return len(record.stats) >= samples

    await bench.server.until(sampled)
    gate.touch()
    await bench.server.until(lambda: record.exits)
    return record


async def test_stats_move(confined: Bench, tmp_path: Path) -> None:
    record = await _spun(confined, tmp_path / "gate", samples=3)
    cpu = [sample.cpu_ms for sample in record.stats]
    assert cpu == sorted(cpu)
    assert cpu[0] > 0
    assert record.stats[0].processes == 1
    assert record.exit.cpu_ms >= cpu[-1]


async def test_stats_without_control_groups(bench: Bench, tmp_path: Path) -> None:
    await bench.start_agent()
    record = await _spun(bench, tmp_path / "gate", samples=1)
    assert record.stats[0].source == "proc"
    assert record.exit.cpu_ms >= record.stats[0].cpu_ms > 0
    assert record.exit.memory_peak_bytes > 50 * MIB


async def test_rlimits(bench: Bench) -> None:
    await bench.start_agent(LIMITS="rlimit")
    limits = pb.ResourceLimits(memory_bytes=256 * MIB, pids=50)
    # The hard limit follows the start; the soft one is there from the first instruction.
    script = "ulimit -v; until [ $(ulimit -Hv) = 262144 ]; do sleep .01; done; ulimit -Hv"
    record = await bench.run(script, limits=limits)
    assert record.text().split() == [b"262144", b"262144"]
    record = await bench.run("ulimit -v")
    assert record.text() == b"unlimited\n"
