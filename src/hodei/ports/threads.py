"""Work in a thread that is waited for, also by a caller who is told to leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def to_its_end(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` gives in a thread.

    A caller that is cancelled leaves once `work` has ended, which nothing can stop: the directory
    that it writes to may be removed afterwards, and not before.
    """
    return await until_done(asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs)))


async def until_done(future: asyncio.Future[T]) -> T:
    """The result; a cancelled caller waits until the thread is done, and is cancelled then."""
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        if not future.cancelled():
            # Nobody else asks for it, and it must not be reported as forgotten.
            future.exception()
        raise
