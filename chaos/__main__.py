"""`python -m chaos`: a load under faults, then what the checker found; exit code 1 if anything."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys
from collections import Counter
from pathlib import Path
from random import Random

import uvloop

from chaos.checker import findings
from chaos.collect import collect, configure
from chaos.faults import Faults
from chaos.field import Wanted, open_field
from chaos.ledger import Ledger
from chaos.load import Load
from chaos.soak import Series, growing, watch
from chaos.timetable import plan
from hodei.client import AsyncClient

SHOWN = 40


def arguments(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="of load (default 300)")
    parser.add_argument("--rate", type=float, default=4, help="jobs per second (default 4)")
    parser.add_argument("--pause", type=float, default=6, help="seconds from fault to fault")
    parser.add_argument("--doubt", type=float, default=0.05, help="share of ambiguous commits")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--no-docker", action="store_true", help="no containers")
    parser.add_argument(
        "--kubernetes", action="store_true", help="also pods, of a cluster that the testbed makes"
    )
    parser.add_argument(
        "--firecracker", action="store_true", help="also microVMs; needs the testbed's `apart`"
    )
    parser.add_argument(
        "--soak",
        type=float,
        metavar="MINUTES",
        help="no faults: so long a load, and memory and descriptors must stay flat",
    )
    parser.add_argument(
        "--restart",
        action="store_true",
        help="start the servers anew after the load: they clear away at once, not in a minute",
    )
    parser.add_argument(
        "--faults",
        type=lambda text: text.split(","),
        default=[],
        metavar="NAME,NAME",
        help="only those kinds of faults (default: all that the providers of the run have)",
    )
    parser.add_argument("--ledger", type=Path, default=Path("chaos-ledger.json"))
    given = parser.parse_args(words)
    if given.soak is not None:
        given.seconds, given.doubt = given.soak * 60, 0.0
    return given


async def run(given: argparse.Namespace) -> int:
    """One run; the exit code."""
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    print(f"seed {given.seed}", flush=True)
    ledger = Ledger(seed=given.seed)
    load_random, fault_random, commit_random = (Random(given.seed * 3 + i) for i in range(3))
    doubting = False
    watched: asyncio.Task[list[Series]] | None = None

    def doubt() -> bool:
        return doubting and commit_random.random() < given.doubt

    wanted = Wanted(
        docker=not given.no_docker, kubernetes=given.kubernetes, firecracker=given.firecracker
    )
    async with open_field(wanted, doubt) as field:
        async with AsyncClient(field.servers[0].url) as client:
            for place in field.places:
                settings = {"settings": dict(place.settings)} if place.settings else {}
                await configure(client, place.provider, max_workers=place.workers, **settings)
            plans = await plan(client, field.places, given.seconds)
        ledger.providers = [place.provider for place in field.places]
        doubting = True
        load = Load(field, ledger, load_random)
        faults = Faults(field, ledger, fault_random, given.faults)
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run(given.seconds, given.rate, faults.each_came))
            if given.soak is None:
                group.create_task(faults.run(given.seconds, given.pause))
            else:
                faults.each_came.set()
                watched = group.create_task(watch(field, given.seconds))
        doubting = False
        await collect(field, ledger, plans, restart=given.restart)
        doubtful = field.commits.doubtful
        for number, server in enumerate(field.servers, start=1):
            given.ledger.with_suffix(f".server{number}.log").write_text(server.log)
    ledger.write(given.ledger)
    found = findings(ledger)
    if watched is not None:
        series = watched.result()
        print(*(one.told() for one in series), sep="\n")
        found += growing(series)
    states = Counter(report.state for report in ledger.reports.values())
    print(*ledger.faults, sep="\n")
    if given.soak is None:
        print("faults: " + ", ".join(f"{name} {count}" for name, count in faults.came.items()))
    print(f"{len(ledger.accepted)} jobs: {dict(states)}")
    sent = Counter(one.provider for one in ledger.accepted.values())
    print("sent to: " + ", ".join(f"{name} {count}" for name, count in sent.items()))
    attempts = sum(len(report.attempts) for report in ledger.reports.values())
    print(f"{attempts} attempts, {len(ledger.visits)} of them ran; {doubtful} doubtful commits")
    print(*(found[:SHOWN] or ["nothing was found"]), sep="\n")
    if len(found) > SHOWN:
        print(f"and {len(found) - SHOWN} more")
    return 1 if found else 0


def main() -> None:
    """Runs it."""
    sys.exit(uvloop.run(run(arguments(sys.argv[1:]))))


if __name__ == "__main__":
    main()
