"""A Hodei of its own for tests that kill it: serves a data directory until it is told to end.

Usage: supervised.py DATA_DIR BIN_DIR die|live. Prints `PID DSN` when ready; ends on end of input.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from hodei.app.embedded import EmbeddedPostgres
from hodei.app.embedded.binaries import installations


async def serve(data_dir: Path, bin_dir: Path, *, die: bool) -> None:
    """Serve, say so, and wait."""
    binaries = next(each for each in installations() if each.bin_dir == bin_dir)
    async with EmbeddedPostgres.start(data_dir, binaries=binaries, die_with_parent=die) as postgres:
        print(postgres.pid, postgres.dsn, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), die=sys.argv[3] == "die"))
