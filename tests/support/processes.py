"""What tests see of processes in /proc and do to them, and how they wait for what they see."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

DEAD = frozenset("ZXx")
LOOK_EVERY_S = 0.02
PATIENCE_S = 90.0
"""How long a test waits for what must happen: a loaded machine is slow, not wrong."""
WORKER_MARK = "HODEI_WORKER"
"""In the environment of an agent and of all that it starts: installation, provider, worker."""


async def until(
    look: Callable[[], T | None], *, what: str | Callable[[], str], within: float = PATIENCE_S
) -> T:
    """The first true answer of `look`; AssertionError naming `what` after `within` seconds."""

    async def ask() -> T | None:
        return look()

    return await until_told(ask, within=within, what=what)


async def until_told(
    ask: Callable[[], Awaitable[T | None]],
    *,
    what: str | Callable[[], str],
    within: float = PATIENCE_S,
) -> T:
    """The same for a question that somebody else has to answer."""
    deadline = monotonic() + within
    while not (answer := await ask()):
        if monotonic() > deadline:
            words = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {within:g} s: {words}")
        await asyncio.sleep(LOOK_EVERY_S)
    return answer


def pids() -> list[int]:
    """Every process there is."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def state(pid: int) -> str:
    """The letter of /proc/PID/stat; empty when there is no such process."""
    return _read(pid, "stat").rpartition(b")")[2][1:2].decode()


def alive(pid: int) -> bool:
    """Whether it runs; what only waits to be collected does not."""
    return state(pid) not in DEAD | {""}


def started(pid: int) -> int:
    """Clock ticks from boot to its start: with the pid it names one process for ever."""
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return int(fields[19]) if len(fields) > 19 else 0


def environment(pid: int) -> dict[str, str]:
    """What it was started with."""
    entries = (item.partition(b"=") for item in _read(pid, "environ").split(b"\0"))
    return {os.fsdecode(name): os.fsdecode(value) for name, equals, value in entries if equals}


def arguments(pid: int) -> list[str]:
    """Its command line."""
    return [os.fsdecode(item) for item in _read(pid, "cmdline").split(b"\0")[:-1]]


def of_job(job_id: str) -> list[int]:
    """Living processes that a job started, by the environment that they inherited."""
    wanted = f"\0HODEI_JOB_ID={job_id}\0".encode()
    return [pid for pid in pids() if wanted in b"\0" + _read(pid, "environ") and alive(pid)]


def with_argument(word: str) -> list[int]:
    """Living processes with `word` on their command line, whatever their environment says."""
    return [pid for pid in pids() if word in arguments(pid) and alive(pid)]


def agent_of(worker_id: str) -> int:
    """The agent of a worker of this machine; 0 when it does not live.

    A child that has not yet become its own program looks like its parent, so the eldest counts.
    """
    found = [
        pid
        for pid in pids()
        if environment(pid).get("HODEI_AGENT_WORKER_ID") == worker_id and alive(pid)
    ]
    return min(found, key=started, default=0)


def peak_memory(pid: int) -> int:
    """The most that was ever resident of it, in bytes."""
    for line in _read(pid, "status").splitlines():
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1]) << 10
    raise AssertionError(f"process {pid} shows no peak memory")


def send(pid: int, number: signal.Signals) -> None:
    """A signal to one process that lives."""
    assert pid > 1
    os.kill(pid, number)


def kill_all(targets: Iterable[int]) -> None:
    """SIGKILL to each that is still there."""
    for pid in targets:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def end_workers(*data_dirs: Path) -> set[str]:
    """Ends every agent of these data directories and all that their jobs left.

    For the end of a test: a worker outlives its server on purpose. Returns the names of the
    control groups that were theirs, for `remove_groups`.
    """
    inside = tuple(f"{data_dir}/" for data_dir in data_dirs)
    every = [environment(pid) for pid in pids()]
    owned = [env for env in every if env.get("HODEI_AGENT_DIR", "").startswith(inside)]
    marks = {env[WORKER_MARK] for env in owned}
    groups = [env["HODEI_AGENT_CGROUP"] for env in owned if "HODEI_AGENT_CGROUP" in env]

    def gone() -> bool:
        left = [p for p in pids() if environment(p).get(WORKER_MARK) in marks and alive(p)]
        kill_all(left)
        return not left

    if marks:
        _insist(gone, "the workers have ended")
    return {group.split("/")[1] for group in groups}


def remove_groups(names: Iterable[str]) -> None:
    """Removes control groups whose processes have ended."""
    tops = [path for name in names for path in Path("/sys/fs/cgroup").glob(f"*/{name}")]

    def gone() -> bool:
        for top in tops:
            for folder, _, _ in os.walk(top, topdown=False):
                with suppress(OSError):
                    os.rmdir(folder)
        return not any(top.exists() for top in tops)

    _insist(gone, "the control groups are gone")


def _insist(holds: Callable[[], bool], what: str) -> None:
    deadline = monotonic() + PATIENCE_S
    while not holds():
        if monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_S:g} s: {what}")
        sleep(LOOK_EVERY_S)
