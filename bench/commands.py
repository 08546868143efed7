"""The commands that are measured, as job specs and as bare processes."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Sequence

from hodei.wire.gen import jobs_pb2 as jobs

SHORT = "echo hello"


def shell(script: str, name: str = "bench") -> jobs.JobSpec:
    """A job that a shell runs."""
    return jobs.JobSpec(name=name, command=jobs.Command(type="shell", script=script))


def exec_(argv: Sequence[str], name: str = "bench") -> jobs.JobSpec:
    """A job that is run directly."""
    return jobs.JobSpec(name=name, command=jobs.Command(type="exec", argv=argv))


def spawn(argv: Sequence[str]) -> tuple[int, int]:
    """Starts a process with its output in a pipe; pid and the pipe's end."""
    reader, writer = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_DUP2, writer, 2)]
    try:
        return os.posix_spawn(argv[0], list(argv), os.environ, file_actions=actions), reader
    finally:
        os.close(writer)


def run_bare(argv: Sequence[str]) -> bytes:
    """Runs one to its end; its output."""
    pid, reader = spawn(argv)
    parts = []
    while data := os.read(reader, 65_536):
        parts.append(data)
    os.close(reader)
    os.waitpid(pid, 0)
    return b"".join(parts)


def run_many_bare(argv: Sequence[str], count: int, at_once: int) -> float:
    """Seconds for `count` runs, `at_once` of them at the same time, output read."""
    poll = select.poll()
    running: dict[int, int] = {}
    begun = ended = 0
    start = time.perf_counter()
    while ended < count:
        while begun < count and len(running) < at_once:
            pid, reader = spawn(argv)
            running[reader] = pid
            poll.register(reader, select.POLLIN)
            begun += 1
        for reader, _ in poll.poll():
            if not os.read(reader, 65_536):
                poll.unregister(reader)
                os.close(reader)
                os.waitpid(running.pop(reader), 0)
                ended += 1
    return time.perf_counter() - start
