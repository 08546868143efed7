"""One server process to measure: `python -m bench.server DSN DATA_DIR [HOST PORT]`.

Says on stdout, as one line of JSON, where it is reached, and serves until SIGTERM. HOST and PORT:
where agents of other machines reach it by TLS. With
BENCH_AGENTS set, agents of this machine call there. With
BENCH_PROFILE set it runs under cProfile and leaves the profile in that file.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import os
import signal
import sys
from pathlib import Path

import uvloop

from hodei.app.logging import configure
from hodei.app.serve import serving
from hodei.app.settings import Settings


async def main(dsn: str, data_dir: Path, agents: tuple[str, int] | None) -> None:
    """Serves until it is asked to stop."""
    wires = os.environ.get("BENCH_AGENTS", "")
    targets = (f"tls://{agents[0]}:{agents[1]}",) if agents else tuple(filter(None, [wires]))
    settings = Settings(
        database_url=dsn,
        data_dir=data_dir,
        http_port=0,
        grpc_port=0,
        metrics_port=0,
        agent_listen=agents,
        agent_servers=targets,
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with serving(settings) as addresses:
        gc.collect()
        gc.freeze()
        print(json.dumps({"grpc": addresses.grpc, "url": addresses.url}), flush=True)
        await stop.wait()


def run() -> None:
    """The process."""
    configure("warning")
    target = os.environ.get("BENCH_PROFILE")
    profile = cProfile.Profile() if target else None
    if profile is not None:
        profile.enable()
    agents = (sys.argv[3], int(sys.argv[4])) if sys.argv[3:] else None
    uvloop.run(main(sys.argv[1], Path(sys.argv[2]), agents))
    if profile is not None:
        profile.disable()
        profile.dump_stats(str(target))


if __name__ == "__main__":
    run()
