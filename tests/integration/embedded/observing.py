"""What the tests of the embedded server look at."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from hodei.app.embedded import PostgresBinaries

SOURCE = Path(__file__).parents[3] / "src"


async def eventually(holds: Callable[[], bool | Awaitable[bool]], seconds: float = 90.0) -> None:
    """Return once `holds` is true; TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while True:
            answer = holds()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text[text.rindex(")") + 2] not in "ZX"


async def query(dsn: str, sql: str) -> list[object]:
    """The first column of what `sql` returns."""
    connection = await asyncpg.connect(dsn)
    try:
        return [row[0] for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def answers(dsn: str) -> bool:
    """Whether the server takes a query just now."""
    try:
        return await query(dsn, "SELECT 1") == [1]
    except (OSError, asyncpg.PostgresError):
        return False


def _python_path() -> str:
    return os.pathsep.join([str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])


@asynccontextmanager
async def supervised(
    data_dir: Path, binaries: PostgresBinaries, *, die: bool
) -> AsyncIterator[tuple[Process, int, str]]:
    """A supervisor in a process of its own: the process, the postmaster's pid, and the DSN."""
    script = Path(__file__).with_name("supervised.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        str(data_dir),
        str(binaries.bin_dir),
        "die" if die else "live",
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": _python_path()},
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        pid, dsn = (await process.stdout.readline()).decode().split()
        yield process, int(pid), dsn
    finally:
        process.stdin.close()
        await process.wait()
