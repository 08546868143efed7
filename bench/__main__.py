"""`python -m bench [NAME...] [--json FILE] [--quick]`: runs measurements, prints their table."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import uvloop

from bench import (
    docker,
    docker_agent,
    docker_log,
    firecracker,
    footprint,
    kubernetes,
    latency,
    listing,
    long_log,
    phases,
    scale,
    short_jobs,
    submits,
)
from bench.figures import Figure, table, write_json
from bench.machine import describe, speed
from bench.processes import adopt_orphans
from bench.system import connect, database

Measurement = Callable[[bool], Awaitable[list[Figure]]]
MEASUREMENTS: Mapping[str, Measurement] = {
    "submit": submits.run,
    "short-jobs": short_jobs.run,
    "latency": latency.run,
    "lines": long_log.run,
    "idle": footprint.idle,
    "workers": footprint.workers,
    "list": listing.run,
    "agent": footprint.agent,
    "docker": docker.run,
    "docker-lines": docker_log.run,
    "docker-agent": docker_agent.run,
    "kubernetes": kubernetes.run,
}
BY_NAME: Mapping[str, Measurement] = {
    "phases": phases.run,
    "firecracker": firecracker.run,
    "scale-100k": scale.of(100_000),
    "scale-workers": footprint.scale_workers,
    "scale-1m": scale.of(1_000_000),
    "scale-10m": scale.of(10_000_000),
}
"""Those look closer, or take long, much of the disk or a network of their own: only when named."""
LIMIT_S = 900.0
LONG_S = 10_800.0
"""For one measurement; and for one of those that run by name."""


async def measure(names: list[str], quick: bool, target: Path | None) -> int:
    """Runs the named measurements one after the other; the exit code."""
    machine = describe(await _postgres_version())
    print("  ".join(f"{name}: {value}" for name, value in machine.items()), flush=True)
    figures: list[Figure] = []
    failed, speeds = [], [speed()]
    for name in names:
        start = time.perf_counter()
        try:
            run = MEASUREMENTS.get(name) or BY_NAME[name]
            async with asyncio.timeout(LIMIT_S if name in MEASUREMENTS else LONG_S):
                figures += await run(quick)
        except Exception as error:
            logging.getLogger(__name__).exception("measurement failed", extra={"which": name})
            failed.append(f"{name}: {type(error).__name__}: {error}")
        took = time.perf_counter() - start
        speeds.append(speed())
        said = f"{name}: {took:.1f} s; a turn of a plain loop takes {speeds[-1]} ns"
        print(said, file=sys.stderr, flush=True)
    machine["load_after"] = round(os.getloadavg()[0], 2)
    machine["loop_ns"] = speeds
    print(f"\n{table(figures)}\n")
    for figure in figures:
        if figure.details:
            facts = ", ".join(f"{name} {value}" for name, value in figure.details.items())
            print(f"{figure.name}: {facts}")
    for reason in failed:
        print(f"FAILED {reason}")
    if target is not None:
        write_json(target, machine, figures)
    return 1 if failed else 0


async def _postgres_version() -> str:
    async with database() as dsn:
        connection = await connect(dsn)
        try:
            return str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        help=f"of {', '.join(MEASUREMENTS)} (default: all of these); and {', '.join(BY_NAME)}",
    )
    parser.add_argument("--json", type=Path, help="write machine and figures there")
    parser.add_argument("--quick", action="store_true", help="smaller counts, rougher figures")
    given = parser.parse_args()
    unknown = set(given.names) - set(MEASUREMENTS) - set(BY_NAME)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s")
    adopt_orphans()
    return uvloop.run(measure(given.names or list(MEASUREMENTS), given.quick, given.json))


if __name__ == "__main__":
    sys.exit(main())
