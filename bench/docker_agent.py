"""The agent as it is in a container: its bundle's size, its way to the server, its memory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bench import processes
from bench.docker_yard import Yard, docker_yard, pool
from bench.figures import Figure, quantile
from hodei.app.bundle.manifest import read_bundle
from hodei.wire.gen import scheduler_pb2
from tests.support.docker import PrivateEngine

PROGRAM = b"/.hodei/bin/python"


async def run(quick: bool) -> list[Figure]:
    """A pool of workers that wait; each has told when it came."""
    count = 2 if quick else 8
    async with docker_yard() as yard:
        await yard.pools(pool(count, "none"))
        ways = await _ways(yard)
        memory = [processes.resident_mb(pid) for pid in _agents(yard.engine)]
        (bundle,) = (yard.system.data_dir / "agent-bundles").glob("*/manifest.json")
        size = read_bundle(bundle.parent).size_bytes / 1e6
    if len(memory) != count:
        raise RuntimeError(f"{len(memory)} of {count} agents were found")
    return [
        Figure(name="agent bundle", value=size, unit="MB", bar=25),
        Figure(name="agent in a container, memory", value=max(memory), unit="MiB", bar=16),
        Figure(
            name="agent in a container, started to registered, p50",
            value=quantile(ways, 0.5),
            unit="ms",
            details={"p95": round(quantile(ways, 0.95), 1), "workers": count},
        ),
    ]


async def _ways(yard: Yard) -> list[float]:
    """Ms from the engine's own start time of each container to its agent's enrolment."""
    request = scheduler_pb2.GetAvailableWorkersRequest()
    found = await yard.system.scheduler.GetAvailableWorkers(request)
    ways = []
    for worker in found.workers:
        state = yard.engine.inspect(f"hodei-{worker.id}")["State"]
        assert isinstance(state, dict)
        # The engine tells nanoseconds.
        started = datetime.fromisoformat(f"{str(state['StartedAt'])[:26]}+00:00")
        enrolled = worker.enrolled_at.ToDatetime(tzinfo=UTC)
        ways.append((enrolled - started).total_seconds() * 1000)
    return ways


def _agents(engine: PrivateEngine) -> list[int]:
    """The agents in the engine's containers."""
    holder = int((engine.folder / "holder").read_text("ascii"))
    dockerd = int((engine.folder / "dockerd").read_text("ascii"))
    below = {*processes.family(holder), *processes.family(dockerd)}
    return [pid for pid in below if PROGRAM in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
