"""One server at a time works on a worker, whichever of this machine's."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

LOOK_S = 0.01


@asynccontextmanager
async def locked(folder: Path, *, make: bool) -> AsyncIterator[bool]:
    """Holds the directory itself; False: there is none, and nothing is held.

    The lock ends with the process that holds it. Waits as long as another holds it.
    """
    while True:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            if make:
                continue
            yield False
            return
        try:
            await _lock(held)
            if _is_at(held, folder):
                yield True
                return
        finally:
            os.close(held)


async def _lock(descriptor: int) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(LOOK_S)
        else:
            return


def _is_at(descriptor: int, folder: Path) -> bool:
    """Whether it is still there: whoever held it before may have removed it."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(folder))
    except FileNotFoundError:
        return False
